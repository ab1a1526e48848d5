"""The people: customers and operators, who act by their scripts and try again when it fails."""

from __future__ import annotations

from typing import Any

from ordercore.app import (
    Caller,
    CancelOrder,
    CloseDeadLetter,
    ConfirmPayment,
    GetOrder,
    Placed,
    PlaceOrder,
    RedeliverCredentials,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    TenantStats,
    VerifyAudit,
)
from ordercore.app.use_case import UseCase
from ordercore.domain.orders import Order
from ordercore.domain.processes import PROVISION, REFUND_STEP
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.engine.saga import call_key
from ordercore.kernel.errors import IdempotencyKeyReused, OrderCoreError, TransitionNotAllowed
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.simulation.faults import Fault, roll
from ordercore.testing.simulation.scheduler import Ended, pause
from ordercore.testing.simulation.script import Action, ActionKind, OrderScript, order_request
from ordercore.testing.simulation.services import FOR_GOOD
from ordercore.testing.simulation.world import World

__all__ = ["act", "close_letters"]

_TRIES = 12
_EXPECTED = frozenset({"concurrency_conflict", "not_found", "outage", "transition_not_allowed"})
_PATIENT = frozenset({ActionKind.SUBMIT, ActionKind.PAY, ActionKind.RESTORE})
_UNANSWERED = frozenset({"lost", "outage", "concurrency_conflict", "not_found"})


async def act(world: World, script: OrderScript, action: Action) -> None:
    """Carry out one action of a script, again and again if need be."""
    name = f"{script.tag}.{action.kind}{action.number}"
    dice = roll(world.plan.seed, name, 0)
    key = name if dice[0] % 5 else None  # some callers have never heard of idempotency keys
    for attempt in range(1, _TRIES + 1):
        use_case = _use_case(world, script, action, key)
        if use_case is not None:
            end = await _ask(world, script.tag, f"{name}.{attempt}", use_case, key)
            world.tell(script.tag, f"{name}: {end}")
            if end not in _UNANSWERED and not (action.kind in _PATIENT and _not_yet(end)):
                _count(world, action, end)
                return
        await pause(500 * attempt * attempt + dice[1] % 700)
    _count(world, action, "given up")


async def close_letters(world: World, letter: DeadLetter) -> None:
    """Look after a dead letter until it is closed, as an operator would."""
    tag = world.watch.tag(letter.order_id)
    name = f"{tag}.letter.{letter.branch}.{letter.step}.{letter.attempts}.{letter.id[:6]}"
    dice = roll(world.plan.seed, name, 0)
    how = DeadLetterStatus.RETRIED
    if letter.code == FOR_GOOD or dice[0] % 7 == 0:
        how = DeadLetterStatus.RESOLVED
    await pause(30_000 + dice[1] % 3_600_000)
    for attempt in range(1, 200):
        if world.watch.letters[letter.id].status is not DeadLetterStatus.OPEN:
            return
        if how is DeadLetterStatus.RESOLVED:
            _do_by_hand(world, letter)
        key = f"{name}.close"
        use_case = CloseDeadLetter(
            caller=Caller.of(letter.tenant, "op", role="operator", idempotency_key=key),
            letter_id=letter.id,
            how=how,
            note="looked after",
        )
        end = await _ask(world, tag, f"{name}.{attempt}", use_case, None)
        world.tell(tag, f"{name}: {how}: {end}")
        await pause(5000 * attempt)


async def _ask(world: World, tag: str, name: str, use_case: UseCase[Any], key: str | None) -> str:
    """Make a request, perhaps twice at once; return in a word how it ended."""
    processes = world.plan.processes
    first = roll(world.plan.seed, name, 1)
    passage = world.gate.fate_of("request", f"request:{tag}/{name}")
    if passage.fault is Fault.DUPLICATE:
        twin = world.request(f"{name}.twin", use_case, process=1 + first[1] % processes)
        world.scheduler.spawn(f"{name}.twin.caller", _twin(world, tag, twin, key))
    ended = await world.request(name, use_case, process=1 + first[0] % processes)
    return _judged(world, tag, ended, key)


async def _twin(world: World, tag: str, asked: Any, key: str | None) -> None:
    _judged(world, tag, await asked, key)


def _judged(world: World, tag: str, ended: Ended, key: str | None) -> str:
    if ended.lost:
        return "lost"
    error = ended.error
    if error is not None:
        code = error.code if isinstance(error, OrderCoreError) else type(error).__name__
        code = "outage" if isinstance(error, ConnectionError) else code
        clash = isinstance(error, IdempotencyKeyReused) and error.operation == "place_order"
        found = () if code in _EXPECTED or clash else (f"a request met {error!r}",)
        world.blame("no_surprise", tag, *found)
        state = f" in {error.state}" if isinstance(error, TransitionNotAllowed) else ""
        return f"{code}{state}" if state else code
    if isinstance(ended.value, Refusal):
        return f"refused: {ended.value.code}"
    _same_answer(world, tag, ended.value, key)
    return "done"


def _same_answer(world: World, tag: str, value: object, key: str | None) -> None:
    order = value.order if isinstance(value, Placed) else value
    if not isinstance(order, Order):
        return
    if isinstance(value, Placed):
        known = world.placed.setdefault(tag, order.id)
        found = (f"one reference, two orders: {known} and {order.id}",) if known != order.id else ()
        world.blame("one_order_per_reference", tag, *found)
    if key is None:
        return
    version = world.answers.setdefault(key, order.version)
    text = f"{key} was answered with version {version}, now with {order.version}"
    world.blame("same_key_same_answer", tag, *(() if version == order.version else (text,)))


def _not_yet(end: str) -> bool:
    return end.startswith(("transition_not_allowed", "refused: refund_not", "refused: still_"))


def _count(world: World, action: Action, end: str) -> None:
    word = f"{action.kind}: {end}"
    world.ends[word] = world.ends.get(word, 0) + 1


def _use_case(
    world: World, script: OrderScript, action: Action, key: str | None
) -> UseCase[Any] | None:
    """Return what is asked; None while the order it is about is not known."""
    kind = action.kind
    role = {ActionKind.PAY: "system", ActionKind.REVERT: "operator"}.get(kind, action.by)
    caller = Caller.of(script.tenant, f"{script.tag}.{role}", role=role, idempotency_key=key)
    if kind in (ActionKind.PLACE, ActionKind.CLASH):
        other = kind is ActionKind.CLASH
        return PlaceOrder(caller=caller, request=order_request(script, other=other))
    order_id = world.placed.get(script.tag)
    if order_id is None:
        return None
    if kind is ActionKind.PAY:
        return _payment(world, script, action, caller, order_id)
    return _about(caller, order_id, action)


def _about(caller: Caller, order_id: OrderId, action: Action) -> UseCase[Any]:
    match action.kind:
        case ActionKind.SUBMIT:
            return SubmitOrder(caller=caller, order_id=order_id)
        case ActionKind.CANCEL:
            return CancelOrder(caller=caller, order_id=order_id, reason="changed my mind")
        case ActionKind.REVERT:
            return RevertPayment(caller=caller, order_id=order_id, reason="charged back")
        case ActionKind.RESTORE:
            return RestoreOrder(caller=caller, order_id=order_id, reason="wants it after all")
        case ActionKind.REDELIVER:
            return RedeliverCredentials(caller=caller, order_id=order_id)
        case _:
            return _look(caller, order_id, action)


def _look(caller: Caller, order_id: OrderId, action: Action) -> UseCase[Any]:
    if action.at_ms % 3 == 0:
        return TenantStats(caller=caller)
    if action.at_ms % 3 == 1:
        return VerifyAudit(caller=caller, order_id=order_id)
    return GetOrder(caller=caller, order_id=order_id)


def _payment(
    world: World, script: OrderScript, action: Action, caller: Caller, order_id: OrderId
) -> UseCase[Any]:
    total = world.watch.rows[order_id].order.total
    reference = f"{script.tag}.pay.{action.payment}"
    amount = Money(total.amount_minor + action.off_minor, total.currency)
    paid = world.bank.pay(caller.tenant, reference, amount)
    return ConfirmPayment(caller=caller, order_id=order_id, reference=reference, amount=paid)


def _do_by_hand(world: World, letter: DeadLetter) -> None:
    """Do outside what the library gave up; an operator looks first whether it is done already."""
    forward = letter.forward
    key = call_key(letter.saga_id, letter.branch, letter.step, forward=forward)
    done = world.watch.by_hand.setdefault(letter.order_id, set())
    if letter.step == REFUND_STEP:
        done.add(key)
    elif letter.step == PROVISION:
        built = call_key(letter.saga_id, letter.branch, letter.step, forward=True)
        known = world.cloud.resources.get((letter.tenant, built))
        if known is not None and known.gone_ms is None:
            known.gone_ms = world.scheduler.now_ms
