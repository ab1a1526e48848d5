"""Random stories of cards, told to the ledger and to a naive model that only counts money.

The model is the provider's side: numbers in a dictionary, changed when something really happens. It
knows nothing of entries; after every step the folds have to agree with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    held_until,
    record_authorised,
    record_capture_declined,
    record_captured,
    record_declined,
    record_expired,
    record_lapsed,
    record_void_declined,
    record_voided,
    request_authorisation,
    request_capture,
    request_refunds,
    request_void,
    settle_refund,
)
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import START, eur
from tests.unit.domain.payments.cards import Decision, Ledger, sums

PRICE = 1000
TRIES = st.sampled_from(["A", "B", "C"])
NUMBERS = st.integers(0, 3)


class Cards(RuleBasedStateMachine):
    """Attempts, captures, voids and refunds in any order, repeated and reported late."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger: Ledger = ()
        self.held: dict[str, int] = {}  # what the provider holds, by attempt
        self.taken: dict[str, int] = {}  # what it has taken, by capture
        self.gone: dict[str, int] = {}  # what it was asked to give back, by part
        self.open: dict[str, str] = {}  # captures under way, and their attempt
        self.asked: dict[str, str] = {}  # every capture ever asked for, and its attempt
        self.voids: dict[str, str] = {}  # voids under way, and their attempt
        self.unknown: set[str] = set()  # attempts nobody knows the outcome of
        self.now = START
        self.ends: dict[str, datetime] = {}  # until when the provider holds an attempt

    def add(self, decision: Decision) -> tuple[LedgerEntry, ...]:
        """Write down what was decided; return what was added."""
        if decision is None or isinstance(decision, Refusal):
            return ()
        new = decision if isinstance(decision, tuple) else (decision,)
        self.ledger = (*self.ledger, *new)
        return new

    @rule(key=TRIES)
    def attempt(self, key: str) -> None:
        """Try to pay."""
        new = self.add(
            request_authorisation(
                self.ledger, amount=eur(PRICE), price=eur(PRICE), key=key, at=START
            )
        )
        if new:
            assert not self.unknown, "a second attempt while one is unknown"
            assert sum(self.held.values()) == 0, "a second attempt while money is held"
            assert sum(self.taken.values()) == sum(self.gone.values()), "paid twice"
            self.unknown.add(key)

    @rule(key=TRIES, sale=st.booleans(), hours=st.none() | st.integers(-1, 5))
    def granted(self, key: str, sale: bool, hours: int | None) -> None:
        """The provider says it holds or has taken the money, perhaps late, perhaps again."""
        end = None if hours is None else self.now + timedelta(hours=hours)
        new = self.add(
            record_authorised(
                self.ledger, key=key, at=self.now, reference=f"auth-{key}", sale=sale, until=end
            )
        )
        if new:
            if end is not None:
                self.ends[key] = end
            self.unknown.discard(key)
            self.held[key] = 0 if sale else PRICE
            if sale:
                self.taken[f"auth-{key}"] = PRICE

    @rule(key=TRIES, lapse=st.booleans())
    def ended(self, key: str, lapse: bool) -> None:
        """It was declined, given up or expired."""
        if lapse:
            new = self.add(record_lapsed(self.ledger, key=key, at=START))
        else:
            new = self.add(record_declined(self.ledger, key=key, code="declined", at=START))
        if new:
            assert lapse or not self.held.get(key), "a decline hid money"
            assert key not in self.open.values(), "ended under a capture"
            if key in self.held:
                assert new[0].amount == eur(self.held[key])
                self.held[key] = 0
            self.unknown.discard(key)

    @rule(hours=st.integers(-2, 3))
    def time_passes(self, hours: int) -> None:
        """Or a clock is set back."""
        self.now += timedelta(hours=hours)

    @rule()
    def hold_ends(self) -> None:
        """The timer fires: early, in time or late."""
        over = {key for key in self.waiting_for_their_end() if self.ends[key] <= self.now}
        new = self.add(record_expired(self.ledger, at=self.now))
        assert {entry.key: entry.amount.amount_minor for entry in new} == {
            key: self.held[key] for key in over
        }
        for key in over:
            self.held[key] = 0
        left = held_until(self.ledger)
        assert left is None or left > self.now, "the timer would fire again at once"

    def waiting_for_their_end(self) -> set[str]:
        """Return the attempts of which money is held, and nobody is asked about it just now."""
        busy = {*self.open.values(), *self.voids.values()}
        return {key for key in self.ends.keys() - busy if self.held[key]}

    @rule(number=NUMBERS, cents=st.integers(-1, 1100))
    def capture(self, number: int, cents: int) -> None:
        """Ask for a part of what is held."""
        key = f"take-{number}"
        new = self.add(request_capture(self.ledger, amount=eur(cents), key=key, at=START))
        if new:
            assert new[0].source not in self.voids.values(), "captured during a void"
            self.open[key] = self.asked[key] = new[0].source
            asked = self.ledger_sum(EntryKind.CAPTURE_REQUESTED, open_only=new[0].source)
            assert asked <= self.held[new[0].source], "more was asked for than is held"

    @rule(number=NUMBERS, arrives=st.booleans())
    def capture_ended(self, number: int, arrives: bool) -> None:
        """It arrived or was refused; the answer may come twice, or contradict itself."""
        key = f"take-{number}"
        if arrives:
            new = self.add(
                record_captured(self.ledger, key=key, at=START, reference=f"cap-{number}")
            )
        else:
            new = self.add(record_capture_declined(self.ledger, key=key, code="declined", at=START))
        if new:
            declined_before = self.open.pop(key, None) is None
            assert arrives or not declined_before, "declined twice"
            if arrives:
                attempt, cents = self.asked[key], new[0].amount.amount_minor
                self.taken[f"cap-{number}"] = cents
                # What was believed to be let go meanwhile had been taken before.
                late = declined_before and not self.held[attempt]
                self.held[attempt] -= 0 if late else cents

    @rule(key=TRIES, number=NUMBERS)
    def void(self, key: str, number: int) -> None:
        """Ask to let an attempt go."""
        new = self.add(request_void(self.ledger, attempt=key, key=f"void-{number}", at=START))
        if new:
            assert key in self.unknown or self.held.get(key), "nothing was there to let go"
            assert key not in self.open.values(), "let go under a capture"
            self.voids[f"void-{number}"] = key

    @rule(number=NUMBERS, works=st.booleans())
    def void_ended(self, number: int, works: bool) -> None:
        """It was let go, or could not be."""
        key = f"void-{number}"
        if works:
            new = self.add(record_voided(self.ledger, key=key, at=START))
        else:
            new = self.add(record_void_declined(self.ledger, key=key, code="declined", at=START))
        if new:
            del self.voids[key]
        if new and works:
            left = self.held.get(new[0].source, PRICE)
            assert new[0].amount == eur(left), "another amount than was held"
            self.held[new[0].source] = 0
            self.unknown.discard(new[0].source)

    @rule(number=NUMBERS, cents=st.integers(-1, 2500))
    def refund(self, number: int, cents: int) -> None:
        """Ask for money back."""
        new = self.add(
            request_refunds(self.ledger, amount=eur(cents), key=f"back-{number}", at=START)
        )
        for part in new:
            assert part.key not in self.gone, "twice under one key"
            self.gone[part.key] = part.amount.amount_minor
        assert not new or sum(part.amount.amount_minor for part in new) == cents

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def refund_arrives(self, data: st.DataObject) -> None:
        """A part reaches the customer."""
        key = data.draw(st.sampled_from(sorted(self.gone)))
        self.add(settle_refund(self.ledger, key=key, at=START))

    def ledger_sum(self, kind: EntryKind, *, open_only: str) -> int:
        """Sum the captures under way of one attempt."""
        keys = {key for key, attempt in self.open.items() if attempt == open_only}
        found = (e for e in self.ledger if e.kind is kind and e.key in keys)
        return sum(entry.amount.amount_minor for entry in found)

    @invariant()
    def the_folds_say_what_the_provider_has(self) -> None:
        """What is held, taken and given back, to the cent."""
        balance = sums(self.ledger)
        taken, gone = sum(self.taken.values()), sum(self.gone.values())
        assert balance.captured == eur(taken)
        assert balance.refundable == eur(taken - gone)
        assert gone <= taken
        held = {found.key: found.held.amount_minor for found in balance.attempts}
        assert {key: cents for key, cents in held.items() if cents} == {
            key: cents for key, cents in self.held.items() if cents
        }

    @invariant()
    def the_timer_runs_until_the_next_hold_ends(self) -> None:
        """And there is none while nothing is held, or somebody is asked about it."""
        ends = [self.ends[key] for key in self.waiting_for_their_end()]
        assert held_until(self.ledger) == min(ends, default=None)

    @invariant()
    def nothing_exceeds_what_was_granted(self) -> None:
        """For every attempt and for every payment."""
        for found in sums(self.ledger).attempts:
            assert found.captured + found.released <= found.authorised
            assert eur(0) <= found.capturable <= found.held
        for name, cents in self.taken.items():
            back = sum(
                entry.amount.amount_minor
                for entry in self.ledger
                if entry.kind is EntryKind.REFUND_REQUESTED and entry.source == name
            )
            assert back <= cents

    @invariant()
    def what_nobody_knows_is_open(self) -> None:
        """One attempt at most, and never forgotten."""
        open_attempt = sums(self.ledger).open_attempt
        assert self.unknown == ({open_attempt.key} if open_attempt else set())


Cards.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCards = Cards.TestCase
