"""Which day stands on the documents of an order, whatever the clocks do."""

from __future__ import annotations

from datetime import timedelta

from ordercore.domain.billing import CreditNote
from ordercore.domain.processes.retail import credit_note_of
from tests.unit.app.retail_shop import Store


def test_nothing_is_credited_before_it_was_invoiced(store: Store) -> None:
    """A clock that is set back leaves a number behind that some document has to have."""
    order = store.sold()
    store.deliver(order)
    sale = store.order(order).sale
    assert sale is not None
    assert sale.invoice is not None
    store.clock.set(store.clock.now() - timedelta(days=1))
    store.send_back(order)
    store.settle(timedelta(hours=1))

    note = credit_note_of(store.order(order))
    assert isinstance(note, CreditNote)
    assert note.issued_on == sale.invoice.issued_on
    assert store.clock.now().date() < note.issued_on
