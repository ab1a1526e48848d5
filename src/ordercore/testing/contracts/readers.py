"""Contracts of the reading ports: what was committed is found, in order, page by page.

That no reader shows another tenant's rows is checked for all of them together, in the contract of
the store.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import evolve

from ordercore.domain.insight import OrderGroup
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.kernel.ids import OrderId, SagaId
from ordercore.kernel.money import Money
from ordercore.ports import Batch, OrderWrite, SagaWrite
from ordercore.testing.builders import a_storage, a_vps, an_order, an_order_request, money_in, moved
from ordercore.testing.contracts.differences import expect, only
from ordercore.testing.contracts.rows import (
    AT,
    CONSUMER,
    ONE,
    OPERATION,
    a_batch,
    a_letter,
    a_saga,
    an_audit_record,
    an_envelope,
    changed,
    new_order,
    order_id,
    saga_id,
    sealed,
    stored,
)
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = [
    "AuditContract",
    "CacheContract",
    "DeadLettersContract",
    "IdempotencyContract",
    "InboxContract",
    "OrdersContract",
    "OutboxContract",
    "ReadModelsContract",
    "SagasContract",
    "VaultContract",
]


class OrdersContract(Contract):
    """Reading orders."""

    def _store(self, subject: Subject, *orders: Order) -> None:
        writes = tuple(OrderWrite(stored=stored(order), read_version=None) for order in orders)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=writes)))

    def test_an_unknown_order_is_none(self, subject: Subject) -> None:
        """By id as by reference."""
        expect(subject.run(subject.ports.orders.get(ONE, order_id())), None)
        expect(subject.run(subject.ports.orders.by_reference(ONE, "REF-1")), None)

    def test_an_order_in_full_bloom_survives_storage(self, subject: Subject) -> None:
        """Ledger, items of several types, timestamps and flags come back equal."""
        request = an_order_request(a_vps(), a_storage(), reference="Ref ž/1", express_request=True)
        paid = moved(
            moved(an_order(request, tenant=ONE, at=AT), "submit", at=AT),
            "confirm_payment",
            at=AT + timedelta(microseconds=1),
            postings=(money_in(3000, at=AT),),
        )
        self._store(subject, paid)
        expect(subject.run(subject.ports.orders.get(ONE, paid.id)), stored(paid))
        expect(subject.run(subject.ports.orders.by_reference(ONE, "Ref ž/1")), stored(paid))

    def test_orders_are_listed_by_id_page_by_page(self, subject: Subject) -> None:
        """Each page begins after the last id of the one before, whatever the order of storage."""
        self._store(subject, *(new_order(number).stored.order for number in (3, 1, 4, 2, 5)))
        pages: list[list[str]] = []
        after: OrderId | None = None
        for _ in range(4):
            page = subject.run(subject.ports.orders.list(ONE, after=after, limit=2))
            pages.append([order.id for order in page])
            after = page[-1].id if page else after
        expect(pages, [["order-1", "order-2"], ["order-3", "order-4"], ["order-5"], []])

    def test_hidden_orders_are_listed_on_request_only(self, subject: Subject) -> None:
        """Cancelled orders are hidden from lists but found by id and reference."""
        cancelled = moved(new_order(1).stored.order, "cancel", at=AT)
        self._store(subject, cancelled, new_order(2).stored.order)
        expect([o.id for o in subject.run(subject.ports.orders.list(ONE))], [order_id(2)])
        every = subject.run(subject.ports.orders.list(ONE, hidden=True))
        expect([order.id for order in every], [order_id(1), order_id(2)])
        expect(subject.run(subject.ports.orders.get(ONE, order_id(1))), stored(cancelled))
        expect(subject.run(subject.ports.orders.by_reference(ONE, "REF-1")), stored(cancelled))

    def test_a_restored_order_is_shown_again(self, subject: Subject) -> None:
        """Hiding follows the order as it is now."""
        cancelled = moved(new_order(1).stored.order, "cancel", at=AT)
        self._store(subject, cancelled)
        write = OrderWrite(stored=stored(cancelled), read_version=cancelled.version)
        back = changed(write, moved(cancelled, "restore", at=AT))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(back,))))
        expect([o.id for o in subject.run(subject.ports.orders.list(ONE))], [order_id(1)])

    def test_a_list_may_be_narrowed_to_a_state(self, subject: Subject) -> None:
        """Pages then count only orders in that state, as it is now."""
        drafts = [new_order(number).stored.order for number in (1, 2, 3, 4)]
        self._store(subject, drafts[0], moved(drafts[1], "submit"), drafts[2], drafts[3])
        page = subject.run(subject.ports.orders.list(ONE, state="draft", limit=2))
        expect([order.id for order in page], [order_id(1), order_id(3)])
        rest = subject.run(subject.ports.orders.list(ONE, state="draft", after=page[-1].id))
        expect([order.id for order in rest], [order_id(4)])


class SagasContract(Contract):
    """Reading sagas."""

    def test_sagas_of_an_order_come_oldest_first(self, subject: Subject) -> None:
        """By the time they were started, whatever their ids and the order of storage."""
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(new_order(),))))
        starts = {"saga-b": 2, "saga-a": 3, "saga-c": 1}
        for name, second in starts.items():
            state = evolve(a_saga(started_at=AT + timedelta(seconds=second)), id=SagaId(name))
            write = SagaWrite(state=state, read_version=None)
            subject.run(subject.ports.store.commit(Batch(tenant=ONE, sagas=(write,))))
        found = subject.run(subject.ports.sagas.of_order(ONE, order_id()))
        expect([state.id for state in found], ["saga-c", "saga-b", "saga-a"])

    def test_unknown_sagas_are_none(self, subject: Subject) -> None:
        """By id as by order."""
        expect(subject.run(subject.ports.sagas.get(ONE, saga_id())), None)
        expect(subject.run(subject.ports.sagas.of_order(ONE, order_id())), ())


class AuditContract(Contract):
    """Reading the audit trail."""

    def test_history_is_in_order_and_can_be_continued(self, subject: Subject) -> None:
        """By position as a number (10 after 9), beginning above the position given."""
        records = [an_audit_record(seq=seq) for seq in range(1, 12)]
        for part in (records[:1], records[1:]):
            batch = Batch(tenant=ONE, audit=tuple(reversed(part)))
            subject.run(subject.ports.store.commit(batch))
        found = subject.run(subject.ports.audit.history(ONE, order_id()))
        expect(list(found), records)
        later = subject.run(subject.ports.audit.history(ONE, order_id(), after=9))
        expect(list(later), records[9:])

    def test_orders_have_trails_of_their_own(self, subject: Subject) -> None:
        """Records of one order never show in another's."""
        batch = Batch(tenant=ONE, audit=(an_audit_record(1), an_audit_record(2)))
        subject.run(subject.ports.store.commit(batch))
        expect(subject.run(subject.ports.audit.history(ONE, order_id(2))), (an_audit_record(2),))
        expect(subject.run(subject.ports.audit.history(ONE, order_id(3))), ())


class OutboxContract(Contract):
    """Reading events."""

    def _fill(self, subject: Subject) -> None:
        for seqs in ((1, 2), (4,), (7, 10, 11)):  # gaps are normal
            events = tuple(an_envelope(seq=seq) for seq in seqs)
            subject.run(subject.ports.store.commit(Batch(tenant=ONE, outbox=events)))

    def _publish(self, subject: Subject, *seqs: int) -> None:
        marks = tuple(an_envelope(seq=seq).id for seq in seqs)
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, published=marks)))

    def test_pending_events_come_in_the_order_of_their_stream(self, subject: Subject) -> None:
        """By position as a number, from the front."""
        self._fill(subject)
        found = subject.run(subject.ports.outbox.pending(ONE, order_id()))
        expect([event.seq for event in found], [1, 2, 4, 7, 10, 11], "positions of the events")
        front = subject.run(subject.ports.outbox.pending(ONE, order_id(), limit=2))
        expect([event.seq for event in front], [1, 2], "positions of the events")

    def test_published_events_are_no_longer_pending(self, subject: Subject) -> None:
        """Only those marked; marking twice is no error."""
        self._fill(subject)
        self._publish(subject, 1, 2)
        self._publish(subject, 2, 4)
        found = subject.run(subject.ports.outbox.pending(ONE, order_id(), limit=2))
        expect([event.seq for event in found], [7, 10], "positions of the events")

    def test_a_subscriber_reads_on_from_where_it_was(self, subject: Subject) -> None:
        """The feed shows published and pending events above a position."""
        self._fill(subject)
        self._publish(subject, 1, 2)
        first = subject.run(subject.ports.outbox.feed(ONE, order_id(), limit=3))
        expect([event.seq for event in first], [1, 2, 4], "positions of the events")
        rest = subject.run(subject.ports.outbox.feed(ONE, order_id(), after=first[-1].seq))
        expect([event.seq for event in rest], [7, 10, 11], "positions of the events")
        expect(subject.run(subject.ports.outbox.feed(ONE, order_id(), after=11)), ())

    def test_streams_are_apart(self, subject: Subject) -> None:
        """An order's feed shows only its own events, and marks reach only these."""
        self._fill(subject)
        batch = Batch(tenant=ONE, outbox=(an_envelope(2, 1),))
        subject.run(subject.ports.store.commit(batch))
        self._publish(subject, 1)
        expect(subject.run(subject.ports.outbox.feed(ONE, order_id(2))), (an_envelope(2, 1),))
        expect(subject.run(subject.ports.outbox.pending(ONE, order_id(2))), (an_envelope(2, 1),))


class IdempotencyContract(Contract):
    """Reading idempotency records; what replaces what is part of the store's contract."""

    def test_a_free_key_is_none(self, subject: Subject) -> None:
        """Also when the key is known under another operation."""
        subject.run(subject.ports.store.commit(a_batch()))
        found = subject.ports.idempotency.get
        expect(subject.run(found(ONE, OPERATION, "key-2")), None)
        expect(subject.run(found(ONE, "cancel_order", "key-1")), None)


class InboxContract(Contract):
    """Reading inbox marks."""

    def test_each_consumer_has_marks_of_its_own(self, subject: Subject) -> None:
        """A message is seen by those that took it in, and by nobody else."""
        subject.run(subject.ports.store.commit(a_batch()))
        seen = subject.ports.inbox.seen
        expect(subject.run(seen(ONE, CONSUMER, "message-1")), True)
        expect(subject.run(seen(ONE, CONSUMER, "message-2")), False)
        expect(subject.run(seen(ONE, "portal", "message-1")), False)


class DeadLettersContract(Contract):
    """Reading dead letters."""

    def test_open_letters_are_listed_oldest_first(self, subject: Subject) -> None:
        """Unless another status, or every status, is asked for."""
        letters = [a_letter(n, at=AT + timedelta(seconds=s)) for n, s in ((1, 3), (2, 1), (3, 2))]
        done = evolve(letters[2], status=DeadLetterStatus.RESOLVED, note="by hand", closed_at=AT)
        batch = Batch(tenant=ONE, dead_letters=(letters[0], letters[1], done))
        subject.run(subject.ports.store.commit(batch))
        listed = subject.ports.dead_letters.list
        expect(subject.run(listed(ONE)), (letters[1], letters[0]))
        expect(subject.run(listed(ONE, status=DeadLetterStatus.RESOLVED)), (done,))
        expect(subject.run(listed(ONE, status=None)), (letters[1], done, letters[0]))
        expect(subject.run(listed(ONE, status=None, limit=2)), (letters[1], done))

    def test_an_unknown_letter_is_none(self, subject: Subject) -> None:
        """Reading it is no error."""
        expect(subject.run(subject.ports.dead_letters.get(ONE, "letter-1")), None)


class VaultContract(Contract):
    """Reading sealed credentials."""

    def test_credentials_of_an_order_come_by_item(self, subject: Subject) -> None:
        """Only this order's."""
        mine = (sealed(item="2"), sealed(item="1"))
        batch = Batch(tenant=ONE, credentials=(*mine, sealed(2)))
        subject.run(subject.ports.store.commit(batch))
        found = subject.run(subject.ports.vault.of_order(ONE, order_id(1)))
        expect(found, (mine[1], mine[0]))
        expect(subject.run(subject.ports.vault.of_order(ONE, order_id(3))), ())


class ReadModelsContract(Contract):
    """Counting orders."""

    def test_orders_are_added_up_by_state_and_currency(self, subject: Subject) -> None:
        """Counts, values and revenue of each group; hidden orders and all periods included."""
        day = datetime(2026, 1, 5, tzinfo=UTC)
        week, month = day, datetime(2026, 1, 1, tzinfo=UTC)
        at = {
            "today": day,
            "yesterday": day - timedelta(microseconds=1),
            "last month": month - timedelta(microseconds=1),
        }
        orders = [
            an_order(an_order_request(reference=name), order_id=name, tenant=ONE, at=instant)
            for name, instant in at.items()
        ]
        paid = moved(
            moved(orders[0], "submit"),
            "confirm_payment",
            postings=(money_in(1010), _taken_back(10)),
        )
        cancelled = moved(moved(orders[1], "submit"), "cancel")
        writes = tuple(
            OrderWrite(stored=stored(order), read_version=None)
            for order in (paid, cancelled, orders[2], _another_draft(at["yesterday"]))
        )
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=writes)))
        found = subject.run(subject.ports.read_models.groups(ONE, day=day, week=week, month=month))
        expect(
            sorted(found, key=lambda group: group.state),
            [
                _group("cancelled", orders=1, submitted=1, month=1, value_minor=1000),
                _group("draft", orders=2, month=1, value_minor=3000),
                _group(
                    "payment_confirmed",
                    orders=1,
                    submitted=1,
                    today=1,
                    week=1,
                    month=1,
                    value_minor=1000,
                    revenue_minor=1000,
                ),
            ],
        )

    def test_currencies_are_not_added_together(self, subject: Subject) -> None:
        """Two currencies in one state make two groups."""
        euros = new_order(1).stored.order
        francs = _in_currency(new_order(2).stored.order, "CHF")
        writes = tuple(
            OrderWrite(stored=stored(order), read_version=None) for order in (euros, francs)
        )
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=writes)))
        found = subject.run(subject.ports.read_models.groups(ONE, day=AT, week=AT, month=AT))
        expect(
            sorted((g.currency, g.orders, g.value_minor) for g in found),
            [
                ("CHF", 1, 1000),
                ("EUR", 1, 1000),
            ],
        )

    def test_sums_follow_changes_of_orders(self, subject: Subject) -> None:
        """An order that moves on leaves its old group; a group without orders is not there."""
        write = new_order()
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(write,))))
        submitted = changed(write, moved(write.stored.order, "submit", at=AT))
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, orders=(submitted,))))
        group = only(subject.run(subject.ports.read_models.groups(ONE, day=AT, week=AT, month=AT)))
        expect((group.state, group.orders, group.submitted), ("pending_payment", 1, 1))


class CacheContract(Contract):
    """Text that expires."""

    def test_an_entry_is_there_until_it_expires(self, subject: Subject) -> None:
        """From its end on it is as if it had never been."""
        ends = AT + timedelta(seconds=300)
        subject.run(subject.ports.cache.put("a", "text", expires_at=ends))
        expect(subject.run(subject.ports.cache.get("a", now=AT)), "text")
        expect(subject.run(subject.ports.cache.get("a", now=ends - timedelta(seconds=1))), "text")
        expect(subject.run(subject.ports.cache.get("a", now=ends)), None)
        expect(subject.run(subject.ports.cache.get("b", now=AT)), None)

    def test_a_newer_entry_replaces_the_older(self, subject: Subject) -> None:
        """Its text and its end."""
        for text, seconds in (("old", 300), ("new", 10)):
            ends = AT + timedelta(seconds=seconds)
            subject.run(subject.ports.cache.put("a", text, expires_at=ends))
        expect(subject.run(subject.ports.cache.get("a", now=AT)), "new")
        later = AT + timedelta(seconds=10)
        expect(subject.run(subject.ports.cache.get("a", now=later)), None)


def _taken_back(amount_minor: int) -> LedgerEntry:
    amount = Money(amount_minor, "EUR")
    return LedgerEntry(kind=EntryKind.REFUNDED, amount=amount, key="refund-1", at=AT)


def _another_draft(at: datetime) -> Order:
    request = an_order_request(a_storage(), reference="another")
    return an_order(request, order_id="another", tenant=ONE, at=at)


def _in_currency(order: Order, currency: str) -> Order:
    items = tuple(
        evolve(
            item,
            snapshot=evolve(item.snapshot, unit_price=Money(item.price.amount_minor, currency)),
        )
        for item in order.items
    )
    return evolve(order, currency=currency, items=items)


def _group(state: str, **numbers: int) -> OrderGroup:
    nothing = dict.fromkeys(
        ("orders", "submitted", "today", "week", "month", "value_minor", "revenue_minor"), 0
    )
    return OrderGroup(state=state, currency="EUR", **{**nothing, **numbers})
