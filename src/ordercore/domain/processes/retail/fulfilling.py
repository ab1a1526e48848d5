"""How a retail order is fulfilled: picked line by line, packed, labelled, captured, ready (R5).

A line that cannot be had is cancelled with its share of the price; when nothing is left, or the
parcel or its money cannot be had, the order is.
"""

from __future__ import annotations

import json

from ordercore.domain.orders import Box, ItemProgressed, ItemState, ParcelLabelled, ParcelPacked
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.payments import PaymentFailure
from ordercore.domain.processes.following import must
from ordercore.domain.processes.retail import money, stock
from ordercore.domain.processes.retail.calling_off import call_off
from ordercore.domain.processes.retail.expiring import EXPIRED
from ordercore.domain.processes.retail.paying import FOUND, REFERENCE, UNSURE, let_rest_lapse
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import CAPTURE, LABEL, PACK, PICK, RELEASE, SHIPPING
from ordercore.domain.processes.retail.starting import (
    pay_back,
    pay_back_excess,
    run,
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
from ordercore.kernel.ids import ItemId
from ordercore.kernel.party import SYSTEM, TIMER

__all__ = ["BOXES", "TRACKING", "follow_fulfilment"]

BOXES = "boxes"
"""What packing remembers: name, weight and contents of each box, as JSON."""

TRACKING = "tracking"
"""What a label remembers: the carrier's number of the parcel."""

_HEARD_OF = frozenset({NoteKind.STEP_DONE, NoteKind.STEP_FAILED, NoteKind.STEP_UNCLEAR})
_CAPTURE_OVER = frozenset({NoteKind.STEP_FAILED, NoteKind.STEP_UNDONE, NoteKind.STEP_RESOLVED})
_CAN_BE_CALLED_OFF = frozenset({S.CONFIRMED, S.IN_FULFILMENT})


def follow_fulfilment(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow what the warehouse, the carrier and the gateway say."""
    if note.step == PICK and note.kind in _HEARD_OF and turn.order.state == S.CONFIRMED:
        must(turn.fire(T.START_FULFILMENT, actor=SYSTEM))
    if note.branch == ORDER_BRANCH:
        _order_step(turn, saga, note)
    elif note.kind is NoteKind.ITEMS_SETTLED:
        if not turn.order.open_items:
            _call_off(turn, "none of the goods can be had")
        else:
            pay_back_excess(turn, "not everything could be had")
    elif note.kind is NoteKind.FINISHED:
        if saga.status is SagaStatus.DONE and turn.order.state == S.IN_FULFILMENT:
            must(turn.fire(T.MARK_READY, actor=SYSTEM))
            run(turn, SHIPPING)
    elif note.branch:
        _line_step(turn, note)


def _line_step(turn: Turn[RetailRules], note: Note) -> None:
    item = turn.order.item(note.branch)
    if note.kind is NoteKind.STEP_DONE and note.step == PICK:
        turn.record(ItemProgressed(item=item.id, source=item.state, dest=ItemState.PICKED))
    elif note.kind is NoteKind.BRANCH_TURNED and note.own:
        stock.let_go_line(turn, item)
        turn.record(
            ItemProgressed(
                item=item.id, source=item.state, dest=ItemState.CANCELLED, reason=note.reason
            )
        )


def _order_step(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    key = call_key(saga.id, ORDER_BRANCH, note.step, forward=True) if note.step else ""
    if note.kind is NoteKind.BRANCH_TURNED and note.own:
        _call_off(turn, note.reason, code=note.code)
    elif note.step == CAPTURE and note.kind in _CAPTURE_OVER:
        _capture_over(turn, saga, note, key)
    elif note.kind is NoteKind.STEP_DONE:
        _done(turn, saga, note, key)
    elif note.kind is NoteKind.STEP_RESOLVED and note.step == RELEASE:
        money.released(turn, key)


def _done(turn: Turn[RetailRules], saga: SagaState, note: Note, key: str) -> None:
    if note.step == PACK:
        turn.record(ParcelPacked(boxes=_boxes(recall(note.memory, BOXES) or "[]")))
    elif note.step == LABEL:
        tracking = recall(note.memory, TRACKING) or ""
        turn.record(ParcelLabelled(tracking=tracking, label_key=key))
        if not saga.branch(ORDER_BRANCH).back:
            money.want_capture(turn, call_key(saga.id, ORDER_BRANCH, CAPTURE, forward=True))
    elif note.step == CAPTURE:
        money.captured(turn, key, recall(note.memory, REFERENCE) or "")
        if saga.branch(ORDER_BRANCH).back:
            pay_back(turn, "the order was called off meanwhile")
            return
        pay_back_excess(turn, "the price was lowered meanwhile")
        attempt = money.held_for_nothing(turn)
        if attempt is not None:
            rest = call_key(saga.id, ORDER_BRANCH, RELEASE, forward=True)
            money.release(turn, attempt_key=attempt, key=rest, reason="not needed")
    elif note.step == RELEASE:
        money.released(turn, key)


def _boxes(text: str) -> tuple[Box, ...]:
    return tuple(
        Box(
            id=name,
            weight_g=weight_g,
            contents=tuple((ItemId(item), pieces) for item, pieces in contents),
        )
        for name, weight_g, contents in json.loads(text)
    )


def _capture_over(turn: Turn[RetailRules], saga: SagaState, note: Note, key: str) -> None:
    """A capture has come to nothing, or was found on the way back."""
    if recall(note.memory, FOUND) is not None:
        money.captured(turn, key, recall(note.memory, REFERENCE) or "")
        pay_back(turn, "the order was called off meanwhile")
    elif note.kind is not NoteKind.STEP_FAILED:
        money.capture_declined(turn, key, code="not_captured", reason=note.reason)
    elif note.forward and saga.branch(ORDER_BRANCH).back and note.code not in UNSURE:
        money.capture_declined(turn, key, code=note.code, reason=note.reason)
    let_rest_lapse(turn)


def _call_off(turn: Turn[RetailRules], reason: str, *, code: str = "") -> None:
    if turn.order.state not in _CAN_BE_CALLED_OFF:
        return
    must(call_off(turn, reason, actor=TIMER))
    if code == PaymentFailure.AUTHORISATION_EXPIRED:
        write(turn, EXPIRED)
