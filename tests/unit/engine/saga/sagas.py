"""Definitions to try the saga engine on, and a small vocabulary to play one by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ordercore.engine.retry import NO_RETRY, RetryPolicy
from ordercore.engine.saga import (
    Abort,
    Answer,
    Call,
    Failed,
    Memory,
    Message,
    Note,
    NoteKind,
    OnExhausted,
    Outcome,
    Phase,
    Policy,
    SagaDefinition,
    Scope,
    Step,
    StepRun,
    Succeeded,
    advance,
    calls_due,
    next_due,
    start,
)
from ordercore.kernel.ids import SagaId, TenantId

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FAILED = Failed(code="down", reason="the other side is down")
OK = Succeeded()

ANNOUNCE = Step(name="announce", does=False, undoes=True)
REFUND = Step(name="refund", does=False, undoes=True)
PROVISION = Step(name="provision", undoes=True)
DELIVER = Step(name="deliver", scope=Scope.ORDER, on_exhausted=OnExhausted.PARK)


def define(*steps: Step, policy: Policy = Policy.KEEP_ACTIVE_ITEMS) -> SagaDefinition:
    """Put steps into a definition."""
    return SagaDefinition(name="sample", version=1, steps=steps, policy=policy)


def fulfilment(policy: Policy = Policy.KEEP_ACTIVE_ITEMS) -> SagaDefinition:
    """Undo-only steps first, a step with both directions, one for the whole order at the end."""
    return define(ANNOUNCE, REFUND, PROVISION, DELIVER, policy=policy)


def chain(
    *names: str,
    retry: RetryPolicy = NO_RETRY,
    undo_retry: RetryPolicy = NO_RETRY,
    policy: Policy = Policy.KEEP_ACTIVE_ITEMS,
) -> SagaDefinition:
    """Item steps with undo, one after another."""
    steps = [Step(name=n, undoes=True, retry=retry, undo_retry=undo_retry) for n in names]
    return define(*steps, policy=policy)


class Play:
    """One saga, played by hand: tell it things, look at its steps, read its notes."""

    def __init__(self, definition: SagaDefinition, *items: str, saga_id: str = "saga-1") -> None:
        self.definition = definition
        self.now = NOW
        begun = start(
            definition,
            saga_id=SagaId(saga_id),
            tenant=TenantId("tenant-1"),
            subject="order-1",
            items={item: (("for", item),) for item in items},
            now=NOW,
            order_data=(("for", "all"),),
        )
        self.state = begun.state
        self.notes: tuple[Note, ...] = begun.notes
        self.log: list[Note] = list(begun.notes)

    def tell(self, message: Message, *, draw: int = 0) -> Play:
        """Hand the saga a message now."""
        progress = advance(self.definition, self.state, message, now=self.now, draw=draw)
        self.state, self.notes = progress.state, progress.notes
        self.log.extend(progress.notes)
        return self

    def answer(
        self,
        branch: str,
        step: str,
        outcome: Outcome = OK,
        *,
        attempt: int | None = None,
        draw: int = 0,
    ) -> Play:
        """Answer the call that a step has outstanding, or an earlier ``attempt`` of it."""
        run = self.run(branch, step)
        return self.tell(
            Answer(
                branch=branch,
                step=step,
                attempt=run.attempt if attempt is None else attempt,
                forward=run.forward,
                outcome=outcome,
            ),
            draw=draw,
        )

    def exhaust(self, branch: str, step: str) -> Play:
        """Let every attempt of a step fail, moving on to each due time."""
        forward = self.run(branch, step).forward
        while any(call.step == step and call.branch == branch for call in self.wait()):
            self.answer(branch, step, FAILED)
            if self.run(branch, step).forward is not forward:
                break
        return self

    def abort(self) -> Play:
        """Take everything back."""
        return self.tell(Abort(reason="changed my mind"))

    def later(self, seconds: int) -> Play:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self

    def wait(self) -> tuple[Call, ...]:
        """Let time pass until something is due, and return what is."""
        self.now = max(self.now, next_due(self.state) or self.now)
        return self.due()

    def due(self) -> tuple[Call, ...]:
        """Return the calls that are due now."""
        return calls_due(self.state, self.now)

    def run(self, branch: str, step: str) -> StepRun:
        """Return one step of one branch."""
        return self.state.branch(branch).run(step)

    def phase(self, branch: str, step: str) -> Phase:
        """Return where one step of one branch stands."""
        return self.run(branch, step).phase

    def phases(self, branch: str) -> list[Phase]:
        """Return where each step of one branch stands."""
        return [run.phase for run in self.state.branch(branch).steps]

    def kinds(self) -> list[NoteKind]:
        """Return the kinds of the latest notes."""
        return [note.kind for note in self.notes]

    def noted(self, kind: NoteKind) -> list[Note]:
        """Return every note of one kind so far."""
        return [note for note in self.log if note.kind is kind]


def pairs(calls: tuple[Call, ...]) -> list[tuple[str, str, str]]:
    """Return branch, step and kind of each call."""
    return [(call.branch, call.step, call.kind.value) for call in calls]


def remembering(**values: str) -> Succeeded:
    """Return a success that remembers ``values``."""
    memory: Memory = tuple(values.items())
    return Succeeded(memory=memory)
