from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.retry import RetryPolicy

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DRAWS = st.integers(0, 999)

policies = st.builds(
    RetryPolicy,
    name=st.just("any"),
    delays_s=st.lists(st.integers(0, 3600), min_size=1, max_size=8).map(tuple),
    jitter_per_mille=st.integers(0, 1000),
)


@given(policy=policies, data=st.data(), draw=DRAWS)
def test_jitter_stays_below_its_share(policy: RetryPolicy, data: st.DataObject, draw: int) -> None:
    """A wait is never shorter than its delay, and longer by less than the jitter's share."""
    failures = data.draw(st.integers(1, len(policy.delays_s)))
    delay = timedelta(seconds=policy.delays_s[failures - 1])
    again = policy.next_attempt(failures, NOW, draw)

    assert again is not None
    share = delay * policy.jitter_per_mille / 1000
    assert NOW + delay <= again <= NOW + delay + share
    assert not share or again < NOW + delay + share


@given(policy=policies, draw=DRAWS)
def test_the_number_of_attempts_is_what_the_policy_says(policy: RetryPolicy, draw: int) -> None:
    """Giving up comes after exactly ``attempts`` failures, whatever is drawn."""
    tries = next(n for n in range(1, 20) if policy.next_attempt(n, NOW, draw) is None)

    assert tries == policy.attempts


@given(policy=policies, draws=st.tuples(DRAWS, DRAWS))
def test_a_higher_draw_never_waits_less(policy: RetryPolicy, draws: tuple[int, int]) -> None:
    """The wait grows with the draw, so equal draws give equal waits."""
    low, high = sorted(draws)
    sooner, later = policy.next_attempt(1, NOW, low), policy.next_attempt(1, NOW, high)

    assert sooner is not None
    assert later is not None
    assert sooner <= later
