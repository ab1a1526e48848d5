"""Why goods come back is typed by a customer, and stands on a credit note."""

from __future__ import annotations

import pytest

from ordercore.app import SendBack
from ordercore.domain.billing import CreditNote
from ordercore.domain.orders import Order
from ordercore.domain.processes.retail import credit_note_of
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import CUSTOMER


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("  too small ", "too small"),
        ("   ", "taken back"),
        ("", "taken back"),
        ("loud\x07 and\x1b[1m bold", "loud\ufffd and\ufffd[1m bold"),
    ],
)
def test_whatever_is_typed_as_a_reason_the_note_can_be_made(
    store: Store, typed: str, stands: str
) -> None:
    """A number was taken for it, so there has to be a document."""
    order = store.sold()
    store.deliver(order)
    back = store.handle(SendBack(caller=CUSTOMER, order_id=order.id, reason=typed))
    assert isinstance(back, Order)
    store.settle()
    note = credit_note_of(store.order(order))
    assert isinstance(note, CreditNote)
    assert note.reason == stands
    assert store.violations_at_rest(order) == []
