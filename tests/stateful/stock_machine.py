"""A machine that moves stock at random, beside a naive model that only adds and subtracts."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ordercore.domain.inventory import MoveKind, StockLevel, StockMove
from ordercore.kernel.errors import StockShort
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.stock_laws import stock_violations
from ordercore_adapters import memory

__all__ = ["StockMachine"]

_SKUS = ("A", "B", "C")
_ORDERS = tuple(OrderId(f"order-{number}") for number in range(3))
_KINDS = tuple(MoveKind)


@st.composite
def _moves(draw: st.DrawFn) -> StockMove:
    kind = draw(st.sampled_from(_KINDS))
    signed = kind is MoveKind.ADJUST and draw(st.booleans())
    free = kind in (MoveKind.RECEIVE, MoveKind.ADJUST)
    return StockMove(
        kind=kind,
        sku=draw(st.sampled_from(_SKUS)),
        quantity=draw(st.integers(1, 6)) * (-1 if signed else 1),
        order_id=None if free else draw(st.sampled_from(_ORDERS)),
        reason="counted",
    )


class Model:
    """Dictionaries of units: each move is tried, and all are undone when one fails."""

    def __init__(self) -> None:
        self.on_hand = Counter[str]()
        self.held = Counter[tuple[OrderId, str]]()
        self.sent = Counter[tuple[OrderId, str]]()

    def reserved(self, sku: str) -> int:
        """Return what all orders hold of a sku."""
        return sum(units for (_, name), units in self.held.items() if name == sku)

    def make(self, moves: list[StockMove]) -> set[str] | None:
        """Make all moves, or none; return the skus that were short, None when all were made."""
        before = (self.on_hand.copy(), self.held.copy(), self.sent.copy())
        short = {
            move.sku
            for sku in _SKUS
            for kind in _KINDS
            for order in (None, *_ORDERS)
            for move in [_total(moves, sku, kind, order)]
            if move is not None and not self._one(move)
        }
        if not short:
            return None
        self.on_hand, self.held, self.sent = before
        return short

    def _one(self, move: StockMove) -> bool:
        sku, units = move.sku, move.quantity
        free = self.on_hand[sku] - self.reserved(sku)
        if move.order_id is None:
            if free + units < 0:
                return False
            self.on_hand[sku] += units
            return True
        own = (move.order_id, sku)
        most = {
            MoveKind.RESERVE: free,
            MoveKind.RELEASE: self.held[own],
            MoveKind.SHIP: self.held[own],
            MoveKind.RETURN: self.sent[own],
        }[move.kind]
        if units > most:
            return False
        held, sent, on_hand = {
            MoveKind.RESERVE: (1, 0, 0),
            MoveKind.RELEASE: (-1, 0, 0),
            MoveKind.SHIP: (-1, 1, -1),
            MoveKind.RETURN: (0, -1, 1),
        }[move.kind]
        self.held[own] += held * units
        self.sent[own] += sent * units
        self.on_hand[sku] += on_hand * units
        return True


def _total(
    moves: list[StockMove], sku: str, kind: MoveKind, order: OrderId | None
) -> StockMove | None:
    same = [m for m in moves if (m.sku, m.kind, m.order_id) == (sku, kind, order)]
    units = sum(move.quantity for move in same)
    if not units:
        return None
    return StockMove(kind=kind, sku=sku, quantity=units, order_id=order, reason="counted")


class StockMachine(RuleBasedStateMachine):
    """Batches of moves against a store, page by page the same as the model."""

    tenant = TenantId("tenant-1")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.ports = self.open()

    def open(self) -> Ports:
        """Return ports over an empty store."""
        return memory.ports()

    @rule(quantity=st.integers(1, 20), sku=st.sampled_from(_SKUS))
    def receive(self, quantity: int, sku: str) -> None:
        """Goods come in, so that there is something to move."""
        self._commit([StockMove(kind=MoveKind.RECEIVE, sku=sku, quantity=quantity)])

    @rule(moves=st.lists(_moves(), min_size=1, max_size=5))
    def move(self, moves: list[StockMove]) -> None:
        """Anything at all, together."""
        self._commit(moves)

    @precondition(lambda self: +self.model.held)
    @rule(data=st.data(), kind=st.sampled_from([MoveKind.RELEASE, MoveKind.SHIP]))
    def let_go(self, data: st.DataObject, kind: MoveKind) -> None:
        """An order gives back or ships what it holds; sometimes it does so twice."""
        order, sku = data.draw(st.sampled_from(sorted(+self.model.held)))
        units = data.draw(st.integers(1, self.model.held[order, sku]))
        again = data.draw(st.booleans())
        move = StockMove(kind=kind, sku=sku, quantity=units, order_id=order)
        for _ in range(2 if again else 1):
            self._commit([move])

    @precondition(lambda self: +self.model.sent)
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        """Goods come back, at most those that left."""
        order, sku = data.draw(st.sampled_from(sorted(+self.model.sent)))
        units = data.draw(st.integers(1, self.model.sent[order, sku] + 1))
        self._commit([StockMove(kind=MoveKind.RETURN, sku=sku, quantity=units, order_id=order)])

    def _commit(self, moves: list[StockMove]) -> None:
        expected = self.model.make(moves)
        short: set[str] | None = None
        try:
            drive(self.ports.store.commit(Batch(tenant=self.tenant, stock=tuple(moves))))
        except StockShort as refused:
            short = {shortage.sku for shortage in refused.shortages}
        assert short == expected

    @invariant()
    def the_store_is_the_model(self) -> None:
        """Every level, and every law of its ledger."""
        found = drive(self.ports.stock.levels(self.tenant, _SKUS))
        by_sku = {level.sku: level for level in found}
        for sku in _SKUS:
            level = by_sku.get(sku, StockLevel(tenant=self.tenant, sku=sku))
            assert level.on_hand == self.model.on_hand[sku]
            assert level.reserved == self.model.reserved(sku)
            ledger = drive(self.ports.stock.movements(self.tenant, sku, limit=1000))
            assert stock_violations(level, ledger) == []
