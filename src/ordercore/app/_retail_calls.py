"""Make the outside calls about the goods of retail orders: warehouse, carrier, papers, letters.

Each function translates one step into one port, and the port's answer into an outcome with what its
undo, or the order, has to remember. Documents are numbered here too: the next number is asked for,
and taken by the batch that records the answer.
"""

from __future__ import annotations

from ordercore.app._reply import Reply
from ordercore.codec import canonical_json
from ordercore.domain.billing import NumberFormat
from ordercore.domain.fulfilment import DeliveryWindow, PackedUnits, Parcel, hold_exactly
from ordercore.domain.orders import ItemState, Order, Sale
from ordercore.domain.processes import retail
from ordercore.engine.saga import (
    Call,
    CallKind,
    Failed,
    Rejected,
    Succeeded,
    Unclear,
    recall,
)
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    Document,
    HandOver,
    Labelled,
    LabelOutcome,
    LabelRequest,
    Letter,
    LetterKind,
    LetterLine,
    Notification,
    NotPacked,
    Packed,
    PackOutcome,
    PackRequest,
    Picked,
    PickOutcome,
    PickRequest,
    Ports,
)

__all__ = [
    "hand_over",
    "invoice",
    "label",
    "note_credit",
    "pack",
    "pick",
    "send",
]

_LABEL = "label"


async def pick(ports: Ports, order: Order, call: Call) -> Reply:
    """Have a line picked, or put back."""
    if not call.forward:
        back = await ports.warehouse.put_back(order.tenant, key=call.key, pick_key=call.effect_key)
        return Reply(outcome=back)
    item = order.item(call.branch)
    if call.kind is CallKind.FIND:
        outcome: PickOutcome = await ports.warehouse.find_pick(order.tenant, call.key)
    else:
        outcome = await ports.warehouse.pick(
            PickRequest(
                key=call.key,
                attempt=call.attempt,
                tenant=order.tenant,
                order_id=order.id,
                item=item.id,
                sku=item.snapshot.product_type,
                quantity=item.quantity,
            )
        )
    if not isinstance(outcome, Picked):
        return Reply(outcome=outcome)
    if outcome.result.picked + outcome.result.missing != item.quantity:
        return Reply(outcome=Unclear(reason="the pick tells of other units than were asked for"))
    if outcome.result.complete:
        return Reply(outcome=Succeeded())
    missing = f"{outcome.result.missing} of {item.quantity} are not on the shelf"
    return Reply(outcome=Failed(code="short_pick", reason=missing))


async def pack(ports: Ports, order: Order, call: Call) -> Reply:
    """Have what was picked looked at and packed."""
    contents = tuple(
        PackedUnits(item=item.id, quantity=item.quantity)
        for item in order.items
        if item.state is ItemState.PICKED
    )
    if call.kind is CallKind.FIND:
        outcome: PackOutcome = await ports.warehouse.find_pack(order.tenant, call.key)
    else:
        outcome = await ports.warehouse.pack(
            PackRequest(
                key=call.key,
                attempt=call.attempt,
                tenant=order.tenant,
                order_id=order.id,
                contents=contents,
            )
        )
    if isinstance(outcome, NotPacked):
        defects = "; ".join(defect.reason for defect in outcome.check.defects)
        return Reply(outcome=Failed(code="defects", reason=defects))
    if not isinstance(outcome, Packed):
        return Reply(outcome=outcome)
    if not hold_exactly(outcome.parcels, contents):
        return Reply(outcome=Unclear(reason="the parcels hold other units than were asked for"))
    boxes = [
        [parcel.id, parcel.weight_g, [[units.item, units.quantity] for units in parcel.contents]]
        for parcel in outcome.parcels
    ]
    return Reply(outcome=Succeeded(memory=((retail.BOXES, canonical_json(boxes)),)))


async def label(ports: Ports, order: Order, call: Call) -> Reply:
    """Announce the parcels, or take the label back."""
    if not call.forward:
        void = await ports.carrier.void_label(
            order.tenant,
            key=call.key,
            label_key=call.effect_key,
            label=recall(call.memory, _LABEL),
        )
        return Reply(outcome=void)
    outcome: LabelOutcome
    if call.kind is CallKind.FIND:
        outcome = await ports.carrier.find_label(order.tenant, call.key)
    else:
        recipient = _sale(order).deliver_to
        if recipient is None:
            return Reply(outcome=Rejected(code="no_recipient", reason="the address was erased"))
        outcome = await ports.carrier.label(
            LabelRequest(
                key=call.key,
                attempt=call.attempt,
                tenant=order.tenant,
                order_id=order.id,
                service=ports.retail.handling.service,
                name=recipient.name,
                address=recipient.address,
                parcels=_parcels(_sale(order)),
            )
        )
    if not isinstance(outcome, Labelled):
        return Reply(outcome=outcome)
    memory = ((retail.TRACKING, outcome.tracking), (_LABEL, outcome.label))
    return Reply(outcome=Succeeded(memory=memory))


async def invoice(ports: Ports, order: Order, call: Call) -> Reply:
    """Ask for the next invoice number; the batch that records the answer takes it."""
    return await _number(ports, order, ports.retail.invoice_numbers)


async def note_credit(ports: Ports, order: Order, call: Call) -> Reply:
    """Ask for the next number of a credit note; likewise."""
    return await _number(ports, order, ports.retail.credit_note_numbers)


async def hand_over(ports: Ports, order: Order, call: Call) -> Reply:
    """Give the parcels to the carrier, once there is an invoice."""
    if call.kind is CallKind.FIND:
        return Reply(outcome=await ports.carrier.find_hand_over(order.tenant, call.key))
    sale = _sale(order)
    if sale.invoice is None:
        return Reply(outcome=Failed(code="no_invoice", reason="goods leave with their invoice"))
    request = HandOver(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        label_key=sale.label_key,
        tracking=sale.tracking,
    )
    return Reply(outcome=await ports.carrier.hand_over(request))


async def send(ports: Ports, order: Order, call: Call) -> Reply:
    """Write to the customer, unless there is nothing to write about any more."""
    about = recall(call.data, retail.LETTER_KIND) or ""
    if retail.is_overtaken(about, order.state):
        return Reply(outcome=Succeeded(memory=((retail.UNSENT, f"the order is {order.state}"),)))
    if about not in tuple(LetterKind):
        notification = Notification(
            key=call.key,
            tenant=order.tenant,
            order_id=order.id,
            kind=about,
            recipient=order.customer,
            text=_text(order, about),
        )
        return Reply(outcome=await ports.notifications.send(notification))
    letter = await _letter(ports, order, call, about)
    if isinstance(letter, Refusal):
        return Reply(outcome=Rejected(code=letter.code, reason=letter.reason))
    if about == LetterKind.AWAITING_PAYMENT and letter.pay_at is None:
        return Reply(outcome=Failed(code="no_page", reason="there is no page to pay on yet"))
    return Reply(outcome=await ports.letters.send(letter))


def _text(order: Order, about: str) -> str:
    if about == retail.LOWERED:
        back = order.balance.outstanding.is_positive
        sent = "; the difference is on its way back" if back else ""
        return f"Order {order.reference} now costs {order.total}{sent}"
    if about == retail.EXPIRED:
        return (
            f"Order {order.reference} was cancelled: your payment was held for us for a time that "
            "ended before the goods were packed; nothing was charged"
        )
    return f"Order {order.reference}: your payment arrived too late and is on its way back"


async def _number(ports: Ports, order: Order, numbers: NumberFormat) -> Reply:
    year = ports.retail.handling.calendar.local_date(ports.clock.now()).year
    series = numbers.series(seller=ports.retail.series, year=year)
    seq = await ports.numbers.next(order.tenant, series)
    memory = ((retail.SEQ, str(seq)), (retail.YEAR, str(year)))
    return Reply(outcome=Succeeded(memory=memory))


async def _letter(ports: Ports, order: Order, call: Call, about: str) -> Letter | Refusal:
    sale = _sale(order)
    documents = _enclosed(order, about)
    if isinstance(documents, Refusal):
        return documents
    attempt = order.balance.open_attempt
    page = await ports.gateway.page(order.tenant, attempt.key) if attempt else None
    arrival: DeliveryWindow | None = None
    if sale.arrives_from is not None and sale.arrives_by is not None:
        arrival = DeliveryWindow(earliest=sale.arrives_from, latest=sale.arrives_by)
    return Letter(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        kind=LetterKind(about),
        recipient=order.customer,
        name=sale.deliver_to.name if sale.deliver_to else "",
        reference=order.reference,
        lines=tuple(
            LetterLine(name=item.snapshot.name, quantity=item.quantity, amount=item.price)
            for item in order.open_items
        ),
        total=order.total,
        pay_at=page.url if page else None,
        pay_by=page.expires_at if page else None,
        arrival=arrival,
        tracking=sale.tracking or None,
        documents=documents,
    )


def _enclosed(order: Order, about: str) -> tuple[Document, ...] | Refusal:
    """Return what goes with a letter: whoever is told that goods have left gets their invoice."""
    if about != LetterKind.SHIPPED:
        return ()
    invoice = retail.invoice_of(order)
    return invoice if isinstance(invoice, Refusal) else (invoice,)


def _sale(order: Order) -> Sale:
    assert order.sale is not None, "only an order of goods has these sagas"
    return order.sale


def _parcels(sale: Sale) -> tuple[Parcel, ...]:
    return tuple(
        Parcel(
            id=box.id,
            weight_g=box.weight_g,
            contents=tuple(
                PackedUnits(item=item, quantity=pieces) for item, pieces in box.contents
            ),
        )
        for box in sale.boxes
    )
