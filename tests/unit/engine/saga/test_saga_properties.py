from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.retry import Polling, RetryPolicy
from ordercore.engine.saga import (
    Abort,
    Absent,
    Accepted,
    Answer,
    Failed,
    Message,
    OnExhausted,
    Outcome,
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
    next_due,
)
from ordercore.engine.saga.explore import explore
from tests.unit.engine.saga.sagas import Play

outcomes: st.SearchStrategy[Outcome] = st.sampled_from(
    [
        Succeeded(memory=(("ip", "::1"),)),
        Failed(code="down", reason="down"),
        Rejected(code="no", reason="no"),
        Unclear(reason="timeout"),
        Accepted(),
        Absent(),
    ]
)
policies = st.builds(
    RetryPolicy, name=st.just("any"), delays_s=st.lists(st.integers(0, 60), max_size=2).map(tuple)
)

pollings = st.builds(
    Polling,
    first_s=st.integers(1, 20),
    growth_percent=st.integers(100, 300),
    longest_s=st.integers(20, 60),
)


@st.composite
def steps(draw: st.DrawFn, name: str, scope: Scope) -> Step:
    """Draw a step that calls something forward."""
    return Step(
        name=name,
        scope=scope,
        undoes=draw(st.booleans()),
        on_exhausted=draw(st.sampled_from(OnExhausted)),
        retry=draw(policies),
        undo_retry=draw(policies),
        deadline_s=draw(st.integers(1, 20)),
        polling=draw(pollings),
    )


@st.composite
def definitions(draw: st.DrawFn) -> SagaDefinition:
    """Draw a definition: what is only undone comes first in its scope, as it should."""
    table: list[Step] = []
    for scope, most in ((Scope.ITEM, 2), (Scope.ORDER, 2)):
        if draw(st.booleans()):
            told = draw(steps(f"{scope.value}-tell", scope))
            told = evolve(told, does=False, undoes=True, on_exhausted=OnExhausted.COMPENSATE)
            table.append(told)
        table += [
            draw(steps(f"{scope.value}-{n}", scope)) for n in range(draw(st.integers(0, most)))
        ]
    table = table or [draw(steps("item-0", Scope.ITEM))]
    policy = draw(st.sampled_from(Policy))
    return SagaDefinition(name="any", version=1, steps=tuple(table), policy=policy)


@st.composite
def messages(draw: st.DrawFn, play: Play) -> Message:
    """Draw something to tell a saga; most of it answers what is due."""
    parked = [(b.key, r.name) for b in play.state.branches for r in b.steps if r.phase == "parked"]
    if parked and draw(st.integers(0, 3)) == 0:
        branch, step = draw(st.sampled_from(parked))
        if draw(st.booleans()):
            return RetryParked(branch=branch, step=step)
        return ResolveParked(branch=branch, step=step, note="by hand")
    places = [(b.key, r.name) for b in play.state.branches for r in b.steps]
    due = [(call.branch, call.step) for call in play.wait()]
    choice = draw(st.integers(0, 9))
    if choice == 0:
        return Abort(reason="abort")
    branch, step = draw(st.sampled_from(places if choice == 1 else due or places))
    run = play.run(branch, step)
    return Answer(
        branch=branch,
        step=step,
        attempt=run.attempt if choice > 1 else draw(st.integers(0, 3)),
        forward=run.forward,
        outcome=draw(outcomes),
    )


@given(definition=definitions(), items=st.integers(0, 2), data=st.data())
def test_a_running_saga_always_has_a_time_for_its_next_call_and_a_finished_one_never(
    definition: SagaDefinition, items: int, data: st.DataObject
) -> None:
    """Whatever it is told, honest or not, in whatever order; and it never raises."""
    play = Play(definition, *[f"i{n}" for n in range(items)])
    if not play.state.branches:
        return
    for _ in range(data.draw(st.integers(0, 25))):
        play.tell(data.draw(messages(play)))
        assert (next_due(play.state) is not None) == (play.state.status is SagaStatus.RUNNING)
        assert bool(play.wait()) == (play.state.status is SagaStatus.RUNNING)


@given(definition=definitions(), data=st.data())
def test_attempts_are_numbered_upwards_and_never_reused(
    definition: SagaDefinition, data: st.DataObject
) -> None:
    """So an answer to an earlier one can always be told."""
    play = Play(definition, "a", "b")
    for _ in range(data.draw(st.integers(0, 25))):
        before = {(b.key, r.name): r for b in play.state.branches for r in b.steps}
        play.tell(data.draw(messages(play)))
        for branch in play.state.branches:
            for run in branch.steps:
                was = before[branch.key, run.name]
                assert run.attempt - was.attempt in {0, 1}
                assert run.forward is was.forward or run.attempt == was.attempt + 1


@given(definition=definitions(), data=st.data())
def test_a_saga_ends_when_everything_fails_and_when_everything_succeeds(
    definition: SagaDefinition, data: st.DataObject
) -> None:
    """No answer, given to every call, keeps a saga going for ever; time does the rest."""
    outcome = data.draw(outcomes)
    play = Play(definition, "a", "b")
    for _ in range(2000):
        for call in play.wait():
            play.answer(call.branch, call.step, outcome)
        if play.state.status is not SagaStatus.RUNNING:
            break
        play.later(1)

    assert play.state.status is not SagaStatus.RUNNING


@given(definition=definitions())
def test_any_sound_definition_keeps_the_laws(definition: SagaDefinition) -> None:
    """Every run with one fault and one act of an operator, for tables nobody thought of."""
    may_stay = frozenset(step.name for step in definition.steps if not step.undoes)
    items = 1 if definition.item_steps else 0
    found = explore(definition, items=items, faults=1, may_stay=may_stay)

    assert found.violations == ()
