"""A stored document that cannot be read is named, and is nobody's bad request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import CloseDeadLetter, SubmitOrder, TenantStats
from ordercore.app._drive import drive
from ordercore.engine.messaging import DeadLetterStatus, IdempotencyRecord
from ordercore.engine.saga import Rejected
from ordercore.kernel.errors import UnreadableRecord
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT, Shop, fault_of
from tests.unit.app.writes import KEY, keyed, waiting

DAMAGED = ["", "{", "[]", "{}", """{"type$":"order","v$":99}""", """{"type$":"gone","v$":1}"""]


def spoil(shop: Shop, damage: str) -> None:
    """Overwrite every stored answer of the tenant."""
    kept: dict[tuple[str, str], IdempotencyRecord] = shop.tables.of(TENANT).idempotency
    kept.update({place: evolve(record, response=damage) for place, record in kept.items()})


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_stored_answer_that_cannot_be_read_is_named(shop: Shop, damage: str) -> None:
    """By the operation and the key; the request is not carried out a second time."""
    order = shop.place()
    asked = SubmitOrder(caller=keyed(CUSTOMER), order_id=order.id)
    shop.handle(asked)
    spoil(shop, damage)
    before = shop.history(order)
    fault = fault_of(lambda: shop.handle(asked))
    assert isinstance(fault, UnreadableRecord)
    assert (fault.kind, fault.id) == ("answer", f"submit_order/{KEY}")
    assert fault.problem
    assert shop.history(order) == before


def test_a_stored_answer_about_a_dead_letter_is_read_as_carefully(shop: Shop) -> None:
    """An order's document in its place is none."""
    order = shop.paid()
    shop.script.plan("refund", Rejected(code="locked", reason="never"))
    shop.cancel(order)
    shop.run()
    (letter,) = shop.letters()
    closing = CloseDeadLetter(
        caller=keyed(OPERATOR), letter_id=letter.id, how=DeadLetterStatus.RESOLVED, note="paid"
    )
    shop.handle(closing)
    spoil(shop, """{"type$":"order","v$":1}""")
    fault = fault_of(lambda: shop.handle(closing))
    assert isinstance(fault, UnreadableRecord)
    assert (fault.kind, fault.id) == ("answer", f"close_dead_letter/{KEY}")


@pytest.mark.parametrize("damage", DAMAGED)
def test_cached_statistics_that_cannot_be_read_are_named(shop: Shop, damage: str) -> None:
    """For as long as they would have been shown; then they are counted anew."""
    waiting(shop)
    until = shop.clock.now() + timedelta(minutes=5)
    drive(shop.ports.cache.put(f"stats/{TENANT}", damage, expires_at=until))
    fault = fault_of(lambda: shop.handle(TenantStats(caller=OPERATOR)))
    assert isinstance(fault, UnreadableRecord)
    assert (fault.kind, fault.id) == ("cache entry", f"stats/{TENANT}")
    shop.clock.set(until)
    assert shop.handle(TenantStats(caller=OPERATOR)).today == 1
