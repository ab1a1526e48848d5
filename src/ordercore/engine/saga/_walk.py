"""The moves of a saga, gathered while one message is handled.

`Walk` holds the state being built and the notes so far. It lives for one call of
`ordercore.engine.saga.coordinator.advance`; nothing outside sees it change.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve

from ordercore.engine.saga.definition import OnExhausted, Policy, SagaDefinition, Step
from ordercore.engine.saga.messages import Accepted, Failed, Note, NoteKind, Outcome, Unclear
from ordercore.engine.saga.state import (
    ORDER_BRANCH,
    Branch,
    Memory,
    Phase,
    SagaState,
    SagaStatus,
    StepRun,
)

__all__ = ["Walk"]

_UNDER_WAY_FORWARD = frozenset({Phase.DOING, Phase.CHECKING})
_UNDER_WAY_BACK = frozenset({Phase.UNDOING, Phase.UNDO_CHECKING})


class Walk:
    """State and notes while one message is handled."""

    def __init__(
        self, definition: SagaDefinition, state: SagaState, now: datetime, draw: int = 0
    ) -> None:
        self.definition = definition
        self.state = state
        self.now = now
        self.draw = draw
        self.notes: list[Note] = []

    @property
    def running(self) -> bool:
        """True while the saga has not come to its end."""
        return self.state.status is SagaStatus.RUNNING

    def note(
        self,
        kind: NoteKind,
        branch: str = "",
        run: StepRun | None = None,
        *,
        code: str = "",
        reason: str = "",
        own: bool = False,
        memory: Memory = (),
    ) -> None:
        """Write down what happened."""
        self.notes.append(
            Note(
                kind=kind,
                branch=branch,
                step=run.name if run else "",
                attempt=run.attempt if run else 0,
                forward=run.forward if run else True,
                code=code,
                reason=reason,
                own=own,
                memory=memory,
            )
        )

    # -- single steps ---------------------------------------------------------------------------

    def _put(self, key: str, run: StepRun) -> None:
        self.state = self.state.put(self.state.branch(key).put(run))

    def call(
        self, key: str, run: StepRun, phase: Phase, *, failures: int, at: datetime | None = None
    ) -> None:
        """Make a new attempt outstanding, due ``at`` (default: now)."""
        due = at or self.now
        self._put(
            key,
            evolve(
                run,
                phase=phase,
                attempt=run.attempt + 1,
                failures=failures,
                due_at=due,
                since=due,
                looks=0,
            ),
        )

    def look_up(self, key: str, step: Step, run: StepRun, phase: Phase, reason: str) -> None:
        """Ask again later how the current attempt ended, at its deadline at the latest.

        Only that it has become unclear is noted: a look-up that finds nothing new is no news. One
        made before its time, because somebody outside said that something had happened, neither
        puts the next one off nor counts, so however often that is said makes no difference.
        """
        again = run.phase is phase
        before_time = again and run.due_at is not None and self.now < run.due_at
        looks = run.looks + 1 if again and not before_time else run.looks
        dues = [self.now + timedelta(seconds=step.polling.wait_s(looks))]
        dues.append((run.since or self.now) + timedelta(seconds=step.deadline_s))
        if before_time and run.due_at is not None:
            dues.append(run.due_at)
        self._put(key, evolve(run, phase=phase, due_at=min(dues), looks=looks))
        if not again:
            self.note(NoteKind.STEP_UNCLEAR, key, run, reason=reason)

    def judged(self, step: Step, run: StepRun, outcome: Outcome) -> Outcome:
        """Turn an outcome that is still open at the attempt's deadline into a failure."""
        since = run.since or self.now
        if isinstance(outcome, (Unclear, Accepted)) and self.now >= since + timedelta(
            seconds=step.deadline_s
        ):
            return Failed(code="deadline", reason=f"no clear outcome within {step.deadline_s} s")
        return outcome

    def rest(self, key: str, run: StepRun, phase: Phase, *, reason: str = "") -> None:
        """Bring a step to rest."""
        self._put(key, evolve(run, phase=phase, due_at=None, reason=reason or run.reason))

    def arm(self, key: str, run: StepRun, memory: Memory = ()) -> None:
        """Finish a forward step and put it on the compensation stack."""
        height = self.state.armed + 1
        turned = self.state.branch(key).back and self.definition.step(run.name).undoes
        self._put(
            key,
            evolve(
                run,
                phase=Phase.TO_UNDO if turned else Phase.DONE,
                due_at=None,
                memory=memory,
                armed=height,
            ),
        )
        self.state = evolve(self.state, armed=height)

    def park(self, key: str, run: StepRun, *, code: str, reason: str) -> None:
        """Give a step to an operator."""
        self.rest(key, run, Phase.PARKED, reason=reason)
        self.note(NoteKind.STEP_PARKED, key, run, code=code, reason=reason, memory=run.memory)

    def give_up(self, key: str, step: Step, run: StepRun, *, code: str, reason: str) -> None:
        """End a forward step without success: park it, or turn its branch round."""
        already_back = self.state.branch(key).back
        height = self.state.armed + 1
        self.state = evolve(self.state, armed=height)
        run = evolve(run, armed=height)
        if step.on_exhausted is OnExhausted.PARK and not already_back:
            self.park(key, run, code=code, reason=reason)
            self.go_forward(key)
            return
        self.rest(key, run, Phase.TO_UNDO if step.undoes else Phase.UNDONE, reason=reason)
        if not already_back:
            self._turn(key, own=True, code=code, reason=reason)
            if key == ORDER_BRANCH or self.definition.policy is Policy.ALL_OR_NOTHING:
                self.abort(reason)

    def try_again(self, key: str, run: StepRun) -> None:
        """Put a parked step back in line, with a fresh count of attempts."""
        if not run.forward:
            self._put(key, evolve(run, phase=Phase.TO_UNDO))
        elif self.state.branch(key).back:
            # Doing it now would leave an effect behind; what it may have half done is taken back.
            undoes = self.definition.step(run.name).undoes
            self._put(key, evolve(run, phase=Phase.TO_UNDO if undoes else Phase.UNDONE))
        else:
            self._put(key, evolve(run, phase=Phase.TODO))
            self.go_forward(key)

    # -- whole branches -------------------------------------------------------------------------

    def go_forward(self, key: str) -> None:
        """Start the next step of a branch, arming those that call nothing forward."""
        if any(run.phase in _UNDER_WAY_FORWARD for run in self.state.branch(key).steps):
            return
        for run in self.state.branch(key).steps:
            if run.phase is not Phase.TODO:
                continue
            if self.definition.step(run.name).does:
                self.call(key, run, Phase.DOING, failures=0)
                return
            self.arm(key, run)
        self.note(NoteKind.BRANCH_DONE, key)

    def _turn(self, key: str, *, own: bool, code: str, reason: str) -> None:
        branch = self.state.branch(key)
        steps = tuple(self._turned(run) for run in branch.steps)
        self.state = self.state.put(evolve(branch, back=True, steps=steps))
        self.note(NoteKind.BRANCH_TURNED, key, code=code, reason=reason, own=own)

    def _turned(self, run: StepRun) -> StepRun:
        tried = run.phase is Phase.DONE or (run.phase is Phase.TODO and run.attempt > 0)
        if tried and self.definition.step(run.name).undoes:
            return evolve(run, phase=Phase.TO_UNDO)
        if run.phase is Phase.DOING:
            # Its call may be out there right now: find out how it ended before undoing it.
            return evolve(run, phase=Phase.CHECKING, due_at=self.now, since=self.now)
        if run.phase is Phase.CHECKING and run.due_at is not None:
            # Nothing can be undone before its outcome is known, so nobody waits for the next poll.
            return evolve(run, due_at=min(run.due_at, self.now))
        return run

    def abort(self, reason: str) -> None:
        """Turn every branch round."""
        self.state = evolve(self.state, aborted=reason or "aborted")
        for branch in self.state.branches:
            if not branch.back:
                self._turn(branch.key, own=False, code="aborted", reason=reason)

    def compensate(self) -> None:
        """Start the next undo: the top of each turned branch's stack, or of all after an abort."""
        turned = [branch for branch in self.state.branches if branch.back]
        groups = [turned] if self.state.aborted else [[branch] for branch in turned]
        for group in groups:
            runs = [(branch.key, run) for branch in group for run in branch.steps]
            if any(run.phase in _UNDER_WAY_FORWARD | _UNDER_WAY_BACK for _, run in runs):
                continue
            waiting = [(run.armed, key, run) for key, run in runs if run.phase is Phase.TO_UNDO]
            if waiting:
                _, key, run = max(waiting, key=lambda entry: entry[0])
                self.call(key, evolve(run, forward=False), Phase.UNDOING, failures=0)

    def note_branches_at_rest(self, before: SagaState) -> None:
        """Note each branch that has been undone completely by this message."""
        for old, new in zip(before.branches, self.state.branches, strict=True):
            if _is_undone(new) and not _is_undone(old):
                self.note(NoteKind.BRANCH_UNDONE, new.key)

    # -- the whole saga -------------------------------------------------------------------------

    def reopen(self) -> None:
        """Let a finished saga run again because an operator moved parked work."""
        self.state = evolve(self.state, status=SagaStatus.RUNNING)

    def settle(self) -> None:
        """When all item branches rest, run the order's own steps; when all rest, finish."""
        items = self.state.item_branches
        if not self.running or not all(branch.settled for branch in items):
            return
        kept = any(not branch.back for branch in items)
        order = next((b for b in self.state.branches if b.key == ORDER_BRANCH), None)
        if order is not None and all(run.phase is Phase.TODO for run in order.steps):
            self.note(NoteKind.ITEMS_SETTLED)
            if items and not kept:
                self._skip(order)
            else:
                self.note(NoteKind.BRANCH_STARTED, ORDER_BRANCH)
                self.go_forward(ORDER_BRANCH)
        elif order is None:
            self.note(NoteKind.ITEMS_SETTLED)
        if all(branch.settled for branch in self.state.branches):
            alive = kept or (not items and order is not None and not order.back)
            status = SagaStatus.DONE if alive else SagaStatus.UNDONE
            self.state = evolve(self.state, status=status)
            self.note(NoteKind.FINISHED, reason=status.value)

    def _skip(self, order: Branch) -> None:
        steps = tuple(evolve(run, phase=Phase.SKIPPED) for run in order.steps)
        self.state = self.state.put(evolve(order, steps=steps))


def _is_undone(branch: Branch) -> bool:
    return branch.back and branch.settled and not branch.parked
