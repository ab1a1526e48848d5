"""A saga beside a naive model of the outside world: random faults, real schedules, real time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from ordercore.engine.retry import RetryPolicy
from ordercore.engine.saga import (
    Abort,
    Absent,
    Accepted,
    Answer,
    Call,
    CallKind,
    Failed,
    Message,
    OnExhausted,
    Outcome,
    Phase,
    Policy,
    Rejected,
    ResolveParked,
    RetryParked,
    SagaDefinition,
    SagaStatus,
    Scope,
    Step,
    Succeeded,
    Unclear,
    advance,
    calls_due,
    next_due,
    start,
)
from ordercore.kernel.ids import SagaId, TenantId

FAILED = Failed(code="down", reason="down")
REJECTED = Rejected(code="no", reason="no")
WRONG_WAYS = [
    "fails",
    "breaks",
    "half runs",
    "is rejected",
    "half runs, is rejected",
    "gets lost",
    "loses its answer",
    "is delayed",
    "outlives its worker",
]
SHORT = RetryPolicy(name="short", delays_s=(2, 4))

STEPS = (
    Step(name="refund", does=False, undoes=True, undo_retry=SHORT),
    Step(name="label", undoes=True, on_exhausted=OnExhausted.PARK, retry=SHORT, undo_retry=SHORT),
    Step(name="provision", undoes=True, retry=SHORT, undo_retry=SHORT),
    Step(name="close", scope=Scope.ORDER, undoes=True, retry=SHORT),
    Step(name="deliver", scope=Scope.ORDER, on_exhausted=OnExhausted.PARK),
)


class Provider:
    """What is outside, as simple as can be: a set of what is there, and a list of what was done."""

    def __init__(self) -> None:
        self.there: dict[str, tuple[str, str]] = {}
        self.dead: set[str] = set()
        self.broken: set[str] = set()
        self.undone: dict[str, tuple[str, str]] = {}
        self.done: list[str] = []

    def serve(self, call: Call) -> Outcome:
        """Do or undo, once per key."""
        if call.forward:
            if call.effect_key in self.dead:
                return REJECTED
            if call.key not in self.there:
                self.there[call.key] = (call.branch, call.step)
                self.done.append(call.key)
            return Succeeded(memory=(("made", call.key),))
        self.there.pop(call.effect_key, None)
        self.dead.add(call.effect_key)
        self.undone[call.key] = (call.branch, call.step)
        return Succeeded()

    def reply(self, call: Call) -> Outcome:
        """Answer as well as it can: what is broken half runs and fails each time."""
        if call.kind is CallKind.FIND:
            return self.find(call)
        outcome = self.serve(call)
        return FAILED if call.key in self.broken else outcome

    def find(self, call: Call) -> Outcome:
        """Tell whether it was done."""
        if call.forward and call.key in self.there:
            return Succeeded(memory=(("made", call.key),))
        return Succeeded() if call.key in self.undone else Absent()


class SagaMachine(RuleBasedStateMachine):
    """Drives one saga through whatever may happen to it, then lets it come to its end."""

    @initialize(policy=st.sampled_from(Policy), items=st.integers(0, 3), calm=st.booleans())
    def begin(self, policy: Policy, items: int, calm: bool) -> None:
        """Start a saga of up to three items; in a calm one nobody aborts."""
        self.calm = calm
        self.told: dict[tuple[str, str], Outcome] = {}
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.definition = SagaDefinition(name="machine", version=1, steps=STEPS, policy=policy)
        self.outside = Provider()
        self.on_the_way: list[Call] = []
        self.answers: list[Answer] = []
        self.aborted = False
        self.state = start(
            self.definition,
            saga_id=SagaId("saga-1"),
            tenant=TenantId("tenant-1"),
            subject="order-1",
            items={f"i{n}": () for n in range(items)},
            now=self.now,
        ).state

    def tell(self, message: Message) -> None:
        """Hand the saga a message."""
        self.state = advance(self.definition, self.state, message, now=self.now).state

    def answer(self, call: Call, outcome: Outcome) -> None:
        """Record an outcome, and keep the answer for a repetition."""
        if call.forward and isinstance(outcome, Succeeded):
            self.told[call.branch, call.step] = outcome
        answer = Answer(
            branch=call.branch,
            step=call.step,
            attempt=call.attempt,
            forward=call.forward,
            outcome=outcome,
        )
        self.answers.append(answer)
        self.tell(answer)

    @property
    def running(self) -> bool:
        """True until the saga has ended."""
        return self.state.status is SagaStatus.RUNNING

    @property
    def parked(self) -> list[tuple[str, str]]:
        """Everything that waits for an operator."""
        return [
            (branch.key, run.name)
            for branch in self.state.branches
            for run in branch.steps
            if run.phase is Phase.PARKED
        ]

    def a_due_call(self, data: st.DataObject) -> Call:
        """Wait until something is due, or longer, and pick one call."""
        slow = data.draw(st.sampled_from([0, 0, 5, 1000]))
        self.now = max(self.now, next_due(self.state) or self.now) + timedelta(seconds=slow)
        call = data.draw(st.sampled_from(calls_due(self.state, self.now)))
        if call.kind is CallKind.UNDO and (call.branch, call.step) in self.told:
            assert Succeeded(memory=call.memory) == self.told[call.branch, call.step]
        return call

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def a_call_goes_well(self, data: st.DataObject) -> None:
        """Make one of the calls that are due, and record how it ended."""
        call = self.a_due_call(data)
        self.answer(call, self.outside.reply(call))

    @precondition(lambda self: self.running)
    @rule(way=st.sampled_from(WRONG_WAYS), data=st.data())
    def a_call_goes_wrong(self, way: str, data: st.DataObject) -> None:
        """Make one of the calls that are due, with an accident."""
        call = self.a_due_call(data)
        if call.kind is CallKind.FIND:
            self.answer(call, Unclear(reason="?"))
            return
        match way:
            case "fails":
                self.answer(call, FAILED)
            case "breaks":
                self.outside.broken.add(call.key)
                self.answer(call, self.outside.reply(call))
            case "is rejected":
                self.answer(call, REJECTED)
            case "half runs, is rejected":
                self.outside.serve(call)
                self.answer(call, REJECTED)
            case "half runs":
                self.outside.serve(call)
                self.answer(call, FAILED)
            case "gets lost":
                self.answer(call, Unclear(reason="?"))
            case "loses its answer":
                self.outside.serve(call)
                self.answer(call, Unclear(reason="?"))
            case "is delayed":
                self.on_the_way.append(call)
                self.answer(call, Accepted())
            case _:
                self.outside.serve(call)  # the worker dies before it can tell

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data())
    def a_request_arrives(self, data: st.DataObject) -> None:
        """Something sent long ago reaches its provider."""
        index = data.draw(st.integers(0, len(self.on_the_way) - 1))
        self.outside.serve(self.on_the_way.pop(index))

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def an_answer_is_repeated(self, data: st.DataObject) -> None:
        """An answer to an attempt that is over changes nothing."""
        answer = data.draw(st.sampled_from(self.answers))
        run = self.state.branch(answer.branch).run(answer.step)
        before = self.state
        if run.attempt != answer.attempt or run.forward != answer.forward:
            self.tell(answer)
            assert self.state == before

    @rule(seconds=st.integers(1, 1000))
    def time_passes(self, seconds: int) -> None:
        """Workers are slow, or there is nothing to do any more."""
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: not self.calm)
    @rule()
    def somebody_aborts(self) -> None:
        """Take everything back, if there is still time."""
        before = self.state
        self.tell(Abort(reason="abort"))
        self.aborted = self.aborted or before.status is SagaStatus.RUNNING
        assert before.status is SagaStatus.RUNNING or self.state == before

    @precondition(lambda self: self.parked)
    @rule(data=st.data(), by_hand=st.booleans())
    def an_operator_acts(self, data: st.DataObject, by_hand: bool) -> None:
        """Retry parked work, or put it right by hand."""
        branch, step = data.draw(st.sampled_from(self.parked))
        if by_hand:
            self.tell(ResolveParked(branch=branch, step=step, note="by hand"))
        else:
            self.outside.broken.clear()
            self.tell(RetryParked(branch=branch, step=step))

    @invariant()
    def a_running_saga_has_something_to_do(self) -> None:
        """It is never stuck, and a finished one never calls."""
        due = next_due(self.state)
        assert (due is not None) == self.running
        assert bool(due and calls_due(self.state, due)) == self.running

    @invariant()
    def no_effect_is_made_twice(self) -> None:
        """Each step of each branch has been done at most once, whatever was repeated."""
        assert len(self.outside.done) == len(set(self.outside.done))
        made = list(self.outside.there.values())
        assert len(made) == len(set(made))

    def teardown(self) -> None:
        """Let everything work from here on, and compare what is left with what should be."""
        if not hasattr(self, "state"):
            return
        for _ in range(200):
            if not self.running:
                break
            self.now = max(self.now, next_due(self.state) or self.now)
            for call in calls_due(self.state, self.now)[:1]:
                self.answer(call, self.outside.reply(call))
        for call in self.on_the_way:
            self.outside.serve(call)
        assert not self.running
        self.check_the_end()

    def check_the_end(self) -> None:
        """Kept branches have all their effects, the others none; what is parked may be either."""
        there = set(self.outside.there.values())
        undone = set(self.outside.undone.values())
        for branch in self.state.branches:
            for run in branch.steps:
                step, place = self.definition.step(run.name), (branch.key, run.name)
                if run.phase in {Phase.PARKED, Phase.RESOLVED}:
                    continue
                if not branch.back:
                    assert (place in there) == (step.does and run.phase is Phase.DONE)
                    assert place not in undone
                elif step.undoes:
                    assert place not in there
                    assert step.does or place in undone
        items = [branch.back for branch in self.state.item_branches]
        if self.aborted or self.definition.policy is Policy.ALL_OR_NOTHING:
            assert len(set(items)) <= 1
        order_failed = any(branch.back for branch in self.state.branches[len(items) :])
        if self.aborted or order_failed:
            assert all(branch.back for branch in self.state.branches)


TestSagaMachine = SagaMachine.TestCase
