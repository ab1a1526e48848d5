"""Every row of the lifecycle of goods is walked by the real processes (R1)."""

from __future__ import annotations

from collections.abc import Callable

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RETAIL
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Rejected
from tests.unit.app.retail_shop import CARRIER, Store
from tests.unit.app.shop import OPERATOR

ROWS = {(str(row.trigger), str(row.source), str(row.dest)) for row in RETAIL.rows}


def _moves(store: Store, order: Order) -> set[tuple[str, str, str]]:
    return {(r.trigger, r.source, r.dest) for r in store.history(order) if r.trigger}


def test_every_row_of_the_lifecycle_is_walked_by_the_real_processes(
    open_store: Callable[..., Store],
) -> None:
    """But one: nobody can cancel an order in the instant of its creation."""
    seen: set[tuple[str, str, str]] = set()
    for story in STORIES:
        store = open_store()
        order = story(store)
        store.settle()
        seen |= _moves(store, order)

    assert ROWS - seen == {("cancel", "created", "cancelled")}


def _returned(kind: str, at: str) -> Callable[[Store], Order]:
    def story(store: Store) -> Order:
        order = store.sold(kind)
        if at == S.SHIPPED:
            store.send_back(order, caller=CARRIER, undeliverable=True)
            return order
        store.deliver(order)
        store.send_back(order)
        return order

    return story


def _cancelled_unpaid(store: Store) -> Order:
    order = store.bought("wallet")
    store.cancel(order)
    return order


def _declined(store: Store) -> Order:
    store.script.plan("authorise", Rejected(code="declined", reason="no"))
    order = store.bought("credit_card")
    assert order.state == S.PAYMENT_FAILED
    store.work()
    return order


def _declined_and_retried(store: Store) -> Order:
    order = _declined(store)
    store.retry(order)
    return order


def _declined_and_cancelled(store: Store) -> Order:
    order = _declined(store)
    store.cancel(order)
    return order


def _expired(store: Store) -> Order:
    order = store.bought("voucher")
    store.run(until=order.created_at.replace(day=order.created_at.day + 1, hour=13), limit=5000)
    assert store.order(order).state == S.PAYMENT_EXPIRED
    return order


def _expired_and_retried(store: Store) -> Order:
    order = _expired(store)
    store.retry(order, token=None)
    return order


def _expired_and_cancelled(store: Store) -> Order:
    order = _expired(store)
    store.cancel(order)
    return order


def _cancelled_confirmed(store: Store) -> Order:
    order = store.confirmed("credit_card")
    store.cancel(order)
    return order


def _cancelled_in_fulfilment(store: Store) -> Order:
    store.script.plan("label", *[Rejected(code="closed", reason="on strike")])
    order = store.confirmed("credit_card")
    store.settle()
    return order


def _cancelled_ready(store: Store) -> Order:
    store.script.plan("hand over", Rejected(code="closed", reason="on strike"))
    order = store.confirmed("credit_card")
    store.settle()
    store.cancel(order, caller=OPERATOR)
    return order


STORIES = [
    _returned("credit_card", S.SHIPPED),
    _returned("cash_on_delivery", S.DELIVERED),
    _returned("debit_card", S.COMPLETED),
    _cancelled_unpaid,
    _declined_and_retried,
    _declined_and_cancelled,
    _expired_and_retried,
    _expired_and_cancelled,
    _cancelled_confirmed,
    _cancelled_in_fulfilment,
    _cancelled_ready,
]
