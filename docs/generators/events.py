"""What happens to an order and is told: event types, fields, routing, envelope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from attrs import fields, fields_dict

from generators.docstrings import attribute_notes, first_sentence
from generators.markdown import section, table
from ordercore.domain.orders import ITEM_EVENT_TYPES, Event
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.processes import ORDER_EVENTS, PROVISIONING_ROUTES
from ordercore.domain.processes.following import AUDITED
from ordercore.engine.messaging import Envelope, as_cloudevent, event_id
from ordercore.engine.saga import NoteKind
from ordercore.kernel.ids import TenantId

__all__ = ["page"]

_INTRODUCTION = f"""\
# Events

Everything that changes an order is an event: the order is the fold of its events, each is one
record of the audit trail, and all but the `saga.` ones leave through the outbox to the topic
`{ORDER_EVENTS}`, with the order id as key. Types and shapes are public: a change needs an upcaster.
"""

_ROUTING = """\
Who hears of an event. The matrix is data, `ProvisioningRules(routes=...)`; a type it does not list
goes where the last row says.
"""

_ENVELOPE = """\
Every event travels as a CloudEvents 1.0 event (`ordercore.engine.messaging.as_cloudevent`).
Delivery is at least once and in order per order; `source` and `id` identify an event for good, so
consumers deduplicate by them. Numbers in `sequence` may have gaps.
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
    "correlationid": "the request that led to it, as the caller named it; may be empty",
    "data": "the event's own fields; personal ones are left out",
}

_POSTED = {
    "billing.refund-requested": "a refund was reserved and is on its way",
    "billing.refund-settled": "a refund has arrived",
    "billing.refund-returned": "a refund that had arrived came back; it is paid once more",
    "payment.charged-back": "the bank took a payment, or a part of it, back",
    "payment.dispute-won": "what the bank had taken back is here again",
    "order.late-payment-received": "money came for an order already ended; it goes straight back",
}


def page() -> str:
    """Return the page: types, routing, envelope, fields."""
    return "\n".join(
        [
            _INTRODUCTION,
            section(2, "Transitions"),
            "One type per trigger of the lifecycle, whatever state it was pulled in.\n",
            table(("type", "trigger"), _transitions()),
            section(2, "Items, money and delivery"),
            table(("type", "when"), _others()),
            section(2, "Inside a saga"),
            "For the audit trail only; these are not published.\n",
            table(("type",), [("`saga.started`",), *_notes()]),
            section(2, "Routing"),
            _ROUTING,
            _routing(),
            section(2, "Envelope"),
            _ENVELOPE,
            table(("attribute", "example", "meaning"), _envelope()),
            section(2, "Fields"),
            *(_fields(kind) for kind in get_args(Event)),
        ]
    )


def _transitions() -> list[tuple[str, str]]:
    told: dict[str, list[str]] = {"order.created": ["(creation)"]}
    for row in PROVISIONING.rows:
        triggers = told.setdefault(row.emits or f"order.{row.trigger}", [])
        if f"`{row.trigger}`" not in triggers:
            triggers.append(f"`{row.trigger}`")
    return [(f"`{name}`", ", ".join(triggers)) for name, triggers in told.items()]


def _others() -> list[tuple[str, str]]:
    items = [(f"`{name}`", f"an item became `{state}`") for state, name in ITEM_EVENT_TYPES.items()]
    money = [(f"`{name}`", text) for name, text in _POSTED.items()]
    return [
        *items,
        *money,
        ("`order.service-delivered`", "the access data went out, for the first time or again"),
        ("`order.redelivery-requested`", "somebody asked that the access data be sent again"),
    ]


def _notes() -> list[tuple[str]]:
    return [(f"`saga.{kind.replace('_', '-')}`",) for kind in NoteKind if kind in AUDITED]


def _routing() -> str:
    matrix = PROVISIONING_ROUTES
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
        type="order.payment-confirmed",
        tenant=TenantId("tenant-1"),
        stream="order-7",
        seq=3,
        at=datetime(2026, 1, 5, 12, tzinfo=UTC),
        correlation_id="request-9",
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
