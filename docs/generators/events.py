"""What happens to an order and is told: event types, fields, routing, envelope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import get_args

from attrs import fields, fields_dict

from generators.docstrings import attribute_notes, first_sentence
from generators.markdown import section, table
from generators.source import LIBRARY, said
from ordercore.domain.orders import ITEM_EVENT_TYPES, Event, ItemState, Repriced, events
from ordercore.domain.orders.lifecycles import PROVISIONING, RETAIL
from ordercore.domain.orders.sale_events import SALE_EVENT_TYPES
from ordercore.domain.processes import ORDER_EVENTS, PROVISIONING_ROUTES, RETAIL_ROUTES
from ordercore.domain.processes.following import AUDITED
from ordercore.engine.lifecycle import Lifecycle
from ordercore.engine.messaging import Envelope, RoutingMatrix, as_cloudevent, event_id
from ordercore.engine.saga import NoteKind
from ordercore.kernel.ids import TenantId

__all__ = ["page"]

_INTRODUCTION = f"""\
# Events

Everything that changes an order is an event: the order is the fold of its events, each is one
record of the audit trail, and all but the `saga.` ones leave through the outbox to the topic
`{ORDER_EVENTS}`, with the order id as key. Types and shapes are public: a change needs an upcaster.
"""

_TRANSITIONS = """\
One type per trigger of a lifecycle, whatever state it was pulled in. The body is `Transitioned`,
that of a creation `OrderCreated`.
"""

_ROUTING = """\
Who hears of an event is said by the matrix of its order's kind. Both are data,
`ProvisioningRules(routes=...)` for services and `RetailRules(routes=...)` for goods; a type that a
matrix does not list goes where its last row says.
"""

_ENVELOPE = """\
Every event travels as a CloudEvents 1.0 event (`ordercore.engine.messaging.as_cloudevent`).
Delivery is at least once and in order per order; `source` and `id` identify an event for good, so
consumers deduplicate by them. Numbers in `sequence` may have gaps. An attribute without a value is
left out, never empty.
"""

_MEANING = {
    "specversion": "version of CloudEvents",
    "id": "order id and position of the event in the order's history",
    "source": "the publishing service, stated by the host",
    "type": "what happened, from the tables on this page",
    "subject": "order id",
    "time": "when it happened, UTC",
    "datacontenttype": "always `application/json`",
    "partitionkey": "order id: events of one order stay in order",
    "sequence": "the position, ten digits, so that text sorts like numbers",
    "tenantid": "tenant",
    "correlationid": "the request that led to it; left out where the caller named none, and for "
    "what workers do",
    "causationid": "id of the event it follows from, recorded at the same moment; left out where "
    "it is itself what others follow from",
    "data": "the event's own fields; personal ones are left out",
}

_SERVICES, _GOODS, _BOTH = "services", "goods", "both"

_POSTED = {
    "payment.requested": "the price is about to be asked for",
    "payment.authorized": "the provider holds the money, or has taken it where that is one step",
    "payment.declined": "the provider said no",
    "payment.lapsed": "an attempt to pay came to nothing, or held money is held no longer",
    "payment.capture-requested": "held money is about to be taken",
    "payment.captured": "the money of a capture has arrived",
    "payment.capture-declined": "a capture will not come",
    "payment.void-requested": "what is held and not needed is about to be let go",
    "payment.voided": "it was let go",
    "payment.void-declined": "there was nothing left to let go",
    "payment.cash-received": "the customer paid whoever brought the parcel",
    "payment.charged-back": "the bank took a payment, or a part of it, back",
    "payment.dispute-won": "what the bank had taken back is here again",
    "billing.refund-requested": "a refund was reserved and is on its way",
    "billing.refund-settled": "a refund has arrived",
    "billing.refund-returned": "a refund that had arrived came back; it is paid once more",
    "order.late-payment-received": "money came for an order already ended; it goes straight back",
}

_FIXED: Mapping[type, tuple[str, str]] = {
    events.ServiceDelivered: ("order.service-delivered", _SERVICES),
    events.RedeliveryRequested: ("order.redelivery-requested", _SERVICES),
    events.Withdrawn: ("order.withdrawn", _SERVICES),
    Repriced: ("order.repriced", _GOODS),
    **{kind: (name, _GOODS) for kind, name in SALE_EVENT_TYPES.items()},
    events.OperatorTaskDone: ("order.operator-task-done", _BOTH),
}
"""Events whose type is always the same, with the orders to which they happen."""

_SEVERAL = frozenset({events.Transitioned, events.Posted, events.ItemProgressed, events.Overdue})
"""Events that come under several types."""

_CREATED, _IN_SAGAS = events.OrderCreated, frozenset({events.SagaStarted, events.SagaNoted})


def page() -> str:
    """Return the page: types, routing, envelope, fields."""
    return "\n".join(
        [
            _INTRODUCTION,
            section(2, "Transitions"),
            _TRANSITIONS,
            table(("type", "trigger of services", "trigger of goods"), _transitions()),
            section(2, "Items, money and delivery"),
            table(("type", "when", "orders of", "body"), _others()),
            section(2, "Inside a saga"),
            "For the audit trail only; these are not published.\n",
            table(("type",), [("`saga.started`",), *_notes()]),
            section(2, "Routing"),
            _ROUTING,
            section(3, "Orders of services"),
            _routing(PROVISIONING_ROUTES),
            section(3, "Orders of goods"),
            _routing(RETAIL_ROUTES),
            section(2, "Envelope"),
            _ENVELOPE,
            table(("attribute", "example", "meaning"), _envelope()),
            section(2, "Fields"),
            *(_fields(kind) for kind in get_args(Event)),
        ]
    )


def _transitions() -> Iterator[tuple[str, str, str]]:
    services, goods = _pulled(PROVISIONING), _pulled(RETAIL)
    for name in dict.fromkeys((*services, *goods)):
        yield f"`{name}`", ", ".join(services.get(name, ())), ", ".join(goods.get(name, ()))


def _pulled(lifecycle: Lifecycle) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {"order.created": ["(creation)"]}
    for row in lifecycle.rows:
        triggers = told.setdefault(row.emits or f"order.{row.trigger}", [])
        if f"`{row.trigger}`" not in triggers:
            triggers.append(f"`{row.trigger}`")
    return told


def _others() -> Iterator[tuple[str, str, str, str]]:
    """Yield what is no transition.

    Raises:
        ValueError: there is an event of which nothing is said here.
    """
    silent = set(get_args(Event)) - _FIXED.keys() - _SEVERAL - _IN_SAGAS - {_CREATED}
    if silent:
        raise ValueError(f"say here of which orders these are: {sorted(map(str, silent))}")
    for state, name in ITEM_EVENT_TYPES.items():
        kind = _GOODS if state in (ItemState.PICKED, ItemState.CANCELLED) else _SERVICES
        yield f"`{name}`", f"an item became `{state}`", kind, "`ItemProgressed`"
    for name, kind in _posted().items():
        yield f"`{name}`", _POSTED[name], kind, "`Posted`"
    for event, (name, kind) in _FIXED.items():
        yield f"`{name}`", _plain(event), kind, f"`{event.__name__}`"
    late = _plain(events.Overdue)
    yield "`order.overdue`", late, _BOTH, "`Overdue`"
    yield "`order.needs-operator`", f"{late}, and an operator is asked", _BOTH, "`Overdue`"


def _posted() -> dict[str, str]:
    """Return the types of what is posted to the ledger, with the orders to which it happens.

    Raises:
        ValueError: the source and the table here do not name the same types.
    """
    parts: dict[str, set[str]] = defaultdict(set)
    for each in said(LIBRARY, "Posted", "type"):
        parts[each.words["type"]].add(each.module.split(".")[3])
    if parts.keys() != _POSTED.keys():
        raise ValueError(f"posted and not said here, or the reverse: {parts.keys() ^ _POSTED}")
    of = {frozenset({"provisioning"}): _SERVICES, frozenset({"retail"}): _GOODS}
    return {name: of.get(frozenset(parts[name]), _BOTH) for name in _POSTED}


def _plain(kind: type) -> str:
    text = first_sentence(kind).rstrip(".")
    return text[0].lower() + text[1:]


def _notes() -> list[tuple[str]]:
    return [(f"`saga.{kind.replace('_', '-')}`",) for kind in NoteKind if kind in AUDITED]


def _routing(matrix: RoutingMatrix) -> str:
    named = [(f"`{name}`", matrix.routes(name)) for name in matrix.rows]
    rows = [*named, ("every other type", matrix.routes(""))]
    return table(
        ("type", *matrix.consumers),
        (
            (name, *("x" if consumer in targets else "" for consumer in matrix.consumers))
            for name, targets in rows
        ),
    )


def _envelope() -> list[tuple[str, str, str]]:
    event = Envelope(
        id=event_id("order-7", 3),
        type="order.awaiting-payment",
        tenant=TenantId("tenant-1"),
        stream="order-7",
        seq=3,
        at=datetime(2026, 1, 5, 12, tzinfo=UTC),
        correlation_id="request-9",
        causation_id=event_id("order-7", 1),
        data="{}",
    )
    shown = as_cloudevent(event)
    return [(f"`{name}`", f"`{value}`", _MEANING[name]) for name, value in shown.items()]


def _fields(kind: type) -> str:
    notes = attribute_notes(kind)
    rows = (
        (f"`{field.name}`", f"`{fields_dict(kind)[field.name].type}`", notes.get(field.name, ""))
        for field in fields(kind)
    )
    return "\n".join(
        [
            section(3, f"`{kind.__name__}`"),
            f"{first_sentence(kind)}\n",
            table(("field", "type", "meaning"), rows),
        ]
    )
