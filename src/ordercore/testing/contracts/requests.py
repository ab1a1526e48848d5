"""Contract of requests for work: whoever asks again, and whenever, is heard."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ordercore.engine.messaging import LEASE, Claim, Release, Work, WorkKind
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch
from ordercore.testing.contracts.differences import expect, only
from ordercore.testing.contracts.promises import blames
from ordercore.testing.contracts.rows import AT, ONE
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["RequestContract", "after"]


def after(seconds: float) -> datetime:
    """Return the instant so many seconds after the beginning."""
    return AT + timedelta(seconds=seconds)


class RequestContract(Contract):
    """What every store does when work is asked for, once more or no longer."""

    blame = "Store.commit, by Batch.work"

    def schedule(
        self,
        subject: Subject,
        name: str,
        due_at: datetime | None,
        *,
        tenant: TenantId = ONE,
        kind: WorkKind = WorkKind.SAGA,
    ) -> None:
        """Ask for work."""
        work = Work(kind=kind, subject=name, due_at=due_at)
        subject.run(subject.ports.store.commit(Batch(tenant=tenant, work=(work,))))

    def claim(
        self,
        subject: Subject,
        now: datetime,
        *,
        limit: int = 10,
        tenant: TenantId | None = None,
        kind: WorkKind = WorkKind.SAGA,
    ) -> tuple[Claim, ...]:
        """Claim what is due."""
        return subject.run(subject.ports.store.claim(kind, now=now, limit=limit, tenant=tenant))

    def release(self, subject: Subject, claim: Claim, due_at: datetime | None = None) -> None:
        """End a lease."""
        subject.run(subject.ports.store.release(Release(claim=claim, due_at=due_at)))

    @pytest.mark.parametrize("seconds", [-5, 5])
    def test_work_nobody_holds_follows_the_newest_request(
        self, subject: Subject, seconds: int
    ) -> None:
        """Earlier or later, the last word counts."""
        self.schedule(subject, "a", AT)
        self.schedule(subject, "a", after(seconds))
        expect(subject.run(subject.ports.store.next_due()), after(seconds), "when work is due next")

    def test_a_request_does_not_break_a_lease(self, subject: Subject) -> None:
        """Work asked for while somebody holds it waits for the release."""
        self.schedule(subject, "a", AT)
        self.claim(subject, AT)
        self.schedule(subject, "a", AT)
        expect(self.claim(subject, AT), (), "work given out")
        expect(len(self.claim(subject, AT + LEASE)), 1, "pieces of work given out")

    def test_a_later_request_does_not_put_off_work_under_way(self, subject: Subject) -> None:
        """If its worker has died, the work is taken over when the lease ends and not later."""
        self.schedule(subject, "a", AT)
        self.claim(subject, AT)
        self.schedule(subject, "a", AT + 9 * LEASE)
        expect(len(self.claim(subject, AT + LEASE)), 1, "pieces of work given out")

    @blames("Store.release")
    def test_work_asked_for_meanwhile_survives_its_worker(self, subject: Subject) -> None:
        """A worker that finishes does not remove work it may not have seen."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        self.schedule(subject, "a", after(5))
        self.release(subject, claim)
        expect(len(self.claim(subject, after(5))), 1, "pieces of work given out")

    @blames("Store.release")
    def test_the_earlier_of_request_and_release_stands(self, subject: Subject) -> None:
        """Neither the worker's nor the other's due time is missed."""
        for name, asked, released in [("a", 5, 50), ("b", 50, 5), ("c", -5, 50), ("d", 50, -5)]:
            self.schedule(subject, name, AT)
            claim = only(self.claim(subject, AT))
            self.schedule(subject, name, after(asked))
            self.release(subject, claim, after(released))
            found = self.claim(subject, after(min(asked, released)))
            expect([c.subject for c in found], [name], "work given out")

    def test_of_several_requests_meanwhile_the_earliest_stands(self, subject: Subject) -> None:
        """A later one does not put off what was asked for before it."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        for seconds in (5, 50):
            self.schedule(subject, "a", after(seconds))
        self.release(subject, claim)
        expect(len(self.claim(subject, after(5))), 1, "pieces of work given out")

    @blames("Store.release")
    def test_finished_work_that_was_not_asked_for_again_stays_gone(self, subject: Subject) -> None:
        """Requests made before the claim do not count as made since."""
        for _ in range(3):
            self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        self.release(subject, claim)
        expect(self.claim(subject, after(999)), (), "work given out")

    @blames("Store.commit, by Batch.releases before Batch.work")
    def test_a_batch_may_release_work_and_ask_for_it_again(self, subject: Subject) -> None:
        """The lease ends first, so the request counts as the newest word and not as a clash."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        batch = Batch(
            tenant=ONE,
            work=(Work(kind=WorkKind.SAGA, subject="a", due_at=after(5)),),
            releases=(Release(claim=claim, due_at=None),),
        )
        subject.run(subject.ports.store.commit(batch))
        expect(subject.run(subject.ports.store.next_due()), after(5), "when work is due next")

    @blames("Store.commit, by Batch.releases before Batch.work")
    @pytest.mark.parametrize("own", [after(50), None])
    def test_what_a_worker_asks_for_with_its_release_puts_off_nobody(
        self, subject: Subject, own: datetime | None
    ) -> None:
        """Somebody else asked meanwhile: that time stands, and is not withdrawn either."""
        self.schedule(subject, "a", AT)
        claim = only(self.claim(subject, AT))
        self.schedule(subject, "a", after(5))
        batch = Batch(
            tenant=ONE,
            work=(Work(kind=WorkKind.SAGA, subject="a", due_at=own),),
            releases=(Release(claim=claim, due_at=None),),
        )
        subject.run(subject.ports.store.commit(batch))
        expect(len(self.claim(subject, after(5))), 1, "pieces of work given out")

    def test_withdrawn_work_is_gone(self, subject: Subject) -> None:
        """Also when it was never there."""
        self.schedule(subject, "a", AT)
        self.schedule(subject, "a", None)
        self.schedule(subject, "b", None)
        expect(subject.run(subject.ports.store.next_due()), None, "when work is due next")

    def test_work_in_somebodys_hands_is_not_withdrawn(self, subject: Subject) -> None:
        """The holder decides: nothing is taken from it, and nothing comes back after it."""
        for name in ("a", "b"):
            self.schedule(subject, name, AT)
        first, second = self.claim(subject, AT)
        self.schedule(subject, "a", None)
        self.schedule(subject, "b", None)
        self.release(subject, first, after(5))
        self.release(subject, second)
        expect(
            [c.subject for c in self.claim(subject, after(999))],
            [first.subject],
            "work given out",
        )
