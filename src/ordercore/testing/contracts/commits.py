"""Contract of `Store.commit`: all of a batch or nothing, and what refuses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from ordercore.domain.inventory import StockLevel
from ordercore.domain.orders import RedeliveryRequested
from ordercore.engine.messaging import (
    DeadLetterStatus,
    InboxMark,
    Release,
    WorkKind,
)
from ordercore.kernel.errors import ConcurrencyConflict, LeaseLost
from ordercore.kernel.ids import EventId
from ordercore.ports import Batch, Fence, OrderWrite, SagaWrite, TakenNumber
from ordercore.testing.builders import with_events
from ordercore.testing.contracts.differences import expect, only
from ordercore.testing.contracts.promises import blames, refusal
from ordercore.testing.contracts.rows import (
    AT,
    CONSUMER,
    LONG_AGO,
    ONE,
    OTHER,
    a_batch,
    a_claim,
    a_letter,
    a_record,
    a_saga,
    an_audit_record,
    changed,
    contents,
    new_order,
    order_id,
    saga_id,
    sealed,
    sku,
    stored,
)
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["CommitContract"]

# Each spoils batch 2 by one thing that clashes with batch 1, which is already stored.
_SPOILERS: dict[str, Callable[[Batch], Batch]] = {
    "order: stale version": lambda batch: evolve(
        batch,
        orders=(*batch.orders, OrderWrite(stored=new_order(1).stored, read_version=7)),
    ),
    "order: id taken": lambda batch: evolve(
        batch,
        orders=(
            *batch.orders,
            OrderWrite(
                stored=stored(evolve(new_order(1).stored.order, reference="REF-9")),
                read_version=None,
            ),
        ),
    ),
    "order: never stored": lambda batch: evolve(
        batch, orders=(*batch.orders, OrderWrite(stored=new_order(9).stored, read_version=1))
    ),
    "reference: taken": lambda batch: evolve(
        batch,
        orders=(
            *batch.orders,
            OrderWrite(
                stored=stored(evolve(new_order(9).stored.order, reference="REF-1")),
                read_version=None,
            ),
        ),
    ),
    "saga: stale version": lambda batch: evolve(
        batch,
        sagas=(*batch.sagas, SagaWrite(state=evolve(a_saga(1), version=8), read_version=7)),
    ),
    "saga: id taken": lambda batch: evolve(
        batch, sagas=(*batch.sagas, SagaWrite(state=a_saga(1), read_version=None))
    ),
    "saga: never stored": lambda batch: evolve(
        batch, sagas=(*batch.sagas, SagaWrite(state=a_saga(9), read_version=1))
    ),
    "idempotency: answered": lambda batch: evolve(batch, idempotency=a_record(1)),
    "inbox: taken in": lambda batch: evolve(
        batch,
        inbox=(*batch.inbox, InboxMark(tenant=ONE, consumer=CONSUMER, message_id="message-1")),
    ),
    "number: taken": lambda batch: evolve(
        batch, numbers=(*batch.numbers, TakenNumber(series="series-1", number=1))
    ),
    "number: too far": lambda batch: evolve(
        batch, numbers=(*batch.numbers, TakenNumber(series="series-1", number=3))
    ),
    "lock: overtaken lease": lambda batch: evolve(
        batch, fences=(*batch.fences, Fence(name="lock-1", token=4))
    ),
    "saga: no such lease": lambda batch: evolve(
        batch, releases=(Release(claim=a_claim(saga_id(1)), due_at=None),)
    ),
}


class CommitContract(Contract):
    """What every store does with a batch."""

    blame = "Store.commit"

    def test_a_batch_is_read_back_as_it_was_written(self, subject: Subject) -> None:
        """Every field of every row survives, down to the microsecond."""
        batch = a_batch(1)
        subject.run(subject.ports.store.commit(batch))
        found = subject.run(contents(subject.ports, ONE))
        groups = found.pop("read_models.groups")
        assert isinstance(groups, tuple)
        expect(len(groups), 1)
        moved = only(subject.run(subject.ports.stock.movements(ONE, sku(1))))
        expect((moved.seq, moved.kind, moved.on_hand, moved.reserved), (1, "receive", 10, 0))
        expect(
            found,
            {
                "orders.get": batch.orders[0].stored,
                "orders.by_reference": batch.orders[0].stored,
                "orders.list": (batch.orders[0].stored.order,),
                "sagas.get": batch.sagas[0].state,
                "sagas.of_order": (batch.sagas[0].state,),
                "audit.history": batch.audit,
                "outbox.pending": batch.outbox,
                "outbox.feed": batch.outbox,
                "idempotency.get": batch.idempotency,
                "inbox.seen": True,
                "dead_letters.get": batch.dead_letters[0],
                "dead_letters.list": batch.dead_letters,
                "vault.of_order": batch.credentials,
                "numbers.next": 2,
                "stock.levels": (StockLevel(tenant=ONE, sku=sku(1), on_hand=10, moves=1),),
                "stock.movements": (moved,),
                "store.next_due": AT,
            },
        )

    @blames("the reading ports, which show what is stored now")
    def test_what_was_read_before_is_read_anew(self, subject: Subject) -> None:
        """A reader shows what is stored now, whatever it showed a moment ago."""
        nothing = subject.run(contents(subject.ports, ONE))
        subject.run(subject.ports.store.commit(a_batch(1)))
        found = subject.run(contents(subject.ports, ONE))
        same = [name for name, rows in found.items() if rows == nothing[name]]
        expect(same, [], "readers that show no difference")
        write = new_order(1)
        order = with_events(write.stored.order, RedeliveryRequested(items=()), at=AT)
        row, saga = changed(write, order), evolve(a_saga(1), version=2)
        sagas = (SagaWrite(state=saga, read_version=1),)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(row,), sagas=sagas)))
        now = subject.run(contents(subject.ports, ONE))
        anew = {
            "orders.get": row.stored,
            "orders.by_reference": row.stored,
            "orders.list": (order,),
            "sagas.get": saga,
            "sagas.of_order": (saga,),
        }
        expect({name: now[name] for name in anew}, anew, "now")

    @pytest.mark.parametrize("spoiler", _SPOILERS)
    def test_a_refused_batch_writes_nothing_at_all(self, subject: Subject, spoiler: str) -> None:
        """Whatever refuses it, no table keeps a trace of the batch, and the fault says why."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        before = subject.run(contents(subject.ports, ONE, 1))
        absent = subject.run(contents(subject.ports, ONE, 2))
        with refusal(ConcurrencyConflict) as refused:
            subject.run(subject.ports.store.commit(_SPOILERS[spoiler](a_batch(2))))
        expect(refused.value.kind, spoiler.split(":", maxsplit=1)[0])
        assert isinstance(refused.value, LeaseLost) is spoiler.endswith("lease")
        expect(subject.run(contents(subject.ports, ONE, 1)), before, "afterwards")
        expect(subject.run(contents(subject.ports, ONE, 2)), absent, "afterwards")

    def test_a_refused_batch_can_be_repaired_and_sent_again(self, subject: Subject) -> None:
        """A refusal leaves nothing behind that would stand in the way, such as a reference."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(evolve(a_batch(2), idempotency=a_record(1))))
        subject.run(subject.ports.store.commit(a_batch(2)))
        expect(subject.run(subject.ports.orders.get(ONE, order_id(2))), new_order(2).stored)

    @blames("Store.commit, by OrderWrite.read_version")
    def test_writers_of_one_version_exclude_each_other(self, subject: Subject) -> None:
        """Two that read the same version: the first one's write stays, the second is refused."""
        write = new_order()
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(write,))))
        order = write.stored.order
        first = changed(write, with_events(order, RedeliveryRequested(items=()), at=AT))
        later = AT + timedelta(seconds=1)
        second = changed(write, with_events(order, RedeliveryRequested(items=()), at=later))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(first,))))
        with refusal(ConcurrencyConflict) as refused:
            subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(second,))))
        expect(
            (refused.value.kind, refused.value.id, refused.value.expected),
            (
                "order",
                order_id(),
                1,
            ),
        )
        expect(subject.run(subject.ports.orders.get(ONE, order_id())), first.stored)

    @blames("Store.commit, by SagaWrite.read_version")
    def test_a_saga_is_written_over_the_version_that_was_read(self, subject: Subject) -> None:
        """The new state replaces the old one and is found under the new version."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        state = evolve(a_saga(1), version=2, aborted="the customer changed their mind")
        write = SagaWrite(state=state, read_version=1)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, sagas=(write,))))
        expect(subject.run(subject.ports.sagas.get(ONE, saga_id(1))), state)
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(Batch(tenant=ONE, sagas=(write,))))

    @blames("Store.commit, by Batch.audit")
    def test_history_is_not_written_twice(self, subject: Subject) -> None:
        """A record at a taken position refuses the batch; the trail keeps what it had."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        forged = evolve(an_audit_record(1, 1), actor="somebody else")
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(Batch(tenant=ONE, audit=(forged,))))
        expect(subject.run(subject.ports.audit.history(ONE, order_id(1))), (an_audit_record(1),))

    def test_one_batch_may_hold_several_orders(self, subject: Subject) -> None:
        """They are all stored."""
        batch = Batch(tenant=ONE, orders=(new_order(1), new_order(2), new_order(3)))
        subject.run(subject.ports.store.commit(batch))
        found = subject.run(subject.ports.orders.list(ONE))
        expect([order.id for order in found], [order_id(1), order_id(2), order_id(3)])

    def test_an_empty_batch_changes_nothing(self, subject: Subject) -> None:
        """It is accepted."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        before = subject.run(contents(subject.ports, ONE))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE)))
        expect(subject.run(contents(subject.ports, ONE)), before, "afterwards")

    # Idempotency records ------------------------------------------------------------------

    def _put(
        self, subject: Subject, fingerprint: str, response: str | None, ends: datetime
    ) -> None:
        record = a_record(fingerprint=fingerprint, response=response, expires_at=ends)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, idempotency=record)))

    @pytest.mark.parametrize(
        ("fingerprint", "response"),
        [("print", '{"answer":1}'), ("other", '{"answer":1}'), ("other", None)],
    )
    @blames("Store.commit, by Batch.idempotency")
    def test_a_live_record_is_not_replaced(
        self, subject: Subject, fingerprint: str, response: str | None
    ) -> None:
        """Answered, or in flight for other content: the batch is refused and the record stays."""
        self._put(subject, fingerprint, response, a_record().expires_at)
        with refusal(ConcurrencyConflict) as refused:
            self._put(subject, "print", '{"answer":2}', a_record().expires_at)
        expect(refused.value.kind, "idempotency")
        kept = a_record(fingerprint=fingerprint, response=response)
        expect(subject.run(_record(subject)), kept)

    @blames("Store.commit, by Batch.idempotency")
    def test_a_request_in_flight_gets_its_answer(self, subject: Subject) -> None:
        """The mark of the running request is replaced by its own answer."""
        self._put(subject, "print", None, a_record().expires_at)
        self._put(subject, "print", '{"answer":1}', a_record().expires_at)
        expect(subject.run(_record(subject)), a_record())

    @pytest.mark.parametrize("response", [None, '{"answer":1}'])
    @blames("Store.commit, by Batch.idempotency")
    def test_an_expired_record_is_replaced(self, subject: Subject, response: str | None) -> None:
        """It counts as gone, whatever it was, though it can still be read until then."""
        self._put(subject, "other", response, LONG_AGO)
        old = a_record(fingerprint="other", response=response, expires_at=LONG_AGO)
        expect(subject.run(_record(subject)), old)
        self._put(subject, "print", '{"answer":1}', a_record().expires_at)
        expect(subject.run(_record(subject)), a_record())

    @blames("Store.commit, by Batch.idempotency")
    def test_a_key_is_scoped_to_its_operation(self, subject: Subject) -> None:
        """The same key under another operation is another record."""
        elsewhere = evolve(a_record(fingerprint="other"), operation="cancel_order")
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, idempotency=a_record())))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, idempotency=elsewhere)))
        expect(subject.run(_record(subject)), a_record())

    # Tables that are written over ---------------------------------------------------------

    def test_a_dead_letter_is_filed_once_and_changed_by_id(self, subject: Subject) -> None:
        """Closing it replaces the letter."""
        store = subject.ports.store
        closed = evolve(
            a_letter(), status=DeadLetterStatus.RESOLVED, note="done by hand", closed_at=AT
        )
        subject.run(store.commit(Batch(tenant=ONE, dead_letters=(a_letter(),))))
        subject.run(store.commit(Batch(tenant=ONE, dead_letters=(closed,))))
        expect(subject.run(subject.ports.dead_letters.get(ONE, a_letter().id)), closed)
        expect(subject.run(subject.ports.dead_letters.list(ONE, status=None)), (closed,))

    def test_credentials_replace_those_of_the_same_item(self, subject: Subject) -> None:
        """Those of other items stay."""
        store = subject.ports.store
        newer, neighbour = sealed(ciphertext=b"newer"), sealed(item="2")
        subject.run(store.commit(Batch(tenant=ONE, credentials=(sealed(), neighbour))))
        subject.run(store.commit(Batch(tenant=ONE, credentials=(newer,))))
        expect(subject.run(subject.ports.vault.of_order(ONE, order_id())), (newer, neighbour))

    def test_forgotten_credentials_are_gone(self, subject: Subject) -> None:
        """Only those named; naming unknown ones is no error."""
        store = subject.ports.store
        subject.run(store.commit(Batch(tenant=ONE, credentials=(sealed(), sealed(item="2")))))
        forgotten = ((order_id(), "1"), (order_id(), "9"), (order_id(9), "1"))
        subject.run(store.commit(Batch(tenant=ONE, forgotten=forgotten)))
        expect(subject.run(subject.ports.vault.of_order(ONE, order_id())), (sealed(item="2"),))

    def test_marking_unknown_events_as_published_is_no_error(self, subject: Subject) -> None:
        """The mark is simply without effect on what is pending."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        batch = Batch(tenant=ONE, published=(EventId("order-9.1"),))
        subject.run(subject.ports.store.commit(batch))
        expect(subject.run(subject.ports.outbox.pending(ONE, order_id(1))), a_batch(1).outbox)

    # Tenants ------------------------------------------------------------------------------

    @blames("the reading ports, by their tenant argument")
    def test_no_reader_shows_another_tenants_rows(self, subject: Subject) -> None:
        """Every reader, asked by the ids of another tenant's rows, answers as if nothing were."""
        nothing = subject.run(contents(subject.ports, OTHER))
        subject.run(subject.ports.store.commit(a_batch(1, ONE)))
        expect(subject.run(contents(subject.ports, OTHER)), nothing)

    def test_two_tenants_may_use_the_same_ids(self, subject: Subject) -> None:
        """Nothing clashes, and each reader gives each tenant its own rows."""
        subject.run(subject.ports.store.commit(a_batch(1, ONE)))
        alone = subject.run(contents(subject.ports, ONE))
        subject.run(subject.ports.store.commit(a_batch(1, OTHER)))
        expect(subject.run(contents(subject.ports, ONE)), alone)
        expect(subject.run(subject.ports.orders.get(OTHER, order_id())), new_order(1, OTHER).stored)

    @blames("Store.commit and Store.release, by their tenant")
    def test_writes_of_one_tenant_leave_the_others_alone(self, subject: Subject) -> None:
        """Updates, deletions and marks reach only the rows of the batch's tenant."""
        subject.run(subject.ports.store.commit(a_batch(1, ONE)))
        subject.run(subject.ports.store.commit(a_batch(1, OTHER)))
        before = subject.run(contents(subject.ports, OTHER))
        write = new_order(1)
        order = with_events(write.stored.order, RedeliveryRequested(items=()), at=AT)
        batch = Batch(
            tenant=ONE,
            orders=(changed(write, order),),
            sagas=(SagaWrite(state=evolve(a_saga(), version=2), read_version=1),),
            dead_letters=(evolve(a_letter(), status=DeadLetterStatus.RETRIED),),
            forgotten=((order_id(), "1"),),
            published=(a_batch(1).outbox[0].id,),
        )
        subject.run(subject.ports.store.commit(batch))
        claim = only(subject.run(subject.ports.store.claim(WorkKind.SAGA, now=AT, tenant=ONE)))
        subject.run(subject.ports.store.release(Release(claim=claim, due_at=None)))
        expect(subject.run(contents(subject.ports, OTHER)), before, "afterwards")


async def _record(subject: Subject) -> object:
    record = a_record()
    return await subject.ports.idempotency.get(ONE, record.operation, record.key)
