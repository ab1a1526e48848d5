"""Start a saga of a retail order."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.domain.processes.following import begin, tell
from ordercore.domain.processes.refund_saga import REFUND, REFUND_STEP
from ordercore.domain.processes.retail import money
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import CREDIT_NOTE, LETTER
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import (
    ORDER_BRANCH,
    Abort,
    Memory,
    SagaDefinition,
    SagaState,
    SagaStatus,
    TakeBack,
    call_key,
    start,
)

__all__ = [
    "CREDIT_REASON",
    "LETTER_KIND",
    "credit",
    "pay_back",
    "pay_back_excess",
    "run",
    "take_back",
    "write",
]

CREDIT_REASON = "reason"
"""What a credit note's branch is given: why what was invoiced is credited."""

LETTER_KIND = "letter"
"""What a letter's branch is given: what the customer is written about."""


def run(
    turn: Turn[RetailRules],
    definition: SagaDefinition,
    *,
    items: Mapping[str, Memory] | None = None,
    order_data: Memory = (),
) -> None:
    """Start the newest version of a saga under the order."""
    begin(
        turn,
        start(
            turn.rules.saga(definition.name),
            saga_id=turn.next_saga_id(),
            tenant=turn.order.tenant,
            subject=turn.order.id,
            items=items or {},
            now=turn.at,
            order_data=order_data,
        ),
    )


def take_back(turn: Turn[RetailRules], saga: SagaState | None, reason: str) -> None:
    """Undo what a saga has done so far; nothing where there is none, or nothing is left of it."""
    if saga is not None and saga.status is SagaStatus.RUNNING:
        tell(turn, saga, Abort(reason=reason))
    elif saga is not None and saga.status is SagaStatus.DONE:
        tell(turn, saga, TakeBack(reason=reason))


def write(turn: Turn[RetailRules], about: str) -> None:
    """Write to the customer, once for each time that it is asked for."""
    run(turn, LETTER, order_data=((LETTER_KIND, about),))


def credit(turn: Turn[RetailRules], reason: str) -> None:
    """Credit what is left of the invoice, if one was issued; the reason stands on the note."""
    sale = turn.order.sale
    if sale is not None and sale.invoice is not None and not sale.credit_notes:
        run(turn, CREDIT_NOTE, order_data=((CREDIT_REASON, reason),))


def pay_back(turn: Turn[RetailRules], reason: str) -> None:
    """Send back all money that came in and has not been asked back, one payment at a time."""
    while (left := money.newest_payment_left(turn)) is not None:
        key = call_key(turn.next_saga_id(), ORDER_BRANCH, REFUND_STEP, forward=True)
        money.want_refund(turn, amount=left, key=key, reason=reason)
        run(turn, REFUND)


def pay_back_excess(turn: Turn[RetailRules], reason: str) -> None:
    """Send back what was taken for lines that have been cancelled since."""
    order = turn.order
    excess = order.balance.refundable - order.total
    if excess.is_positive:
        key = call_key(turn.next_saga_id(), ORDER_BRANCH, REFUND_STEP, forward=True)
        money.want_refund(turn, amount=excess, key=key, reason=reason)
        run(turn, REFUND)
