"""Contract of the sweeper: what is old goes, what may still be needed stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from ordercore.engine.messaging import Cutoffs, InboxMark, Swept, event_id
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch
from ordercore.testing.contracts.rows import (
    AT,
    CONSUMER,
    LONG_AGO,
    LONG_AHEAD,
    ONE,
    OPERATION,
    OTHER,
    a_batch,
    a_record,
    an_envelope,
    contents,
    order_id,
)
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["SweeperContract"]


def _all_before(instant: datetime, **others: datetime) -> Cutoffs:
    return Cutoffs(**{"published": instant, "taken": instant, "expired": instant, **others})


def _marks(tenant: TenantId, *message_ids: str) -> tuple[InboxMark, ...]:
    return tuple(
        InboxMark(tenant=tenant, consumer=CONSUMER, message_id=each) for each in message_ids
    )


_ONLY_MARKS = _all_before(LONG_AGO, taken=LONG_AHEAD)


class SweeperContract(Contract):
    """Removing old records of messages.

    Rows are as old as the bundle's own clock says, so the cutoffs are far from it either way.
    """

    def _sweep(
        self,
        subject: Subject,
        cutoffs: Cutoffs,
        *,
        limit: int = 100,
        tenant: TenantId | None = None,
    ) -> Swept:
        return subject.run(subject.ports.sweeper.sweep(cutoffs, limit=limit, tenant=tenant))

    def _publish(self, subject: Subject, *seqs: int, tenant: TenantId = ONE) -> None:
        marks = tuple(an_envelope(seq=seq).id for seq in seqs)
        subject.run(subject.ports.store.commit(Batch(tenant=tenant, published=marks)))

    def _feed(self, subject: Subject, tenant: TenantId = ONE) -> list[int]:
        feed = subject.run(subject.ports.outbox.feed(tenant, order_id(), limit=1000))
        return [event.seq for event in feed]

    def test_nothing_goes_before_its_time(self, subject: Subject) -> None:
        """Everything was published, taken in and answered after the cutoffs."""
        subject.run(subject.ports.store.commit(a_batch()))
        self._publish(subject, 1)
        before = subject.run(contents(subject.ports, ONE))
        assert self._sweep(subject, _all_before(LONG_AGO)) == Swept()
        assert self._sweep(subject, _all_before(LONG_AGO), tenant=ONE) == Swept()
        assert subject.run(contents(subject.ports, ONE)) == before

    def test_an_empty_store_has_nothing_to_sweep(self, subject: Subject) -> None:
        """For one tenant as for all."""
        assert self._sweep(subject, _all_before(LONG_AHEAD)) == Swept()
        assert self._sweep(subject, _all_before(LONG_AHEAD), tenant=ONE) == Swept()

    def test_what_is_old_goes_and_nothing_else(self, subject: Subject) -> None:
        """Orders, sagas, dead letters, sealed credentials and the audit trail stay as they are."""
        subject.run(subject.ports.store.commit(a_batch()))
        self._publish(subject, 1)
        before = subject.run(contents(subject.ports, ONE))
        far = _all_before(LONG_AHEAD + timedelta(days=1))
        assert self._sweep(subject, far) == Swept(events=1, marks=1, answers=1)
        gone = {"outbox.feed": (), "inbox.seen": False, "idempotency.get": None}
        assert subject.run(contents(subject.ports, ONE)) == before | gone
        assert self._sweep(subject, far) == Swept()

    def test_events_that_were_not_published_stay(self, subject: Subject) -> None:
        """However old they are, and whatever was published before and behind them."""
        events = tuple(an_envelope(seq=seq) for seq in (1, 2, 3, 4))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=events)))
        self._publish(subject, 1, 3)
        assert self._sweep(subject, _all_before(LONG_AHEAD)) == Swept(events=2)
        assert self._feed(subject) == [2, 4]
        pending = subject.run(subject.ports.outbox.pending(ONE, order_id()))
        assert [event.seq for event in pending] == [2, 4]

    @pytest.mark.parametrize("stream", ["order-1", "order 1"])
    @pytest.mark.parametrize("source", ["", "/ordercore "])
    def test_the_mark_of_an_event_that_will_be_sent_again_stays(
        self, subject: Subject, stream: str, source: str
    ) -> None:
        """A relay that died after sending left it unmarked: the repeat must be known for one.

        A mark is the id of the event, or its source, a space and the id.
        """
        event = evolve(an_envelope(), id=event_id(stream, 1), stream=stream)
        of_event, others = f"{source}{event.id}", (f"/ordercore not-{event.id}", f"{event.id} 2")
        batch = Batch(tenant=ONE, outbox=(event,), inbox=_marks(ONE, of_event, *others))
        subject.run(subject.ports.store.commit(batch))
        seen = subject.ports.inbox.seen
        assert self._sweep(subject, _ONLY_MARKS) == Swept(marks=2)
        assert self._sweep(subject, _ONLY_MARKS) == Swept()
        assert subject.run(seen(ONE, CONSUMER, of_event)) is True
        assert not any(subject.run(seen(ONE, CONSUMER, other)) for other in others)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, published=(event.id,))))
        assert self._sweep(subject, _ONLY_MARKS) == Swept(marks=1)
        assert subject.run(seen(ONE, CONSUMER, of_event)) is False

    @pytest.mark.parametrize("source", ["", "/ordercore "])
    def test_marks_that_stay_do_not_hide_those_of_other_tenants(
        self, subject: Subject, source: str
    ) -> None:
        """Without a name the store picks a tenant with something to remove, and no other."""
        of_event = f"{source}{an_envelope().id}"
        for tenant in (ONE, OTHER, TenantId("tenant-3")):
            event = an_envelope(tenant=tenant)
            batch = Batch(tenant=tenant, outbox=(event,), inbox=_marks(tenant, of_event))
            subject.run(subject.ports.store.commit(batch))
        self._publish(subject, 1, tenant=OTHER)
        assert self._sweep(subject, _ONLY_MARKS) == Swept(marks=1)
        assert subject.run(subject.ports.inbox.seen(OTHER, CONSUMER, of_event)) is False

    def test_answers_go_from_the_instant_at_which_they_expire(self, subject: Subject) -> None:
        """A moment earlier they are still replayed."""
        record = evolve(a_record(), expires_at=AT)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, idempotency=record)))
        early = _all_before(LONG_AGO, expired=AT - timedelta(microseconds=1))
        assert self._sweep(subject, early) == Swept()
        found = subject.run(subject.ports.idempotency.get(ONE, OPERATION, record.key))
        assert found == record
        assert self._sweep(subject, _all_before(LONG_AGO, expired=AT)) == Swept(answers=1)
        assert subject.run(subject.ports.idempotency.get(ONE, OPERATION, record.key)) is None

    def test_each_call_removes_a_few_the_oldest_first(self, subject: Subject) -> None:
        """Of each kind at most the limit; what is left is the newest, and goes with later calls."""
        for seq in (1, 2, 3, 4, 5):
            mark = InboxMark(tenant=ONE, consumer=CONSUMER, message_id=f"message-{seq}")
            record = evolve(a_record(seq), expires_at=AT + timedelta(seconds=seq))
            event = an_envelope(seq=seq)
            batch = Batch(tenant=ONE, outbox=(event,), inbox=(mark,), idempotency=record)
            subject.run(subject.ports.store.commit(batch))
            self._publish(subject, seq)
        far = _all_before(LONG_AHEAD)
        assert self._sweep(subject, far, limit=2) == Swept(events=2, marks=2, answers=2)
        assert self._feed(subject) == [3, 4, 5]
        assert self._seen(subject) == [3, 4, 5]
        assert self._sweep(subject, far, limit=2, tenant=ONE).total == 6
        assert (self._feed(subject), self._seen(subject)) == ([5], [5])
        assert self._sweep(subject, far, limit=2) == Swept(events=1, marks=1, answers=1)
        assert self._sweep(subject, far, limit=2) == Swept()

    def test_tenants_are_swept_one_after_the_other(self, subject: Subject) -> None:
        """One that is named alone; without a name each call takes one, until none is left."""
        for tenant in (ONE, OTHER):
            subject.run(subject.ports.store.commit(a_batch(1, tenant)))
            self._publish(subject, 1, tenant=tenant)
        far = _all_before(LONG_AHEAD + timedelta(days=1))
        assert self._sweep(subject, far, tenant=TenantId("tenant-3")) == Swept()
        assert self._sweep(subject, far, tenant=ONE).total == 3
        assert (self._feed(subject, ONE), self._feed(subject, OTHER)) == ([], [1])
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, inbox=a_batch().inbox)))
        assert sorted(self._sweep(subject, far).total for _ in range(2)) == [1, 3]
        assert self._sweep(subject, far) == Swept()

    def test_what_was_swept_may_come_again(self, subject: Subject) -> None:
        """A key is free and a message new, as if they had never been."""
        first = Batch(tenant=ONE, idempotency=a_record(), inbox=a_batch().inbox)
        subject.run(subject.ports.store.commit(first))
        far = _all_before(LONG_AHEAD + timedelta(days=1))
        assert self._sweep(subject, far).total == 2
        subject.run(subject.ports.store.commit(first))
        assert self._sweep(subject, far).total == 2

    def _seen(self, subject: Subject) -> list[int]:
        seen = subject.ports.inbox.seen
        return [n for n in range(1, 6) if subject.run(seen(ONE, CONSUMER, f"message-{n}"))]
