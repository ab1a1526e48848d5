"""Translate what happens inside a saga into what happens to the order.

The saga engine knows branches and steps; here they become items that turn active or are rolled
back, refunds that are reserved and settled, transitions, dead letters. Every step, attempt and
compensation also goes to the audit trail.
"""

from __future__ import annotations

from ordercore.domain.orders import (
    ItemProgressed,
    ItemState,
    Order,
    Posted,
    ServiceDelivered,
)
from ordercore.domain.orders.lifecycles import ProvisioningState as S
from ordercore.domain.orders.lifecycles import ProvisioningTrigger as T
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.payments import (
    WITHDRAWAL_PERIOD,
    request_refund,
    settle_refund,
    unused_share,
)
from ordercore.domain.processes.following import must
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.provisioning.sagas import (
    DELIVER,
    FULFILMENT,
    PROVISION,
    REDELIVERY,
)
from ordercore.domain.processes.refund_saga import REFUND_STEP
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import (
    ORDER_BRANCH,
    Memory,
    Note,
    NoteKind,
    SagaState,
    call_key,
    recall,
)
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.result import Refusal

__all__ = ["ITEMS", "RESOURCE", "SHARE", "follow", "items_to_deliver"]

ITEMS = "items"
"""What a redelivery is given: the items it was asked for, separated by commas."""

RESOURCE = "resource"
"""What the provision step remembers: the provider's reference of what it built."""
SHARE = "share_minor"
"""What an item's branch is given: how much of the payment is the item's, in minor units."""

_PROVISIONING_STATES = frozenset({S.PROVISIONING, S.PARTIALLY_FULFILLED})
_WITHDRAWN_FROM = frozenset({S.CANCELLED, S.FULFILLED})


def items_to_deliver(order: Order, data: Memory) -> tuple[ItemId, ...]:
    """Return the items whose credentials go out: active, and asked for where that was said."""
    active = order.items_in(ItemState.ACTIVE)
    asked = recall(data, ITEMS)
    return active if asked is None else tuple(i for i in active if i in asked.split(","))


def follow(turn: Turn[ProvisioningRules], saga: SagaState, note: Note) -> None:
    """Let the order follow what happened in one of its sagas."""
    if note.step == REFUND_STEP and _refund_arrived(note, saga):
        _settle_refund(turn, saga, note)
    elif note.step == DELIVER and note.kind is NoteKind.STEP_DONE:
        again = saga.definition == REDELIVERY.name
        mailed = recall(note.memory, ITEMS)
        named = ((ITEMS, mailed),) if mailed else saga.branch(note.branch).data
        sent = items_to_deliver(turn.order, named)
        turn.record(ServiceDelivered(items=sent, again=again))
    elif saga.definition == FULFILMENT.name:
        _item_consequence(turn, saga, note)


def _item_consequence(turn: Turn[ProvisioningRules], saga: SagaState, note: Note) -> None:
    if note.kind is NoteKind.ITEMS_SETTLED:
        _conclude(turn, saga)
    elif note.branch in ("", ORDER_BRANCH):
        return
    elif note.kind is NoteKind.BRANCH_STARTED:
        _progress(turn, note, ItemState.PROVISIONING)
    elif note.kind is NoteKind.BRANCH_DONE:
        _progress(turn, note, ItemState.ACTIVE, resource=_resource(saga, note.branch))
        facts = turn.order.facts
        if turn.order.state == S.PROVISIONING and facts.open_items:
            must(turn.fire(T.FULFIL_SOME, actor=SYSTEM))
    elif note.kind is NoteKind.BRANCH_TURNED:
        if note.own:
            _progress(turn, note, ItemState.FAILED, reason=note.reason)
        _request_item_refund(turn, saga, note)
    elif note.kind is NoteKind.BRANCH_UNDONE or _is_taken_down(note):
        _rolled_back(turn, note)


def _rolled_back(turn: Turn[ProvisioningRules], note: Note) -> None:
    # Its money and its message may still be on their way; the item itself is gone.
    if turn.order.item(note.branch).state is not ItemState.ROLLED_BACK:
        _progress(turn, note, ItemState.ROLLED_BACK)


def _is_taken_down(note: Note) -> bool:
    ended = note.kind in (NoteKind.STEP_UNDONE, NoteKind.STEP_RESOLVED)
    return ended and note.step == PROVISION and not note.forward


def _progress(
    turn: Turn[ProvisioningRules],
    note: Note,
    dest: ItemState,
    *,
    resource: str | None = None,
    reason: str = "",
) -> None:
    item = turn.order.item(note.branch)
    turn.record(
        ItemProgressed(item=item.id, source=item.state, dest=dest, resource=resource, reason=reason)
    )


def _conclude(turn: Turn[ProvisioningRules], saga: SagaState) -> None:
    if turn.order.state not in _PROVISIONING_STATES:
        return
    # The saga says what is kept: an item whose removal is parked still counts as active.
    if any(not branch.back for branch in saga.item_branches):
        must(turn.fire(T.FULFIL, actor=SYSTEM))
    else:
        reasons = "; ".join(sorted({i.failure for i in turn.order.items if i.failure}))
        must(turn.fire(T.FAIL, actor=SYSTEM, reason=reasons))


def _request_item_refund(turn: Turn[ProvisioningRules], saga: SagaState, note: Note) -> None:
    share = recall(saga.branch(note.branch).data, SHARE)
    if share is None:
        return
    order = turn.order
    amount = _less_what_was_used(turn, note.branch, Money(int(share), order.currency))
    if order.balance.missing.is_positive:  # the bank has given the customer a part of it already
        amount = min(amount, order.balance.refundable)
    entry = request_refund(
        order.ledger,
        amount=amount,
        key=call_key(saga.id, note.branch, REFUND_STEP, forward=False),
        at=turn.at,
        items=(ItemId(note.branch),),
        note=note.reason,
    )
    must(entry if isinstance(entry, Refusal) else None)
    if entry is not None and not isinstance(entry, Refusal):
        turn.record(Posted(type="billing.refund-requested", postings=(entry,), reason=note.reason))


def _less_what_was_used(turn: Turn[ProvisioningRules], item_id: str, share: Money) -> Money:
    """Return the whole share, unless a consumer withdraws from a service begun at their wish."""
    order = turn.order
    since = order.item(item_id).active_at
    withdrawn = order.state in _WITHDRAWN_FROM and turn.actor.role == Role.CUSTOMER
    cycle = order.billing_cycle
    if since is None or cycle is None or not order.express_request or not withdrawn:
        return share
    if turn.at - since > WITHDRAWAL_PERIOD:
        return share
    return unused_share(share, cycle=cycle, active_at=since, withdrawn_at=turn.at)


def _refund_arrived(note: Note, saga: SagaState) -> bool:
    if note.kind is NoteKind.STEP_RESOLVED:
        return True  # an operator paid by hand
    done = NoteKind.STEP_DONE if note.branch == ORDER_BRANCH else NoteKind.STEP_UNDONE
    return note.kind is done


def _settle_refund(turn: Turn[ProvisioningRules], saga: SagaState, note: Note) -> None:
    key = call_key(saga.id, note.branch, REFUND_STEP, forward=note.branch == ORDER_BRANCH)
    entry = settle_refund(turn.order.ledger, key=key, at=turn.at, note=note.reason)
    if entry is not None:
        turn.record(Posted(type="billing.refund-settled", postings=(entry,)))


def _resource(saga: SagaState, branch: str) -> str | None:
    memories = [run.memory for run in saga.branch(branch).steps]
    return next((found for m in memories if (found := recall(m, RESOURCE))), None)
