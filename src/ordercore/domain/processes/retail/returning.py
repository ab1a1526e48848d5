"""After a parcel has left: delivered, paid on delivery, completed, or sent back (R1, R5)."""

from __future__ import annotations

from attrs import evolve

from ordercore.domain.orders import Posted
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.payments import EntryKind, LedgerEntry, Payment, seen_before
from ordercore.domain.processes.retail import stock
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.starting import credit, pay_back, pay_back_excess
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.result import Refusal

__all__ = ["complete_if_paid", "delivered", "send_back", "take_cash"]

_CASH_IS_TAKEN = frozenset({S.SHIPPED, S.DELIVERED})


def delivered(turn: Turn[RetailRules]) -> Refusal | None:
    """Record that the parcel arrived; the order is complete if its money is there."""
    refused = turn.fire(T.DELIVER)
    if refused is None:
        complete_if_paid(turn)
    return refused


def take_cash(turn: Turn[RetailRules], payment: Payment) -> Refusal | None:
    """Record what the customer paid to whoever brought the parcel.

    Returns:
        None, also for a payment reported twice; or a refusal: ``not_on_delivery`` for an order
        that was not to be paid so or not yet, ``amount_differs``, or ``payment_reference_reused``.
    """
    order = turn.order
    seen = seen_before(order.ledger, payment)
    if isinstance(seen, Refusal):
        return seen
    if seen:
        return None
    facts = turn.rules.facts(order, turn.at)
    if not facts.pays_on_delivery or order.state not in _CASH_IS_TAKEN or facts.money_received:
        return Refusal(
            code="not_on_delivery", reason=f"no cash is expected for an order {order.state}"
        )
    # Whoever brought the parcel may have asked for what the invoice in it says.
    if payment.amount not in (order.total, order.billed):
        return Refusal(code="amount_differs", reason=f"{payment.amount} was paid on {order.total}")
    entry = LedgerEntry(
        kind=EntryKind.CONFIRMED, amount=payment.amount, key=payment.reference, at=payment.at
    )
    turn.record(Posted(type="payment.cash-received", postings=(entry,)))
    pay_back_excess(turn, "the price was lowered meanwhile")
    if order.state == S.DELIVERED:
        complete_if_paid(turn)
    return None


def send_back(
    turn: Turn[RetailRules], *, undeliverable: bool, reason: str, lost: bool = False
) -> Refusal | None:
    """Take a parcel back: goods to the shelf, money received to the customer, a credit note.

    Args:
        turn: The order.
        undeliverable: Whether the carrier says so: refused, lost or not to be delivered.
        reason: Why, for a person.
        lost: The carrier has lost it, so nothing comes back to the shelf.

    Returns:
        None, or a refusal: ``still_on_its_way``, ``return_window_closed`` or ``not_permitted``.

    Raises:
        TransitionNotAllowed: nothing has left.
    """
    facts = evolve(turn.rules.facts(turn.order, turn.at), undeliverable=undeliverable or lost)
    refused = turn.fire(T.RETURN_ORDER, facts=facts, reason=reason)
    if refused is not None:
        return refused
    if not lost:
        stock.take_back(turn)
    pay_back(turn, reason)
    credit(turn, reason)
    return None


def complete_if_paid(turn: Turn[RetailRules]) -> None:
    """Complete a delivered order whose money is there."""
    # Cash may still be on its way; the order is completed when somebody says that it arrived.
    if turn.rules.facts(turn.order, turn.at).money_received:
        turn.fire(T.COMPLETE, actor=SYSTEM)
