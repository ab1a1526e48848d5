"""Status updates by the state alone: repeats are known for ever, and the order does not matter."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordercore.domain.orders.lifecycles import PROVISIONING, RETAIL, RetailState, RetailTrigger
from ordercore.engine.lifecycle import Lifecycle, Standing, is_repeatable, row, standing
from tests.unit.engine.lifecycle.test_lifecycle_properties import lifecycles

BEHIND = (Standing.REACHED, Standing.PASSED)


def moved(lifecycle: Lifecycle, state: str, trigger: str) -> str:
    """Return the state after the first row that leads on."""
    return next(r.dest for r in lifecycle.rows if (r.trigger, r.source) == (trigger, state))


@given(lifecycle=lifecycles(), data=st.data())
def test_an_update_that_was_taken_in_is_ignored_for_ever(
    lifecycle: Lifecycle, data: st.DataObject
) -> None:
    """Wherever the order goes from there, by whatever rows."""
    repeatable = [t for t in lifecycle.triggers if is_repeatable(lifecycle, t)]
    assume(repeatable)
    trigger = data.draw(st.sampled_from(repeatable))
    state = data.draw(st.sampled_from([r.source for r in lifecycle.rows if r.trigger == trigger]))
    assert standing(lifecycle, state, trigger) is Standing.DUE
    state = moved(lifecycle, state, trigger)
    for _ in range(6):
        assert standing(lifecycle, state, trigger) in BEHIND
        ways = [r.dest for r in lifecycle.rows if r.source == state]
        if not ways:
            return
        state = data.draw(st.sampled_from(ways))


@given(
    length=st.integers(2, 6),
    exits=st.sets(st.integers(0, 5)),
    data=st.data(),
)
def test_any_order_and_any_repeats_have_the_same_end(
    length: int, exits: set[int], data: st.DataObject
) -> None:
    """Where each update starts from one state; what is too early is delivered again later."""
    states = [f"s{n}" for n in range(length + 1)]
    chain = [row(f"t{n}", states[n], states[n + 1], who=("post",)) for n in range(length)]
    outs = [row("stop", states[n], "gone", who=("post",)) for n in exits if n < length]
    lifecycle = Lifecycle(
        name="chain",
        states=(*states, *(["gone"] if outs else [])),
        initial=states[0],
        terminal=(states[-1], *(["gone"] if outs else [])),
        rows=(*chain, *outs),
    )
    copies = [n for n in range(length) for _ in range(data.draw(st.integers(1, 3)))]
    waiting, state, taken = data.draw(st.permutations(copies)), states[0], []
    while waiting:
        again = []
        for n in waiting:
            match standing(lifecycle, state, f"t{n}"):
                case Standing.DUE:
                    state = moved(lifecycle, state, f"t{n}")
                    taken.append(n)
                case Standing.EARLY:
                    again.append(n)
                case stands:
                    assert stands in BEHIND
        assert len(again) < len(waiting), "what is too early is not so for ever"
        waiting = again
    assert state == states[-1]
    assert taken == list(range(length))


@pytest.mark.parametrize("trigger", RetailTrigger)
def test_of_goods_all_but_payments_can_be_told_from_the_state(trigger: RetailTrigger) -> None:
    """A payment that failed is tried once more, so its rows are walked again."""
    again = {"decline_payment", "expire_payment", "retry_payment"}
    assert is_repeatable(RETAIL, trigger) is (trigger not in again)


def test_a_delivery_by_the_state_of_the_parcel() -> None:
    """Too early, due, there, past it, and never."""
    told = {state: standing(RETAIL, state, "deliver") for state in RetailState}
    late = {RetailState.COMPLETED, RetailState.RETURNED}
    assert told[RetailState.SHIPPED] is Standing.DUE
    assert told[RetailState.DELIVERED] is Standing.REACHED
    assert {state for state in told if told[state] is Standing.PASSED} == late
    assert {s for s in told if told[s] is Standing.IMPOSSIBLE} == {RetailState.CANCELLED}
    rest = set(RetailState) - late - {"shipped", "delivered", "cancelled"}
    assert {state for state in told if told[state] is Standing.EARLY} == rest


def test_a_trigger_that_no_row_has_is_impossible() -> None:
    """It is reported, not ignored."""
    assert standing(PROVISIONING, "draft", "fly") is Standing.IMPOSSIBLE
