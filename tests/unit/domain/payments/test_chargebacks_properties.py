"""Reports of banks, refunds, captures and payments in any order, against a model of plain numbers.

The model knows what came, what was asked back and what the bank has, by payment; nothing of
entries. It is told what was decided and has to end up with the same sums.
"""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.payments import (
    Chargeback,
    DisputeWon,
    EntryKind,
    LedgerEntry,
    holdings,
    record_chargeback,
    record_dispute_won,
    record_refund_returned,
    request_refunds,
    settle_refund,
)
from ordercore.kernel.result import Refusal
from ordercore.testing import laws
from ordercore.testing.builders import an_order
from tests.unit.domain.payments.books import START, eur, paid
from tests.unit.domain.payments.cards import Decision, Ledger, authorised, captured, sums

HELD = 1000
REFERENCES = st.sampled_from(["case-1", "case-2", "case-3"])
PAYMENTS = st.sampled_from(["pay-1", "pay-2", "cap-a", "cap-b", "nobody"])
CENTS = st.integers(1, 700)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(["pay-1", "pay-2"]), st.just(""), CENTS),
        st.tuples(st.just("capture"), st.sampled_from("ab"), st.just(""), CENTS),
        st.tuples(st.just("refund"), st.sampled_from(["r1", "r2", "r3"]), st.just(""), CENTS),
        st.tuples(st.just("arrived"), st.sampled_from(["r1", "r2"]), st.just(""), st.just(0)),
        st.tuples(st.just("returned"), st.sampled_from(["r1", "r2"]), st.just(""), st.just(0)),
        st.tuples(st.just("taken"), PAYMENTS, REFERENCES, CENTS),
        st.tuples(st.just("all taken"), PAYMENTS, REFERENCES, st.just(0)),
        st.tuples(st.just("won"), st.just(""), REFERENCES, CENTS),
        st.tuples(st.just("all won"), st.just(""), REFERENCES, st.just(0)),
    ),
    max_size=25,
)
Act = tuple[str, str, str, int]


def decided(ledger: Ledger, act: Act) -> Decision:
    """Return what an act adds to the ledger."""
    what, name, reference, cents = act
    known = {entry.key for entry in ledger if entry.kind is not EntryKind.CHARGED_BACK}
    if what == "pay":
        return None if name in known else paid(cents, name)
    if what == "capture":
        left = sums(ledger).capturable.amount_minor
        if name in known or cents > left:
            return None
        return captured(ledger, cents, name)[len(ledger) :]
    if what == "refund":
        return request_refunds(ledger, amount=eur(cents), key=name, at=START)
    if what == "arrived":
        return settle_refund(ledger, key=name, at=START)
    if what == "returned":
        arrived = (e.amount for e in ledger if e.kind is EntryKind.REFUNDED and e.key == name)
        return record_refund_returned(ledger, key=name, amount=next(arrived, eur(1)), at=START)
    if what in ("taken", "all taken"):
        came = sum(e.amount.amount_minor for e in ledger if name in (e.key, e.reference) and _in(e))
        amount = eur(cents or came or 1)
        report = Chargeback(reference=reference, payment=name, amount=amount, at=START, code="1")
        return record_chargeback(ledger, report)
    cases = (e for e in ledger if e.kind is EntryKind.CHARGED_BACK and e.key == reference)
    whole = next((case.amount for case in cases), eur(1))
    amount = eur(cents) if cents else whole
    return record_dispute_won(ledger, DisputeWon(reference=reference, amount=amount, at=START))


def _in(entry: LedgerEntry) -> bool:
    return entry.kind in (EntryKind.CONFIRMED, EntryKind.CAPTURED)


class Model:
    """Plain numbers by payment."""

    def __init__(self) -> None:
        self.came: dict[str, int] = {}
        self.asked: dict[str, int] = {}
        self.bank: dict[str, int] = {}

    def told(self, entry: LedgerEntry) -> None:
        """Take note of what really happened."""
        cents, kind = entry.amount.amount_minor, entry.kind
        books = {
            EntryKind.CONFIRMED: (self.came, entry.key, cents),
            EntryKind.CAPTURED: (self.came, entry.reference, cents),
            EntryKind.REFUND_REQUESTED: (self.asked, entry.source, cents),
            EntryKind.REFUND_RETURNED: (self.asked, entry.source, -cents),
            EntryKind.CHARGED_BACK: (self.bank, entry.source, cents),
            EntryKind.WON_BACK: (self.bank, entry.source, -cents),
        }
        if kind in books:
            book, name, change = books[kind]
            book[name] = book.get(name, 0) + change

    def left(self) -> dict[str, int]:
        """Return what is still here of each payment; the bank cannot take what is not."""
        return {
            name: max(0, came - self.asked.get(name, 0) - self.bank.get(name, 0))
            for name, came in self.came.items()
        }


@given(ACTS)
def test_every_sum_is_that_of_the_model_and_nothing_falls_below_zero(acts: list[Act]) -> None:
    """After every act; the law of the ledger holds all the way."""
    ledger, model, order = authorised(cents=HELD), Model(), an_order()
    for act in acts:
        new = decided(ledger, act)
        if new is None or isinstance(new, Refusal):
            continue
        for entry in new if isinstance(new, tuple) else (new,):
            ledger = (*ledger, entry)
            model.told(entry)
        left, balance = model.left(), sums(ledger)
        assert {n: m.amount_minor for n, m in holdings(ledger).items()} == left
        assert balance.refundable.amount_minor == sum(left.values())
        assert balance.charged_back.amount_minor == sum(model.bank.values())
        assert not balance.gone_twice.is_negative
        assert not balance.missing.is_negative
        for name, taken in model.bank.items():
            assert 0 <= taken <= model.came[name]
        assert laws.ledger_never_overdrawn(evolve(order, ledger=ledger)) == []


@given(ACTS)
def test_reported_again_nothing_is_added(acts: list[Act]) -> None:
    """Each report as soon as it was taken in, and all of them at the end, in any case."""
    ledger = authorised(cents=HELD)
    reports: list[Chargeback | DisputeWon] = []
    for act in acts:
        new = decided(ledger, act)
        if new is None or isinstance(new, Refusal):
            continue
        ledger = (*ledger, *(new if isinstance(new, tuple) else (new,)))
        entry = ledger[-1]
        if entry.kind is EntryKind.CHARGED_BACK:
            reports.append(
                Chargeback(
                    reference=entry.key,
                    payment=entry.source,
                    amount=entry.amount,
                    at=START,
                    code="another wording",
                )
            )
        elif entry.kind is EntryKind.WON_BACK:
            reports.append(DisputeWon(reference=entry.key, amount=entry.amount, at=START))
        for report in reports:
            again = (
                record_chargeback(ledger, report)
                if isinstance(report, Chargeback)
                else record_dispute_won(ledger, report)
            )
            assert again is None
