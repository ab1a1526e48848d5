"""Conservation laws: what must hold of stored orders, whatever happened and in whatever order.

Each law takes public values and returns the violations it finds, in words; an empty list means that
the law holds. Tests check them after every step, and a host may check them on its own data.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice, zip_longest
from typing import cast

from attrs import evolve, fields_dict

from ordercore.app.reporting import broken_at
from ordercore.codec import decode_any, from_plain
from ordercore.domain.orders import (
    Event,
    ItemState,
    Order,
    OrderCreated,
    Recipient,
    ServiceDelivered,
    fold,
)
from ordercore.domain.orders.lifecycles import PROVISIONING, ProvisioningState
from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    arrived,
    balance,
    taken_by_bank,
)
from ordercore.domain.processes import FULFILMENT, PROVISION, timer_subject
from ordercore.engine.audit import AuditRecord
from ordercore.engine.lifecycle import Lifecycle
from ordercore.engine.messaging import Envelope, WorkKind
from ordercore.engine.saga import SagaState, SagaStatus, call_key, next_due
from ordercore.kernel.ids import ItemId, SagaId
from ordercore.kernel.money import Money

__all__ = [
    "active_items_were_mailed",
    "audit_chain_whole",
    "deliveries_were_mailed",
    "events_published_once",
    "fold_equals_row",
    "folded",
    "hidden_when_cancelled",
    "items_as_ordered",
    "ledger_never_overdrawn",
    "order_moves_on",
    "payments_match_provider",
    "refunds_match_provider",
    "resources_match_items",
    "saga_has_a_timer",
]

_STANDING = frozenset({ItemState.ACTIVE})
_GONE = frozenset({ItemState.PENDING, ItemState.ROLLED_BACK})
_CHECKED = frozenset({ProvisioningState.PAYMENT_CONFIRMED, ProvisioningState.VALIDATING})
_OF_REFUNDS = (EntryKind.REFUND_REQUESTED, EntryKind.REFUNDED, EntryKind.REFUND_RETURNED)
_BUILT = frozenset({ProvisioningState.PROVISIONING, ProvisioningState.PARTIALLY_FULFILLED})


def folded(history: Iterable[AuditRecord]) -> Order:
    """Return the order that an audit trail makes; without its customer once that was erased."""
    return fold((_event(record), record.at) for record in history)


def fold_equals_row(order: Order, history: tuple[AuditRecord, ...]) -> list[str]:
    """The stored order is the fold of its audit trail, and its version counts the records."""
    found = []
    if order.version != len(history):
        found.append(
            f"the row is at version {order.version}, the audit trail has {len(history)} records"
        )
    if not history:
        return found
    rebuilt = folded(history)
    row = _as_far_as_known(order, rebuilt)
    for name in fields_dict(Order):
        told, stored = getattr(rebuilt, name), getattr(row, name)
        if told != stored:
            found.append(f"{name}: the trail says {told!r}, the row {stored!r}")
    return found


def audit_chain_whole(history: tuple[AuditRecord, ...], *, chain: str) -> list[str]:
    """Every record of the trail verifies, and the newest is the one stored with the order."""
    position = broken_at(history, chain=chain)
    if position is None:
        return []
    return [f"record {position} of {len(history)} was changed, or one before it is missing"]


def hidden_when_cancelled(order: Order) -> list[str]:
    """An order is hidden exactly while it is cancelled."""
    hidden, cancelled = order.deleted_at is not None, order.state == ProvisioningState.CANCELLED
    if hidden is cancelled:
        return []
    return [f"the order is {order.state} and {'hidden' if hidden else 'not hidden'}"]


def items_as_ordered(order: Order, history: tuple[AuditRecord, ...]) -> list[str]:
    """Whatever became of them, an order has the items that were ordered, as they were ordered."""
    created = _event(history[0]) if history else None
    if not isinstance(created, OrderCreated):
        return ["the trail does not begin with the creation"]
    ordered = [(item.id, item.snapshot) for item in created.items]
    if ordered == [(item.id, item.snapshot) for item in order.items]:
        return []
    named = ", ".join(f"{item.id} {item.snapshot.product_type}" for item in order.items)
    return [f"{len(ordered)} items were ordered, and the row has {named or 'none'}"]


def ledger_never_overdrawn(order: Order) -> list[str]:
    """No more goes back than came in: altogether, for each payment, and for each key once.

    What a bank takes back is not ours to refuse, so it may be gone twice; but what it has taken is
    never asked back after it.
    """
    found = []
    sums = order.balance
    if sums.refundable.is_negative:
        found.append(f"{sums.refund_requested} asked back of {sums.confirmed}")
    if sums.outstanding.is_negative:
        found.append(f"{sums.refunded} arrived, but only {sums.refund_requested} was asked back")
    found += _bank_overdrawn(order)
    requests = _entries(order, EntryKind.REFUND_REQUESTED)
    returned = _entries(order, EntryKind.REFUND_RETURNED)
    for kind in _OF_REFUNDS:
        keys = [entry.key for entry in _entries(order, kind)]
        found += [f"{kind} twice under {key}" for key in sorted(_twice(keys))]
    arrived_keys = {entry.key for entry in _entries(order, EntryKind.REFUNDED)}
    found += [f"{e.key} came back, never arrived" for e in returned if e.key not in arrived_keys]
    for payment in {entry.key for entry in _entries(order, EntryKind.CONFIRMED)}:
        back = _sum(order, (e for e in requests if e.source == payment))
        back -= _sum(order, (e for e in returned if e.source == payment))
        arrived = max(
            entry.amount for entry in _entries(order, EntryKind.CONFIRMED) if entry.key == payment
        )
        if back > arrived:
            found.append(f"{back} asked back of payment {payment}, which was {arrived}")
    return found


def refunds_match_provider(
    order: Order, paid_back: Mapping[str, Money], *, by_hand: Collection[str] = ()
) -> list[str]:
    """The provider's books say what the ledger says.

    Args:
        order: The order.
        paid_back: What the provider paid back for this order, by idempotency key.
        by_hand: Keys of refunds that an operator says were paid in another way.
    """
    requested = {e.key: e.amount for e in _entries(order, EntryKind.REFUND_REQUESTED)}
    found = [
        f"the provider paid {amount} under {key}, the ledger asked for "
        f"{requested.get(key, 'nothing')}"
        for key, amount in paid_back.items()
        if requested.get(key) != amount
    ]
    found += [
        f"the ledger says that {entry.key} arrived; the provider never paid it"
        for entry in _entries(order, EntryKind.REFUNDED)
        if entry.key not in paid_back and entry.key not in by_hand
    ]
    return found


def payments_match_provider(order: Order, paid: Mapping[str, Money]) -> list[str]:
    """What the ledger calls confirmed is what customers really paid.

    Args:
        order: The order.
        paid: What the provider took, by payment reference; payments of other orders do no harm.
    """
    found = []
    for key in {entry.key: None for entry in _entries(order, EntryKind.CONFIRMED)}:
        confirmed = [e for e in _entries(order, EntryKind.CONFIRMED) if e.key == key]
        standing = _sum(order, confirmed) - _sum(
            order, (e for e in _entries(order, EntryKind.REVERSED) if e.key == key)
        )
        if confirmed[0].amount != paid.get(key):
            found.append(
                f"payment {key} is in the ledger with {confirmed[0].amount}, the provider took "
                f"{paid.get(key, 'nothing')} under it"
            )
        elif standing.is_negative or standing > paid[key]:
            found.append(f"{standing} of payment {key} stands, which was {paid[key]}")
    return found


def resources_match_items(
    order: Order,
    live: Collection[str],
    *,
    by_hand: Collection[str] = (),
    sagas: Iterable[SagaState] = (),
) -> list[str]:
    """What runs at the provider belongs to items that are active or under way.

    Args:
        order: The order.
        live: Provision keys of what runs at the provider for this order.
        by_hand: Provision keys of what an operator says was removed in another way.
        sagas: The order's sagas; an item that they are taking back may be gone already.
    """
    runs = [ref.id for ref in order.sagas if ref.definition == FULFILMENT.name]
    now = {item.id: _provision_key(runs[-1], item.id) for item in order.items} if runs else {}
    going = {_provision_key(s.id, ItemId(b.key)) for s in sagas for b in s.branches if b.back}
    found = [
        f"item {item.id} is active, but nothing runs for it"
        for item in order.items
        if item.state in _STANDING and now.get(item.id) not in {*live, *going}
    ]
    allowed = {now[i.id] for i in order.items if i.state not in _GONE and i.id in now}
    strays = [key for key in live if key not in allowed and key not in by_hand]
    return found + [f"something runs under {key} that no item accounts for" for key in strays]


def saga_has_a_timer(sagas: Iterable[SagaState], due: Mapping[str, datetime]) -> list[str]:
    """No saga is forgotten: while one runs, a worker is asked for by the time it wants one.

    Args:
        sagas: Any sagas.
        due: When work on each saga can be claimed, by saga id; a lease under way counts as due
            when it ends.
    """
    found = []
    for saga in sagas:
        wanted, asked = next_due(saga), due.get(saga.id)
        if saga.status is SagaStatus.RUNNING and wanted is None:
            found.append(f"saga {saga.id} runs and waits for nothing")
        elif wanted is not None and asked is None:
            found.append(f"saga {saga.id} waits for {wanted}, but no work is scheduled")
    return found


def order_moves_on(
    order: Order,
    sagas: Iterable[SagaState],
    due: Collection[tuple[WorkKind, str]],
    *,
    lifecycle: Lifecycle = PROVISIONING,
) -> list[str]:
    """No order is stuck: where the next step is not a person's, something will make it.

    Args:
        order: The order.
        sagas: All of its sagas.
        due: Kind and subject of everything that is scheduled or leased.
        lifecycle: The table that rules.
    """
    found = []
    for timer in lifecycle.timeouts:
        named = (WorkKind.TIMER, timer_subject(order.id, timer.trigger))
        if timer.state == order.state and named not in due:
            found.append(f"{order.state}, but no timer to {timer.trigger} it is set")
    if order.state in _CHECKED and (WorkKind.VALIDATION, order.id) not in due:
        found.append(f"{order.state}, but nobody is asked to validate it")
    runs = [saga for saga in sagas if saga.status is SagaStatus.RUNNING]
    if order.state in _BUILT and FULFILMENT.name not in {saga.definition for saga in runs}:
        found.append(f"{order.state}, but no fulfilment is under way")
    return found


def active_items_were_mailed(order: Order, mailed: Iterable[Collection[ItemId]]) -> list[str]:
    """A customer has the credentials of everything that runs, once the order is fulfilled.

    Args:
        order: The order, with no delivery under way and none that an operator made by hand.
        mailed: The items in each mail that went out for the order.
    """
    if order.state != ProvisioningState.FULFILLED:
        return []
    sent = {item for items in mailed for item in items}
    return [
        f"item {item} is active and its credentials were never mailed"
        for item in order.items_in(*_STANDING)
        if item not in sent
    ]


def deliveries_were_mailed(
    history: Iterable[AuditRecord], mailed: Iterable[Collection[ItemId]]
) -> list[str]:
    """What an order says was delivered was in a mail.

    Args:
        history: The order's audit trail.
        mailed: The items in each mail that went out for the order.
    """
    sent = [frozenset(items) for items in mailed]
    events = (_event(record) for record in history if record.kind == "order.service-delivered")
    return [
        f"credentials of {sorted(event.items)} count as delivered, mailed were {sent}"
        for event in events
        if isinstance(event, ServiceDelivered) and not any(set(event.items) <= m for m in sent)
    ]


def events_published_once(
    published: Iterable[Envelope], history: tuple[AuditRecord, ...], *, complete: bool
) -> list[str]:
    """Consumers that drop repeats see each event of an order once and in order.

    Args:
        published: What arrived for this order, in order of arrival, repeats included.
        history: The order's audit trail.
        complete: Nothing is waiting in the outbox, so everything must have arrived.
    """
    first: dict[str, Envelope] = {}
    found = []
    for envelope in published:
        known = first.setdefault(envelope.id, envelope)
        if known != envelope:
            found.append(f"event {envelope.id} arrived with two contents")
    wanted = [record for record in history if not record.kind.startswith("saga.")]
    said = [(envelope.seq, envelope.type, envelope.data) for envelope in first.values()]
    recorded = [(record.seq, record.kind, record.data) for record in wanted]
    pairs = enumerate(zip_longest(said, recorded[: len(said)]), start=1)
    wrong = ((number, *pair) for number, pair in pairs if pair[0] != pair[1])
    for number, came, record in islice(wrong, 1):
        text = f"as event {number} arrived {_named(came)}, not {_named(record)}"
        same = _named(came) == _named(record)
        found.append(f"{_named(came)} arrived with other data than is recorded" if same else text)
    if complete and len(said) < len(recorded):
        found.append(f"only {len(said)} of {len(recorded)} events arrived")
    return found


def _bank_overdrawn(order: Order) -> list[str]:
    """No bank takes more of a payment than came, or gives more back; nothing is paid after it."""
    taken = _entries(order, EntryKind.CHARGED_BACK)
    if not taken:
        return []
    came, found = arrived(order.ledger), []
    for payment, amount in taken_by_bank(order.ledger).items():
        most = came.get(payment, Money.zero(order.currency))
        if amount.is_negative or amount > most:
            found.append(f"the bank took {amount} of payment {payment}, which was {most}")
    for kind in (EntryKind.CHARGED_BACK, EntryKind.WON_BACK):
        keys = [entry.key for entry in _entries(order, kind)]
        found += [f"{kind} twice under {key}" for key in sorted(_twice(keys))]
    for number, entry in enumerate(order.ledger):
        if entry.kind is EntryKind.REFUND_REQUESTED:
            left = balance(order.ledger[:number], currency=order.currency).refundable
            if entry.amount > left:
                found.append(f"{entry.amount} asked back under {entry.key}, {left} was there")
    return found


def _event(record: AuditRecord) -> Event:
    event = cast("Event", decode_any(record.data))
    if not isinstance(event, OrderCreated) or record.personal is None:
        return event
    known = json.loads(record.personal)
    sale = event.sale
    if sale is not None and "deliver_to" in known:
        sale = evolve(sale, deliver_to=from_plain(Recipient, known["deliver_to"]))
    return evolve(event, customer=known["customer"], sale=sale)


def _as_far_as_known(order: Order, rebuilt: Order) -> Order:
    """Return the row without what was erased from the trail."""
    if rebuilt.customer:
        return order
    sale = evolve(order.sale, deliver_to=None) if order.sale else None
    return evolve(order, customer="", sale=sale)


def _named(event: tuple[int, str, str] | None) -> str:
    return "one of the audit trail" if event is None else f"{event[1]} no. {event[0]}"


def _differ(one: Order, other: Order, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _entries(order: Order, kind: EntryKind) -> list[LedgerEntry]:
    return [entry for entry in order.ledger if entry.kind is kind]


def _sum(order: Order, entries: Iterable[LedgerEntry]) -> Money:
    return Money.total((entry.amount for entry in entries), currency=order.currency)


def _twice(keys: list[str]) -> set[str]:
    return {key for key in keys if keys.count(key) > 1}


def _provision_key(saga: SagaId, item: ItemId) -> str:
    return call_key(saga, item, PROVISION, forward=True)
