"""A process may die before or after any write and any call to somebody outside.

As in `test_crash_anywhere`, for orders of goods: the books of gateway, warehouse and carrier, which
no crash can roll back, end as in the story without one. Reads are left out; dying at one is dying
before the next write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from attrs import evolve, fields

from ordercore.app import OrderCore, UseCase, WorkOnce
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.messaging import LEASE, WorkKind
from ordercore.engine.saga import Accepted, Rejected
from tests.unit.app.power_cut import Fuse, PowerCut, wired
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import OPERATOR, TENANT

R = TypeVar("R")

FUSED = ("store", "gateway", "warehouse", "carrier", "letters", "notifications", "publisher")


class MortalStore(Store):
    """A shop whose process dies once; the customer then repeats the request under its key."""

    def __init__(self, at: int, *, made: bool) -> None:
        super().__init__()
        self.fuse = Fuse(self.script, at, made=made)

    def handle(self, use_case: UseCase[R]) -> R:
        """Carry it out, once more after the crash."""
        if not hasattr(self, "fuse"):
            return super().handle(use_case)
        asked: Any = use_case
        if "caller" in {field.name for field in fields(type(asked))}:
            asked = evolve(asked, caller=evolve(asked.caller, idempotency_key="once"))
        core = OrderCore(wired(self, self.fuse, FUSED))
        answer: R
        try:
            answer = core.handle(asked)
        except PowerCut:
            self.clock.advance(LEASE)
            answer = core.handle(asked)
        return answer


def paid(store: Store, kind: str) -> Order:
    """Check out, and pay where that is done on a page."""
    order = store.bought(kind)
    store.settle(timedelta(minutes=2))
    if store.order(order).state == S.AWAITING_PAYMENT:
        store.pay_page(order)
        store.check(order)
    return store.order(order)


def returned(kind: str) -> Callable[[Store], Order]:
    """Sold, delivered, paid and sent back."""

    def story(store: Store) -> Order:
        order = paid(store, kind)
        store.settle()
        store.deliver(order)
        if kind == "cash_on_delivery":
            store.cash(order)
        store.send_back(order)
        return order

    return story


def troubled(store: Store) -> Order:
    """Lost answers all along, a line that cannot be had, a capture of the rest."""
    store.script.plan("authorise", Lost())
    store.script.plan("pick 1", Lost(), Rejected(code="gone", reason="sold at the counter"))
    store.script.plan("find pick", Rejected(code="gone", reason="sold at the counter"))
    store.script.plan("label", Lost())
    store.script.plan("capture", Lost())
    store.script.plan("void", Lost())
    return paid(store, "credit_card")


def called_off(kind: str) -> Callable[[Store], Order]:
    """Taken back when it was ready: the carrier would not have it."""

    def story(store: Store) -> Order:
        store.script.plan("hand over", Rejected(code="closed", reason="on strike"))
        order = paid(store, kind)
        store.settle()
        store.cancel(order, caller=OPERATOR)
        return order

    return story


def late(store: Store) -> Order:
    """Paid when it had expired already, in the very moment in which the page is closed."""
    placed: list[Order] = []
    store.script.plan("void", lambda: store.pay_page(placed[0]) and None)  # type: ignore[arg-type]
    placed.append(store.bought("wallet"))
    store.settle(timedelta(minutes=1))
    store.clock.set(placed[0].created_at + timedelta(hours=24))
    return placed[0]


def held_for_too_long(store: Store) -> Order:
    """Packing takes its time, and no worker comes for a week: the money is held no longer."""
    for verb in ("pack", "find pack"):
        store.script.plan(verb, *[Accepted()] * 100)
    order = store.bought("credit_card")
    store.settle(timedelta(seconds=20))
    store.script.plans.clear()
    store.clock.advance(days=7)
    while store.handle(WorkOnce(kinds=(WorkKind.TIMER,))) is not None:
        pass
    return order


STORIES: dict[str, Callable[[Store], Order]] = {
    "held card": returned("credit_card"),
    "card charged at once": returned("debit_card"),
    "page": returned("bank_transfer"),
    "cash": returned("cash_on_delivery"),
    "troubled": troubled,
    "called off": called_off("debit_card"),
    "held card called off": called_off("credit_card"),
    "late": late,
    "held for too long": held_for_too_long,
}


def told(name: str, at: int, *, made: bool) -> tuple[MortalStore, Order]:
    """Tell a story whose process dies once."""
    store = MortalStore(at, made=made)
    order = STORIES[name](store)
    store.settle()
    return store, order


def result(store: MortalStore, order: Order) -> dict[str, Any]:
    """Return what may not depend on a crash."""
    now = store.order(order)
    sale = now.sale
    assert sale is not None
    return {
        "state": now.state,
        "items": [item.state for item in now.items],
        "ledger": sorted((e.kind, e.amount.amount_minor) for e in now.ledger if e.amount),
        "taken and back": (store.till.taken(now.id), store.till.given_back(now.id)),
        "shelf": (store.on_hand(), store.available()),
        "documents": (sale.invoice and sale.invoice.number, [n.number for n in sale.credit_notes]),
        "numbers": dict(store.tables.of(TENANT).numbers),
        "letters": sorted(store.written(now)),
        "moves": store.states(now),
    }


@pytest.mark.parametrize("made", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", STORIES)
def test_a_crash_at_any_write_or_call_changes_nothing_in_the_end(name: str, made: bool) -> None:
    """Every one of the story in turn; the end equals that of the story without a crash."""
    store, order = told(name, 10**9, made=made)
    undisturbed = result(store, order)
    assert store.violations_at_rest(order) == []

    for at in range(10_000):
        store, order = told(name, at, made=made)
        if not store.fuse.blown:
            assert at > 30, "the story was to have many calls"
            return
        assert result(store, order) == undisturbed, f"crash at call {at}"
        assert store.violations_at_rest(order) == [], f"crash at call {at}"
        assert len(store.tables.of(TENANT).orders) == 1
    raise AssertionError("the story never ended")
