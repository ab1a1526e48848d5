"""The invoice of a retail order says what the order costs, whatever is on it."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import evolve as changed
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.billing import CreditNote, Invoice, MeansCode, Party
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.orders import IssuedDocument, ItemState, Order, Recipient, evolve
from ordercore.domain.payments import PaymentKind
from ordercore.domain.processes import RetailRules
from ordercore.domain.processes.retail import (
    Basket,
    BasketLine,
    check_out,
    credit_note_of,
    invoice_of,
)
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.fakes import START

ADDRESS = PostalAddress(lines=("Ringstrasse 1",), postcode="1010", city="Wien", country="AT")
SELLER = Party(name="Seller", address=ADDRESS, vat_id="ATU12345678")
ISSUED = IssuedDocument(
    seller=SELLER,
    series="invoice/2026/main",
    seq=7,
    number="INV-2026-000007",
    issued_on=date(2026, 1, 5),
)
CREDITED = IssuedDocument(
    seller=SELLER,
    series="credit-note/2026/main",
    seq=1,
    number="CN-2026-000001",
    issued_on=date(2026, 1, 9),
    reason="sent back",
)


def an_order(
    lines: list[tuple[int, int, int]], *, payment: str = "credit_card", gone: int = 0
) -> Order:
    """Return an order of lines (cents, rate, pieces), the first ``gone`` of them cancelled."""
    articles = tuple(
        Article(
            sku=f"sku-{n}", name=f"Thing {n}", unit_price=Money(c, "EUR"), vat_basis_points=rate
        )
        for n, (c, rate, _) in enumerate(lines)
    )
    rules = RetailRules(
        assortment=Assortment(version="1", articles=articles),
        seller=SELLER,
    )
    basket = Basket(
        reference="R-1",
        customer="ann@example.org",
        currency="EUR",
        payment=payment,
        lines=tuple(
            BasketLine(sku=f"sku-{n}", quantity=pieces) for n, (_, _, pieces) in enumerate(lines)
        ),
        deliver_to=Recipient(name="Ann", address=ADDRESS),
    )
    created = check_out(basket, tenant=TenantId("t"), order_id=OrderId("o"), rules=rules)
    assert not isinstance(created, Refusal), created
    order = evolve(None, created, START)
    assert order.sale is not None
    items = tuple(
        changed(item, state=ItemState.CANCELLED) if n < gone else item
        for n, item in enumerate(order.items)
    )
    return changed(order, items=items, sale=changed(order.sale, invoice=ISSUED))


LINES = st.lists(
    st.tuples(
        st.integers(0, 10_000_00), st.sampled_from((0, 700, 1000, 1900, 2000)), st.integers(1, 9)
    ),
    min_size=1,
    max_size=8,
)


@given(LINES, st.data())
def test_an_invoice_asks_for_what_the_order_costs(
    lines: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """Cancelled lines are on neither; tax is rounded once per rate on both."""
    order = an_order(lines, gone=data.draw(st.integers(0, len(lines) - 1)))
    invoice = invoice_of(order)
    assert isinstance(invoice, Invoice)
    assert invoice.totals.gross == order.total
    assert invoice.due.is_zero  # a card has paid


def test_an_old_invoice_names_the_seller_of_its_day() -> None:
    """A seller that moves later does not move on paper that was issued."""
    invoice = invoice_of(an_order([(1000, 2000, 1)]))
    assert isinstance(invoice, Invoice)
    assert invoice.draft.seller == SELLER


def test_cash_is_due_on_delivery() -> None:
    """Nothing is paid when the parcel leaves."""
    order = an_order([(1000, 2000, 1)], payment="cash_on_delivery")
    invoice = invoice_of(order)
    assert isinstance(invoice, Invoice)
    assert invoice.due == order.total == Money(1200, "EUR")
    assert invoice.draft.means.code is MeansCode.CASH
    assert "cash" in invoice.draft.terms


@pytest.mark.parametrize("kind", PaymentKind)
def test_every_way_to_pay_has_a_code(kind: PaymentKind) -> None:
    """None of them is left without means of payment on paper."""
    order = an_order([(1000, 0, 1)], payment=kind)
    assert isinstance(invoice_of(order), Invoice)


def test_a_credit_note_credits_all_of_the_invoice() -> None:
    """To the cent, tax included, under its own number."""
    order = an_order([(333, 700, 3), (101, 1900, 7)])
    assert order.sale is not None
    order = changed(order, sale=changed(order.sale, credit_notes=(CREDITED,)))
    note = credit_note_of(order)
    assert isinstance(note, CreditNote)
    assert note.totals.gross == order.total
    assert note.number.text == CREDITED.number
    assert note.reason == "sent back"


def test_what_was_never_issued_or_belongs_to_nobody_is_refused() -> None:
    """Each with its own code."""
    order = an_order([(1000, 2000, 1)])
    assert order.sale is not None
    without = changed(order, sale=changed(order.sale, invoice=None))
    assert _code(invoice_of(without)) == "no_invoice"
    assert _code(credit_note_of(order)) == "no_credit_note"
    erased = changed(order, sale=changed(order.sale, deliver_to=None))
    assert _code(invoice_of(erased)) == "address_erased"


def _code(answer: object) -> str:
    assert isinstance(answer, Refusal)
    return answer.code
