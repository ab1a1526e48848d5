"""The sums of a ledger."""

from __future__ import annotations

import pytest

from ordercore.domain.payments import Balance, EntryKind, LedgerEntry, balance
from ordercore.kernel.errors import CurrencyMismatch
from ordercore.kernel.money import Money
from tests.unit.domain.payments.books import START, asked_back, eur, gone_back, paid, reversed_


def test_each_kind_of_entry_is_summed_on_its_own() -> None:
    """Distinct amounts, so that no sum can stand in for another."""
    written = LedgerEntry(kind=EntryKind.WRITTEN_OFF, amount=eur(7), key="pay-1", at=START)
    entries = (
        paid(1000),
        paid(500, "pay-2"),
        written,
        reversed_(300),
        asked_back(40),
        asked_back(60, "back-2"),
        gone_back(40),
    )

    assert Balance(
        confirmed=eur(1500),
        written_off=eur(7),
        reversed=eur(300),
        refund_requested=eur(100),
        refunded=eur(40),
        charged_back=eur(0),
        gone_twice=eur(0),
    ) == balance(entries, currency="EUR")


def test_refundable_is_what_came_in_less_what_was_taken_back_or_asked_back() -> None:
    """A refund counts from the moment it is requested, not when it has arrived."""
    sums = balance((paid(1000), reversed_(300), asked_back(40)), currency="EUR")

    assert eur(660) == sums.refundable
    assert eur(40) == sums.outstanding


def test_a_refund_that_has_arrived_is_no_longer_outstanding() -> None:
    """It stays reserved all the same."""
    sums = balance((paid(1000), asked_back(40), gone_back(40)), currency="EUR")

    assert eur(0) == sums.outstanding
    assert eur(960) == sums.refundable


def test_an_empty_ledger_sums_to_nothing_in_its_currency() -> None:
    """The currency comes from the order, there is no entry to take it from."""
    assert Money.zero("USD") == balance((), currency="USD").refundable


def test_an_entry_in_another_currency_is_a_fault() -> None:
    """Two currencies in one ledger would make every sum meaningless."""
    with pytest.raises(CurrencyMismatch):
        balance((paid(1),), currency="USD")
