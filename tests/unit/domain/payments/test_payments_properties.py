"""Whatever is asked of a ledger, no more goes back than came in."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.payments import (
    LedgerEntry,
    balance,
    confirm_payment,
    item_shares,
    request_refund,
    return_payment,
    reverse_payment,
    seen_before,
    settle_refund,
    unused_share,
)
from ordercore.domain.pricing import tolerance_for
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import START, arriving, eur

PRICE = 1000

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(["P1", "P2"]), st.integers(850, 1150)),
        st.tuples(st.just("late"), st.sampled_from(["P1", "P2"]), st.integers(1, 2000)),
        st.tuples(st.just("reverse"), st.just(""), st.just(0)),
        st.tuples(st.just("refund"), st.sampled_from("abc"), st.integers(-5, 1200)),
        st.tuples(st.just("settle"), st.sampled_from("abc"), st.just(0)),
    ),
    max_size=25,
)


def played(acts: list[tuple[str, str, int]]) -> tuple[tuple[LedgerEntry, ...], dict[str, int]]:
    """Return the ledger after the acts, and what really came in under each reference."""
    ledger: tuple[LedgerEntry, ...] = ()
    came: dict[str, int] = {}
    for number, (act, name, minor) in enumerate(acts):
        new: tuple[LedgerEntry, ...] | LedgerEntry | Refusal | None = None
        if act in ("pay", "late"):
            report = arriving(came.get(name, minor), name)
            if seen_before(ledger, report) is not False:
                continue
            if act == "late":
                new = return_payment(ledger, report, why="", refund_key=f"back{number}")
            else:
                new = confirm_payment(
                    ledger,
                    price=eur(PRICE),
                    payment=report,
                    tolerance=tolerance_for("EUR"),
                    refund_key=f"excess{number}",
                )
            if not isinstance(new, Refusal):
                came[name] = report.amount.amount_minor
        elif act == "reverse":
            new = reverse_payment(ledger, currency="EUR", at=START, why="")
        elif act == "refund":
            new = request_refund(ledger, amount=eur(minor), key=name, at=START)
        else:
            new = settle_refund(ledger, key=name, at=START)
        if isinstance(new, LedgerEntry):
            ledger = (*ledger, new)
        elif isinstance(new, tuple):
            ledger = (*ledger, *new)
    return ledger, came


@given(ACTS)
def test_no_more_is_ever_asked_back_than_really_came(acts: list[tuple[str, str, int]]) -> None:
    """Counted against the money that arrived, each reference once, reversals or not."""
    ledger, came = played(acts)
    sums = balance(ledger, currency="EUR")
    assert sums.refund_requested.amount_minor <= sum(came.values())
    assert not sums.refundable.is_negative
    assert not sums.outstanding.is_negative


@given(ACTS)
def test_no_key_is_asked_for_or_settled_twice(acts: list[tuple[str, str, int]]) -> None:
    """Each refund is one request and at most one arrival."""
    ledger, _ = played(acts)
    pairs = [(e.kind, e.key) for e in ledger if e.kind.startswith("refund")]
    assert len(pairs) == len(set(pairs))


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_shares_add_up_to_what_was_paid(paid: int, prices: list[int]) -> None:
    """Whatever the prices are."""
    shares = item_shares(eur(paid), tuple(eur(price) for price in prices))
    assert sum(share.amount_minor for share in shares) == paid
    assert all(not share.is_negative for share in shares)


@given(
    st.integers(0, 10**9),
    st.sampled_from(BillingCycle),
    st.timedeltas(min_value=timedelta(), max_value=timedelta(days=800)),
    st.timedeltas(min_value=timedelta(), max_value=timedelta(days=800)),
)
def test_longer_use_never_returns_more(
    minor: int, cycle: BillingCycle, first: timedelta, more: timedelta
) -> None:
    """What goes back lies between nothing and everything and falls with time."""
    earlier, later = (
        unused_share(eur(minor), cycle=cycle, active_at=START, withdrawn_at=START + used)
        for used in (first, first + more)
    )
    assert eur(0) <= later <= earlier <= eur(minor)
