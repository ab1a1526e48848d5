"""Contract of stock: no unit is promised twice, none comes back that was not held."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from ordercore.domain.inventory import (
    MOST_UNITS,
    MoveKind,
    Movement,
    Shortage,
    StockLevel,
    StockMove,
    fold,
    line_moves,
    reserve_lines,
)
from ordercore.kernel.errors import ConcurrencyConflict, StockShort
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, Mode
from ordercore.testing.contracts.differences import expect, only
from ordercore.testing.contracts.promises import refusal
from ordercore.testing.contracts.rows import ONE, OTHER, a_batch, a_record, contents, new_order
from ordercore.testing.contracts.subject import Contract, Subject
from ordercore.testing.stock_laws import stock_violations

__all__ = ["StockContract"]

_A, _B, _C = "A-1", "B-2", "C-3"
_MINE, _YOURS = OrderId("order-mine"), OrderId("order-yours")
_BUYERS = 12


def _received(sku: str, quantity: int) -> StockMove:
    return StockMove(kind=MoveKind.RECEIVE, sku=sku, quantity=quantity)


def _counted(sku: str, quantity: int) -> StockMove:
    return StockMove(kind=MoveKind.ADJUST, sku=sku, quantity=quantity, reason="counted")


def _of(kind: MoveKind, sku: str, quantity: int, order: OrderId = _MINE) -> StockMove:
    return StockMove(kind=kind, sku=sku, quantity=quantity, order_id=order)


class StockContract(Contract):
    """What every store does with `Batch.stock`, and what its reader shows."""

    blame = "Store.commit, by Batch.stock"

    def _move(self, subject: Subject, *moves: StockMove, tenant: TenantId = ONE) -> None:
        subject.run(subject.ports.store.commit(Batch(tenant=tenant, stock=moves)))

    def _short(self, subject: Subject, *moves: StockMove) -> tuple[Shortage, ...]:
        before = self._all(subject)
        with refusal(StockShort) as refused:
            self._move(subject, *moves)
        expect(self._all(subject), before)
        return refused.value.shortages

    def _level(self, subject: Subject, sku: str = _A) -> tuple[int, int]:
        level = only(subject.run(subject.ports.stock.levels(ONE, [sku])))
        return level.on_hand, level.reserved

    def _ledger(self, subject: Subject, sku: str) -> tuple[Movement, ...]:
        return subject.run(subject.ports.stock.movements(ONE, sku, limit=1000))

    def _all(self, subject: Subject) -> list[object]:
        skus = (_A, _B, _C)
        ledgers = {sku: self._ledger(subject, sku) for sku in skus}
        levels = subject.run(subject.ports.stock.levels(ONE, skus))
        for level in levels:
            expect(stock_violations(level, ledgers[level.sku]), [])
        return [levels, ledgers]

    # One move after the other -------------------------------------------------------------

    def test_goods_come_in_are_reserved_and_leave(self, subject: Subject) -> None:
        """On hand falls only when goods leave; until then they are reserved (two numbers)."""
        self._move(subject, _received(_A, 5))
        self._move(subject, _of(MoveKind.RESERVE, _A, 3))
        expect(self._level(subject), (5, 3), "on hand and reserved")
        self._move(subject, _of(MoveKind.SHIP, _A, 2))
        expect(self._level(subject), (3, 1), "on hand and reserved")
        self._move(subject, _of(MoveKind.RELEASE, _A, 1))
        expect(self._level(subject), (3, 0), "on hand and reserved")
        self._move(subject, _of(MoveKind.RETURN, _A, 2))
        expect(self._level(subject), (5, 0), "on hand and reserved")
        self._move(subject, _counted(_A, -4))
        expect(self._level(subject), (1, 0), "on hand and reserved")
        self._all(subject)

    def test_the_ledger_says_what_happened_in_order(self, subject: Subject) -> None:
        """One row per move with its place, and the level is their sum."""
        self._move(subject, _received(_A, 5))
        self._move(subject, _of(MoveKind.RESERVE, _A, 3))
        self._move(subject, _of(MoveKind.SHIP, _A, 3))
        self._move(subject, _counted(_A, -1))
        ledger = self._ledger(subject, _A)
        expect(
            [(m.seq, m.kind, m.on_hand, m.reserved, m.order_id, m.reason) for m in ledger],
            [
                (1, MoveKind.RECEIVE, 5, 0, None, ""),
                (2, MoveKind.RESERVE, 0, 3, _MINE, ""),
                (3, MoveKind.SHIP, -3, -3, _MINE, ""),
                (4, MoveKind.ADJUST, -1, 0, None, "counted"),
            ],
        )
        assert all(isinstance(movement.kind, MoveKind) for movement in ledger)
        expect([m.at for m in ledger], sorted(m.at for m in ledger))
        level = only(subject.run(subject.ports.stock.levels(ONE, [_A])))
        expect(level, fold(ledger, tenant=ONE, sku=_A))
        expect(level.available, 1)

    def test_the_ledger_is_read_in_pages(self, subject: Subject) -> None:
        """After a place, at most so many."""
        for quantity in (1, 2, 3, 4):
            self._move(subject, _received(_A, quantity))
        page = subject.run(subject.ports.stock.movements(ONE, _A, after=1, limit=2))
        expect([(movement.seq, movement.on_hand) for movement in page], [(2, 2), (3, 3)])

    def test_levels_come_by_sku_and_leave_out_what_never_moved(self, subject: Subject) -> None:
        """However they are asked for, once each."""
        self._move(subject, _received(_B, 2), _received(_A, 1))
        levels = subject.run(subject.ports.stock.levels(ONE, [_B, "never", _A, _B]))
        expect(
            levels,
            (
                StockLevel(tenant=ONE, sku=_A, on_hand=1, moves=1),
                StockLevel(tenant=ONE, sku=_B, on_hand=2, moves=1),
            ),
        )
        expect(subject.run(subject.ports.stock.levels(ONE, [])), ())

    # Several moves together ---------------------------------------------------------------

    def test_the_same_item_on_two_lines_is_summed_before_it_is_checked(
        self, subject: Subject
    ) -> None:
        """Each line alone would pass."""
        self._move(subject, _received(_A, 5))
        two = (_of(MoveKind.RESERVE, _A, 3), _of(MoveKind.RESERVE, _A, 3))
        expect(self._short(subject, *two), (Shortage(sku=_A, requested=6, available=5),))
        self._move(subject, *two[:1], _of(MoveKind.RESERVE, _A, 2))
        expect([movement.reserved for movement in self._ledger(subject, _A)], [0, 5])

    def test_every_missing_item_is_listed_and_nothing_is_reserved(self, subject: Subject) -> None:
        """With requested and available, also what was never stocked; what there is stays free."""
        self._move(subject, _received(_A, 5), _received(_B, 1))
        wanted = reserve_lines([(_C, 1), (_B, 2), (_A, 5)], order_id=_MINE)
        expect(
            self._short(subject, *wanted),
            (
                Shortage(sku=_B, requested=2, available=1),
                Shortage(sku=_C, requested=1, available=0),
            ),
        )

    def test_what_gives_comes_before_what_takes(self, subject: Subject) -> None:
        """An order swaps a line in one batch; sold over the counter is reserved and shipped."""
        self._move(subject, _received(_A, 2), _of(MoveKind.RESERVE, _A, 2))
        self._move(subject, _of(MoveKind.RESERVE, _A, 1), _of(MoveKind.RELEASE, _A, 2))
        expect(self._level(subject), (2, 1), "on hand and reserved")
        self._move(
            subject, *(_of(kind, _A, 1, _YOURS) for kind in (MoveKind.SHIP, MoveKind.RESERVE))
        )
        expect(self._level(subject), (1, 1), "on hand and reserved")

    def test_adjustments_that_cancel_out_leave_no_trace(self, subject: Subject) -> None:
        """Nothing moved, so there is nothing to note."""
        self._move(subject, _received(_A, 2))
        self._move(subject, _counted(_A, 1), _counted(_A, -1))
        expect(len(self._ledger(subject, _A)), 1)

    def test_too_little_stock_refuses_everything_else_in_the_batch(self, subject: Subject) -> None:
        """No order, no answer, no event, no number is stored."""
        absent = subject.run(contents(subject.ports, ONE, 2))
        batch = a_batch(2)
        short = evolve(batch, stock=(*batch.stock, _of(MoveKind.RESERVE, _A, 1)))
        with refusal(StockShort):
            subject.run(subject.ports.store.commit(short))
        expect(subject.run(contents(subject.ports, ONE, 2)), absent, "afterwards")

    def test_a_repeated_request_is_known_before_its_stock_is_short(self, subject: Subject) -> None:
        """Whoever got the last unit and asks again is told so, not that there is none left."""
        self._move(subject, _received(_A, 1))
        batch = Batch(
            tenant=ONE,
            orders=(new_order(1),),
            idempotency=a_record(1),
            stock=reserve_lines([(_A, 1)], order_id=_MINE),
        )
        subject.run(subject.ports.store.commit(batch))
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(batch))
        expect(self._level(subject), (1, 1), "on hand and reserved")

    # What is refused ----------------------------------------------------------------------

    @pytest.mark.parametrize("kind", [MoveKind.RELEASE, MoveKind.SHIP])
    def test_a_release_executed_twice_frees_nobody_elses_units(
        self, subject: Subject, kind: MoveKind
    ) -> None:
        """An order gives back or ships what it holds itself, however much others hold."""
        self._move(subject, _received(_A, 9), _received(_B, 9))
        self._move(subject, *reserve_lines([(_A, 2), (_B, 1)], order_id=_MINE))
        self._move(subject, _of(MoveKind.RESERVE, _A, 5, _YOURS))
        self._move(subject, _of(kind, _A, 2))
        again = line_moves(kind, [(_A, 2), (_B, 2)], order_id=_MINE)
        expect(
            self._short(subject, *again),
            (
                Shortage(sku=_A, requested=2, available=0, move=str(kind)),
                Shortage(sku=_B, requested=2, available=1, move=str(kind)),
            ),
        )

    def test_no_more_comes_back_than_was_sent(self, subject: Subject) -> None:
        """What was released never left; what was sent comes back once."""
        self._move(subject, _received(_A, 4), _of(MoveKind.RESERVE, _A, 4))
        self._move(subject, _of(MoveKind.SHIP, _A, 3), _of(MoveKind.RELEASE, _A, 1))
        self._move(subject, _of(MoveKind.RETURN, _A, 2))
        expect(
            self._short(subject, _of(MoveKind.RETURN, _A, 2)),
            (Shortage(sku=_A, requested=2, available=1, move="return"),),
        )
        yours = _of(MoveKind.RETURN, _A, 1, _YOURS)
        expect([each.available for each in self._short(subject, yours)], [0])

    def test_a_count_takes_nothing_that_orders_hold(self, subject: Subject) -> None:
        """Below that somebody has to cancel first."""
        self._move(subject, _received(_A, 5), _of(MoveKind.RESERVE, _A, 3))
        expect(
            self._short(subject, _counted(_A, -3)),
            (Shortage(sku=_A, requested=3, available=2, move="adjust"),),
        )
        expect(
            self._short(subject, _counted(_C, -1)),
            (Shortage(sku=_C, requested=1, available=0, move="adjust"),),
        )
        self._move(subject, _counted(_A, -2), _counted(_B, 7))
        expect((self._level(subject), self._level(subject, _B)), ((3, 3), (7, 0)))

    def test_no_shelf_overflows(self, subject: Subject) -> None:
        """The most there can be is far below what a database can count."""
        self._move(subject, _received(_A, MOST_UNITS - 1))
        expect(
            self._short(subject, _received(_A, 2)),
            (Shortage(sku=_A, requested=2, available=1, move="receive"),),
        )
        self._move(subject, _received(_A, 1))
        expect(self._level(subject), (MOST_UNITS, 0), "on hand and reserved")

    def test_a_wrong_order_has_nothing(self, subject: Subject) -> None:
        """Nothing of a sku that was never stocked either."""
        self._move(subject, _received(_A, 1))
        for sku in (_A, _C):
            for kind in (MoveKind.RELEASE, MoveKind.SHIP, MoveKind.RETURN):
                short = only(self._short(subject, _of(kind, sku, 1)))
                expect((short.sku, short.available), (sku, 0))

    # Tenants, and many at once ------------------------------------------------------------

    def test_the_stock_of_one_tenant_is_not_the_others(self, subject: Subject) -> None:
        """Neither to read nor to reserve, under the same sku and the same order id."""
        self._move(subject, _received(_A, 5), tenant=ONE)
        self._move(subject, _received(_A, 1), tenant=OTHER)
        self._move(subject, _of(MoveKind.RESERVE, _A, 5), tenant=ONE)
        for move in (_of(MoveKind.RESERVE, _A, 2), _of(MoveKind.RELEASE, _A, 1)):
            with refusal(StockShort):
                self._move(subject, move, tenant=OTHER)
        level = only(subject.run(subject.ports.stock.levels(OTHER, [_A])))
        expect(level, StockLevel(tenant=OTHER, sku=_A, on_hand=1, moves=1))
        moved = only(subject.run(subject.ports.stock.movements(OTHER, _A)))
        expect((moved.tenant, moved.on_hand), (OTHER, 1))

    def test_the_last_units_go_to_as_many_buyers_as_there_are_units(self, subject: Subject) -> None:
        """All ask at once, for two things in opposite orders; nobody waits for ever."""
        self._move(subject, _received(_A, 5), _received(_B, 5))
        store = subject.ports.store

        def batch(number: int) -> Batch:
            lines = [(_A, 1), (_B, 1)] if number % 2 else [(_B, 1), (_A, 1)]
            order = OrderId(f"order-{number}")
            moves = tuple(_of(MoveKind.RESERVE, sku, quantity, order) for sku, quantity in lines)
            return Batch(tenant=ONE, stock=moves)

        async def buy(number: int) -> bool:
            try:
                await store.commit(batch(number))
            except StockShort:
                return False
            return True

        async def together() -> list[bool]:
            return list(await asyncio.gather(*(buy(number) for number in range(_BUYERS))))

        if subject.ports.mode is Mode.ASYNC:
            bought = subject.run(together())
        else:
            with ThreadPoolExecutor(_BUYERS) as pool:
                bought = list(pool.map(lambda n: subject.run(buy(n)), range(_BUYERS)))
        expect(sum(bought), 5, "buyers who got one")
        expect((self._level(subject, _A), self._level(subject, _B)), ((5, 5), (5, 5)))
        self._all(subject)
