"""Start a saga of a retail order."""

from __future__ import annotations

import json
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
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money

__all__ = [
    "CREDIT_LINES",
    "CREDIT_REASON",
    "LETTER_KIND",
    "credit",
    "credit_lines",
    "pay_back",
    "pay_back_amount",
    "pay_back_excess",
    "run",
    "take_back",
    "write",
]

CREDIT_REASON = "reason"
"""What a credit note's branch is given: why what was invoiced is credited."""

CREDIT_LINES = "lines"
"""... and what of each line, net and in minor units, as JSON; without it all that is left."""

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
    if sale is not None and sale.invoice is not None:
        credit_lines(turn, tuple((i.id, i.price) for i in turn.order.open_items), reason)


def credit_lines(
    turn: Turn[RetailRules], lines: tuple[tuple[ItemId, Money], ...], reason: str
) -> None:
    """Credit so much of each line, net; nothing where that is nothing."""
    told = [[item, amount.amount_minor] for item, amount in lines if amount.is_positive]
    if told:
        data = ((CREDIT_REASON, reason), (CREDIT_LINES, json.dumps(told)))
        run(turn, CREDIT_NOTE, order_data=data)


def pay_back(turn: Turn[RetailRules], reason: str) -> None:
    """Send back all money that came in and has not been asked back, one payment at a time."""
    while (left := money.newest_payment_left(turn)) is not None:
        pay_back_amount(turn, left, reason)


def pay_back_excess(turn: Turn[RetailRules], reason: str) -> None:
    """Send back what came in beyond what the order costs by now, the newest payment first."""
    while (excess := turn.order.balance.refundable - turn.order.total).is_positive:
        left = money.newest_payment_left(turn)
        pay_back_amount(turn, excess if left is None else min(left, excess), reason)


def pay_back_amount(turn: Turn[RetailRules], amount: Money, reason: str) -> None:
    """Send so much back; it must be here."""
    key = call_key(turn.next_saga_id(), ORDER_BRANCH, REFUND_STEP, forward=True)
    money.want_refund(turn, amount=amount, key=key, reason=reason)
    run(turn, REFUND)
