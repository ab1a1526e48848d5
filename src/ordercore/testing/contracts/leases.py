"""Contract of the leases: work is due, claimed by one worker at a time, and never lost."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from ordercore.engine.messaging import LEASE, Claim, Release, Work, WorkKind
from ordercore.kernel.errors import LeaseLost
from ordercore.ports import Batch, Mode
from ordercore.testing.contracts.differences import expect, only
from ordercore.testing.contracts.promises import blames, refusal
from ordercore.testing.contracts.requests import RequestContract, after
from ordercore.testing.contracts.rows import (
    AT,
    ONE,
    OTHER,
    a_saga,
    an_envelope,
    contents,
    order_id,
)
from ordercore.testing.contracts.subject import Subject

__all__ = ["LeaseContract"]

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_WORKERS = 4


class LeaseContract(RequestContract):
    """What every store does with work."""

    blame = "Store.claim"

    # Claiming -----------------------------------------------------------------------------

    def test_work_is_given_out_from_its_due_time_on(self, subject: Subject) -> None:
        """Not a microsecond earlier; the claim says what was asked for."""
        self.schedule(subject, "a", AT)
        expect(self.claim(subject, AT - timedelta(microseconds=1)), (), "work given out")
        claim = only(self.claim(subject, AT))
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
            self.schedule(subject, name, after(seconds))
        first = self.claim(subject, after(9), limit=3)
        expect([claim.subject for claim in first], ["b", "c", "a"], "work given out")
        expect([claim.subject for claim in self.claim(subject, after(9))], ["d"], "work given out")

    def test_kinds_of_work_do_not_mix(self, subject: Subject) -> None:
        """The same subject may wait under several kinds, each claimed on its own."""
        for kind in WorkKind:
            self.schedule(subject, "a", AT, kind=kind)
        for kind in WorkKind:
            expect([c.kind for c in self.claim(subject, AT, kind=kind)], [kind])

    def test_a_tenant_may_be_served_alone_or_all_together(self, subject: Subject) -> None:
        """With a tenant only its work is claimed, without one everybody's."""
        self.schedule(subject, "a", AT, tenant=OTHER)
        self.schedule(subject, "a", after(1), tenant=ONE)
        self.schedule(subject, "b", after(2), tenant=OTHER)
        expect([c.tenant for c in self.claim(subject, after(2), tenant=ONE)], [ONE])
        found = self.claim(subject, after(2))
        expect([(c.tenant, c.subject) for c in found], [(OTHER, "a"), (OTHER, "b")])

    def test_claimed_work_is_not_given_out_again_while_leased(self, subject: Subject) -> None:
        """Not until the lease has run out; then under a higher fence."""
        self.schedule(subject, "a", AT)
        first = only(self.claim(subject, AT))
        expect(self.claim(subject, AT + LEASE - timedelta(microseconds=1)), (), "work given out")
        second = only(self.claim(subject, AT + LEASE))
        assert second.fence > first.fence

    def test_a_lease_may_have_any_length(self, subject: Subject) -> None:
        """As the worker asks for."""
        self.schedule(subject, "a", AT)
        subject.run(subject.ports.store.claim(WorkKind.SAGA, now=AT, lease=_MINUTE))
        expect(self.claim(subject, AT + _MINUTE - _SECOND), (), "work given out")
        expect(len(self.claim(subject, AT + _MINUTE)), 1, "pieces of work given out")

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
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        self.release(subject, claim)
        expect(self.claim(subject, after(999)), (), "work given out")
        expect(subject.run(subject.ports.store.next_due()), None, "when work is due next")

    @blames("Store.release")
    def test_unfinished_work_is_due_again_when_its_worker_says(self, subject: Subject) -> None:
        """The lease is over at once, and the new due time counts."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        self.release(subject, claim, after(5))
        expect(self.claim(subject, after(4)), (), "work given out")
        again = only(self.claim(subject, after(5)))
        expect(again.due_at, after(5))

    @blames("Store.release")
    def test_a_lost_lease_releases_nothing(self, subject: Subject) -> None:
        """It is no error, and the worker who has the work now keeps it."""
        self.schedule(subject, "a", AT)
        lost = only(self.claim(subject, AT))
        held = only(self.claim(subject, AT + LEASE))
        self.release(subject, lost)
        expect(self.claim(subject, AT + LEASE), (), "work given out")
        self.release(subject, held, after(60))
        expect(subject.run(subject.ports.store.next_due()), after(60), "when work is due next")
        self.release(subject, held, AT)
        expect(subject.run(subject.ports.store.next_due()), after(60), "when work is due next")

    @blames("Store.commit, by Batch.releases")
    def test_a_batch_ends_leases_with_what_it_writes(self, subject: Subject) -> None:
        """The release in a batch counts like one on its own."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        batch = Batch(tenant=ONE, releases=(Release(claim=claim, due_at=after(7)),))
        subject.run(subject.ports.store.commit(batch))
        expect(subject.run(subject.ports.store.next_due()), after(7), "when work is due next")

    @blames("Store.commit, by Batch.releases")
    def test_a_worker_paused_beyond_its_lease_cannot_write(self, subject: Subject) -> None:
        """Once another has claimed the work, the batch of the first is refused as a whole."""
        self.schedule(subject, "a", AT)
        paused = only(self.claim(subject, AT))
        self.claim(subject, AT + LEASE)
        self._refused(subject, paused)

    @blames("Store.commit, by Batch.releases")
    def test_a_lease_cannot_be_ended_twice(self, subject: Subject) -> None:
        """A batch that releases what has been released is refused."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        self.release(subject, claim, AT)
        self._refused(subject, claim)

    @blames("Store.claim, by Claim.fence")
    def test_fences_are_not_reused_for_work_asked_for_anew(self, subject: Subject) -> None:
        """A worker paused over the end of the work and its return cannot write either."""
        self.schedule(subject, "a", AT)
        paused = only(self.claim(subject, AT))
        other = only(self.claim(subject, AT + LEASE))
        self.release(subject, other)
        self.schedule(subject, "a", AT)
        for _ in range(min(paused.fence, 9)):  # fences need not count from one
            held = only(self.claim(subject, AT))
            assert held.fence > paused.fence
            self._refused(subject, paused)
            self.release(subject, held)
            self.schedule(subject, "a", AT)

    @blames("Store.commit, by Batch.releases")
    def test_a_late_worker_may_write_while_nobody_took_over(self, subject: Subject) -> None:
        """The end of a lease only says from when on others may claim."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        batch = Batch(tenant=ONE, releases=(Release(claim=claim, due_at=None),))
        subject.run(subject.ports.store.commit(batch))
        expect(self.claim(subject, AT + 2 * LEASE), (), "work given out")

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
        expect(subject.run(contents(subject.ports, ONE)), before, "afterwards")

    # Events and waiting --------------------------------------------------------------------

    @blames("Store.commit, by Batch.outbox")
    def test_events_schedule_their_stream(self, subject: Subject) -> None:
        """Whoever publishes finds the stream due from the time of the event on."""
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=(an_envelope(),))))
        claim = only(self.claim(subject, AT, kind=WorkKind.STREAM))
        expect((claim.subject, claim.due_at), (order_id(), AT))

    @blames("Store.commit, by Batch.outbox")
    def test_an_event_during_publishing_keeps_the_stream_due(self, subject: Subject) -> None:
        """The publisher did not see it, so its release must not end the work."""
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=(an_envelope(seq=1),))))
        claim = only(self.claim(subject, AT, kind=WorkKind.STREAM))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=(an_envelope(seq=2),))))
        done = Batch(
            tenant=ONE,
            published=(an_envelope(seq=1).id,),
            releases=(Release(claim=claim, due_at=None),),
        )
        subject.run(subject.ports.store.commit(done))
        expect(len(self.claim(subject, AT, kind=WorkKind.STREAM)), 1, "pieces of work given out")

    @blames("Store.next_due")
    def test_without_work_nothing_is_due(self, subject: Subject) -> None:
        """None means never, not now."""
        expect(subject.run(subject.ports.store.next_due()), None, "when work is due next")

    @blames("Store.next_due")
    def test_the_earliest_due_time_of_any_kind_counts(self, subject: Subject) -> None:
        """Over all kinds; with a tenant, over its own work only."""
        self.schedule(subject, "a", after(3), kind=WorkKind.TIMER)
        self.schedule(subject, "b", after(2), kind=WorkKind.SAGA)
        self.schedule(subject, "c", after(1), tenant=OTHER)
        expect(subject.run(subject.ports.store.next_due()), after(1), "when work is due next")
        expect(
            subject.run(subject.ports.store.next_due(tenant=ONE)),
            after(2),
            "when work is due next",
        )

    @blames("Store.next_due")
    def test_leased_work_is_due_when_its_lease_ends(self, subject: Subject) -> None:
        """Not before: whoever asks may sleep until then."""
        self.schedule(subject, "a", AT)
        self.claim(subject, AT)
        expect(subject.run(subject.ports.store.next_due()), AT + LEASE, "when work is due next")
        self.schedule(subject, "b", after(1))
        expect(subject.run(subject.ports.store.next_due()), after(1), "when work is due next")
