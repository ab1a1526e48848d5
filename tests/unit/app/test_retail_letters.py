"""What letters about goods carry, and when one of them goes out again."""

from __future__ import annotations

from ordercore.domain.processes.retail import invoice_of
from ordercore.ports import LetterKind
from tests.unit.app.retail_shop import Store


def test_the_invoice_goes_with_the_letter_that_the_goods_have_left(store: Store) -> None:
    """With no other; it is the one that the order has."""
    order = store.sold("wallet")
    enclosed = {each.kind: each.documents for each in store.mailbox.letters.values()}
    assert enclosed == {
        LetterKind.AWAITING_PAYMENT: (),
        LetterKind.CONFIRMED: (),
        LetterKind.SHIPPED: (invoice_of(order),),
    }
