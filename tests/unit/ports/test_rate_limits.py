"""Token buckets are reckoned in whole numbers, and a limit has to make sense."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.kernel.errors import InvalidInput
from ordercore.ports import Admitted, Limited, RateLimit

LIMIT = RateLimit(refill=1000, per_s=60, burst=2000)


def test_a_microsecond_adds_a_whole_number_of_units() -> None:
    """As many as the refill, so that a token takes exactly as long as the limit says."""
    assert LIMIT.unit == 60_000_000
    assert LIMIT.capacity == 2000 * LIMIT.unit
    assert LIMIT.unit // LIMIT.refill == 60_000  # microseconds for one token


@pytest.mark.parametrize(
    ("units", "remaining"), [(0, 0), (59_999_999, 0), (60_000_000, 1), (2000 * 60_000_000, 2000)]
)
def test_only_whole_tokens_remain(units: int, remaining: int) -> None:
    """A part of one admits nobody."""
    assert LIMIT.verdict(admitted=True, units=units) == Admitted(remaining=remaining)


@pytest.mark.parametrize(
    ("units", "microseconds"), [(0, 60_000), (1, 60_000), (1000, 59_999), (59_999_999, 1)]
)
def test_a_refusal_names_the_first_moment_with_a_token(units: int, microseconds: int) -> None:
    """Rounded up, never down: who comes back then is admitted."""
    expected = Limited(retry_after=timedelta(microseconds=microseconds))
    assert LIMIT.verdict(admitted=False, units=units) == expected


@pytest.mark.parametrize("field", ["refill", "per_s", "burst"])
@pytest.mark.parametrize("value", [0, -1, True, 1.5])
def test_a_limit_is_made_of_positive_whole_numbers(field: str, value: object) -> None:
    """Anything else is refused by name."""
    given: dict[str, object] = {"refill": 1, "per_s": 1, "burst": 1, field: value}
    with pytest.raises(InvalidInput) as caught:
        RateLimit(**given)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_a_limit_beyond_exact_reckoning_is_refused() -> None:
    """The greatest that a double holds is accepted, one more is not."""
    most = 2**53 // 1_000_000
    assert RateLimit(refill=1, per_s=1, burst=most).burst == most
    with pytest.raises(InvalidInput, match="exactly"):
        RateLimit(refill=1, per_s=1, burst=most + 1)
