"""Under every fault the gateway knows, its books and the ledger of the order come to agree.

A cashier works as the library's workers do: write the intent down, call, and whatever the answer
was, record only what a look-up says. Notices arrive late, twice or never; a card is charged once.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    PaymentKind,
    balance,
    payment_terms,
)
from ordercore.kernel.money import Money
from ordercore.testing import payment_laws as laws
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import FaultPlan, SimulatedGateway, VirtualClock
from tests.adapters.cashier import ORDER, PRICE, TENANT, Cashier


def judge(cashier: Cashier, *, complete: bool) -> list[str]:
    """Check every law; what is under way may be known to one side only until all is complete."""
    books, ledger = cashier.gateway, cashier.ledger
    taken, back = books.taken(TENANT, ORDER), books.given_back(TENANT, ORDER)
    found = laws.captures_never_overdrawn(ledger)
    found += laws.captures_match_provider(ledger, taken, complete=complete)
    found += laws.held_matches_provider(ledger, books.held(TENANT, ORDER), complete=complete)
    if complete:
        found += laws.money_adds_up(ledger, taken, back, currency="EUR")
        found += laws.charged_once(ledger, taken, back, price=PRICE)
    return found


ACTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("attempt"),
            st.sampled_from([k for k in PaymentKind if payment_terms(k).by_gateway]),
        ),
        st.tuples(st.just("capture"), st.integers(1, 1000)),
        st.tuples(st.just("refund"), st.integers(1, 1000)),
        st.tuples(st.just("void"), st.none()),
        st.tuples(st.just("give_up"), st.none()),
        st.tuples(st.just("customer"), st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([5, 60, 900, 4000, 700_000])),
        st.tuples(st.just("notices"), st.none()),
    ),
    min_size=1,
    max_size=14,
)


def lived(folder: Path, seed: int, acts: list[tuple[str, Any]]) -> Cashier:
    """Let a cashier live through the acts at a hostile gateway, judged after each."""
    clock = VirtualClock(START)
    plan = evolve(FaultPlan.profile("hostile", seed=seed), longest_delay_s=300)
    cashier = Cashier(SimulatedGateway(folder / "gateway.sqlite3", faults=plan, clock=clock), clock)
    for act, value in acts:
        if act == "wait":
            clock.advance(value)
        elif value is None:
            getattr(cashier, act)()
        else:
            getattr(cashier, act)(value)
        assert judge(cashier, complete=False) == []
    return cashier


@given(seed=st.integers(0, 10_000), acts=ACTS)
@settings(max_examples=60, deadline=None)
def test_the_books_say_what_the_ledger_says(seed: int, acts: list[tuple[str, Any]]) -> None:
    """All the way nothing is taken that was not asked for; in the end both agree to the cent."""
    with TemporaryDirectory() as folder:
        cashier = lived(Path(folder), seed, acts)
        try:
            cashier.come_to_rest()
            refused = [e for e in cashier.open_requests() if e.kind is EntryKind.REFUND_REQUESTED]
            assert cashier.open_requests() == refused  # a closed account takes no money back
            assert judge(cashier, complete=not refused) == []
        finally:
            cashier.gateway.close()


@pytest.mark.parametrize("seed", range(6))
def test_a_whole_life_under_faults_ends_with_the_customer_charged_once(
    tmp_path: Path, seed: int
) -> None:
    """Paid, packed in two parcels, one of them returned."""
    acts = [
        ("attempt", PaymentKind.CREDIT_CARD),
        ("wait", 600),
        ("notices", None),
        ("attempt", PaymentKind.CREDIT_CARD),
    ]
    cashier = lived(tmp_path, seed, acts)
    cashier.come_to_rest()
    for cents in (400, 600):
        cashier.capture(cents)
        cashier.come_to_rest()
    cashier.refund(400)
    cashier.come_to_rest()
    assert judge(cashier, complete=True) == []
    assert balance(cashier.ledger, currency="EUR").captured <= PRICE
    cashier.gateway.close()


def test_the_laws_bite() -> None:
    """Each finds the violation it is there for, and says it with the amounts."""

    def entry(kind: EntryKind, cents: int, key: str, source: str = "") -> LedgerEntry:
        amount = Money(cents, "EUR")
        return LedgerEntry(kind=kind, amount=amount, key=key, at=START, source=source)

    asked = entry(EntryKind.AUTHORISATION_REQUESTED, 1000, "a")
    granted = entry(EntryKind.AUTHORISED, 1000, "a")
    taken = entry(EntryKind.CAPTURED, 1000, "c", "a")
    cents = {cents: Money(cents, "EUR") for cents in (0, 400, 999, 1000)}
    ledger = (asked, granted, entry(EntryKind.CAPTURE_REQUESTED, 1000, "c", "a"), taken)

    assert laws.captures_never_overdrawn(ledger) == []
    twice = (*ledger, entry(EntryKind.CAPTURED, 1000, "c", "a"))
    assert laws.captures_never_overdrawn(twice) == [
        "20.00 EUR captured and 0.00 EUR released of 10.00 EUR",
        "captured twice under c",
    ]
    agree = laws.captures_match_provider(ledger, {"c": cents[1000]}, complete=True)
    assert agree == []
    assert laws.captures_match_provider(ledger, {}, complete=False) == [
        "the ledger says 10.00 EUR was captured under c, the provider took None"
    ]
    assert laws.captures_match_provider(ledger[:3], {"c": cents[1000]}, complete=False) == []
    assert laws.captures_match_provider(ledger[:3], {"c": cents[1000]}, complete=True) == [
        "10.00 EUR taken under c is not in the ledger"
    ]
    assert laws.captures_match_provider(ledger, {"c": cents[1000], "x": cents[400]}, complete=False)
    assert laws.held_matches_provider(ledger[:2], {"a": cents[1000]}, complete=True) == []
    assert laws.held_matches_provider(ledger, {"a": cents[400]}, complete=True) == [
        "0.00 EUR of attempt a should be held, 4.00 EUR is"
    ]
    assert laws.held_matches_provider((), {"x": cents[400]}, complete=False) == [
        "4.00 EUR is held under x, an unknown key"
    ]
    both = {"c": cents[1000], "d": cents[400]}
    assert laws.charged_once(ledger, both, {"r": cents[400]}, price=PRICE) == []
    assert laws.charged_once(ledger, both, {}, price=PRICE) == [
        "14.00 EUR was charged for an order that costs 10.00 EUR"
    ]
    back = entry(EntryKind.REFUND_REQUESTED, 400, "r", "d")
    assert laws.charged_once((*ledger, back), both, {}, price=PRICE) == []
    assert laws.money_adds_up(ledger, {"c": cents[1000]}, {}, currency="EUR") == []
    assert laws.money_adds_up(ledger, {"c": cents[999]}, {}, currency="EUR") == [
        "the ledger keeps 10.00 EUR, the books 9.99 EUR"
    ]
