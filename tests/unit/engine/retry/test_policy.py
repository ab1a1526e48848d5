from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from tenacity import RetryCallState, wait_exponential

from ordercore.engine.retry import NO_RETRY, PATIENT, QUICK, RetryPolicy
from ordercore.kernel.errors import DefinitionError

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def waits(policy: RetryPolicy, draw: int = 0) -> list[float]:
    """Seconds waited after each failure until the policy gives up."""
    found: list[float] = []
    while (again := policy.next_attempt(len(found) + 1, NOW, draw)) is not None:
        found.append((again - NOW).total_seconds())
    return found


def test_the_patient_policy_waits_as_an_independent_backoff_does() -> None:
    """2, 4, 8, 16, then 30 because of the cap; another library's formula says the same."""
    oracle = wait_exponential(multiplier=2, max=30)
    attempts = [cast(RetryCallState, SimpleNamespace(attempt_number=n)) for n in range(1, 6)]

    assert waits(PATIENT) == [oracle(attempt) for attempt in attempts] == [2, 4, 8, 16, 30]


def test_the_quick_policy_waits_as_an_independent_backoff_does() -> None:
    """1, 2, 4, 8, 16."""
    oracle = wait_exponential(multiplier=1)
    attempts = [cast(RetryCallState, SimpleNamespace(attempt_number=n)) for n in range(1, 6)]

    assert waits(QUICK) == [oracle(attempt) for attempt in attempts] == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(("policy", "attempts"), [(PATIENT, 6), (QUICK, 6), (NO_RETRY, 1)])
def test_the_first_attempt_counts_too(policy: RetryPolicy, attempts: int) -> None:
    """Five retries make six attempts; no retry makes one."""
    assert policy.attempts == attempts
    assert policy.next_attempt(attempts, NOW) is None


def test_jitter_adds_its_share_of_the_delay_to_the_millisecond() -> None:
    """A tenth of 2 s is 200 ms; half the draw adds half of it."""
    policy = RetryPolicy(name="spread", delays_s=(2,), jitter_per_mille=100)

    assert policy.next_attempt(1, NOW) == NOW + timedelta(seconds=2)
    assert policy.next_attempt(1, NOW, 500) == NOW + timedelta(seconds=2, milliseconds=100)


def test_a_delay_of_nothing_means_at_once() -> None:
    """Zero is a delay, not the end of the list."""
    assert waits(RetryPolicy(name="eager", delays_s=(0, 0))) == [0, 0]


@pytest.mark.parametrize(("delays", "jitter"), [((2, -1), 0), ((2,), -1)])
def test_negative_delays_and_jitter_are_refused(delays: tuple[int, ...], jitter: int) -> None:
    """A table that would retry in the past is refused when it is written."""
    with pytest.raises(DefinitionError) as refused:
        RetryPolicy(name="odd", delays_s=delays, jitter_per_mille=jitter)

    assert refused.value.name == "odd"
    assert refused.value.problems == ("delays and jitter are at least 0",)
