"""The people: customers and operators, who act by their scripts and try again when it fails."""

from __future__ import annotations

from typing import Any

from ordercore.app import Caller, CancelOrder, CloseDeadLetter, GetOrder
from ordercore.app.use_case import UseCase
from ordercore.domain.processes import NO_SAGA
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.testing.simulation.asking import UNANSWERED, ask
from ordercore.testing.simulation.by_hand import NOT_BY_HAND, do_by_hand
from ordercore.testing.simulation.disputes import OF_BANKS, act_of_bank
from ordercore.testing.simulation.faults import roll
from ordercore.testing.simulation.plan import Script
from ordercore.testing.simulation.sales import Delivery, SaleScript
from ordercore.testing.simulation.scheduler import pause
from ordercore.testing.simulation.script import TENANTS, Action, ActionKind
from ordercore.testing.simulation.service_requests import service_request
from ordercore.testing.simulation.services import FOR_GOOD
from ordercore.testing.simulation.shop_requests import delivery_request, shop_request
from ordercore.testing.simulation.world import World

__all__ = ["act", "close_letters", "put_down"]

_TRIES = 12
_SOLD_OUT = "refused: out_of_stock"
_PATIENT = frozenset(
    {ActionKind.SUBMIT, ActionKind.PAY, ActionKind.RESTORE, ActionKind.RETRY, ActionKind.CHECK_OUT}
)
_NOT_YET = (
    "transition_not_allowed",
    "refused: refund_not",
    "refused: still_",
    "refused: attempt_open",
    _SOLD_OUT,
)
_MOVES_ON = frozenset(
    {
        ActionKind.CHECK,
        ActionKind.CHECK_OUT,
        ActionKind.CLASH,
        ActionKind.PAY_PAGE,
        ActionKind.RETRY,
    }
)
"""After these the payment of goods goes on by itself: the answer is the order as it is then."""


_BY_OTHERS = frozenset({ActionKind.PAY, ActionKind.REVERT})
"""A payment provider and operators do these, whose keys are shared."""


async def act(world: World, script: Script, action: Action) -> None:
    """Carry out one action of a script, again and again if need be."""
    name = f"{script.tag}.{action.kind}{action.number}"
    dice = roll(world.plan.seed, name, 0)
    if action.kind is ActionKind.PRY:
        await _pry(world, script, name)
        return
    if action.kind in OF_BANKS:
        await act_of_bank(world, script, action, name)
        return
    key = _key(script, action, name) if dice[0] % 5 else None  # some have never heard of them
    moves_on = isinstance(script, SaleScript) and action.kind in _MOVES_ON
    moves_on = moves_on or action.kind is ActionKind.LOOK  # two who look may see two moments
    same = name if key is not None and not moves_on else None
    for attempt in range(1, _TRIES + 1):
        use_case = _request(world, script, action, key)
        if use_case is not None:
            end = await ask(world, script.tag, f"{name}.{attempt}", use_case, same)
            world.tell(script.tag, f"{name}: {end}")
            again = action.kind in _PATIENT and end.startswith(_NOT_YET)
            again = again and not (end == _SOLD_OUT and attempt > dice[2] % 8)
            if end not in UNANSWERED and not again:
                _count(world, action, end)
                return
        await pause(500 * attempt * attempt + dice[1] % 700)
    _count(world, action, "given up")


async def put_down(world: World, delivery: Delivery) -> None:
    """Put goods that came in on the shelf, until it is written down."""
    use_case = delivery_request(delivery)
    for attempt in range(1, _TRIES * 4):
        end = await ask(world, delivery.tag, f"{delivery.tag}.goods.{attempt}", use_case, None)
        if end not in UNANSWERED:
            return
        await pause(500 * attempt)


async def close_letters(world: World, letter: DeadLetter) -> None:
    """Look after a dead letter until it is closed, as an operator would."""
    tag = world.watch.tag(letter.order_id)
    name = f"{tag}.letter.{letter.branch}.{letter.step}.{letter.attempts}.{letter.id[:6]}"
    dice = roll(world.plan.seed, name, 0)
    how = DeadLetterStatus.RETRIED
    if letter.step not in NOT_BY_HAND and (letter.code == FOR_GOOD or dice[0] % 7 == 0):
        how = DeadLetterStatus.RESOLVED
    if letter.saga_id == NO_SAGA:  # somebody is to see to it; there is nothing to try again
        how = DeadLetterStatus.RESOLVED
    await pause(30_000 + dice[1] % 3_600_000)
    for attempt in range(1, 200):
        if world.watch.letters[letter.id].status is not DeadLetterStatus.OPEN:
            return
        if how is DeadLetterStatus.RESOLVED and letter.saga_id != NO_SAGA:
            do_by_hand(world, letter)
        key = f"{name}.close"
        use_case = CloseDeadLetter(
            caller=Caller.of(letter.tenant, "op", role="operator", idempotency_key=key),
            letter_id=letter.id,
            how=how,
            note="looked after",
        )
        end = await ask(world, tag, f"{name}.{attempt}", use_case, None)
        world.tell(tag, f"{name}: {how}: {end}")
        await pause(5000 * attempt)


async def _pry(world: World, script: Script, name: str) -> None:
    """Ask for an order that belongs to somebody else; there is none such for whoever asks."""
    order_id = world.placed.get(script.tag)
    if order_id is None:
        return
    other = TENANTS[(TENANTS.index(script.tenant) + 1) % len(TENANTS)]
    caller = Caller.of(other, f"{script.tag}.stranger", role="operator")
    tried: tuple[UseCase[Any], ...] = (
        GetOrder(caller=caller, order_id=order_id),
        CancelOrder(caller=caller, order_id=order_id, reason="not mine"),
    )
    for number, use_case in enumerate(tried):
        end = await ask(world, script.tag, f"{name}.{number}", use_case, None)
        found = () if end in UNANSWERED else (f"{other} asked for it and was answered: {end}",)
        # Both ask for the order first, and get no further where there is none.
        world.blame("tenants_are_apart", script.tag, *found, method="OrdersPort.get")


def _key(script: Script, action: Action, name: str) -> str:
    """Return the idempotency key of an action; some customers count, as many others do."""
    common = script.common_keys and action.by == "customer" and action.kind not in _BY_OTHERS
    return name.partition(".")[2] if common else name


def _request(world: World, script: Script, action: Action, key: str | None) -> UseCase[Any] | None:
    if isinstance(script, SaleScript):
        return shop_request(world, script, action, key)
    return service_request(world, script, action, key)


def _count(world: World, action: Action, end: str) -> None:
    word = f"{action.kind}: {end}"
    world.ends[word] = world.ends.get(word, 0) + 1
