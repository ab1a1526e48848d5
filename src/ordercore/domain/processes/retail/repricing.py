"""Lower what lines of an order cost after it was placed: goodwill, a wrong price, a guarantee (R5).

What that means for money and papers follows from how far the order is. Nothing taken yet: less will
be, and an order that costs nothing by then goes on without a payment. Taken already: the difference
goes back. Invoiced: the invoice stays, and a credit note says the difference; its tax is what the
tax of everything credited so far leaves, so price, papers and money agree to the minor unit.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from ordercore.domain.orders import ItemState, OrderItem, Repriced, RepriceReason
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.orders.repricing import lowered
from ordercore.domain.processes.following import must
from ordercore.domain.processes.retail import confirming, stock
from ordercore.domain.processes.retail.returning import complete_if_paid
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import CREDIT_NOTE, PAGE_PAYMENT, PAYMENT
from ordercore.domain.processes.retail.starting import (
    credit_lines,
    pay_back_excess,
    take_back,
    write,
)
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import SagaStatus
from ordercore.kernel.ids import ActorId, ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Finding, Refusal

__all__ = ["LOWERED", "PriceCut", "reprice"]

LOWERED = "price-lowered"
"""What the customer is written about."""

_NOT_REPRICED = frozenset({S.CREATED, S.CANCELLED, S.RETURNED})
_UNPAID = frozenset({S.AWAITING_PAYMENT, S.PAYMENT_FAILED, S.PAYMENT_EXPIRED})

_NOTHING_TO_PAY = Actor(ActorId("nothing-to-pay"), Role.CUSTOMER)
"""Only customers try again to pay; here there is nothing left for them to try."""


@frozen(kw_only=True)
class PriceCut:
    """What a line shall cost, or how much less; one of the two.

    Attributes:
        item: Id of the line.
        to: Its new net price, for all of its pieces.
        off: What is taken off its net price.
    """

    item: str
    to: Money | None = None
    off: Money | None = None


def reprice(
    turn: Turn[RetailRules], cuts: tuple[PriceCut, ...], *, why: RepriceReason, note: str
) -> Refusal | None:
    """Lower the net prices of lines.

    Args:
        turn: The order.
        cuts: What is lowered.
        why: The reason as a code.
        note: The reason for a person; it stands on the credit note, if there is one.

    Returns:
        None, or a refusal: ``not_repriceable`` for an order that costs nothing any more,
        ``cannot_lower`` with a finding for each line that cannot be lowered so, or
        ``credit_note_pending`` while the last credit note has no number yet.
    """
    order = turn.order
    if order.state in _NOT_REPRICED:
        return Refusal(
            code="not_repriceable", reason=f"an order {order.state} has no price to lower"
        )
    findings = tuple(_findings(turn, cuts))
    if findings:
        return Refusal(
            code="cannot_lower",
            reason="; ".join(finding.message for finding in findings),
            findings=findings,
        )
    invoiced = order.sale is not None and order.sale.invoice is not None
    if invoiced and _note_pending(turn):
        return Refusal(
            code="credit_note_pending", reason="the last credit note is being issued; ask again"
        )
    lines = tuple((ItemId(cut.item), _off(order.item(cut.item), cut)) for cut in cuts)
    reason = f"{why.replace('_', ' ')}: {note}" if note.strip() else why.replace("_", " ")
    after = evolve(order, items=lowered(order.items, lines, invoiced=invoiced)).total
    turn.record(Repriced(lines=lines, why=why, reason=reason, invoiced=invoiced, total=after))
    if invoiced:
        credit_lines(turn, lines, reason)
    pay_back_excess(turn, reason)
    write(turn, LOWERED)
    if turn.order.total.is_zero and turn.order.state in _UNPAID:
        _go_on_unpaid(turn, reason)
    if turn.order.state == S.DELIVERED:
        complete_if_paid(turn)
    return None


def _go_on_unpaid(turn: Turn[RetailRules], reason: str) -> None:
    """Confirm an order that waits for a payment which nobody has to make any more.

    Its goods come first: where they were let go and cannot be had again the store refuses it all.
    """
    sale = turn.order.sale
    if sale is not None and not sale.reserved:
        stock.reserve(turn)
    if turn.order.state != S.AWAITING_PAYMENT:
        must(turn.fire(T.RETRY_PAYMENT, actor=_NOTHING_TO_PAY, reason=reason))
    take_back(turn, turn.newest_saga(PAYMENT.name, PAGE_PAYMENT.name), reason)
    confirming.confirm(turn)


def _off(item: OrderItem, cut: PriceCut) -> Money:
    if cut.to is not None:
        return item.price - cut.to
    assert cut.off is not None, "a cut says one of the two"
    return cut.off


def _findings(turn: Turn[RetailRules], cuts: tuple[PriceCut, ...]) -> Iterable[Finding]:
    order = turn.order
    items = {str(item.id): item for item in order.items}
    seen: set[str] = set()
    if not cuts:
        yield Finding(field="lines", code="required", message="no line is to be lowered")
    for index, cut in enumerate(cuts):
        where, item = f"lines[{index}]", items.get(cut.item)
        given = cut.to if cut.off is None else cut.off
        if item is None:
            message = f"the order has no line {cut.item}"
            yield Finding(field=f"{where}.item", code="unknown_line", message=message)
        elif item.state is ItemState.CANCELLED:
            message = f"line {cut.item} was cancelled"
            yield Finding(field=f"{where}.item", code="cancelled", message=message)
        elif cut.item in seen:
            message = f"line {cut.item} is there twice"
            yield Finding(field=f"{where}.item", code="repeated", message=message)
        elif given is not None and given.currency != order.currency:
            message = f"line {cut.item} costs {item.price}, not {given.currency}"
            yield Finding(field=where, code="currency_mismatch", message=message)
        elif not _is_lower(item, cut):
            message = f"line {cut.item} costs {item.price}; it can only cost less, down to nothing"
            yield Finding(field=where, code="out_of_range", message=message)
        seen.add(cut.item)


def _is_lower(item: OrderItem, cut: PriceCut) -> bool:
    off = _off(item, cut)
    return off.is_positive and off <= item.price


def _note_pending(turn: Turn[RetailRules]) -> bool:
    # Each note says what is missing to all before it, so two at once could not be told apart.
    newest = turn.newest_saga(CREDIT_NOTE.name)
    return newest is not None and (newest.status is SagaStatus.RUNNING or bool(newest.parked))
