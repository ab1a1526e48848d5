"""Contract of the leases: work is due, claimed by one worker at a time, and never lost."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from ordercore.engine.messaging import LEASE, Claim, Release, Work, WorkKind
from ordercore.kernel.errors import LeaseLost
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch, Mode
from ordercore.testing.contracts.differences import expect, only
from ordercore.testing.contracts.promises import blames, refusal
from ordercore.testing.contracts.rows import (
    AT,
    ONE,
    OTHER,
    a_saga,
    an_envelope,
    contents,
    order_id,
)
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["LeaseContract"]

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_WORKERS = 4


def _after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


class LeaseContract(Contract):
    """What every store does with work."""

    blame = "Store.claim"

    def _schedule(
        self,
        subject: Subject,
        name: str,
        due_at: datetime | None,
        *,
        tenant: TenantId = ONE,
        kind: WorkKind = WorkKind.SAGA,
    ) -> None:
        work = Work(kind=kind, subject=name, due_at=due_at)
        subject.run(subject.ports.store.commit(Batch(tenant=tenant, work=(work,))))

    def _claim(
        self,
        subject: Subject,
        now: datetime,
        *,
        limit: int = 10,
        tenant: TenantId | None = None,
        kind: WorkKind = WorkKind.SAGA,
    ) -> tuple[Claim, ...]:
        return subject.run(subject.ports.store.claim(kind, now=now, limit=limit, tenant=tenant))

    def _release(self, subject: Subject, claim: Claim, due_at: datetime | None = None) -> None:
        subject.run(subject.ports.store.release(Release(claim=claim, due_at=due_at)))

    # Claiming -----------------------------------------------------------------------------

    def test_work_is_given_out_from_its_due_time_on(self, subject: Subject) -> None:
        """Not a microsecond earlier; the claim says what was asked for."""
        self._schedule(subject, "a", AT)
        expect(self._claim(subject, AT - timedelta(microseconds=1)), ())
        claim = only(self._claim(subject, AT))
        expect(
            (claim.tenant, claim.kind, claim.subject, claim.due_at),
            (
                ONE,
                WorkKind.SAGA,
                "a",
                AT,
            ),
        )

    def test_the_earliest_work_comes_first(self, subject: Subject) -> None:
        """By due time, whatever the names and the order of asking; no more than the limit."""
        for name, seconds in [("a", 3), ("b", 1), ("c", 2), ("d", 4)]:
            self._schedule(subject, name, _after(seconds))
        first = self._claim(subject, _after(9), limit=3)
        expect([claim.subject for claim in first], ["b", "c", "a"])
        expect([claim.subject for claim in self._claim(subject, _after(9))], ["d"])

    def test_kinds_of_work_do_not_mix(self, subject: Subject) -> None:
        """The same subject may wait under several kinds, each claimed on its own."""
        for kind in WorkKind:
            self._schedule(subject, "a", AT, kind=kind)
        for kind in WorkKind:
            expect([c.kind for c in self._claim(subject, AT, kind=kind)], [kind])

    def test_a_tenant_may_be_served_alone_or_all_together(self, subject: Subject) -> None:
        """With a tenant only its work is claimed, without one everybody's."""
        self._schedule(subject, "a", AT, tenant=OTHER)
        self._schedule(subject, "a", _after(1), tenant=ONE)
        self._schedule(subject, "b", _after(2), tenant=OTHER)
        expect([c.tenant for c in self._claim(subject, _after(2), tenant=ONE)], [ONE])
        found = self._claim(subject, _after(2))
        expect([(c.tenant, c.subject) for c in found], [(OTHER, "a"), (OTHER, "b")])

    def test_claimed_work_is_not_given_out_again_while_leased(self, subject: Subject) -> None:
        """Not until the lease has run out; then under a higher fence."""
        self._schedule(subject, "a", AT)
        first = only(self._claim(subject, AT))
        expect(self._claim(subject, AT + LEASE - timedelta(microseconds=1)), ())
        second = only(self._claim(subject, AT + LEASE))
        assert second.fence > first.fence

    def test_a_lease_may_have_any_length(self, subject: Subject) -> None:
        """As the worker asks for."""
        self._schedule(subject, "a", AT)
        subject.run(subject.ports.store.claim(WorkKind.SAGA, now=AT, lease=_MINUTE))
        expect(self._claim(subject, AT + _MINUTE - _SECOND), ())
        expect(len(self._claim(subject, AT + _MINUTE)), 1)

    def test_many_workers_never_share_work(self, subject: Subject) -> None:
        """Claiming at the same time, they get everything once and nothing twice."""
        names = [f"work-{number:02d}" for number in range(24)]
        work = tuple(Work(kind=WorkKind.SAGA, subject=name, due_at=AT) for name in names)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, work=work)))
        store = subject.ports.store

        async def worker() -> list[str]:
            taken: list[str] = []
            for _ in names:  # more than enough, and an end even if work comes back for ever
                claims = await store.claim(WorkKind.SAGA, now=AT, limit=2)
                taken.extend(claim.subject for claim in claims)
            return taken

        async def together() -> list[list[str]]:
            return list(await asyncio.gather(*(worker() for _ in range(_WORKERS))))

        if subject.ports.mode is Mode.ASYNC:
            shares = subject.run(together())
        else:
            with ThreadPoolExecutor(_WORKERS) as pool:
                running = [pool.submit(lambda: subject.run(worker())) for _ in range(_WORKERS)]
                shares = [done.result() for done in running]
        expect(sorted(name for share in shares for name in share), names)

    # Releasing ----------------------------------------------------------------------------

    @blames("Store.release")
    def test_finished_work_is_gone(self, subject: Subject) -> None:
        """Released without a due time it never comes back."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        self._release(subject, claim)
        expect(self._claim(subject, _after(999)), ())
        expect(subject.run(subject.ports.store.next_due()), None)

    @blames("Store.release")
    def test_unfinished_work_is_due_again_when_its_worker_says(self, subject: Subject) -> None:
        """The lease is over at once, and the new due time counts."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        self._release(subject, claim, _after(5))
        expect(self._claim(subject, _after(4)), ())
        again = only(self._claim(subject, _after(5)))
        expect(again.due_at, _after(5))

    @blames("Store.release")
    def test_a_lost_lease_releases_nothing(self, subject: Subject) -> None:
        """It is no error, and the worker who has the work now keeps it."""
        self._schedule(subject, "a", AT)
        lost = only(self._claim(subject, AT))
        held = only(self._claim(subject, AT + LEASE))
        self._release(subject, lost)
        expect(self._claim(subject, AT + LEASE), ())
        self._release(subject, held, _after(60))
        expect(subject.run(subject.ports.store.next_due()), _after(60))
        self._release(subject, held, AT)
        expect(subject.run(subject.ports.store.next_due()), _after(60))

    @blames("Store.commit, by Batch.releases")
    def test_a_batch_ends_leases_with_what_it_writes(self, subject: Subject) -> None:
        """The release in a batch counts like one on its own."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        batch = Batch(tenant=ONE, releases=(Release(claim=claim, due_at=_after(7)),))
        subject.run(subject.ports.store.commit(batch))
        expect(subject.run(subject.ports.store.next_due()), _after(7))

    @blames("Store.commit, by Batch.releases")
    def test_a_worker_paused_beyond_its_lease_cannot_write(self, subject: Subject) -> None:
        """Once another has claimed the work, the batch of the first is refused as a whole."""
        self._schedule(subject, "a", AT)
        paused = only(self._claim(subject, AT))
        self._claim(subject, AT + LEASE)
        self._refused(subject, paused)

    @blames("Store.commit, by Batch.releases")
    def test_a_lease_cannot_be_ended_twice(self, subject: Subject) -> None:
        """A batch that releases what has been released is refused."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        self._release(subject, claim, AT)
        self._refused(subject, claim)

    @blames("Store.claim, by Claim.fence")
    def test_fences_are_not_reused_for_work_asked_for_anew(self, subject: Subject) -> None:
        """A worker paused over the end of the work and its return cannot write either."""
        self._schedule(subject, "a", AT)
        paused = only(self._claim(subject, AT))
        other = only(self._claim(subject, AT + LEASE))
        self._release(subject, other)
        self._schedule(subject, "a", AT)
        for _ in range(min(paused.fence, 9)):  # fences need not count from one
            held = only(self._claim(subject, AT))
            assert held.fence > paused.fence
            self._refused(subject, paused)
            self._release(subject, held)
            self._schedule(subject, "a", AT)

    @blames("Store.commit, by Batch.releases")
    def test_a_late_worker_may_write_while_nobody_took_over(self, subject: Subject) -> None:
        """The end of a lease only says from when on others may claim."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        batch = Batch(tenant=ONE, releases=(Release(claim=claim, due_at=None),))
        subject.run(subject.ports.store.commit(batch))
        expect(self._claim(subject, AT + 2 * LEASE), ())

    def _refused(self, subject: Subject, claim: Claim) -> None:
        before = subject.run(contents(subject.ports, ONE))
        state = a_saga()
        release = Release(claim=claim, due_at=None)
        batch = Batch(
            tenant=ONE,
            outbox=(an_envelope(),),
            work=(Work(kind=WorkKind.TIMER, subject=state.subject, due_at=AT),),
            releases=(release,),
        )
        with refusal(LeaseLost):
            subject.run(subject.ports.store.commit(batch))
        expect(subject.run(contents(subject.ports, ONE)), before)

    # Asking again -------------------------------------------------------------------------

    @pytest.mark.parametrize("seconds", [-5, 5])
    @blames("Store.commit, by Batch.work")
    def test_work_nobody_holds_follows_the_newest_request(
        self, subject: Subject, seconds: int
    ) -> None:
        """Earlier or later, the last word counts."""
        self._schedule(subject, "a", AT)
        self._schedule(subject, "a", _after(seconds))
        expect(subject.run(subject.ports.store.next_due()), _after(seconds))

    @blames("Store.commit, by Batch.work")
    def test_a_request_does_not_break_a_lease(self, subject: Subject) -> None:
        """Work asked for while somebody holds it waits for the release."""
        self._schedule(subject, "a", AT)
        self._claim(subject, AT)
        self._schedule(subject, "a", AT)
        expect(self._claim(subject, AT), ())
        expect(len(self._claim(subject, AT + LEASE)), 1)

    @blames("Store.commit, by Batch.work")
    def test_a_later_request_does_not_put_off_work_under_way(self, subject: Subject) -> None:
        """If its worker has died, the work is taken over when the lease ends and not later."""
        self._schedule(subject, "a", AT)
        self._claim(subject, AT)
        self._schedule(subject, "a", AT + 9 * LEASE)
        expect(len(self._claim(subject, AT + LEASE)), 1)

    @blames("Store.release")
    def test_work_asked_for_meanwhile_survives_its_worker(self, subject: Subject) -> None:
        """A worker that finishes does not remove work it may not have seen."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        self._schedule(subject, "a", _after(5))
        self._release(subject, claim)
        expect(len(self._claim(subject, _after(5))), 1)

    @blames("Store.release")
    def test_the_earlier_of_request_and_release_stands(self, subject: Subject) -> None:
        """Neither the worker's nor the other's due time is missed."""
        for name, asked, released in [("a", 5, 50), ("b", 50, 5), ("c", -5, 50), ("d", 50, -5)]:
            self._schedule(subject, name, AT)
            claim = only(self._claim(subject, AT))
            self._schedule(subject, name, _after(asked))
            self._release(subject, claim, _after(released))
            found = self._claim(subject, _after(min(asked, released)))
            expect([c.subject for c in found], [name])

    @blames("Store.commit, by Batch.work")
    def test_of_several_requests_meanwhile_the_earliest_stands(self, subject: Subject) -> None:
        """A later one does not put off what was asked for before it."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        for seconds in (5, 50):
            self._schedule(subject, "a", _after(seconds))
        self._release(subject, claim)
        expect(len(self._claim(subject, _after(5))), 1)

    @blames("Store.release")
    def test_finished_work_that_was_not_asked_for_again_stays_gone(self, subject: Subject) -> None:
        """Requests made before the claim do not count as made since."""
        for _ in range(3):
            self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        self._release(subject, claim)
        expect(self._claim(subject, _after(999)), ())

    @blames("Store.commit, by Batch.releases before Batch.work")
    def test_a_batch_may_release_work_and_ask_for_it_again(self, subject: Subject) -> None:
        """The lease ends first, so the request counts as the newest word and not as a clash."""
        self._schedule(subject, "a", AT)
        claim = only(self._claim(subject, AT))
        batch = Batch(
            tenant=ONE,
            work=(Work(kind=WorkKind.SAGA, subject="a", due_at=_after(5)),),
            releases=(Release(claim=claim, due_at=None),),
        )
        subject.run(subject.ports.store.commit(batch))
        expect(subject.run(subject.ports.store.next_due()), _after(5))

    @blames("Store.commit, by Batch.work")
    def test_withdrawn_work_is_gone(self, subject: Subject) -> None:
        """Also when it was never there."""
        self._schedule(subject, "a", AT)
        self._schedule(subject, "a", None)
        self._schedule(subject, "b", None)
        expect(subject.run(subject.ports.store.next_due()), None)

    @blames("Store.commit, by Batch.work")
    def test_work_in_somebodys_hands_is_not_withdrawn(self, subject: Subject) -> None:
        """The holder decides: nothing is taken from it, and nothing comes back after it."""
        for name in ("a", "b"):
            self._schedule(subject, name, AT)
        first, second = self._claim(subject, AT)
        self._schedule(subject, "a", None)
        self._schedule(subject, "b", None)
        self._release(subject, first, _after(5))
        self._release(subject, second)
        expect([c.subject for c in self._claim(subject, _after(999))], [first.subject])

    @blames("Store.commit, by Batch.outbox")
    def test_events_schedule_their_stream(self, subject: Subject) -> None:
        """Whoever publishes finds the stream due from the time of the event on."""
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=(an_envelope(),))))
        claim = only(self._claim(subject, AT, kind=WorkKind.STREAM))
        expect((claim.subject, claim.due_at), (order_id(), AT))

    @blames("Store.commit, by Batch.outbox")
    def test_an_event_during_publishing_keeps_the_stream_due(self, subject: Subject) -> None:
        """The publisher did not see it, so its release must not end the work."""
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=(an_envelope(seq=1),))))
        claim = only(self._claim(subject, AT, kind=WorkKind.STREAM))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=(an_envelope(seq=2),))))
        done = Batch(
            tenant=ONE,
            published=(an_envelope(seq=1).id,),
            releases=(Release(claim=claim, due_at=None),),
        )
        subject.run(subject.ports.store.commit(done))
        expect(len(self._claim(subject, AT, kind=WorkKind.STREAM)), 1)

    # Waiting ------------------------------------------------------------------------------

    @blames("Store.next_due")
    def test_without_work_nothing_is_due(self, subject: Subject) -> None:
        """None means never, not now."""
        expect(subject.run(subject.ports.store.next_due()), None)

    @blames("Store.next_due")
    def test_the_earliest_due_time_of_any_kind_counts(self, subject: Subject) -> None:
        """Over all kinds; with a tenant, over its own work only."""
        self._schedule(subject, "a", _after(3), kind=WorkKind.TIMER)
        self._schedule(subject, "b", _after(2), kind=WorkKind.SAGA)
        self._schedule(subject, "c", _after(1), tenant=OTHER)
        expect(subject.run(subject.ports.store.next_due()), _after(1))
        expect(subject.run(subject.ports.store.next_due(tenant=ONE)), _after(2))

    @blames("Store.next_due")
    def test_leased_work_is_due_when_its_lease_ends(self, subject: Subject) -> None:
        """Not before: whoever asks may sleep until then."""
        self._schedule(subject, "a", AT)
        self._claim(subject, AT)
        expect(subject.run(subject.ports.store.next_due()), AT + LEASE)
        self._schedule(subject, "b", _after(1))
        expect(subject.run(subject.ports.store.next_due()), _after(1))
