"""Contract of the rate limits: a burst at once, then the rate, and never a token more."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from attrs import evolve, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId
from ordercore.ports import (
    Admitted,
    Limited,
    Mode,
    RateLimit,
    RateLimitsPort,
    RateVerdict,
)
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.promises import Promises, refusal
from ordercore.testing.contracts.rows import AT, ONE, OTHER
from ordercore.testing.contracts.subject import Run
from ordercore.testing.contracts.trail import Trail

__all__ = ["RateLimitsContract", "RateLimitsSubject"]

_GENEROUS = RateLimit(refill=1000, per_s=60, burst=2000)
_SMALL = RateLimit(refill=3, per_s=10, burst=2)
_MICROSECOND = timedelta(microseconds=1)
_WORKERS = 8


@frozen(kw_only=True)
class RateLimitsSubject:
    """Rate limits under test, every bucket full, how to drive them, and whether they suspend."""

    limits: RateLimitsPort
    run: Run
    mode: Mode

    def followed(self, trail: Trail) -> RateLimitsSubject:
        """Return the same subject, whose calls leave a trail."""
        return evolve(self, limits=trail.follow("RateLimitsPort", self.limits))


class RateLimitsContract(Promises):
    """What all rate limits do. A binding overrides the fixture `subject`."""

    @pytest.fixture
    def subject(self) -> RateLimitsSubject:
        """Return rate limits nobody has used; every binding says how."""
        raise NotImplementedError("a binding overrides the fixture `subject`")

    def _take(
        self,
        subject: RateLimitsSubject,
        now: datetime = AT,
        *,
        limit: RateLimit = _SMALL,
        name: str = "api",
        tenant: TenantId = ONE,
    ) -> RateVerdict:
        return subject.run(subject.limits.take(tenant, name, limit=limit, now=now))

    def test_exactly_the_burst_passes_at_once(self, subject: RateLimitsSubject) -> None:
        """Two thousand, and the next is told to come back when one token has run in."""

        async def storm() -> list[RateVerdict]:
            take = subject.limits.take
            return [await take(ONE, "api", limit=_GENEROUS, now=AT) for _ in range(2001)]

        *passed, last = subject.run(storm())
        expect(passed, [Admitted(remaining=left) for left in range(1999, -1, -1)])
        expect(last, Limited(retry_after=timedelta(milliseconds=60)))

    def test_who_comes_back_in_time_is_admitted(self, subject: RateLimitsSubject) -> None:
        """At the moment that was named, not a microsecond before, also where thirds are met."""
        for _ in range(2):
            self._take(subject)
        wait = timedelta(microseconds=3_333_334)
        expect(self._take(subject), Limited(retry_after=wait))
        early = self._take(subject, AT + wait - _MICROSECOND)
        expect(early, Limited(retry_after=_MICROSECOND))
        expect(self._take(subject, AT + wait), Admitted(remaining=0))

    def test_a_bucket_fills_no_further_than_its_burst(self, subject: RateLimitsSubject) -> None:
        """However long nobody came."""
        self._take(subject)
        expect(self._take(subject, AT + timedelta(days=400)), Admitted(remaining=1))

    def test_a_refusal_takes_nothing(self, subject: RateLimitsSubject) -> None:
        """Asking again and again does not put the next admission off."""
        for _ in range(9):
            self._take(subject)
        expect(self._take(subject, AT + timedelta(seconds=4)), Admitted(remaining=0))

    def test_in_the_long_run_nobody_gets_more_than_the_rate(
        self, subject: RateLimitsSubject
    ) -> None:
        """Who asks a hundred times a second for ten seconds gets the burst and the refill."""
        limit = RateLimit(refill=7, per_s=3, burst=5)
        asked = [
            self._take(subject, AT + timedelta(milliseconds=10 * step), limit=limit)
            for step in range(1001)
        ]
        expect(len([one for one in asked if isinstance(one, Admitted)]), 5 + 7 * 10 // 3)

    def test_a_clock_that_is_behind_fills_nothing(self, subject: RateLimitsSubject) -> None:
        """Nor does it let the same time count twice when a later clock comes back."""
        for _ in range(2):
            self._take(subject)
        assert isinstance(self._take(subject, AT - timedelta(hours=1)), Limited)
        assert isinstance(self._take(subject, AT + timedelta(seconds=3)), Limited)

    def test_buckets_are_apart(self, subject: RateLimitsSubject) -> None:
        """By tenant, by name, and by limit."""
        others = RateLimit(refill=3, per_s=10, burst=3)
        for _ in range(3):
            self._take(subject)
        expect(self._take(subject, tenant=OTHER), Admitted(remaining=1))
        expect(self._take(subject, name="web"), Admitted(remaining=1))
        expect(self._take(subject, limit=others), Admitted(remaining=2))

    def test_many_who_ask_together_share_one_bucket(self, subject: RateLimitsSubject) -> None:
        """No token is given out twice."""
        limits = subject.limits
        limit = RateLimit(refill=1, per_s=3600, burst=_WORKERS * 4 - 3)

        async def ask() -> int:
            asked = [await limits.take(ONE, "api", limit=limit, now=AT) for _ in range(4)]
            return len([one for one in asked if isinstance(one, Admitted)])

        async def together() -> list[int]:
            return list(await asyncio.gather(*(ask() for _ in range(_WORKERS))))

        if subject.mode is Mode.ASYNC:
            shares = subject.run(together())
        else:
            with ThreadPoolExecutor(_WORKERS) as pool:
                asked = [pool.submit(lambda: subject.run(ask())) for _ in range(_WORKERS)]
                shares = [share.result() for share in asked]
        expect(sum(shares), limit.burst)

    def test_a_bucket_needs_a_name(self, subject: RateLimitsSubject) -> None:
        """Empty text is none."""
        with refusal(InvalidInput):
            self._take(subject, name="")
