"""Crediting what was invoiced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.billing import (
    CREDIT_NOTE_NUMBERS,
    INVOICE_NUMBERS,
    CreditNote,
    Invoice,
    LineCredit,
    credit,
    creditable,
    issue_invoice,
)
from ordercore.kernel import Finding, InvalidInput, Refusal
from tests.unit.domain.billing.papers import ISSUED, REDUCED, draft, euros, invoice, line


def noted(
    invoice: Invoice, *earlier: CreditNote, lines: tuple[LineCredit, ...] | None = None
) -> Any:
    """Credit lines of an invoice, or all that is left."""
    return credit(
        invoice,
        earlier,
        number=CREDIT_NOTE_NUMBERS.number(seller="shop-1", year=2026, seq=len(earlier) + 1),
        issued_on=ISSUED,
        reason="returned",
        lines=lines,
    )


def refusal(answer: object) -> Refusal:
    """Return the refusal that was expected."""
    assert isinstance(answer, Refusal)
    return answer


def test_everything_is_credited_to_the_cent() -> None:
    """One note for all of it says what the invoice said."""
    issued = invoice(line("1", 1999, quantity=3), line("2", 333, rate=REDUCED))
    note = noted(issued)
    assert issued.draft.lines == note.lines
    assert issued.totals == note.totals


def test_the_tax_of_parts_is_the_tax_of_the_whole() -> None:
    """0.33 credited three times at 20 %: 0.07, 0.06, 0.07, and not 0.07 each."""
    issued = invoice(line("1", 33, quantity=3))
    notes: tuple[CreditNote, ...] = ()
    for _ in range(3):
        notes = (*notes, noted(issued, *notes, lines=(LineCredit(line="1", quantity=1),)))
    assert [note.totals.tax.amount_minor for note in notes] == [7, 6, 7]
    assert issued.totals.tax.amount_minor == sum(n.totals.tax.amount_minor for n in notes)


def test_more_than_is_left_is_refused() -> None:
    """With one finding that names both amounts."""
    issued = invoice(line("1", 1000, quantity=2))
    first = noted(issued, lines=(LineCredit(line="1", quantity=1),))
    answer = refusal(noted(issued, first, lines=(LineCredit(line="1", quantity=2),)))
    message = "20.00 EUR is asked back for line 1, and 10.00 EUR is left of it"
    finding = Finding(field="lines", code="out_of_range", message=message)
    assert answer == Refusal(code="credit_exceeds_invoice", reason=message, findings=(finding,))


def test_entries_for_one_line_count_together() -> None:
    """Twice half of it is all of it, and three times is too much."""
    issued = invoice(line("1", 1000, quantity=2))
    half = LineCredit(line="1", quantity=1)
    assert issued.totals.net == noted(issued, lines=(half, half)).totals.net
    assert refusal(noted(issued, lines=(half, half, half))).code == "credit_exceeds_invoice"


def test_a_lower_price_is_credited_without_the_goods() -> None:
    """Two units, one euro each; a return afterwards gives back what is left, not the old price."""
    issued = invoice(line("1", 1000, quantity=2))
    lowered = LineCredit(line="1", quantity=2, unit_price=euros(100))
    cheaper = noted(issued, lines=(lowered,))
    assert euros(200) == cheaper.totals.net
    rest = noted(issued, cheaper)
    assert euros(1800) == rest.totals.net
    assert issued.totals.gross == cheaper.totals.gross + rest.totals.gross


def test_what_is_left_is_told_line_by_line() -> None:
    """In units where it can be, else as one unit at the rest; nothing of what is gone."""
    issued = invoice(line("1", 1000, quantity=3), line("2", 500), line("3", 0))
    first = noted(
        issued,
        lines=(
            LineCredit(line="1", quantity=1, unit_price=euros(1)),
            LineCredit(line="2", quantity=1),
        ),
    )
    (left,) = creditable(issued, (first,))
    assert ("1", 1, euros(2999)) == (left.id, left.quantity, left.unit_price)
    second = noted(issued, lines=(LineCredit(line="1", quantity=2),))
    assert ("1", 1, euros(1000)) == (
        creditable(issued, (second,))[0].id,
        creditable(issued, (second,))[0].quantity,
        creditable(issued, (second,))[0].unit_price,
    )


def test_a_line_with_an_allowance_comes_back_as_it_was_invoiced() -> None:
    """Until something of it was credited: then what is left of its money counts, and no more."""
    cheaper = evolve(line("1", 1000, quantity=5), allowance=euros(1000))
    issued = invoice(cheaper)
    assert creditable(issued, ()) == (cheaper,)
    one = noted(issued, lines=(LineCredit(line="1", quantity=1),))
    (left,) = creditable(issued, (one,))
    assert left == line("1", 1000, quantity=3)
    assert issued.totals.net == one.totals.net + noted(issued, one).totals.net


def test_nothing_left_is_a_refusal() -> None:
    """Also for a line that cost nothing."""
    issued = invoice(line("1", 1000), line("2", 0))
    assert refusal(noted(issued, noted(issued))).code == "nothing_to_credit"
    free = (LineCredit(line="2", quantity=1),)
    assert refusal(noted(issued, lines=free)).code == "nothing_to_credit"
    assert refusal(noted(issued, lines=())).code == "nothing_to_credit"


def test_lines_and_units_that_were_not_invoiced() -> None:
    """Each is found, whatever they would cost."""
    issued = invoice(line("1", 1000))
    wrong = (
        LineCredit(line="9", quantity=1),
        LineCredit(line="1", quantity=2, unit_price=euros(1)),
    )
    findings = (
        Finding(
            field="lines[0].line", code="unknown_line", message="INV-2026-000042 has no line 9"
        ),
        Finding(
            field="lines[1].quantity", code="out_of_range", message="line 1 has 1 units, not 2"
        ),
    )
    assert refusal(noted(issued, lines=wrong)) == Refusal(
        code="credit_exceeds_invoice",
        reason="INV-2026-000042 has no line 9; line 1 has 1 units, not 2",
        findings=findings,
    )


def test_no_note_is_older_than_its_invoice() -> None:
    """The same day is early enough."""
    answer = credit(
        invoice(line()),
        (),
        number=CREDIT_NOTE_NUMBERS.number(seller="shop-1", year=2026, seq=1),
        issued_on=ISSUED - timedelta(days=1),
        reason="returned",
    )
    assert refusal(answer).code == "credit_before_invoice"


@pytest.mark.parametrize("quantity", [0, -1])
def test_amounts_are_positive(quantity: int) -> None:
    """A note that takes less than nothing back would be an invoice."""
    with pytest.raises(InvalidInput):
        noted(invoice(line()), lines=(LineCredit(line="1", quantity=quantity),))
    price = LineCredit(line="1", quantity=1, unit_price=euros(-1))
    with pytest.raises(InvalidInput):
        noted(invoice(line()), lines=(price,))


def test_notes_of_another_invoice_do_not_count() -> None:
    """Handing one in is a mistake of the caller."""
    other = issue_invoice(draft(line()), INVOICE_NUMBERS.number(seller="shop-1", year=2026, seq=43))
    assert isinstance(other, Invoice)
    with pytest.raises(InvalidInput) as fault:
        noted(invoice(line()), noted(other))
    assert (fault.value.field, fault.value.problem, fault.value.allowed) == (
        "earlier",
        "CN-2026-000001 credits INV-2026-000043",
        "notes of INV-2026-000042",
    )


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_note_says_why(reason: str) -> None:
    """The customer reads it, and so does the tax office."""
    with pytest.raises(InvalidInput) as fault:
        credit(
            invoice(line()),
            (),
            number=CREDIT_NOTE_NUMBERS.number(seller="shop-1", year=2026, seq=1),
            issued_on=ISSUED,
            reason=reason,
        )
    assert (fault.value.field, fault.value.problem, fault.value.allowed) == (
        "reason",
        "is empty",
        "why it is credited",
    )
