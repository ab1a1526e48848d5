"""A law of the money of services: an order keeps what its customer owes for it, and nothing else.

As with the other laws it returns the violations it finds, in words. It reckons anew from prices and
days, and does not ask the refunds that were made how they came about.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.codec import decode
from ordercore.domain.orders import ItemProgressed, ItemState, Order
from ordercore.domain.orders.lifecycles import ProvisioningState as S
from ordercore.domain.payments import EntryKind
from ordercore.engine.audit import AuditRecord
from ordercore.kernel.allocate import allocate
from ordercore.kernel.money import Money

__all__ = ["services_keep_their_price"]

_UNSOLD = frozenset({S.DRAFT, S.CANCELLED, S.FAILED})
_ACTIVE = "order.item-active"
_ENDS = frozenset({"order.cancelled", "order.withdrawn"})
_SHORTEST_MONTH = 28


def services_keep_their_price(order: Order, history: tuple[AuditRecord, ...]) -> list[str]:
    """What was paid and kept is the price of what runs; for what came to nothing it went back.

    Where a customer wanted the service at once, the days it ran until they withdrew may be kept on
    top, reckoned generously: a day more, of the shortest month.

    Args:
        order: An order of services at rest; of one whose payments a bank took back or gave back
            only an end without anything is judged, the rest is for a person.
        history: Its audit trail.
    """
    kept = order.balance.refundable
    least = Money.zero(order.currency) if order.state in _UNSOLD else _price_of_what_runs(order)
    if least is None:
        return []
    most = least + _used(order, history)
    if least <= kept <= most:
        return []
    allowed = str(least) if least == most else f"{least} to {most}"
    return [f"{order.state}, and {kept} of its money is kept, not {allowed}"]


def _price_of_what_runs(order: Order) -> Money | None:
    """Return the shares of the active items in what was paid; None while that is a person's."""
    kinds = {entry.kind for entry in order.ledger}
    if order.state != S.FULFILLED or kinds & {EntryKind.CHARGED_BACK, EntryKind.WON_BACK}:
        return None
    paid = order.total - _let_go(order)
    shares = allocate(paid, [item.price.amount_minor for item in order.items])
    active = (
        share
        for item, share in zip(order.items, shares, strict=True)
        if item.state is ItemState.ACTIVE
    )
    return Money.total(active, currency=order.currency)


def _let_go(order: Order) -> Money:
    """Return what was missing and let go when the payment came that stands."""
    let_go = Money.zero(order.currency)
    for entry in order.ledger:
        if entry.kind is EntryKind.CONFIRMED:
            let_go = Money.zero(order.currency)
        elif entry.kind is EntryKind.WRITTEN_OFF:
            let_go = entry.amount
    return let_go


def _used(order: Order, history: tuple[AuditRecord, ...]) -> Money:
    """Return the most that may be kept for days on which items ran that were cancelled."""
    ends = [record.at for record in history if record.kind in _ENDS]
    if not order.express_request or not ends:
        return Money.zero(order.currency)
    used = (_days_of(order, record, max(ends)) for record in history if record.kind == _ACTIVE)
    return Money.total(used, currency=order.currency)


def _days_of(order: Order, began: AuditRecord, end: datetime) -> Money:
    price = order.item(decode(ItemProgressed, began.data).item).price
    days = max((end - began.at).days, 0) + 1
    return Money(-(-price.amount_minor * days // _SHORTEST_MONTH), price.currency)
