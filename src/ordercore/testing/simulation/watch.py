"""Looks at everything that is written and checks the laws while the run goes on.

After each commit the laws that are cheap are checked for the order it touched; when everything has
come to rest, all of them are checked for every order. The queue of work is followed here too, only
from what the store was asked, so that forgotten work is noticed when it is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from attrs import define, field, frozen

from ordercore.domain.orders import Order, Overdue
from ordercore.domain.orders.lifecycles import ProvisioningState, RetailState
from ordercore.domain.processes import OVERDUE, OrderRules, timer_subject
from ordercore.domain.processes.retail import HOLD_ENDS
from ordercore.engine.messaging import (
    Claim,
    DeadLetter,
    DeadLetterStatus,
    Release,
    Work,
    WorkKind,
)
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.ports import Batch, OrderWrite, StoredOrder
from ordercore.testing import laws, sale_laws
from ordercore.testing.simulation.lock_watch import LockBook
from ordercore.testing.simulation.shelf_watch import ShelfBook
from ordercore.testing.target_laws import said_overdue, targets_are_watched

__all__ = ["Change", "Violation", "Watch", "WorkBook"]

_CLAIMS_IN_VAIN = 200
"""More than a lock allows for that is asked for every second until a dead holder's lease is over,
by a clock that ran ahead."""
_Place = tuple[TenantId, WorkKind, str]


@frozen(kw_only=True)
class Violation:
    """A law that was broken.

    Attributes:
        law: Its name.
        tag: The order it is about; empty when it is about none.
        at_ms: When it was noticed.
        method: The port method that did it, where that is known; else empty.
    """

    law: str
    tag: str
    text: str
    at_ms: int
    method: str = ""


@frozen(kw_only=True)
class Change:
    """An order went from one state to another; ``before`` is empty for a new one."""

    at_ms: int
    tag: str
    before: str
    after: str


@define
class _Entry:
    touched: int = 0
    touched_then: int = 0  # when it was leased
    fence: int | None = None


@define
class WorkBook:
    """What is scheduled or leased, by the rules of the `Store` port."""

    entries: dict[_Place, _Entry] = field(factory=dict)

    def schedule(self, tenant: TenantId, work: Work) -> None:
        """Follow a request for work, or its withdrawal."""
        place = (tenant, work.kind, work.subject)
        known = self.entries.get(place)
        if work.due_at is None:
            if known is not None and known.fence is None:
                del self.entries[place]
            return
        self.entries.setdefault(place, _Entry()).touched += 1

    def claim(self, claim: Claim) -> None:
        """Follow a lease."""
        place = (claim.tenant, claim.kind, claim.subject)
        entry = self.entries.setdefault(place, _Entry())
        entry.fence, entry.touched_then = claim.fence, entry.touched

    def release(self, release: Release) -> None:
        """Follow the end of a lease that is still held."""
        claim = release.claim
        place = (claim.tenant, claim.kind, claim.subject)
        known = self.entries.get(place)
        if known is None or known.fence != claim.fence:
            return
        known.fence = None
        if release.due_at is None and known.touched == known.touched_then:
            del self.entries[place]

    def due(
        self, tenant: TenantId, subjects: Iterable[tuple[WorkKind, str]]
    ) -> frozenset[tuple[WorkKind, str]]:
        """Return which of these are scheduled or leased."""
        return frozenset((k, s) for k, s in subjects if (tenant, k, s) in self.entries)


@define
class Watch:
    """Everything that was written so far, as far as the laws want to know.

    Attributes:
        rules: The tables that govern an order.
        rows: Orders as they are now.
        before: What was there before, and when that ended: for readers that lag behind.
        overdue: What was said of stays that were too long.
        paying: Which order a payment pays, by tenant, kind and reference.
        lost: Orders whose parcel the carrier is going to lose.
        letters: Dead letters.
        labels: Which order an id belongs to.
        checked: How often each law was checked.
        fresh: Letters nobody has taken care of yet.
    """

    rules: Callable[[Order], OrderRules]
    rows: dict[OrderId, StoredOrder] = field(factory=dict)
    before: dict[OrderId, tuple[StoredOrder | None, int]] = field(factory=dict)
    sagas: dict[SagaId, SagaState] = field(factory=dict)
    sagas_before: dict[SagaId, tuple[SagaState | None, int]] = field(factory=dict)
    of_order: dict[OrderId, list[SagaId]] = field(factory=dict)
    overdue: dict[OrderId, list[Overdue]] = field(factory=dict)
    paying: dict[tuple[TenantId, str, str], OrderId] = field(factory=dict)
    lost: set[OrderId] = field(factory=set)
    letters: dict[str, DeadLetter] = field(factory=dict)
    fresh: list[DeadLetter] = field(factory=list)
    labels: dict[str, str] = field(factory=dict)
    work: WorkBook = field(factory=WorkBook)
    shelf: ShelfBook = field(factory=ShelfBook)
    locks: LockBook = field(factory=LockBook)
    by_hand: dict[OrderId, set[str]] = field(factory=dict)
    changes: list[Change] = field(factory=list)
    violations: list[Violation] = field(factory=list)
    checked: Counter[str] = field(factory=Counter)
    now_ms: int = 0
    _in_vain: Counter[_Place] = field(factory=Counter)
    _arrived: set[tuple[TenantId, str]] = field(factory=set)

    def tag(self, text: str) -> str:
        """Return the order that an id, a key or a reference belongs to."""
        return self.labels.get(text) or text.partition(".")[0]

    def blame(self, law: str, tag: str, found: Iterable[str], *, method: str = "") -> None:
        """Count a law as checked, and keep what it found and, if it is known, whose fault it is."""
        self.checked[law] += 1
        for text in found:
            self.violations.append(
                Violation(law=law, tag=tag, text=text, at_ms=self.now_ms, method=method)
            )

    def claimed(self, claims: Iterable[Claim]) -> None:
        """Follow leases; the same work claimed again and again in vain will never end."""
        for claim in claims:
            self.work.claim(claim)
            place = (claim.tenant, claim.kind, claim.subject)
            self._in_vain[place] += 1
            times = self._in_vain[place]
            found = [f"{claim.kind} was claimed {times} times and nothing came of it"]
            self.blame("work_ends", self.tag(claim.subject), found[: times > _CLAIMS_IN_VAIN])

    def released(self, release: Release) -> None:
        """Follow the end of a lease, and check that nothing is forgotten with it."""
        self.work.release(release)
        subject = release.claim.subject
        saga = self.sagas.get(SagaId(subject))
        order_id = OrderId(saga.subject if saga else subject.partition("/")[0])
        if release.due_at is None and order_id in self.rows:
            self.check_work(self.rows[order_id])

    def arrived(self, tenant: TenantId, ids: Iterable[str]) -> None:
        """Follow events that reached the broker."""
        self._arrived.update((tenant, each) for each in ids)

    def saw(self, batch: Batch, method: str) -> None:
        """Follow a write and check what can be checked at once.

        Args:
            batch: What was written.
            method: The method that accepted it, and is to blame if it had to refuse it.
        """
        for write in batch.sagas:
            self._saga(write.state)
        for order_write in batch.orders:
            self._order(batch, order_write, method)
        self._had_to_be_refused(batch, method)
        for release in batch.releases:
            self.work.release(release)
        for wanted in batch.work:
            self.work.schedule(batch.tenant, wanted)
        for event in batch.outbox:
            stream = Work(kind=WorkKind.STREAM, subject=event.stream, due_at=event.at)
            self.work.schedule(batch.tenant, stream)
        for letter in batch.dead_letters:
            if letter.id not in self.letters:
                self.fresh.append(letter)
            self.letters[letter.id] = letter
        if batch.published:
            unsent = [i for i in batch.published if (batch.tenant, i) not in self._arrived]
            found = [f"event {each} counts as published and never arrived" for each in unsent]
            self.blame("published_has_arrived", self.tag(batch.published[0]), found)
            self._progress(batch.tenant, OrderId(batch.published[0].rpartition(".")[0]))
        for order_write in batch.orders:
            self._check(order_write.stored)
        if not batch.orders:
            for release in batch.releases:
                self.released(release)

    def guarded(self, holder: str, order_id: OrderId) -> None:
        """Check that whoever moves money of an order has its lock."""
        found = self.locks.unguarded(holder, order_id)
        self.blame("money_is_guarded", self.tag(order_id), found)

    def _had_to_be_refused(self, batch: Batch, method: str) -> None:
        """Check what a store refuses; what it has accepted it is to blame for."""
        for law, order_id, found in self.shelf.follow(batch):
            self.blame(law, self.tag(order_id), found, method=method)
        for name, found in self.locks.wrote(batch):
            tag = self.tag(name.rpartition("/")[2])
            self.blame("later_holder_wins", tag, found, method=method)
        for each in batch.payments:
            place = (batch.tenant, each.kind, each.reference)
            pays = self.paying.setdefault(place, each.order_id)
            found = [f"{each.reference} pays {self.tag(pays)}, and was accepted for another order"]
            tag = self.tag(each.order_id)
            same = pays == each.order_id
            self.blame("payment_pays_one_order", tag, found[same:], method=method)

    def open_letters(self) -> list[DeadLetter]:
        """Return the letters that wait for an operator."""
        return [each for each in self.letters.values() if each.status is DeadLetterStatus.OPEN]

    def sagas_of(self, order_id: OrderId) -> list[SagaState]:
        """Return an order's sagas, oldest first."""
        return [self.sagas[each] for each in self.of_order.get(order_id, ())]

    def _saga(self, state: SagaState) -> None:
        known = self.sagas.get(state.id)
        if known is None:
            self.of_order.setdefault(OrderId(state.subject), []).append(state.id)
            self.labels[state.id] = self.tag(state.subject)
        self.sagas_before[state.id] = (known, self.now_ms)
        self.sagas[state.id] = state

    def _order(self, batch: Batch, write: OrderWrite, method: str) -> None:
        order = write.stored.order
        known = self.rows.get(order.id)
        tag = self.tag(order.id)
        records = [record for record in batch.audit if record.order_id == order.id]
        before = (known.order.version, known.chain) if known else (0, "")
        found = []
        if records and records[0].seq != before[0] + 1:
            found.append(f"record {records[0].seq} was written after version {before[0]}")
        if records and known and records[0].previous != before[1]:
            found.append(f"record {records[0].seq} does not follow the newest one")
        if order.version != before[0] + len(records):
            found.append(f"version {before[0]} became {order.version} by {len(records)} records")
        self.blame("history_only_grows", tag, found, method=method)
        if order.sale is not None:
            found = sale_laws.prices_only_fall(known.order if known else None, order)
            self.blame("prices_only_fall", tag, found)
        self.overdue.setdefault(order.id, []).extend(said_overdue(records))
        state = known.order.state if known else ""
        if state != order.state:
            change = Change(at_ms=self.now_ms, tag=tag, before=state, after=order.state)
            self.changes.append(change)
        self.before[order.id] = (known, self.now_ms)
        self.rows[order.id] = write.stored
        self._progress(order.tenant, order.id)

    def _progress(self, tenant: TenantId, order_id: OrderId) -> None:
        for place in [(tenant, kind, order_id) for kind in WorkKind]:
            self._in_vain.pop(place, None)
        for saga_id in self.of_order.get(order_id, ()):
            self._in_vain.pop((tenant, WorkKind.SAGA, saga_id), None)

    def _check(self, stored: StoredOrder) -> None:
        order, tag = stored.order, self.tag(stored.order.id)
        self.blame("ledger_never_overdrawn", tag, laws.ledger_never_overdrawn(order))
        self.blame("hidden_when_cancelled", tag, laws.hidden_when_cancelled(order))
        if order.sale is not None:
            has = self.shelf.holdings.get(order.id, {})
            found = sale_laws.units_add_up(order, has, lost=order.id in self.lost)
            self.blame("units_add_up", tag, found)
            found = sale_laws.attempts_never_overdrawn(order)
            self.blame("attempts_never_overdrawn", tag, found)
            found = sale_laws.documents_follow_goods(order)
            self.blame("documents_follow_goods", tag, found)
        self.check_work(stored)

    def check_work(self, stored: StoredOrder) -> None:
        """Check that whatever has to happen next will happen."""
        order, tag = stored.order, self.tag(stored.order.id)
        sagas, rules = self.sagas_of(order.id), self.rules(order)
        timers = (OVERDUE, HOLD_ENDS, *(timer.trigger for timer in rules.lifecycle.timeouts))
        due = self.work.due(
            order.tenant,
            [
                (WorkKind.VALIDATION, order.id),
                (WorkKind.RESERVATION, order.id),
                *((WorkKind.SAGA, saga.id) for saga in sagas),
                *((WorkKind.TIMER, timer_subject(order.id, timer)) for timer in timers),
            ],
        )
        found = laws.order_moves_on(order, sagas, due, lifecycle=rules.lifecycle)
        if order.sale is not None:
            found += sale_laws.sale_moves_on(order, sagas, due)
            self.blame("holds_are_watched", tag, sale_laws.holds_are_watched(order, due))
        self.blame("order_moves_on", tag, found)
        said = self.overdue.get(order.id, ())
        found = targets_are_watched(order, said, due, targets=rules.targets)
        self.blame("targets_are_watched", tag, found)
        running: dict[str, datetime] = {
            saga.id: saga.started_at for saga in sagas if (WorkKind.SAGA, saga.id) in due
        }
        self.blame("saga_has_a_timer", tag, laws.saga_has_a_timer(sagas, running))

    def at_rest(self) -> None:
        """Check that nothing is left to do."""
        for _, kind, subject in self.work.entries:
            self.blame("comes_to_rest", self.tag(subject), [f"{kind} work is left"])
        for letter in self.open_letters():
            found = [f"{letter.step} of {letter.branch} still waits for an operator"]
            self.blame("comes_to_rest", self.tag(letter.order_id), found)
        for stored in self.rows.values():
            self.check_work(stored)
            found = [f"it rests in {stored.order.state}"] if not _may_rest(stored.order) else []
            self.blame("comes_to_rest", self.tag(stored.order.id), found)


def _may_rest(order: Order) -> bool:
    """Return whether nothing has to happen any more.

    Goods that were delivered and whose money the bank has taken wait for a person's decision.
    """
    if order.sale is None:
        return order.state in _RESTING
    unpaid = order.state == RetailState.DELIVERED and order.balance.missing.is_positive
    return unpaid or order.state in _SALES_REST


_RESTING = frozenset(
    {
        ProvisioningState.DRAFT,
        ProvisioningState.FULFILLED,
        ProvisioningState.CANCELLED,
        ProvisioningState.FAILED,
    }
)
_SALES_REST = frozenset({RetailState.COMPLETED, RetailState.CANCELLED, RetailState.RETURNED})
