"""A reader that lags behind the writers by a moment costs time, never an order, money or mail.

Each of these was found by the simulator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from ordercore.app import CloseDeadLetter, RedeliverCredentials, WorkOnce
from ordercore.domain.orders import Order
from ordercore.engine.messaging import DeadLetterStatus, WorkKind
from ordercore.engine.saga import Rejected
from ordercore.kernel.errors import ConcurrencyConflict, NotFound
from ordercore.ports import Ports
from ordercore.testing.builders import a_storage, a_vps
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT, Shop, fault_of

VALIDATION = (WorkKind.VALIDATION,)
SAGA = (WorkKind.SAGA,)


class Lagging:
    """A reader that still answers with rows of a moment ago."""

    def __init__(self, rows: dict[Any, Any]) -> None:
        self._rows = rows

    async def get(self, tenant: object, key: object) -> Any:
        """Return the row as it was."""
        return self._rows.get(key)


def behind(shop: Shop, reader: str, rows: dict[Any, Any], do: Callable[[], object]) -> None:
    """Do something while a reader of the shop still sees ``rows``."""
    truth: Ports = shop.ports
    lagging: dict[str, Any] = {reader: Lagging(dict(rows))}
    shop.ports = evolve(truth, **lagging)
    do()
    shop.ports = truth


def delivered(shop: Shop, order: Order) -> int:
    """Return how often the order's credentials went out."""
    return [record.kind for record in shop.history(order)].count("order.service-delivered")


def test_a_worker_that_reads_late_does_not_forget_a_validation(shop: Shop) -> None:
    """The reader still says that nothing was paid; the order is validated all the same."""
    order = shop.submit(shop.place())
    rows = dict(shop.tables.of(TENANT).orders)
    shop.pay(order)
    behind(shop, "orders", rows, lambda: shop.handle(WorkOnce(kinds=VALIDATION)))
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []


def test_a_worker_that_reads_late_does_not_forget_a_saga(shop: Shop) -> None:
    """The reader does not know the saga yet: that is a fault, and a minute later it does."""
    order = shop.paid()
    shop.run()
    rows = dict(shop.tables.of(TENANT).sagas)
    shop.handle(RedeliverCredentials(caller=CUSTOMER, order_id=order.id))

    def work() -> None:
        assert isinstance(fault_of(lambda: shop.handle(WorkOnce(kinds=SAGA))), NotFound)

    behind(shop, "sagas", rows, work)
    shop.run()
    assert delivered(shop, order) == 2
    assert shop.violations(order.id) == []


def test_a_worker_that_reads_late_does_not_forget_work_an_operator_reopened(shop: Shop) -> None:
    """The reader still says that the saga has ended; it goes on all the same."""
    order = shop.paid()
    shop.script.plan("refund", Rejected(code="closed", reason="no such account"))
    shop.cancel(order)
    shop.run()
    rows = dict(shop.tables.of(TENANT).sagas)
    (letter,) = shop.letters()
    retried = DeadLetterStatus.RETRIED
    shop.handle(CloseDeadLetter(caller=OPERATOR, letter_id=letter.id, how=retried, note="again"))
    behind(shop, "sagas", rows, lambda: shop.handle(WorkOnce(kinds=SAGA)))
    shop.run()
    assert shop.order(order).balance.outstanding.is_zero
    assert shop.violations(order.id) == []


def test_credentials_of_what_came_up_just_now_are_mailed_too(shop: Shop) -> None:
    """What goes out follows the order as it is, not as a reader remembers it."""
    order = shop.paid(a_vps(), a_storage())
    shop.handle(WorkOnce(kinds=VALIDATION))
    behind(shop, "orders", shop.tables.of(TENANT).orders, shop.run)
    assert shop.order(order).state == "fulfilled"
    assert [sorted(mail) for mail in shop.post.mails.values()] == [["1", "2"]]


def test_a_refund_that_a_reader_does_not_know_yet_is_paid(shop: Shop) -> None:
    """Otherwise the ledger would call money refunded that never left."""
    order = shop.paid()
    rows = dict(shop.tables.of(TENANT).orders)
    shop.cancel(order)
    behind(shop, "orders", rows, shop.run)
    assert shop.order(order).balance.refunded == order.total
    assert list(shop.bank.paid_back(order.id).values()) == [order.total]
    assert shop.violations(order.id) == []


def test_an_order_is_not_cancelled_without_the_saga_it_names(shop: Shop) -> None:
    """Taken for one that was never begun, what it builds would run on, and be refunded."""
    order = shop.paid()
    rows = dict(shop.tables.of(TENANT).sagas)
    shop.handle(WorkOnce(kinds=VALIDATION))

    def cancel() -> None:
        fault = fault_of(lambda: shop.cancel(order))
        assert isinstance(fault, ConcurrencyConflict)
        assert fault.kind == "saga"

    behind(shop, "sagas", rows, cancel)
    shop.cancel(order)
    shop.run()
    assert shop.cloud.live == set()
    assert shop.violations(order.id) == []


def test_a_letter_that_was_closed_a_moment_ago_is_a_conflict(shop: Shop) -> None:
    """Two operators close it at once: the second is told so, not that its input is wrong."""
    order = shop.paid()
    shop.script.plan("refund", Rejected(code="closed", reason="no such account"))
    shop.cancel(order)
    shop.run()
    (letter,) = shop.letters()
    rows = dict(shop.tables.of(TENANT).letters)
    resolved = DeadLetterStatus.RESOLVED
    close = CloseDeadLetter(caller=OPERATOR, letter_id=letter.id, how=resolved, note="by transfer")
    shop.handle(close)

    def close_again() -> None:
        assert isinstance(fault_of(lambda: shop.handle(close)), ConcurrencyConflict)

    behind(shop, "dead_letters", rows, close_again)
    assert shop.violations(order.id, refunds=[e.key for e in shop.order(order).ledger]) == []
