"""Translate what happens inside the sagas of a retail order into what happens to the order.

One table: which saga, which step, what became of it. Each entry leads to a function that says what
it means for money, stock, parcel and state.
"""

from __future__ import annotations

from ordercore.domain.processes.retail import fulfilling, paying, shipping
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import (
    CREDIT_NOTE,
    LETTER,
    PAGE_PAYMENT,
    PAYMENT,
    RETAIL_FULFILMENT,
    SHIPPING,
)
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import Note, SagaState

__all__ = ["follow"]

_FOLLOWERS = {
    PAYMENT.name: paying.follow_payment,
    PAGE_PAYMENT.name: paying.follow_payment,
    RETAIL_FULFILMENT.name: fulfilling.follow_fulfilment,
    SHIPPING.name: shipping.follow_shipping,
    CREDIT_NOTE.name: shipping.follow_credit_note,
    LETTER.name: shipping.follow_letter,
}


def follow(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow what happened in one of its sagas."""
    _FOLLOWERS.get(saga.definition, paying.follow_refund)(turn, saga, note)
