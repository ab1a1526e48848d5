from __future__ import annotations

import pytest

from ordercore.engine.saga import OnExhausted, SagaDefinition, Scope, Step
from ordercore.kernel.errors import DefinitionError
from tests.unit.engine.saga.sagas import DELIVER, PROVISION, define, fulfilment


def problems(*steps: Step) -> tuple[str, ...]:
    """Return what a definition of these steps is refused for."""
    with pytest.raises(DefinitionError) as refused:
        define(*steps)
    assert refused.value.name == "sample"
    return refused.value.problems


def test_a_saga_without_steps_is_refused() -> None:
    """There would be nothing to do."""
    assert problems() == ("a saga needs at least one step",)


def test_a_name_used_twice_is_refused() -> None:
    """Names are part of the keys of calls, so two steps would share their effects."""
    assert problems(PROVISION, PROVISION) == ("step 'provision' appears twice",)


def test_an_item_step_after_an_order_step_is_refused() -> None:
    """Order steps wait for every item, so nothing of an item can follow them."""
    assert problems(DELIVER, PROVISION) == ("item steps come before order steps",)


def test_a_step_that_makes_no_call_at_all_is_refused() -> None:
    """A step whose undo was forgotten beside ``does=False`` would pass unnoticed."""
    assert problems(Step(name="idle", does=False)) == (
        "step 'idle' neither does nor undoes anything",
    )


def test_parking_a_step_that_never_fails_forward_is_refused() -> None:
    """There is no forward call that could be used up."""
    step = Step(name="refund", does=False, undoes=True, on_exhausted=OnExhausted.PARK)

    assert problems(step) == ("step 'refund' calls nothing forward, so it cannot be parked",)


@pytest.mark.parametrize("deadline_s", [0, -1])
def test_a_deadline_of_nothing_is_refused(deadline_s: int) -> None:
    """Without one an unclear call would have failed before it was looked up."""
    assert problems(Step(name="x", deadline_s=deadline_s)) == ("step 'x' needs a deadline above 0",)


def test_every_problem_is_reported_at_once() -> None:
    """An author fixes a table in one go."""
    found = problems(
        DELIVER,
        DELIVER,
        Step(name="idle", does=False, on_exhausted=OnExhausted.PARK, deadline_s=-1),
    )

    assert found == (
        "step 'deliver' appears twice",
        "item steps come before order steps",
        "step 'idle' neither does nor undoes anything",
        "step 'idle' calls nothing forward, so it cannot be parked",
        "step 'idle' needs a deadline above 0",
    )


def test_steps_are_told_apart_by_scope_and_found_by_name() -> None:
    """Item steps and order steps partition the table."""
    definition = fulfilment()

    assert [step.name for step in definition.item_steps] == ["announce", "refund", "provision"]
    assert [step.name for step in definition.order_steps] == ["deliver"]
    assert definition.step("deliver").scope is Scope.ORDER


def test_a_step_unknown_to_this_version_is_a_fault() -> None:
    """A saga stored by a newer version is not guessed at."""
    with pytest.raises(DefinitionError, match="there is no step 'gift_wrap'"):
        SagaDefinition(name="sample", version=1, steps=(PROVISION,)).step("gift_wrap")
