"""Letting held money go: once, and only what is held and not captured."""

from __future__ import annotations

import pytest

from ordercore.domain.payments import (
    AttemptState,
    EntryKind,
    LedgerEntry,
    record_authorised,
    record_lapsed,
    record_void_declined,
    record_voided,
    request_capture,
    request_void,
)
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import START, eur, hour
from tests.unit.domain.payments.cards import (
    Decision,
    Ledger,
    attempted,
    authorised,
    captured,
    capturing,
    code,
    grown,
    sums,
    voiding,
)


def let_go(ledger: Ledger, key: str = "void-9") -> Decision:
    """Try to let the first attempt go."""
    return request_void(ledger, attempt="try-1", key=key, at=hour(1), note="cancelled")


def test_only_what_is_held_and_not_captured_is_let_go() -> None:
    """From the request on nothing more is captured."""
    ledger = captured(authorised(), 400)
    entry = let_go(ledger)
    assert entry == LedgerEntry(
        kind=EntryKind.VOID_REQUESTED,
        amount=eur(600),
        key="void-9",
        at=hour(1),
        source="try-1",
        note="cancelled",
    )
    after = (*ledger, entry)
    more = request_capture(after, amount=eur(1), key="take-9", at=hour(1))
    assert code(more) == "capture_exceeds_authorisation"
    done = grown(after, record_voided(after, key="void-9", at=hour(2)))
    assert done[-1].amount == eur(600)
    balance = sums(done)
    assert (balance.authorised, balance.captured, balance.capturable) == (
        eur(400),
        eur(400),
        eur(0),
    )


def test_nothing_is_let_go_twice_or_when_all_was_captured() -> None:
    """Captured money is refunded, which is another decision."""
    pending = voiding(authorised())
    done = grown(pending, record_voided(pending, key="void-1", at=START))
    for ledger in (captured(authorised(), 1000), authorised(sale=True), pending, done):
        assert code(let_go(ledger)) == "nothing_to_void"
    assert let_go(pending, "void-1") is None
    assert let_go(done, "void-1") is None
    assert record_voided(done, key="void-1", at=START) is None


def test_nothing_is_let_go_under_a_capture() -> None:
    """Either of the two could win at the provider."""
    assert code(let_go(capturing(authorised(), 400))) == "capture_open"


def test_an_attempt_whose_outcome_is_unknown_can_be_let_go() -> None:
    """It stays open until the provider has seen to it that nothing will be held."""
    ledger = voiding(attempted())
    assert sums(ledger).open_attempt is not None
    ledger = grown(ledger, record_voided(ledger, key="void-1", at=hour(1)))
    assert sums(ledger).open_attempt is None
    assert sums(ledger).attempts[0].state is AttemptState.VOIDED
    assert sums(ledger).authorised == eur(0)


def test_a_grant_that_is_known_only_during_the_void_is_let_go_with_it() -> None:
    """Nothing can be captured in between."""
    ledger = voiding(attempted())
    ledger = grown(ledger, record_authorised(ledger, key="try-1", at=hour(1)))
    assert sums(ledger).capturable == eur(0)
    ledger = grown(ledger, record_voided(ledger, key="void-1", at=hour(1)))
    assert ledger[-1].amount == eur(1000)
    assert sums(ledger).authorised == eur(0)


def test_a_sale_that_is_known_only_during_the_void_keeps_its_money() -> None:
    """The void is refused as the money was taken; now it can be refunded."""
    ledger = voiding(attempted())
    ledger = grown(ledger, record_authorised(ledger, key="try-1", at=hour(1), sale=True))
    refused = record_void_declined(ledger, key="void-1", code="already_captured", at=hour(1))
    ledger = grown(ledger, refused)
    balance = sums(ledger)
    assert (balance.captured, balance.refundable, balance.capturable) == (
        eur(1000),
        eur(1000),
        eur(0),
    )


def test_a_void_that_is_refused_leaves_the_money_held() -> None:
    """Once; it may be tried again under another key."""
    ledger = voiding(authorised())
    ledger = grown(
        ledger, record_void_declined(ledger, key="void-1", code="gateway_down", at=hour(1))
    )
    assert sums(ledger).capturable == eur(1000)
    assert record_void_declined(ledger, key="void-1", code="gateway_down", at=hour(1)) is None
    assert record_voided(ledger, key="void-1", at=hour(1)) is None
    assert isinstance(let_go(ledger), LedgerEntry)


def test_a_void_that_is_refused_is_recorded_with_its_reason() -> None:
    """Beside the attempt that is held as before."""
    declined = record_void_declined(
        voiding(authorised()), key="void-1", code="gateway_down", at=hour(1), note="try later"
    )
    assert declined == LedgerEntry(
        kind=EntryKind.DECLINED,
        amount=eur(1000),
        key="void-1",
        at=hour(1),
        source="try-1",
        note="try later",
        code="gateway_down",
    )


def test_an_authorisation_that_expires_during_a_void_is_released_once() -> None:
    """What lapsed is no longer there to be let go."""
    ledger = voiding(authorised())
    ledger = grown(ledger, record_lapsed(ledger, key="try-1", at=hour(1)))
    ledger = grown(ledger, record_voided(ledger, key="void-1", at=hour(2)))
    assert ledger[-1].amount == eur(0)
    assert sums(ledger).attempts[0].released == eur(1000)


def test_voids_of_unknown_things_are_refused() -> None:
    """An attempt nobody made, a void nobody requested, a key that stands for something else."""
    assert code(let_go(())) == "unknown_attempt"
    assert code(record_voided((), key="void-9", at=START)) == "unknown_void"
    unknown = record_void_declined(authorised(), key="try-1", code="declined", at=START)
    assert code(unknown) == "unknown_void"
    assert code(let_go(authorised(), "try-1")) == "key_reused"


def test_the_key_of_a_void_stands_for_one_void() -> None:
    """Not for another attempt, nor for another deed with the same attempt."""
    ledger = authorised("try-2", before=grown(authorised(), _lapsed(authorised())))
    ledger = voiding(ledger, "try-2", "void-9")
    assert let_go(ledger) == Refusal(
        code="key_reused", reason="'void-9' stands for void_requested of 10.00 EUR already"
    )
    assert code(let_go(captured(authorised(), 400, "void-9"))) == "key_reused"


def _lapsed(ledger: Ledger) -> Decision:
    return record_lapsed(ledger, key="try-1", at=START)


@pytest.mark.parametrize("state", [AttemptState.LAPSED, AttemptState.VOIDED])
def test_a_grant_that_was_let_go_says_how_it_ended(state: AttemptState) -> None:
    """Also where a part had been captured before."""
    for before in (authorised(), captured(authorised(), 400)):
        if state is AttemptState.LAPSED:
            ledger = grown(before, _lapsed(before))
        else:
            ledger = voiding(before)
            ledger = grown(ledger, record_voided(ledger, key="void-1", at=hour(2)))
        assert sums(ledger).attempts[0].state is state
