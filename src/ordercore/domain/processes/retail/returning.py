"""After a parcel has left: delivered, paid on delivery, completed, or sent back (R1, R5)."""

from __future__ import annotations

from attrs import evolve

from ordercore.domain.orders import Posted
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.payments import EntryKind, LedgerEntry, Payment, seen_before
from ordercore.domain.processes.retail import stock
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import HAND_OVER, SHIPPING
from ordercore.domain.processes.retail.starting import credit, pay_back, pay_back_excess
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import ORDER_BRANCH
from ordercore.kernel.money import Money
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.result import Refusal

__all__ = ["complete_if_paid", "delivered", "send_back", "take_cash"]

_HAS_LEFT = frozenset({S.SHIPPED, S.DELIVERED, S.COMPLETED, S.RETURNED})
_OVER = frozenset({S.CANCELLED, S.RETURNED})


def delivered(turn: Turn[RetailRules], reason: str = "") -> Refusal | None:
    """Record that the parcel arrived; the order is complete if its money is there."""
    refused = turn.fire(T.DELIVER, reason=reason)
    if refused is None:
        complete_if_paid(turn)
    return refused


def take_cash(turn: Turn[RetailRules], payment: Payment) -> Refusal | None:
    """Record what the customer paid to whoever brought the parcel.

    It may be told late: what was paid for an order that is over by then goes straight back.

    Returns:
        None, also for a payment reported twice; or a refusal: ``not_on_delivery`` for an order
        that was not to be paid so, not yet or not again, ``amount_differs``, or
        ``payment_reference_reused``.
    """
    order = turn.order
    seen = seen_before(order.ledger, payment)
    if isinstance(seen, Refusal):
        return seen
    if seen:
        return None
    expected = _expected_cash(turn)
    if not expected:
        return Refusal(
            code="not_on_delivery", reason=f"no cash is expected for an order {order.state}"
        )
    if payment.amount not in expected:
        return Refusal(code="amount_differs", reason=f"{payment.amount} was paid on {order.total}")
    entry = LedgerEntry(
        kind=EntryKind.CONFIRMED, amount=payment.amount, key=payment.reference, at=payment.at
    )
    turn.record(Posted(type="payment.cash-received", postings=(entry,)))
    if order.state in _OVER:
        pay_back(turn, f"the order is {order.state}")
        return None
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


def _expected_cash(turn: Turn[RetailRules]) -> frozenset[Money]:
    """Return what may have been paid for the parcel: its price, or what the invoice in it says."""
    order = turn.order
    facts = turn.rules.facts(order, turn.at)
    had = order.balance.confirmed.is_positive and (facts.money_received or order.state in _OVER)
    if not facts.pays_on_delivery or had or not _may_have_left(turn):
        return frozenset()
    return frozenset(amount for amount in (order.total, order.billed) if amount.is_positive)


def _may_have_left(turn: Turn[RetailRules]) -> bool:
    """Return whether the parcel has left or, where the order was cancelled, was to be handed over.

    Of several tries one may have been carried out unheard.
    """
    shipping = turn.newest_saga(SHIPPING.name)
    if turn.order.state != S.CANCELLED or shipping is None:
        return turn.order.state in _HAS_LEFT
    return shipping.branch(ORDER_BRANCH).run(HAND_OVER).attempt > 0
