"""Moves of stock: whole units, summed per sku, in one order for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.inventory import (
    MOST_UNITS,
    MoveKind,
    StockMove,
    line_moves,
    reserve_lines,
    summed,
)
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import OrderId

_ORDER = OrderId("order-1")
_WITHOUT_ORDER = (MoveKind.RECEIVE, MoveKind.ADJUST)


def _move(kind: MoveKind, quantity: Any = 1, **changes: Any) -> StockMove:
    of_order = {} if kind in _WITHOUT_ORDER else {"order_id": _ORDER}
    given = {"sku": "A", "reason": "counted", **of_order, **changes}
    return StockMove(kind=kind, quantity=quantity, **given)


@pytest.mark.parametrize(
    ("kind", "on_hand", "reserved"),
    [
        (MoveKind.RECEIVE, 3, 0),
        (MoveKind.RETURN, 3, 0),
        (MoveKind.RELEASE, 0, -3),
        (MoveKind.ADJUST, 3, 0),
        (MoveKind.RESERVE, 0, 3),
        (MoveKind.SHIP, -3, -3),
    ],
)
def test_what_each_kind_changes(kind: MoveKind, on_hand: int, reserved: int) -> None:
    """Cancelling what was shipped restocks it, cancelling what was not releases it."""
    move = _move(kind, 3)
    assert (move.on_hand, move.reserved) == (on_hand, reserved)


def test_a_count_may_be_negative() -> None:
    """It alone."""
    assert _move(MoveKind.ADJUST, -3).on_hand == -3
    for kind in set(MoveKind) - {MoveKind.ADJUST}:
        with pytest.raises(InvalidInput, match="quantity"):
            _move(kind, -3)


@pytest.mark.parametrize("kind", MoveKind)
@pytest.mark.parametrize(
    "wrong", [0, MOST_UNITS + 1, -MOST_UNITS - 1, 10**40, True, 1.0, "1", None]
)
def test_only_whole_units_move(kind: MoveKind, wrong: Any) -> None:
    """The fault names the field and what is allowed, and never repeats a huge number."""
    with pytest.raises(InvalidInput) as fault:
        _move(kind, wrong)
    assert fault.value.field == "quantity"
    assert str(MOST_UNITS) in (fault.value.allowed or "")
    assert len(str(fault.value)) < 120


_UNITS = f"whole units, 1 to {MOST_UNITS}"
_COUNTED = f"whole units, not 0, to {MOST_UNITS}"


@pytest.mark.parametrize(
    ("kind", "changes", "field", "problem", "allowed"),
    [
        (MoveKind.SHIP, {"quantity": 0}, "quantity", "got 0", _UNITS),
        (MoveKind.SHIP, {"quantity": -MOST_UNITS}, "quantity", f"got -{MOST_UNITS}", _UNITS),
        (MoveKind.SHIP, {"quantity": "1"}, "quantity", "got str", _UNITS),
        (MoveKind.ADJUST, {"quantity": 0}, "quantity", "got 0", _COUNTED),
        (MoveKind.ADJUST, {"quantity": -MOST_UNITS - 1}, "quantity", "is too large", _COUNTED),
        (MoveKind.RECEIVE, {"order_id": _ORDER}, "order_id", "a receive is of no order", None),
        (MoveKind.ADJUST, {"reason": " "}, "reason", "an adjustment needs one", None),
        (MoveKind.ADJUST, {"reason": 7}, "reason", "got int", "text"),
        (MoveKind.SHIP, {"order_id": 7}, "order_id", "got int", "text, 1 to 200 characters"),
        (MoveKind.SHIP, {"sku": 7}, "sku", "got int", "text, 1 to 200 characters"),
    ],
)
def test_a_fault_says_which_part_cannot_be_and_what_could(
    kind: MoveKind, changes: dict[str, Any], field: str, problem: str, allowed: str | None
) -> None:
    """Whoever asked for the move can mend it from the answer alone."""
    with pytest.raises(InvalidInput) as fault:
        _move(kind, **changes)
    assert (fault.value.field, fault.value.problem, fault.value.allowed) == (
        field,
        problem,
        allowed,
    )


@pytest.mark.parametrize("kind", MoveKind)
def test_the_most_that_can_move_fits_every_database(kind: MoveKind) -> None:
    """With room for thousands of them in 64 bits."""
    assert _move(kind, MOST_UNITS).quantity * 5000 < 2**63


@pytest.mark.parametrize("kind", MoveKind)
def test_an_order_stands_behind_what_orders_do(kind: MoveKind) -> None:
    """And behind nothing else, or a count would look like somebody's goods."""
    wrong = _ORDER if kind in _WITHOUT_ORDER else None
    with pytest.raises(InvalidInput, match="order_id"):
        _move(kind, order_id=wrong)


@pytest.mark.parametrize("wrong", ["", " ", "a\0b", "x" * 201, None, 7])
def test_a_sku_is_a_name(wrong: Any) -> None:
    """One that every store can keep."""
    with pytest.raises(InvalidInput, match="sku"):
        _move(MoveKind.RECEIVE, sku=wrong)


@pytest.mark.parametrize("wrong", ["", "  ", None, 7])
def test_an_adjustment_has_a_reason(wrong: Any) -> None:
    """Whoever reads the ledger wants to know."""
    with pytest.raises(InvalidInput, match="reason"):
        _move(MoveKind.ADJUST, reason=wrong)


def test_a_reason_can_be_stored() -> None:
    """What no database takes is replaced."""
    assert _move(MoveKind.RECEIVE, reason="a\0b").reason == "a\ufffdb"


def test_the_same_item_on_two_lines_is_one_move() -> None:
    """Summed, by sku, whatever the order of the lines."""
    lines = [("B", 1), ("A", 2), ("B", 3)]
    wanted = (
        StockMove(kind=MoveKind.RESERVE, sku="A", quantity=2, order_id=_ORDER),
        StockMove(kind=MoveKind.RESERVE, sku="B", quantity=4, order_id=_ORDER),
    )
    assert reserve_lines(lines, order_id=_ORDER) == wanted
    assert reserve_lines(reversed(lines), order_id=_ORDER) == wanted


def test_lines_may_come_from_a_generator() -> None:
    """They are gone through once."""
    lines = ((sku, 1) for sku in "AB")
    assert [move.sku for move in line_moves(MoveKind.SHIP, lines, order_id=_ORDER)] == ["A", "B"]


def test_no_lines_move_nothing() -> None:
    """An order of services, for example."""
    assert reserve_lines([], order_id=_ORDER) == ()


def test_a_sum_may_be_too_large() -> None:
    """Though each line alone is not."""
    with pytest.raises(InvalidInput, match="quantity"):
        reserve_lines([("A", MOST_UNITS), ("A", 1)], order_id=_ORDER)


def test_reasons_of_what_is_summed_are_kept() -> None:
    """Each once."""
    counts = [_move(MoveKind.ADJUST, 2, reason=reason) for reason in ("lost", "found", "lost")]
    (total,) = summed(counts)
    assert (total.quantity, total.reason) == (6, "lost; found")


def test_counts_that_cancel_out_are_nothing() -> None:
    """Unless another one follows."""
    there, back = _move(MoveKind.ADJUST, 2), _move(MoveKind.ADJUST, -2)
    assert summed([there, back]) == ()
    assert summed([there, back, there]) == (there,)


@given(
    st.lists(
        st.builds(
            _move,
            st.sampled_from([kind for kind in MoveKind if kind not in _WITHOUT_ORDER]),
            st.integers(1, 9),
            sku=st.sampled_from("ABC"),
            order_id=st.sampled_from([OrderId("o-1"), OrderId("o-2")]),
        )
    )
)
def test_summing_loses_nothing_and_has_one_order(moves: list[StockMove]) -> None:
    """By sku, then kind; one move each; the deltas add up to the same."""
    total = summed(moves)
    keys = [(m.sku, list(MoveKind).index(m.kind), m.order_id) for m in total]
    assert keys == sorted(set(keys))
    for sku in "ABC":
        for delta in ("on_hand", "reserved"):
            before = sum(getattr(move, delta) for move in moves if move.sku == sku)
            assert before == sum(getattr(move, delta) for move in total if move.sku == sku)
    assert summed(total) == summed(reversed(moves)) == total
