"""Payment of an order: confirm it, take the confirmation back, send late money home."""

from __future__ import annotations

from ordercore.domain.orders import Posted
from ordercore.domain.orders.lifecycles import ProvisioningState as S
from ordercore.domain.orders.lifecycles import ProvisioningTrigger as T
from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    Payment,
    confirm_payment,
    holdings,
    request_refund,
    return_payment,
    reverse_payment,
    seen_before,
)
from ordercore.domain.processes.following import begin
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.provisioning.sagas import FULFILMENT
from ordercore.domain.processes.refund_saga import REFUND, REFUND_STEP
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import ORDER_BRANCH, call_key, start
from ordercore.kernel.ids import SagaId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["confirm", "refund", "refund_all", "refund_run", "revert"]

_TOO_LATE = frozenset({S.CANCELLED, S.FAILED})


def confirm(turn: Turn[ProvisioningRules], payment: Payment) -> Refusal | None:
    """Record a payment that arrived.

    Money for an order already cancelled or failed goes straight back. A payment reported twice
    changes nothing.

    Raises:
        TransitionNotAllowed: the order does not wait for a payment.
    """
    order = turn.order
    seen = seen_before(order.ledger, payment)
    if isinstance(seen, Refusal):
        return seen
    if seen:
        return None
    if order.state in _TOO_LATE:
        return _not_a_witness(turn) or _send_back(turn, payment)
    refund_key = _refund_key(turn.next_saga_id())
    postings = confirm_payment(
        order.ledger,
        price=order.total,
        payment=payment,
        tolerance=turn.rules.tolerance(order.currency),
        refund_key=refund_key,
    )
    if isinstance(postings, Refusal):
        # The lifecycle speaks first: from a state without this trigger that is the fault.
        return turn.fire(T.CONFIRM_PAYMENT) or postings
    taken = tuple(e for e in postings if e.kind is not EntryKind.REFUND_REQUESTED)
    refused = turn.fire(T.CONFIRM_PAYMENT, reason=payment.reference, postings=taken)
    if refused is None:
        _pay_back(turn, postings)
    return refused


def revert(turn: Turn[ProvisioningRules], reason: str) -> Refusal | None:
    """Take the standing confirmation back, before provisioning starts; moves no money."""
    order = turn.order
    entry = reverse_payment(order.ledger, currency=order.currency, at=turn.at, why=reason)
    if isinstance(entry, Refusal):
        # The lifecycle speaks first: from a state without this trigger that is the fault.
        return turn.fire(T.REVERT_PAYMENT, reason=reason) or entry
    return turn.fire(T.REVERT_PAYMENT, reason=reason, postings=(entry,))


def refund_all(turn: Turn[ProvisioningRules], reason: str) -> Refusal | None:
    """Request everything back that was paid and not refunded yet, each payment out of itself."""
    for left in holdings(turn.order.ledger).values():
        amount = min(left, turn.order.balance.refundable)
        refused = refund(turn, amount, reason) if amount.is_positive else None
        if refused is not None:
            return refused
    return None


def refund_run(turn: Turn[ProvisioningRules], reason: str, *, paid: bool = True) -> Refusal | None:
    """Request back what was paid for the run that ends; of an earlier one its days are kept.

    Args:
        turn: The order.
        reason: Why.
        paid: The run that ends had been paid for.
    """
    ran_before = any(ref.definition == FULFILMENT.name for ref in turn.order.sagas)
    if not ran_before:
        return refund_all(turn, reason)
    confirmed = [e.key for e in turn.order.ledger if e.kind is EntryKind.CONFIRMED]
    if not paid or not confirmed:
        return None
    left = holdings(turn.order.ledger)[confirmed[-1]]
    amount = min(left, turn.order.balance.refundable)
    return refund(turn, amount, reason) if amount.is_positive else None


def refund(turn: Turn[ProvisioningRules], amount: Money, reason: str) -> Refusal | None:
    """Request so much back, and start paying it back."""
    entry = request_refund(
        turn.order.ledger,
        amount=amount,
        key=_refund_key(turn.next_saga_id()),
        at=turn.at,
        note=reason,
    )
    if isinstance(entry, Refusal):
        return entry
    if entry is not None:
        _pay_back(turn, (entry,))
    return None


def _not_a_witness(turn: Turn[ProvisioningRules]) -> Refusal | None:
    """Refuse word of a payment from whoever could not confirm one: it makes money go out."""
    rows = (row for row in turn.rules.lifecycle.rows if row.trigger == T.CONFIRM_PAYMENT)
    who = {role for row in rows for role in row.who}
    if turn.actor.role in who:
        return None
    return Refusal(
        code="not_permitted",
        reason=f"{T.CONFIRM_PAYMENT} is for {', '.join(sorted(who))}, not for {turn.actor.role}",
    )


def _send_back(turn: Turn[ProvisioningRules], payment: Payment) -> Refusal | None:
    order = turn.order
    if payment.amount.currency != order.currency:
        return Refusal(
            code="currency_mismatch",
            reason=f"the payment is {payment.amount}; the order is in {order.currency}",
        )
    postings = return_payment(
        order.ledger,
        payment,
        why=f"arrived for an order already {order.state}",
        refund_key=_refund_key(turn.next_saga_id()),
    )
    taken = tuple(e for e in postings if e.kind is not EntryKind.REFUND_REQUESTED)
    turn.record(
        Posted(type="order.late-payment-received", postings=taken, reason=payment.reference)
    )
    _pay_back(turn, postings)
    return None


def _pay_back(turn: Turn[ProvisioningRules], postings: tuple[LedgerEntry, ...]) -> None:
    requests = tuple(e for e in postings if e.kind is EntryKind.REFUND_REQUESTED)
    if not requests:
        return
    saga_id = turn.next_saga_id()
    turn.record(Posted(type="billing.refund-requested", postings=requests, reason=requests[0].note))
    begin(
        turn,
        start(
            turn.rules.saga(REFUND.name),
            saga_id=saga_id,
            tenant=turn.order.tenant,
            subject=turn.order.id,
            items={},
            now=turn.at,
        ),
    )


def _refund_key(saga_id: SagaId) -> str:
    return call_key(saga_id, ORDER_BRANCH, REFUND_STEP, forward=True)
