"""Make the outside calls of the sagas of retail orders: gateway, warehouse, carrier, letters.

Each function translates one step into one port, and the port's answer into an outcome with what its
undo, or the order, has to remember. Documents are numbered here too: the next number is asked for,
and taken by the batch that records the answer.
"""

from __future__ import annotations

from ordercore.app._reply import Reply
from ordercore.codec import canonical_json
from ordercore.domain.billing import NumberFormat
from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.domain.fulfilment import DeliveryWindow, PackedUnits, Parcel
from ordercore.domain.orders import ItemState, Order, Sale
from ordercore.domain.orders.lifecycles import RetailState
from ordercore.domain.payments import PAYMENT_KINDS, EntryKind, LedgerEntry, PaymentToken
from ordercore.domain.processes import retail
from ordercore.engine.saga import (
    Absent,
    Accepted,
    Call,
    CallKind,
    Failed,
    Outcome,
    Rejected,
    Succeeded,
    recall,
)
from ordercore.kernel.ids import ItemId
from ordercore.ports import (
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
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
    VoidRequest,
)

__all__ = [
    "authorise",
    "capture",
    "hand_over",
    "invoice",
    "label",
    "note_credit",
    "pack",
    "pick",
    "release",
    "seal_token",
    "send",
]

_TOKEN = ItemId("payment-token")
"""Under this name the token of the newest attempt is kept sealed with the order."""

_LABEL = "label"
_TAKEN = "already_captured"
"""What a gateway answers when there is nothing left to let go."""


async def seal_token(
    ports: Ports, order: Order, token: PaymentToken | None
) -> SealedCredentials | None:
    """Return the token as it may be stored until the provider has answered."""
    if token is None:
        return None
    return await ports.sealer.seal(
        Credentials(values={"token": token.value}),
        tenant=order.tenant,
        order_id=order.id,
        item=_TOKEN,
        resource=order.reference,
    )


async def authorise(ports: Ports, order: Order, call: Call) -> Reply:
    """Ask for the money, find out whether it is there, or let it go."""
    if call.forward:
        if call.kind is CallKind.FIND:
            outcome: Outcome = await ports.gateway.find(order.tenant, call.key)
        else:
            outcome = await ports.gateway.authorise(await _authorisation(ports, order, call))
        if isinstance(outcome, Accepted) and _is_called_off(order, call.key):
            outcome = Absent()  # nobody waits for the page any more: it is let go, not watched
        settled = isinstance(outcome, (Succeeded, Rejected))
        return Reply(outcome=outcome, removed=_TOKEN if settled else None)
    return await _let_go(ports, order, call)


async def _let_go(ports: Ports, order: Order, call: Call) -> Reply:
    let_go = await ports.gateway.void(
        VoidRequest(
            key=call.key,
            tenant=order.tenant,
            order_id=order.id,
            authorisation_key=call.effect_key,
            reference=recall(call.memory, retail.REFERENCE),
        )
    )
    taken = isinstance(let_go, Rejected) and let_go.code == _TAKEN
    if not isinstance(let_go, Succeeded) and not taken:
        return Reply(outcome=let_go)
    newest = order.balance.attempts[-1].key if order.balance.attempts else call.effect_key
    removed = _TOKEN if newest == call.effect_key else None
    if not PAYMENT_KINDS[_sale(order).payment].sale:
        # What was captured by a call of its own is found and paid back by that call's undo.
        return Reply(outcome=Succeeded(), removed=removed)
    # Nothing can be taken any more; but it may have been, before we said so.
    found = await ports.gateway.find(order.tenant, call.effect_key)
    return Reply(outcome=_found_or_not(found), removed=removed)


def _found_or_not(found: GatewayOutcome) -> Outcome:
    """Return the outcome of an undo that looked whether money was taken; unclear stays unclear."""
    if isinstance(found, Succeeded):
        return Succeeded(memory=((retail.FOUND, "captured"), *found.memory))
    return Succeeded() if isinstance(found, (Absent, Rejected)) else found


def _is_called_off(order: Order, attempt_key: str) -> bool:
    return any(
        entry.kind is EntryKind.VOID_REQUESTED and entry.source == attempt_key
        for entry in order.ledger
    )


async def capture(ports: Ports, order: Order, call: Call) -> Reply:
    """Take what was requested, or find out whether it was taken; nothing where nothing was."""
    entry = _entry(order, EntryKind.CAPTURE_REQUESTED, call.effect_key)
    if entry is None:
        return Reply(outcome=Succeeded())
    if not call.forward:
        return Reply(outcome=_found_or_not(await ports.gateway.find(order.tenant, entry.key)))
    if call.kind is CallKind.FIND:
        return Reply(outcome=await ports.gateway.find(order.tenant, call.key))
    request = CaptureRequest(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        authorisation_key=entry.source,
        amount=entry.amount,
        reference=_reference(order, entry.source),
    )
    return Reply(outcome=await ports.gateway.capture(request))


async def release(ports: Ports, order: Order, call: Call) -> Reply:
    """Let go of what is held and not needed; nothing where nothing is."""
    entry = _entry(order, EntryKind.VOID_REQUESTED, call.key)
    if entry is None:
        return Reply(outcome=Succeeded())
    request = VoidRequest(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        authorisation_key=entry.source,
        reference=_reference(order, entry.source),
    )
    return Reply(outcome=await ports.gateway.void(request))


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
    if outcome.result.complete:
        return Reply(outcome=Succeeded())
    missing = f"{outcome.result.missing} of {item.quantity} are not on the shelf"
    return Reply(outcome=Failed(code="short_pick", reason=missing))


async def pack(ports: Ports, order: Order, call: Call) -> Reply:
    """Have what was picked looked at and packed."""
    if call.kind is CallKind.FIND:
        outcome: PackOutcome = await ports.warehouse.find_pack(order.tenant, call.key)
    else:
        contents = tuple(
            PackedUnits(item=item.id, quantity=item.quantity)
            for item in order.items
            if item.state is ItemState.PICKED
        )
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
    if about == LetterKind.AWAITING_PAYMENT and order.state != RetailState.AWAITING_PAYMENT:
        return Reply(outcome=Succeeded(memory=((retail.UNSENT, "no longer awaited"),)))
    if about not in tuple(LetterKind):
        notification = Notification(
            key=call.key,
            tenant=order.tenant,
            order_id=order.id,
            kind=about,
            recipient=order.customer,
            text=f"Order {order.reference}: your payment arrived too late and is on its way back",
        )
        return Reply(outcome=await ports.notifications.send(notification))
    letter = await _letter(ports, order, call, about)
    if about == LetterKind.AWAITING_PAYMENT and letter.pay_at is None:
        return Reply(outcome=Failed(code="no_page", reason="there is no page to pay on yet"))
    return Reply(outcome=await ports.letters.send(letter))


async def _authorisation(ports: Ports, order: Order, call: Call) -> AuthoriseRequest:
    entry = _entry(order, EntryKind.AUTHORISATION_REQUESTED, call.key)
    assert entry is not None, "an attempt is recorded before it is made"
    token: PaymentToken | None = None
    for sealed in await ports.vault.of_order(order.tenant, order.id):
        if sealed.item == _TOKEN:
            token = PaymentToken((await ports.sealer.open(sealed)).values["token"])
    return AuthoriseRequest(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        kind=_sale(order).payment,
        amount=entry.amount,
        token=token,
    )


async def _number(ports: Ports, order: Order, numbers: NumberFormat) -> Reply:
    year = ports.retail.handling.calendar.local_date(ports.clock.now()).year
    series = numbers.series(seller=ports.retail.series, year=year)
    seq = await ports.numbers.next(order.tenant, series)
    memory = ((retail.SEQ, str(seq)), (retail.YEAR, str(year)))
    return Reply(outcome=Succeeded(memory=memory))


async def _letter(ports: Ports, order: Order, call: Call, about: str) -> Letter:
    sale = _sale(order)
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
    )


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


def _entry(order: Order, kind: EntryKind, key: str) -> LedgerEntry | None:
    found = (entry for entry in order.ledger if entry.kind is kind and entry.key == key)
    return next(found, None)


def _reference(order: Order, attempt_key: str) -> str | None:
    granted = _entry(order, EntryKind.AUTHORISED, attempt_key)
    return granted.reference if granted else None
