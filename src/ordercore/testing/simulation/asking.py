"""Make a request as somebody outside does: it may arrive twice, and its answer may get lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ordercore.app import Placed
from ordercore.app.use_case import UseCase
from ordercore.domain.orders import Order
from ordercore.engine.messaging import KEPT_FOR
from ordercore.kernel.errors import IdempotencyKeyReused, OrderCoreError, TransitionNotAllowed
from ordercore.kernel.result import Refusal
from ordercore.testing.simulation.faults import Fault, roll
from ordercore.testing.simulation.raising import raised_by
from ordercore.testing.simulation.scheduler import Ended

if TYPE_CHECKING:
    from ordercore.testing.simulation.world import World

__all__ = ["UNANSWERED", "ask"]

UNANSWERED = frozenset({"lost", "outage", "concurrency_conflict", "not_found"})
"""Ends after which whoever asked asks again."""
_EXPECTED = frozenset({"concurrency_conflict", "not_found", "outage", "transition_not_allowed"})
_REMEMBERED_MS = KEPT_FOR // timedelta(milliseconds=1) - 600_000
"""How long an answer is certainly remembered, whatever the clocks of those who wrote it say."""
_ONE_CONTENT = frozenset({"place_order", "check_out"})


async def ask(world: World, tag: str, name: str, use_case: UseCase[Any], key: str | None) -> str:
    """Make a request, perhaps twice at once; return in a word how it ended.

    Args:
        world: Where.
        tag: The order it is about.
        name: Names the request.
        use_case: What is asked.
        key: Names what has to get the same answer again; None where nothing is promised.
    """
    processes = world.plan.processes
    if key is not None:
        world.asked.setdefault(key, world.scheduler.now_ms)
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
        clash = isinstance(error, IdempotencyKeyReused) and error.operation in _ONE_CONTENT
        found = () if code in _EXPECTED or clash else (f"a request met {error!r}",)
        world.blame("no_surprise", tag, *found, method=raised_by(error))
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
    own = order.reference == f"{tag}.ref"
    text = f"{tag} was answered with order {order.reference} of {order.customer}"
    world.blame("answers_are_ones_own", tag, *(() if own else (text,)))
    if isinstance(value, Placed):
        known = world.placed.setdefault(tag, order.id)
        found = (f"one reference, two orders: {known} and {order.id}",) if known != order.id else ()
        world.blame("one_order_per_reference", tag, *found)
    if key is None or world.scheduler.now_ms > world.asked[key] + _REMEMBERED_MS:
        return
    version = world.answers.setdefault(key, order.version)
    text = f"{key} was answered with version {version}, now with {order.version}"
    world.blame("same_key_same_answer", tag, *(() if version == order.version else (text,)))
