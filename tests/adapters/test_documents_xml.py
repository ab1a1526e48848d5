"""Invoices and credit notes as XML keep the rules of EN 16931, by the official checks."""

from __future__ import annotations

from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.domain.billing import (
    CREDIT_NOTE_NUMBERS,
    BilledLine,
    CreditNote,
    Invoice,
    LineCredit,
    MeansCode,
    PaymentMeans,
    TaxCategory,
    TaxRate,
    credit,
)
from ordercore.kernel import InvalidInput, Money, PostalAddress
from ordercore_adapters.documents import credit_note_xml, invoice_xml
from tests.adapters.einvoice import broken_rules
from tests.unit.domain.billing.papers import (
    BUYER,
    EXEMPT,
    ISSUED,
    OUTSIDE,
    REDUCED,
    REVERSE,
    SELLER,
    STANDARD,
    euros,
    invoice,
    line,
)

INTRA = TaxRate(category=TaxCategory.INTRA_COMMUNITY, reason="Intra-community supply")
EXPORT = TaxRate(category=TaxCategory.EXPORT, reason="Export outside the Union")
ZERO = TaxRate(category=TaxCategory.ZERO)
COMPANY = evolve(BUYER, vat_id="CZ12345678")
SMALL = evolve(SELLER, vat_id=None, registration="FN 123456 a")
TRANSFER = PaymentMeans(code=MeansCode.SEPA_TRANSFER, account="AT611904300234573201")

CASES: dict[str, tuple[tuple[BilledLine, ...], dict[str, Any]]] = {
    "several rates": ((line("1", quantity=3), line("2", rate=REDUCED), line("3", 0)), {}),
    "zero rate": ((line(rate=ZERO),), {}),
    "partly exempt": ((line("1"), line("2", rate=EXEMPT)), {}),
    "reverse charge": ((line(rate=REVERSE),), {"buyer": COMPANY}),
    "intra-community": ((line(rate=INTRA),), {"buyer": COMPANY}),
    "export": ((line(rate=EXPORT),), {}),
    "outside the scope": ((line(rate=OUTSIDE),), {"seller": SMALL}),
    "made cheaper": (
        (
            evolve(line("1", quantity=3), allowance=euros(500)),
            evolve(line("2", 700), allowance=euros(700)),
            evolve(line("3", rate=EXEMPT), allowance=euros(0)),
        ),
        {},
    ),
    "transfer": ((line(),), {"means": TRANSFER, "due_on": date(2026, 12, 4), "terms": ""}),
    "paid": ((line(cents=1000),), {"paid": euros(1200), "terms": ""}),
    "partly paid": ((line(cents=1000),), {"paid": euros(1199)}),
    "sent elsewhere": (
        (line(),),
        {
            "deliver_to": PostalAddress(
                lines=("c/o Office", "Door 3", "Backyard", "Bell 7"),
                postcode="80331",
                city="München",
                country="DE",
            ),
            "supplied_on": date(2026, 11, 18),
        },
    ),
    "no minor unit": (
        (BilledLine(id="1", name="A", quantity=3, unit_price=Money(105, "JPY"), rate=STANDARD),),
        {"currency": "JPY", "paid": Money.zero("JPY")},
    ),
}


def noted(issued: Invoice, *earlier: CreditNote, lines: Any = None) -> CreditNote:
    """Credit lines of an invoice, or what is left."""
    note = credit(
        issued,
        earlier,
        number=CREDIT_NOTE_NUMBERS.number(seller="shop-1", year=2026, seq=len(earlier) + 1),
        issued_on=ISSUED,
        reason="Returned",
        lines=lines,
    )
    assert isinstance(note, CreditNote), note
    return note


@pytest.mark.parametrize("name", CASES)
def test_an_invoice_breaks_no_rule(name: str) -> None:
    """Neither of the schema nor of the business rules; nor does the note that credits it."""
    lines, changes = CASES[name]
    issued = invoice(*lines, **changes)
    assert broken_rules(invoice_xml(issued)) == []
    assert broken_rules(credit_note_xml(noted(issued))) == []


def test_the_checks_find_what_is_wrong() -> None:
    """A total that is a cent off, a percentage for exempt goods, a country that is none."""
    xml = invoice_xml(invoice(line(cents=1000), line("2", 500, rate=EXEMPT)))
    for right, wrong, rule in (
        (b"<ram:GrandTotalAmount>17.00<", b"<ram:GrandTotalAmount>17.01<", "BR-CO-15"),
        (b"Percent>0<", b"Percent>7<", "BR-E-"),
        (b"<ram:CountryID>CZ<", b"<ram:CountryID>XX<", "CountryID"),
    ):
        assert right in xml
        found = broken_rules(xml.replace(right, wrong))
        assert any(rule in each for each in found), (rule, found)


def test_notes_whose_tax_is_a_cent_off_their_own_rounding_are_tolerated() -> None:
    """0.33 at 20 % credited three times: the second note has 0.06 where 0.07 is nearest."""
    issued = invoice(line("1", 33, quantity=3))
    one = (LineCredit(line="1", quantity=1),)
    notes: tuple[CreditNote, ...] = ()
    for _ in range(3):
        notes = (*notes, noted(issued, *notes, lines=one))
    assert [note.totals.tax for note in notes] == [euros(7), euros(6), euros(7)]
    for note in notes:
        assert broken_rules(credit_note_xml(note)) == []


def test_a_note_about_a_lower_price_breaks_no_rule() -> None:
    """One for each piece, one for an amount that does not divide, and one for the rest."""
    issued = invoice(evolve(line("1", 1001, quantity=3), allowance=euros(2)), line("2"))
    each = (LineCredit(line="1", quantity=3, unit_price=euros(100)),)
    once = (LineCredit(line="1", quantity=1, unit_price=euros(200)),)
    notes = (noted(issued, lines=each),)
    notes = (*notes, noted(issued, *notes, lines=once))
    notes = (*notes, noted(issued, *notes))
    for note in notes:
        assert broken_rules(credit_note_xml(note)) == []
    gross = Money.total((note.totals.gross for note in notes), currency="EUR")
    assert gross == issued.totals.gross


RATES = st.sampled_from([STANDARD, REDUCED, EXEMPT, ZERO])


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(1, 99), st.integers(0, 99_999), RATES, st.integers(0, 100)),
        min_size=1,
    )
)
def test_no_lines_break_a_rule(drawn: list[tuple[int, int, TaxRate, int]]) -> None:
    """Whatever is sold, however much of it, and however much cheaper."""
    lines = (
        evolve(
            line(str(number), cents, quantity=quantity, rate=rate),
            allowance=euros(cents * quantity * percent // 100),
        )
        for number, (quantity, cents, rate, percent) in enumerate(drawn)
    )
    assert broken_rules(invoice_xml(invoice(*lines))) == []


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1))
def test_any_name_is_only_text(name: str) -> None:
    """It reads back as it was and opens no element."""
    buyer = evolve(BUYER, name=name[:200])
    root = ET.fromstring(invoice_xml(invoice(line(), buyer=buyer)))
    usual = ET.fromstring(invoice_xml(invoice(line())))
    assert [each.tag for each in root.iter()] == [each.tag for each in usual.iter()]
    assert buyer.name in [each.text for each in root.iter()]


def test_more_decimals_than_the_standard_has_are_refused() -> None:
    """Dinars of Kuwait have three."""
    lines = (BilledLine(id="1", name="A", quantity=1, unit_price=Money(1, "KWD"), rate=STANDARD),)
    issued = invoice(*lines, currency="KWD", paid=Money.zero("KWD"))
    with pytest.raises(InvalidInput, match="currency"):
        invoice_xml(issued)
