"""Contract of the locks: one holder at a time, and a fence that only rises."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from attrs import evolve, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId
from ordercore.ports import Lease, LocksPort, Mode
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.promises import Promises, refusal
from ordercore.testing.contracts.rows import AT, ONE, OTHER
from ordercore.testing.contracts.subject import Run
from ordercore.testing.contracts.trail import Trail

__all__ = ["LocksContract", "LocksSubject"]

_TTL_S = 10
_MICROSECOND = timedelta(microseconds=1)
_WORKERS = 8


@frozen(kw_only=True)
class LocksSubject:
    """Locks under test, none of them held, how to drive them, and whether they suspend."""

    locks: LocksPort
    run: Run
    mode: Mode

    def followed(self, trail: Trail) -> LocksSubject:
        """Return the same subject, whose calls leave a trail."""
        return evolve(self, locks=trail.follow("LocksPort", self.locks))


def _after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


class LocksContract(Promises):
    """What all locks do. A binding overrides the fixture `subject`."""

    blame = "LocksPort.acquire, renew and release"

    @pytest.fixture
    def subject(self) -> LocksSubject:
        """Return locks of which none is held; every binding says how."""
        raise NotImplementedError("a binding overrides the fixture `subject`")

    def _acquire(
        self,
        subject: LocksSubject,
        now: datetime = AT,
        *,
        name: str = "order-1",
        tenant: TenantId = ONE,
    ) -> Lease | None:
        return subject.run(subject.locks.acquire(tenant, name, ttl_s=_TTL_S, now=now))

    def _held(
        self,
        subject: LocksSubject,
        now: datetime = AT,
        *,
        name: str = "order-1",
        tenant: TenantId = ONE,
    ) -> Lease:
        lease = self._acquire(subject, now, name=name, tenant=tenant)
        assert lease is not None
        return lease

    def _renew(self, subject: LocksSubject, lease: Lease, now: datetime) -> Lease | None:
        return subject.run(subject.locks.renew(lease, ttl_s=_TTL_S, now=now))

    def test_a_lease_says_whose_and_how_long_it_is(self, subject: LocksSubject) -> None:
        """It names tenant and lock, and ends when it was asked to."""
        lease = self._held(subject)
        expect((lease.tenant, lease.name, lease.expires_at), (ONE, "order-1", _after(_TTL_S)))
        assert lease.token not in repr(lease)

    def test_a_lock_has_one_holder_until_its_lease_ends(self, subject: LocksSubject) -> None:
        """Not a microsecond less, and not for its holder either."""
        first = self._held(subject)
        expect(self._acquire(subject), None)
        expect(self._acquire(subject, first.expires_at - _MICROSECOND), None)
        second = self._held(subject, first.expires_at)
        assert second.token != first.token

    def test_locks_of_other_names_and_tenants_are_free(self, subject: LocksSubject) -> None:
        """Also where one name with its tenant reads like the other with its own."""
        for tenant, name in [
            (ONE, "order-1"),
            (ONE, "order-2"),
            (OTHER, "order-1"),
            (TenantId("a"), "b:c"),
            (TenantId("a:b"), "c"),
            (TenantId("}{"), "c"),
        ]:
            self._held(subject, tenant=tenant, name=name)

    def test_fences_rise_whatever_becomes_of_the_lease(self, subject: LocksSubject) -> None:
        """After a release, after an end, and for a caller whose clock is put back."""
        fences = []
        for seconds in (0, 0, 30, 60, 59, -3600):
            lease = self._held(subject, _after(seconds))
            fences.append(lease.fence)
            if seconds != 30:
                subject.run(subject.locks.release(lease))
        expect(fences, sorted(set(fences)))

    def test_a_renewed_lease_lasts_longer_under_its_fence(self, subject: LocksSubject) -> None:
        """Others wait until the new end, and the holder can go on renewing."""
        lease = self._held(subject)
        for seconds in (9, 18):
            renewed = self._renew(subject, lease, _after(seconds))
            expect(renewed, evolve(lease, expires_at=_after(seconds + _TTL_S)))
            assert renewed is not None
            lease = renewed
        expect(self._acquire(subject, _after(28) - _MICROSECOND), None)
        assert self._held(subject, _after(28)).fence > lease.fence

    def test_a_lease_that_ran_out_cannot_be_renewed(self, subject: LocksSubject) -> None:
        """Neither while the lock is free nor when another holds it; the other keeps it."""
        lost = self._held(subject)
        expect(self._renew(subject, lost, lost.expires_at), None)
        held = self._held(subject, lost.expires_at)
        expect(self._renew(subject, lost, lost.expires_at), None)
        assert self._renew(subject, held, _after(11)) is not None

    def test_a_released_lock_is_free_at_once(self, subject: LocksSubject) -> None:
        """Releasing it again is no error, and its lease cannot be renewed."""
        lease = self._held(subject)
        for _ in range(2):
            subject.run(subject.locks.release(lease))
        expect(self._renew(subject, lease, AT), None)
        assert self._held(subject).fence > lease.fence

    def test_only_the_holder_can_release(self, subject: LocksSubject) -> None:
        """Neither a former holder nor a guessed token frees the lock."""
        lost = self._held(subject)
        held = self._held(subject, lost.expires_at)
        for lease in (lost, evolve(held, token=f"{held.token}?")):
            subject.run(subject.locks.release(lease))
        expect(self._acquire(subject, lost.expires_at), None)

    @pytest.mark.parametrize(("name", "ttl_s"), [("", 10), ("a\n", 10), ("a", 0), ("a", 86_401)])
    def test_what_cannot_be_a_lock_is_refused(
        self, subject: LocksSubject, name: str, ttl_s: int
    ) -> None:
        """A name has to be text, and a lease between a second and a day long."""
        with refusal(InvalidInput):
            subject.run(subject.locks.acquire(ONE, name, ttl_s=ttl_s, now=AT))

    def test_of_many_who_ask_together_one_gets_it(self, subject: LocksSubject) -> None:
        """The others are told that they did not."""
        locks = subject.locks

        async def ask() -> Lease | None:
            return await locks.acquire(ONE, "order-1", ttl_s=_TTL_S, now=AT)

        async def together() -> list[Lease | None]:
            return list(await asyncio.gather(*(ask() for _ in range(_WORKERS))))

        if subject.mode is Mode.ASYNC:
            answers = subject.run(together())
        else:
            with ThreadPoolExecutor(_WORKERS) as pool:
                asked = [pool.submit(lambda: subject.run(ask())) for _ in range(_WORKERS)]
                answers = [answer.result() for answer in asked]
        expect(len([lease for lease in answers if lease is not None]), 1)
