"""Laws of invoices and credit notes, for any lines."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.billing import (
    CREDIT_NOTE_NUMBERS,
    BilledLine,
    CreditNote,
    LineCredit,
    TaxCategory,
    TaxRate,
    credit,
    creditable,
)
from ordercore.kernel import Money, Refusal
from tests.unit.domain.billing.papers import EXEMPT, ISSUED, euros, invoice

RATES = st.one_of(
    st.just(EXEMPT),
    st.just(TaxRate(category=TaxCategory.ZERO)),
    st.integers(1, 3000).map(
        lambda points: TaxRate(category=TaxCategory.STANDARD, basis_points=points)
    ),
)


@st.composite
def lines(draw: st.DrawFn) -> tuple[BilledLine, ...]:
    """Draw lines of which several may share a rate."""
    rates = draw(st.lists(RATES, min_size=1, max_size=3))
    drawn = []
    for number in range(draw(st.integers(1, 6))):
        quantity, cents = draw(st.integers(1, 20)), draw(st.integers(0, 5000))
        less = draw(st.none() | st.integers(0, quantity * cents))
        drawn.append(
            BilledLine(
                id=str(number),
                name=f"Article {number}",
                quantity=quantity,
                unit_price=euros(cents),
                rate=draw(st.sampled_from(rates)),
                allowance=None if less is None else euros(less),
            )
        )
    return tuple(drawn)


def net_of(line: BilledLine) -> int:
    """Return what a line costs without tax, in minor units."""
    less = 0 if line.allowance is None else line.allowance.amount_minor
    return line.quantity * line.unit_price.amount_minor - less


def exact_tax(billed: tuple[BilledLine, ...], rate: TaxRate) -> Fraction:
    """Return the tax at one rate in minor units, before rounding."""
    net = sum(net_of(each) for each in billed if each.rate == rate)
    return Fraction(net * rate.basis_points, 10_000)


@given(lines())
def test_rows_add_up_to_the_total(billed: tuple[BilledLine, ...]) -> None:
    """Net, tax and gross are sums of the rows, and the rows' net is that of the lines."""
    sums = invoice(*billed).totals
    net = sum(net_of(each) for each in billed)
    assert euros(net) == sums.net
    assert sums.gross == Money.total((r.taxable + r.tax for r in sums.rows), currency="EUR")
    assert {each.rate for each in billed} == {row.rate for row in sums.rows}
    assert len(sums.rows) == len({row.rate for row in sums.rows})


@given(lines())
def test_each_row_is_within_half_a_unit_of_the_exact_tax(billed: tuple[BilledLine, ...]) -> None:
    """However many lines there are: rounding happens once per rate."""
    for row in invoice(*billed).totals.rows:
        off = abs(row.tax.amount_minor - exact_tax(billed, row.rate))
        assert off <= Fraction(1, 2)


@st.composite
def wishes(draw: st.DrawFn, ids: int) -> tuple[LineCredit, ...]:
    """Draw credits, sensible and excessive ones."""
    prices = st.one_of(st.none(), st.integers(0, 6000).map(euros))
    return tuple(
        LineCredit(
            line=str(draw(st.integers(0, ids - 1))),
            quantity=draw(st.integers(1, 21)),
            unit_price=draw(prices),
        )
        for _ in range(draw(st.integers(1, 3)))
    )


@given(st.data())
def test_notes_never_exceed_their_invoice(data: st.DataObject) -> None:
    """Whatever is asked for, in any number of notes; and the rest brings it to the exact sum."""
    billed = data.draw(lines())
    issued = invoice(*billed)
    notes: tuple[CreditNote, ...] = ()

    def ask(wanted: tuple[LineCredit, ...] | None) -> CreditNote | Refusal:
        number = CREDIT_NOTE_NUMBERS.number(seller="s", year=2026, seq=len(notes) + 1)
        earlier = tuple(data.draw(st.permutations(notes)))
        return credit(
            issued, earlier, number=number, issued_on=ISSUED, reason="returned", lines=wanted
        )

    for _ in range(data.draw(st.integers(0, 4))):
        answer = ask(data.draw(wishes(len(billed))))
        if isinstance(answer, CreditNote):
            notes = (*notes, answer)
            assert not answer.totals.tax.is_negative
        for part in ("net", "tax", "gross"):
            given_back = Money.total((getattr(n.totals, part) for n in notes), currency="EUR")
            assert given_back <= getattr(issued.totals, part)
        for each in issued.draft.lines:
            returned = Money.total(
                (back.net for n in notes for back in n.lines if back.id == each.id), currency="EUR"
            )
            assert returned <= each.net

    rest = ask(None)
    if isinstance(rest, CreditNote):
        notes = (*notes, rest)
    else:
        assert rest.code == "nothing_to_credit"
    assert creditable(issued, notes) == ()
    for part in ("net", "tax", "gross"):
        given_back = Money.total((getattr(n.totals, part) for n in notes), currency="EUR")
        assert given_back == getattr(issued.totals, part)


@given(st.data())
def test_a_note_is_within_a_unit_of_its_own_rounding(data: st.DataObject) -> None:
    """So the tolerance of the standard covers every note."""
    billed = data.draw(lines())
    issued = invoice(*billed)
    notes: tuple[CreditNote, ...] = ()
    for seq in range(1, 4):
        answer = credit(
            issued,
            notes,
            number=CREDIT_NOTE_NUMBERS.number(seller="s", year=2026, seq=seq),
            issued_on=ISSUED,
            reason="returned",
            lines=data.draw(wishes(len(billed))),
        )
        if isinstance(answer, CreditNote):
            notes = (*notes, answer)
            for row in answer.totals.rows:
                assert abs(row.tax.amount_minor - exact_tax(answer.lines, row.rate)) <= 1
