"""Issuing invoices."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.billing import (
    BilledLine,
    InvoiceDraft,
    MeansCode,
    Party,
    PaymentMeans,
    TaxRate,
    issue_invoice,
    totals,
)
from ordercore.kernel import CurrencyMismatch, Finding, InvalidInput, Money, Refusal
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


_NO_VAT_ID = evolve(SELLER, vat_id=None)
_TRANSFER = PaymentMeans(code=MeansCode.TRANSFER)


@pytest.mark.parametrize(
    ("broken", "field", "code", "message"),
    [
        (draft(), "lines", "required", "there is nothing to invoice"),
        (draft(line("7"), line("7")), "lines[1].id", "repeated", "line 7 is there twice"),
        (
            draft(line(), seller=evolve(_NO_VAT_ID, registration="FN 1234 a")),
            "seller.vat_id",
            "required",
            "the seller needs a VAT id to charge tax or to be exempt from it",
        ),
        (
            draft(line(rate=OUTSIDE), seller=_NO_VAT_ID),
            "seller.registration",
            "required",
            "the seller needs a VAT id or a number in a register",
        ),
        (
            draft(line(rate=REVERSE)),
            "buyer.vat_id",
            "required",
            "the buyer owes the tax and needs a VAT id",
        ),
        (
            draft(line("1"), line("2", rate=OUTSIDE)),
            "lines",
            "mixed_tax",
            "what is outside the scope of tax is not invoiced together with what is within",
        ),
        (
            draft(line(rate=OUTSIDE)),
            "seller.vat_id",
            "not_allowed",
            "an invoice outside the scope of tax names no VAT id",
        ),
        (
            draft(line(cents=1000), paid=euros(1201)),
            "paid",
            "out_of_range",
            "12.01 EUR cannot have been paid on a total of 12.00 EUR",
        ),
        (
            draft(line(cents=1000), paid=euros(200), terms=" "),
            "due_on",
            "required",
            "10.00 EUR is left to pay, and nothing says when",
        ),
        (
            draft(line(), means=_TRANSFER),
            "means.account",
            "required",
            "a transfer needs the account it goes to",
        ),
    ],
)
def test_each_rule_is_told_with_a_code_and_in_words(
    broken: InvoiceDraft, field: str, code: str, message: str
) -> None:
    """One finding alone; the refusal says the same."""
    assert issue_invoice(broken, NUMBER) == Refusal(
        code="invoice_incomplete",
        reason=message,
        findings=(Finding(field=field, code=code, message=message),),
    )


def test_everything_that_is_missing_is_said_at_once() -> None:
    """One finding for each rule that is broken."""
    answer = issue_invoice(
        draft(line(rate=REVERSE), seller=evolve(SELLER, vat_id=None), terms=""), NUMBER
    )
    assert {"seller.vat_id", "seller.registration", "buyer.vat_id", "due_on"} == fields_of(answer)


def test_what_is_missing_reads_as_one_text() -> None:
    """Rule by rule, in the order in which an invoice is read."""
    answer = issue_invoice(draft(line(), means=_TRANSFER, terms=""), NUMBER)
    assert isinstance(answer, Refusal)
    assert answer.reason == (
        "23.99 EUR is left to pay, and nothing says when; a transfer needs the account it goes to"
    )


def test_lines_of_another_currency_are_a_fault() -> None:
    """Nothing is converted."""
    foreign = evolve(line(), unit_price=Money(1, "CZK"))
    with pytest.raises(CurrencyMismatch):
        issue_invoice(draft(foreign), NUMBER)


_MOST_OFF = "zero or more, and no more than the line"


@pytest.mark.parametrize(
    ("changes", "problem", "allowed"),
    [
        ({"quantity": 0}, "got 0", "1 or more whole units"),
        ({"quantity": True}, "got True", "1 or more whole units"),
        ({"quantity": 1.5}, "got 1.5", "1 or more whole units"),
        ({"unit_price": euros(-1)}, "got -0.01 EUR", "zero or more"),
        ({"allowance": euros(-1)}, "got -0.01 EUR", _MOST_OFF),
        ({"allowance": euros(2)}, "got 0.02 EUR", _MOST_OFF),
        ({"name": 7}, "got int", "text"),
        ({"name": ""}, None, None),
        ({"name": "two\nlines"}, None, None),
        ({"id": ""}, None, None),
    ],
)
def test_a_line_cannot_be_anything(
    changes: dict[str, Any], problem: str | None, allowed: str | None
) -> None:
    """At least one unit, at a price of zero or more, with a name that can be printed."""
    (name,) = changes
    with pytest.raises(InvalidInput) as fault:
        BilledLine(
            **{"id": "1", "name": "A", "quantity": 1, "unit_price": euros(1)} | changes,
            rate=STANDARD,
        )
    assert fault.value.field == name
    if problem is not None:
        assert fault.value.problem == problem
        assert (fault.value.allowed or "").startswith(str(allowed))


def test_a_line_may_cost_nothing_and_be_given_away() -> None:
    """To the very edge: nothing asked, or all of it taken off."""
    assert line(cents=0).net.is_zero
    assert evolve(line(cents=5, quantity=2), allowance=euros(10)).net.is_zero
    assert evolve(line(cents=5), allowance=euros(0)).net == euros(5)


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
