"""Look-ups come ever less often, whoever makes them and whatever is said from outside."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import decode, encode
from ordercore.engine.retry import Polling, RetryPolicy
from ordercore.engine.saga import Accepted, Outcome, Phase, SagaState, Step, Unclear, next_due
from tests.unit.engine.saga.sagas import FAILED, NOW, Play, define, pairs

GROWING = Polling(first_s=10, growth_percent=200, longest_s=100)
SLOW = Step(name="slow", undoes=True, deadline_s=600, polling=GROWING)
OPEN = [Accepted(), Unclear(reason="timeout")]


def waiting(step: Step = SLOW) -> Play:
    """Return a saga whose one call was accepted."""
    return Play(define(step), "a").answer("a", "slow", Accepted())


def looks_of(play: Play) -> list[int]:
    """Look up whenever it is time, always in vain; return when, in seconds from the start."""
    seen = []
    while play.phase("a", "slow") is Phase.CHECKING:
        play.wait()
        seen.append(int((play.now - NOW).total_seconds()))
        play.answer("a", "slow", Accepted())
    return seen


def test_waits_grow_and_the_last_look_up_falls_on_the_deadline() -> None:
    """Quickly at first, then every hundred seconds, and once more at the very end."""
    assert looks_of(waiting()) == [10, 30, 70, 150, 250, 350, 450, 550, 600]


@pytest.mark.parametrize("again", OPEN)
def test_a_look_up_before_its_time_changes_nothing(again: Outcome) -> None:
    """Edge case: a notice that is sent a hundred times must not slow the polling down."""
    play = waiting().later(3)
    before = play.state
    for _ in range(100):
        play.answer("a", "slow", again)
        assert play.state == before
        assert play.notes == ()


def test_a_look_up_that_comes_late_counts_once() -> None:
    """Nobody catches up on the look-ups that a worker's absence has cost."""
    play = waiting().later(400).answer("a", "slow", Accepted())

    assert play.run("a", "slow").looks == 1
    assert next_due(play.state) == NOW + timedelta(seconds=420)


def test_only_that_an_attempt_became_unclear_is_noted() -> None:
    """A look-up that finds nothing new is no news for the audit trail."""
    play = waiting()
    log = len(play.log)
    play.wait()

    assert play.answer("a", "slow", Unclear(reason="timeout")).notes == ()
    assert len(play.log) == log


def test_a_new_attempt_is_looked_up_quickly_again() -> None:
    """What was learnt about the attempt before says nothing about this one."""
    again = RetryPolicy(name="once", delays_s=(5,))
    play = waiting(Step(name="slow", undoes=True, retry=again, polling=GROWING))
    for _ in range(3):
        play.wait()
        play.answer("a", "slow", Accepted())
    assert play.run("a", "slow").looks == 3

    play.answer("a", "slow", FAILED).wait()
    play.answer("a", "slow", Accepted())
    assert play.run("a", "slow").looks == 0
    assert next_due(play.state) == play.now + timedelta(seconds=10)


def test_an_undo_that_is_looked_up_is_asked_for_less_and_less_too() -> None:
    """The way back waits like the way forward."""
    play = waiting().answer("a", "slow").abort()
    assert play.phase("a", "slow") is Phase.DONE  # a saga that is done is not aborted

    play = waiting().abort()
    play.answer("a", "slow", FAILED).answer("a", "slow", Accepted())
    due = []
    for _ in range(3):
        before = play.now
        play.wait()
        due.append((play.now - before).total_seconds())
        play.answer("a", "slow", Accepted())
    assert pairs(play.wait()) == [("a", "slow", "find")]
    assert due == [10, 20, 40]


def test_a_clock_that_was_ahead_does_not_keep_a_look_up_waiting() -> None:
    """Set back an hour: the next look-up made for a notice puts the schedule right."""
    play = waiting().later(3600)
    play.answer("a", "slow", Accepted())  # at its deadline by that clock
    play = waiting()
    play.later(500).answer("a", "slow", Accepted())
    play.later(-450).answer("a", "slow", Accepted())

    assert next_due(play.state) == play.now + timedelta(seconds=GROWING.wait_s(1))


def test_a_saga_stored_before_look_ups_were_counted_goes_on() -> None:
    """Compatibility: the missing number is none, and nothing else is different."""
    play = waiting()
    text = encode(play.state)
    assert text.count('"looks":0,') == 1
    old = text.replace('"looks":0,', "")

    assert decode(SagaState, old) == play.state


@given(
    st.lists(st.tuples(st.integers(1, 120), st.sampled_from(OPEN)), max_size=40),
    st.integers(1, 30),
    st.integers(100, 300),
)
def test_the_schedule_follows_from_what_is_stored(
    told: list[tuple[int, Outcome]], first: int, growth: int
) -> None:
    """A worker that takes over reads the state and waits as its predecessor would have.

    Whatever look-ups come in between, at its time or before: none is put off by them, the waits
    never exceed the longest, and the last one never lies beyond the deadline.
    """
    polling = Polling(first_s=first, growth_percent=growth, longest_s=30 + first)
    play = waiting(Step(name="slow", undoes=True, deadline_s=600, polling=polling))
    dues = [next_due(play.state)]
    for seconds, outcome in told:
        play.later(seconds)
        due, taken_over = next_due(play.state), decode(SagaState, encode(play.state))
        assert taken_over == play.state
        play.answer("a", "slow", outcome)
        if play.phase("a", "slow") is not Phase.CHECKING:
            assert play.now >= NOW + timedelta(seconds=600)
            return
        after = next_due(play.state)
        assert due is not None
        assert after is not None
        if play.now < due:
            assert after == due
        else:
            run = play.run("a", "slow")
            wait = timedelta(seconds=polling.wait_s(run.looks))
            assert after == min(play.now + wait, NOW + timedelta(seconds=600))
            dues.append(after)
    assert all(one is not None and two is not None and one < two for one, two in pairwise(dues))
