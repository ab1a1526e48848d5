"""How a retail order is paid: one attempt at a time, and what became of each (R2).

An answer, a notice and a look-up end here alike. While the outcome of an attempt is unknown the
stock is held and there is no other attempt. Money that turns up late buys the goods if there are
any left; otherwise it goes back, and the customer is told.
"""

from __future__ import annotations

from ordercore.domain.orders import Posted
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.payments import PaymentFailure, settle_refund
from ordercore.domain.processes.following import must
from ordercore.domain.processes.refund_saga import REFUND_STEP
from ordercore.domain.processes.retail import confirming, money, stock
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import AUTHORISE, PAGE_PAYMENT, PAYMENT
from ordercore.domain.processes.retail.starting import (
    pay_back,
    pay_back_excess,
    run,
    take_back,
    write,
)
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import (
    ORDER_BRANCH,
    Note,
    NoteKind,
    SagaState,
    SagaStatus,
    call_key,
    recall,
)
from ordercore.kernel.ids import ActorId
from ordercore.kernel.party import SYSTEM, Actor
from ordercore.kernel.result import Refusal

__all__ = [
    "EXPIRES_AT",
    "FOUND",
    "REFERENCE",
    "UNSURE",
    "ask_for_payment",
    "follow_payment",
    "follow_refund",
    "let_go_payment",
    "let_rest_lapse",
    "open_order",
    "retry_payment",
]

REFERENCE = "reference"
"""What an authorisation or capture remembers: the provider's own name for it."""

EXPIRES_AT = "expires_at"
"""What an authorisation may remember: until when it is good, as an instant in text."""

FOUND = "found"
"""What letting go remembers when it came too late: the money had been taken already."""

_UNPAID = frozenset({S.PAYMENT_FAILED, S.PAYMENT_EXPIRED})
_OVER = frozenset({S.CANCELLED, S.RETURNED})
_ANOTHER_PAYS = frozenset(S) - _UNPAID - _OVER
"""States in which an order relies on another attempt than the one that turns up late."""

_LATE_PAYER = Actor(ActorId("late-payment"), Role.CUSTOMER)
"""The payment itself is the customer's wish to try again; who that is stays out of the trail."""

UNSURE = frozenset({"absent", "deadline"})
"""How a call fails of which nobody has said how it ended."""

_CAME_TO_NOTHING = UNSURE | frozenset(
    {
        PaymentFailure.AUTHORISATION_EXPIRED,
        PaymentFailure.GATEWAY_DOWN,
        PaymentFailure.GATEWAY_TIMEOUT,
    }
)
"""Ends of an attempt in which nobody said no; every other code is the provider's refusal."""


def open_order(turn: Turn[RetailRules]) -> Refusal | None:
    """Reserve the goods of a new order and branch on how it is paid."""
    stock.reserve(turn)
    if money.terms_of(turn).confirmed_at_once:
        confirming.confirm(turn)
        return None
    return turn.fire(T.AWAIT_PAYMENT, actor=SYSTEM) or ask_for_payment(turn)


def ask_for_payment(turn: Turn[RetailRules]) -> Refusal | None:
    """Begin an attempt; what costs nothing is confirmed without one.

    Returns:
        None, or the refusal ``attempt_open`` while the outcome of another attempt is unknown.
    """
    if turn.order.total.is_zero:
        confirming.confirm(turn)
        return None
    key = call_key(turn.next_saga_id(), ORDER_BRANCH, AUTHORISE, forward=True)
    refused = money.attempt(turn, key)
    if refused is not None:
        return refused
    page = money.terms_of(turn).page
    run(turn, PAGE_PAYMENT if page else PAYMENT)
    if page:
        write(turn, "awaiting-payment")
    return None


def retry_payment(turn: Turn[RetailRules]) -> Refusal | None:
    """Let the customer try once more: the stock is reserved again first.

    Returns:
        None, or a refusal: ``attempt_open`` while the last attempt is not settled,
        ``too_many_attempts`` when there were as many as the rules allow.

    Raises:
        TransitionNotAllowed: the order waits for no new attempt.
    """
    before = turn.newest_saga(PAYMENT.name, PAGE_PAYMENT.name)
    if before is not None and before.status is SagaStatus.RUNNING and turn.order.state in _UNPAID:
        return Refusal(
            code="attempt_open", reason="the last attempt is still being put right; ask again"
        )
    if turn.order.state in _UNPAID:
        most = turn.rules.most_payment_attempts
        if len(turn.order.balance.attempts) >= most and not turn.order.total.is_zero:
            # Whoever tries cards until one works must not hold goods back from others meanwhile.
            return Refusal(code="too_many_attempts", reason=f"{most} attempts to pay are the most")
        stock.reserve(turn)
    return turn.fire(T.RETRY_PAYMENT) or ask_for_payment(turn)


def let_go_payment(turn: Turn[RetailRules], reason: str) -> None:
    """Take the newest attempt back: what is held is let go, what was taken goes back."""
    take_back(turn, turn.newest_saga(PAYMENT.name, PAGE_PAYMENT.name), reason)
    pay_back(turn, reason)


def let_rest_lapse(turn: Turn[RetailRules]) -> None:
    """Close what is held in the books, where it was let go while a capture was still unclear."""
    saga = turn.newest_saga(PAYMENT.name, PAGE_PAYMENT.name)
    if saga is not None and saga.status is SagaStatus.UNDONE and not saga.parked:
        key = call_key(saga.id, ORDER_BRANCH, AUTHORISE, forward=True)
        money.give_up(turn, key, "let go")


def follow_payment(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow an attempt to pay for it."""
    key = call_key(saga.id, ORDER_BRANCH, AUTHORISE, forward=True)
    undo_key = call_key(saga.id, ORDER_BRANCH, AUTHORISE, forward=False)
    if note.kind is NoteKind.STEP_DONE:
        reference = recall(note.memory, REFERENCE) or ""
        money.authorised(turn, key, reference, until=recall(note.memory, EXPIRES_AT))
        if saga.branch(ORDER_BRANCH).back:
            _money_for_nothing(turn, "the order was called off meanwhile")
        else:
            _paid(turn)
    elif note.kind is NoteKind.BRANCH_TURNED:
        if note.own:
            _came_to_nothing(turn, key, note)
        else:
            money.release(turn, attempt_key=key, key=undo_key, reason=note.reason)
    elif note.kind in (NoteKind.STEP_UNDONE, NoteKind.STEP_RESOLVED):
        if recall(note.memory, FOUND) is not None:
            money.not_released(turn, undo_key, reason="it had been captured before")
            if money.authorised(turn, key, recall(note.memory, REFERENCE) or ""):
                _late(turn)
        elif not money.released(turn, undo_key):
            money.give_up(turn, key, note.reason or "let go")


def follow_refund(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow money on its way back."""
    if note.kind not in (NoteKind.STEP_DONE, NoteKind.STEP_RESOLVED) or note.step != REFUND_STEP:
        return
    key = call_key(saga.id, ORDER_BRANCH, REFUND_STEP, forward=True)
    entry = settle_refund(turn.order.ledger, key=key, at=turn.at, note=note.reason)
    if entry is not None:
        turn.record(Posted(type="billing.refund-settled", postings=(entry,)))


def _paid(turn: Turn[RetailRules]) -> None:
    """The money is there: take the goods if they are still reserved, or can be again."""
    sale = turn.order.sale
    assert sale is not None
    if turn.order.state != S.AWAITING_PAYMENT:
        _late(turn)
        return
    if not sale.reserved:
        if turn.short:
            must(turn.fire(T.EXPIRE_PAYMENT, actor=SYSTEM, reason="paid after the goods were gone"))
            _sold_out(turn)
            return
        stock.reserve(turn)
    confirming.confirm(turn)


def _late(turn: Turn[RetailRules]) -> None:
    """Money that was given up on is there after all."""
    if turn.order.state in _ANOTHER_PAYS:
        _paid_twice(turn)
        return
    if turn.order.state not in _UNPAID or turn.short:
        _sold_out(turn)
        return
    if not turn.rules.facts(turn.order, turn.at).collected:
        return  # it is only held, and being let go
    stock.reserve(turn)
    must(turn.fire(T.RETRY_PAYMENT, actor=_LATE_PAYER, reason="the payment arrived late"))
    confirming.confirm(turn)


def _paid_twice(turn: Turn[RetailRules]) -> None:
    """A newer attempt pays for the order, or is about to: only the surplus goes back."""
    if turn.order.state == S.AWAITING_PAYMENT:
        pay_back(turn, "a newer attempt is under way")
    else:
        pay_back_excess(turn, "it was paid twice")
    write(turn, "payment-returned")


def _sold_out(turn: Turn[RetailRules]) -> None:
    let_go_payment(turn, "the payment arrived too late")
    write(turn, "payment-returned")


def _money_for_nothing(turn: Turn[RetailRules], reason: str) -> None:
    if turn.order.state in _UNPAID:
        _late(turn)
    else:
        pay_back(turn, reason)


def _came_to_nothing(turn: Turn[RetailRules], key: str, note: Note) -> None:
    refused = note.code not in _CAME_TO_NOTHING
    if refused:
        money.declined(turn, key, code=note.code, reason=note.reason)
    else:
        money.give_up(turn, key, note.reason)
    if turn.order.state != S.AWAITING_PAYMENT:
        return
    trigger = T.DECLINE_PAYMENT if refused else T.EXPIRE_PAYMENT
    must(turn.fire(trigger, actor=SYSTEM, reason=f"{note.code}: {note.reason}"))
    stock.let_go(turn, "not paid")
