"""Make the calls about the money of retail orders: authorise, capture, let go, and find out.

Undoing is never taken on trust: what may have been taken before it was let go is looked up, and
what is not clear stays so until somebody knows.
"""

from __future__ import annotations

from ordercore.app._reply import Reply
from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.domain.orders import Order, Sale
from ordercore.domain.payments import PAYMENT_KINDS, EntryKind, LedgerEntry, PaymentToken
from ordercore.domain.processes import retail
from ordercore.engine.saga import (
    Absent,
    Accepted,
    Call,
    CallKind,
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
    Ports,
    VoidRequest,
)

__all__ = [
    "authorise",
    "capture",
    "outlived_token",
    "release",
    "seal_token",
]

_TOKEN = ItemId("payment-token")
"""Under this name the token of the newest attempt is kept sealed with the order."""

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


def outlived_token(order: Order, attempt_key: str) -> ItemId | None:
    """Return the name of the token of an attempt that is over.

    None when a newer attempt has put its own token in its place.
    """
    newest = order.balance.attempts[-1].key if order.balance.attempts else attempt_key
    return _TOKEN if newest == attempt_key else None


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
    removed = outlived_token(order, call.effect_key)
    if not PAYMENT_KINDS[_sale(order).payment].sale:
        # What was captured by a call of its own is found and paid back by that call's undo.
        return Reply(outcome=Succeeded(), removed=removed)
    # Nothing can be taken any more; but it may have been, before we said so.
    found = await ports.gateway.find(order.tenant, call.effect_key)
    return Reply(outcome=_found_or_not(found), removed=removed)


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


def _sale(order: Order) -> Sale:
    assert order.sale is not None, "only an order of goods has these sagas"
    return order.sale


def _entry(order: Order, kind: EntryKind, key: str) -> LedgerEntry | None:
    found = (entry for entry in order.ledger if entry.kind is kind and entry.key == key)
    return next(found, None)


def _reference(order: Order, attempt_key: str) -> str | None:
    granted = _entry(order, EntryKind.AUTHORISED, attempt_key)
    return granted.reference if granted else None
