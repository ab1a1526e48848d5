"""Levels: what fits, what is short, and that every level is the fold of its ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.inventory import (
    MOST_UNITS,
    Booking,
    Holding,
    MoveKind,
    Movement,
    Shortage,
    StockLevel,
    StockMove,
    apply,
    book,
    fold,
    holdings,
)
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.testing import stock_laws

_TENANT = TenantId("tenant-1")
_ORDER = OrderId("order-1")
_AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
_LEVEL = StockLevel(tenant=_TENANT, sku="A", on_hand=5, reserved=3, moves=7)


def _move(
    kind: MoveKind, quantity: int, order: OrderId | None = _ORDER, sku: str = "A"
) -> StockMove:
    if kind in (MoveKind.RECEIVE, MoveKind.ADJUST):
        order = None
    return StockMove(kind=kind, sku=sku, quantity=quantity, order_id=order, reason="counted")


@pytest.mark.parametrize(
    ("kind", "quantity", "after"),
    [
        (MoveKind.RECEIVE, 2, (7, 3)),
        (MoveKind.RECEIVE, MOST_UNITS - 5, (MOST_UNITS, 3)),
        (MoveKind.RETURN, 2, (7, 3)),
        (MoveKind.RELEASE, 3, (5, 0)),
        (MoveKind.ADJUST, -2, (3, 3)),
        (MoveKind.RESERVE, 2, (5, 5)),
        (MoveKind.SHIP, 3, (2, 0)),
    ],
)
def test_a_move_that_fits(kind: MoveKind, quantity: int, after: tuple[int, int]) -> None:
    """To the very edge; the count of movements goes up."""
    level = apply(_LEVEL, _move(kind, quantity))
    assert isinstance(level, StockLevel)
    assert (level.on_hand, level.reserved, level.moves) == (*after, 8)
    assert level.available == level.on_hand - level.reserved


@pytest.mark.parametrize(
    ("kind", "quantity", "available"),
    [
        (MoveKind.RECEIVE, MOST_UNITS, MOST_UNITS - 5),
        (MoveKind.RETURN, MOST_UNITS, MOST_UNITS - 5),
        (MoveKind.RELEASE, 4, 3),
        (MoveKind.ADJUST, -3, 2),
        (MoveKind.ADJUST, MOST_UNITS, MOST_UNITS - 5),
        (MoveKind.RESERVE, 3, 2),
        (MoveKind.SHIP, 4, 3),
    ],
)
def test_a_move_that_does_not_fit(kind: MoveKind, quantity: int, available: int) -> None:
    """One unit more than there is; the shortage says what it could have been at most."""
    assert apply(_LEVEL, _move(kind, quantity)) == Shortage(
        sku="A", requested=abs(quantity), available=available, move=kind
    )


@pytest.mark.parametrize("kind", [MoveKind.RECEIVE, MoveKind.RETURN])
def test_not_even_one_unit_more_fits_a_full_shelf(kind: MoveKind) -> None:
    """The shortage speaks of room, though there is plenty to reserve."""
    full = StockLevel(tenant=_TENANT, sku="A", on_hand=MOST_UNITS)
    assert apply(full, _move(kind, 1)) == Shortage(sku="A", requested=1, available=0, move=kind)


@pytest.mark.parametrize(
    ("kind", "own"), [(MoveKind.RELEASE, 2), (MoveKind.SHIP, 2), (MoveKind.RETURN, 1)]
)
def test_an_order_moves_what_it_has_and_no_unit_more(kind: MoveKind, own: int) -> None:
    """However much the others have; the shortage names the move and what this order has."""
    holding = Holding(reserved=2, sent=1)
    assert holding.refuses(_move(kind, own)) is None
    assert holding.refuses(_move(kind, own + 1)) == Shortage(
        sku="A", requested=own + 1, available=own, move=kind
    )


@pytest.mark.parametrize("kind", [MoveKind.RECEIVE, MoveKind.ADJUST, MoveKind.RESERVE])
def test_what_asks_nothing_of_an_order_is_not_refused_for_it(kind: MoveKind) -> None:
    """Whether the shelf has it is asked of the level."""
    assert Holding().refuses(_move(kind, MOST_UNITS)) is None


def test_a_row_of_the_ledger_tells_the_whole_move() -> None:
    """Whose, when, how many of what, and the words of whoever counted."""
    moves = [_move(MoveKind.RECEIVE, 5), _move(MoveKind.RESERVE, 2)]
    made = book(moves, tenant=_TENANT, at=_AT, levels={"A": _LEVEL}, holdings={})
    assert isinstance(made, Booking)
    came = Movement(
        tenant=_TENANT,
        sku="A",
        seq=8,
        at=_AT,
        kind=MoveKind.RECEIVE,
        on_hand=5,
        reserved=0,
        reason="counted",
    )
    wanted = evolve(came, seq=9, kind=MoveKind.RESERVE, on_hand=0, reserved=2, order_id=_ORDER)
    assert made.movements == (came, wanted)
    assert made.levels == (evolve(_LEVEL, on_hand=10, reserved=5, moves=9),)
    assert made.holdings == {(_ORDER, "A"): Holding(reserved=2)}


def test_a_shortage_reads_as_a_sentence() -> None:
    """With every figure in it."""
    assert str(Shortage(sku="A-1", requested=3, available=2)) == (
        "reserve 3 of 'A-1', but 2 available"
    )


_MOVES = st.lists(
    st.builds(
        _move,
        st.sampled_from(MoveKind),
        st.integers(1, 9),
        st.sampled_from([OrderId("o-1"), OrderId("o-2")]),
        st.sampled_from("AB"),
    ),
    max_size=6,
)


@given(st.lists(_MOVES, max_size=12))
def test_whatever_is_booked_the_laws_hold(batches: list[list[StockMove]]) -> None:
    """Batch after batch: all of it or nothing, and each level is the sum of its movements."""
    levels: dict[str, StockLevel] = {}
    ledgers: dict[str, list[Movement]] = {"A": [], "B": []}
    for batch in batches:
        have = holdings(row for ledger in ledgers.values() for row in ledger)
        made = book(batch, tenant=_TENANT, at=_AT, levels=levels, holdings=have)
        if isinstance(made, Booking):
            levels |= {level.sku: level for level in made.levels}
            for row in made.movements:
                ledgers[row.sku].append(row)
            after = holdings(row for ledger in ledgers.values() for row in ledger)
            assert {**have, **made.holdings} == after
        else:
            assert all(short.available < short.requested for short in made)
            assert made
    for sku, ledger in ledgers.items():
        level = levels.get(sku, StockLevel(tenant=_TENANT, sku=sku))
        assert stock_laws.stock_violations(level, ledger) == []
        assert level == fold(iter(ledger), tenant=_TENANT, sku=sku)


def _ledger(*moves: tuple[MoveKind, int]) -> list[Movement]:
    made = [_move(kind, quantity) for kind, quantity in moves]
    return [
        Movement(
            tenant=_TENANT,
            sku="A",
            seq=place,
            at=_AT,
            kind=move.kind,
            on_hand=move.on_hand,
            reserved=move.reserved,
            order_id=move.order_id,
        )
        for place, move in enumerate(made, 1)
    ]


_SOUND = _ledger((MoveKind.RECEIVE, 5), (MoveKind.RESERVE, 3), (MoveKind.SHIP, 1))
_SOUND_LEVEL = StockLevel(tenant=_TENANT, sku="A", on_hand=4, reserved=2, moves=3)


def test_the_laws_hold_of_a_sound_ledger() -> None:
    """Or the tests below would prove nothing."""
    assert stock_laws.stock_violations(_SOUND_LEVEL, _SOUND) == []
    assert stock_laws.stock_violations(StockLevel(tenant=_TENANT, sku="A"), []) == []


@pytest.mark.parametrize("change", [{"on_hand": 5}, {"reserved": 1}, {"moves": 2}])
def test_a_level_that_is_not_its_ledger_is_found(change: dict[str, int]) -> None:
    """One unit is enough."""
    assert stock_laws.level_is_its_ledger(evolve(_SOUND_LEVEL, **change), _SOUND)


def test_a_ledger_with_a_gap_is_found() -> None:
    """Though the sums are right."""
    gap = [*_SOUND[:2], evolve(_SOUND[2], seq=4)]
    assert stock_laws.level_is_its_ledger(_SOUND_LEVEL, gap)


@pytest.mark.parametrize(
    "moves",
    [
        ((MoveKind.RECEIVE, 1), (MoveKind.RESERVE, 2)),
        ((MoveKind.RELEASE, 1),),
        ((MoveKind.ADJUST, -1), (MoveKind.RECEIVE, 1)),
    ],
)
def test_overselling_is_found_wherever_it_happened(moves: tuple[tuple[MoveKind, int], ...]) -> None:
    """Also when it was made good later."""
    assert stock_laws.never_oversold(_ledger(*moves))


def test_a_reservation_nobody_holds_is_found() -> None:
    """The row says two, the orders hold three."""
    assert stock_laws.orders_hold_what_is_reserved(_SOUND_LEVEL, _SOUND[:2])


@pytest.mark.parametrize("kind", [MoveKind.RELEASE, MoveKind.RETURN])
def test_what_an_order_gave_back_without_having_it_is_found(kind: MoveKind) -> None:
    """Another order's units were enough for the sums."""
    ledger = _SOUND + [evolve(row, seq=4) for row in _ledger((kind, 1))]
    ledger[3] = evolve(ledger[3], order_id=OrderId("order-2"))
    level = fold(ledger, tenant=_TENANT, sku="A")
    assert stock_laws.level_is_its_ledger(level, ledger) == []
    assert len(stock_laws.orders_hold_what_is_reserved(level, ledger)) == 1


def test_a_holding_counts_what_was_sent() -> None:
    """Until it comes back."""
    assert holdings(_SOUND) == {(_ORDER, "A"): Holding(reserved=2, sent=1)}
