"""Issuing invoices."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.billing import (
    BilledLine,
    MeansCode,
    Party,
    PaymentMeans,
    TaxRate,
    issue_invoice,
    totals,
)
from ordercore.kernel import CurrencyMismatch, InvalidInput, Money, Refusal
from tests.unit.domain.billing.papers import (
    BUYER,
    EXEMPT,
    ISSUED,
    NUMBER,
    OUTSIDE,
    REDUCED,
    REVERSE,
    SELLER,
    STANDARD,
    draft,
    euros,
    invoice,
    line,
)


def fields_of(answer: object) -> set[str]:
    """Return the fields a refusal complains about."""
    assert isinstance(answer, Refusal)
    assert answer.code == "invoice_incomplete"
    assert all(finding.message in answer.reason for finding in answer.findings)
    return {finding.field for finding in answer.findings}


def test_an_invoice_adds_up() -> None:
    """Net is the sum of the lines, gross is net and tax, due is gross without what was paid."""
    issued = invoice(
        line("1", 1999, quantity=3), line("2", 250, rate=REDUCED), paid=euros(5000), terms="rest"
    )
    assert euros(6247) == issued.totals.net
    assert euros(1199 + 14) == issued.totals.tax
    assert euros(7460) == issued.totals.gross
    assert euros(2460) == issued.due


def test_an_order_is_priced_as_it_is_invoiced() -> None:
    """The same function says both, so they cannot differ."""
    lines = (line("1", 33), line("2", 33), line("3", 33))
    assert totals(lines, currency="EUR") == invoice(*lines).totals


def test_nothing_is_not_invoiced() -> None:
    """There has to be a line."""
    assert {"lines"} == fields_of(issue_invoice(draft(), NUMBER))


def test_a_line_is_there_once() -> None:
    """Credit notes go by the lines' ids."""
    assert {"lines[1].id"} == fields_of(issue_invoice(draft(line("1"), line("1")), NUMBER))


@pytest.mark.parametrize("rate", [STANDARD, EXEMPT, REVERSE])
def test_who_charges_tax_has_a_vat_id(rate: TaxRate) -> None:
    """Or is exempt from it."""
    seller = evolve(SELLER, vat_id=None)
    answer = issue_invoice(draft(line(rate=rate), seller=seller), NUMBER)
    assert "seller.vat_id" in fields_of(answer)


def test_who_owes_the_tax_has_a_vat_id() -> None:
    """Reverse charge names the buyer's."""
    assert {"buyer.vat_id"} == fields_of(issue_invoice(draft(line(rate=REVERSE)), NUMBER))
    company = evolve(BUYER, vat_id="CZ12345678")
    assert euros(0) == invoice(line(rate=REVERSE), buyer=company).totals.tax


def test_outside_the_scope_of_tax_stands_alone() -> None:
    """Neither together with taxed lines nor under a VAT id."""
    mixed = issue_invoice(draft(line("1"), line("2", rate=OUTSIDE)), NUMBER)
    assert {"lines"} == fields_of(mixed)
    named = issue_invoice(draft(line(rate=OUTSIDE)), NUMBER)
    assert {"seller.vat_id"} == fields_of(named)
    unnamed = issue_invoice(draft(line(rate=OUTSIDE), seller=evolve(SELLER, vat_id=None)), NUMBER)
    assert {"seller.registration"} == fields_of(unnamed)
    invoice(line(rate=OUTSIDE), seller=evolve(SELLER, vat_id=None, registration="FN 1234 a"))


def test_what_is_left_to_pay_has_a_date_or_terms() -> None:
    """What is paid in full needs neither."""
    open_ended = issue_invoice(draft(line(), terms=" "), NUMBER)
    assert {"due_on"} == fields_of(open_ended)
    assert invoice(line(), terms="", due_on=ISSUED).due.is_positive
    assert invoice(line(cents=1000), terms="", paid=euros(1200)).due.is_zero


@pytest.mark.parametrize("cents", [-1, 1201])
def test_no_more_than_the_total_was_paid(cents: int) -> None:
    """And nothing less than nothing."""
    assert {"paid"} == fields_of(issue_invoice(draft(line(cents=1000), paid=euros(cents)), NUMBER))


@pytest.mark.parametrize("code", [MeansCode.TRANSFER, MeansCode.SEPA_TRANSFER])
def test_a_transfer_names_the_account(code: MeansCode) -> None:
    """Otherwise nobody can make it."""
    answer = issue_invoice(draft(line(), means=PaymentMeans(code=code)), NUMBER)
    assert {"means.account"} == fields_of(answer)
    invoice(line(), means=PaymentMeans(code=code, account="AT611904300234573201"))


def test_everything_that_is_missing_is_said_at_once() -> None:
    """One finding for each rule that is broken."""
    answer = issue_invoice(
        draft(line(rate=REVERSE), seller=evolve(SELLER, vat_id=None), terms=""), NUMBER
    )
    assert {"seller.vat_id", "seller.registration", "buyer.vat_id", "due_on"} == fields_of(answer)


def test_lines_of_another_currency_are_a_fault() -> None:
    """Nothing is converted."""
    foreign = evolve(line(), unit_price=Money(1, "CZK"))
    with pytest.raises(CurrencyMismatch):
        issue_invoice(draft(foreign), NUMBER)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 0},
        {"quantity": True},
        {"quantity": 1.5},
        {"unit_price": Money(-1, "EUR")},
        {"allowance": Money(-1, "EUR")},
        {"allowance": Money(2, "EUR")},
        {"name": ""},
        {"name": "two\nlines"},
        {"id": ""},
    ],
)
def test_a_line_cannot_be_anything(changes: dict[str, Any]) -> None:
    """At least one unit, at a price of zero or more, with a name that can be printed."""
    (name,) = changes
    with pytest.raises(InvalidInput, match=name):
        BilledLine(
            **{"id": "1", "name": "A", "quantity": 1, "unit_price": euros(1)} | changes,
            rate=STANDARD,
        )


@pytest.mark.parametrize(
    "vat_id", ["", "12345678", "at12345678", "AT1", "AT12345678901234", "AT 1234"]
)
def test_a_vat_id_has_the_prefix_of_a_country(vat_id: str) -> None:
    """What cannot be one is refused, and not repeated in the message."""
    with pytest.raises(InvalidInput, match="vat_id") as refused:
        Party(name="Somebody", address=BUYER.address, vat_id=vat_id)
    assert not vat_id or vat_id not in str(refused.value).replace("vat_id", "")


def test_who_is_invoiced_does_not_show() -> None:
    """A repr of the invoice tells neither names nor streets."""
    shown = repr(invoice(line()))
    assert "Nováková" not in shown
    assert "Dlouhá" not in shown
