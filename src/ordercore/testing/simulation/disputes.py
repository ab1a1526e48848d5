"""What banks do about a payment, and who tells of it: late, more than once, in any order.

A chargeback may be told before the payment itself is in the ledger, and a dispute may be won before
anybody has told that there was one; whoever tells goes on until it is taken, or has lost patience.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ordercore.app import Caller, ReportChargeback, ReportDisputeWon, ReportRefundReturned
from ordercore.app.use_case import UseCase
from ordercore.domain.payments import EntryKind
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.testing.fakes import START
from ordercore.testing.simulation.asking import UNANSWERED, ask
from ordercore.testing.simulation.faults import roll
from ordercore.testing.simulation.scheduler import pause
from ordercore.testing.simulation.script import Action, ActionKind

if TYPE_CHECKING:
    from ordercore.testing.simulation.plan import Script
    from ordercore.testing.simulation.world import World

__all__ = ["OF_BANKS", "act_of_bank"]

OF_BANKS = frozenset({ActionKind.CHARGE_BACK, ActionKind.BOUNCE})
"""What banks do."""
_COPIES = (1, 1, 1, 2, 3)
_LOOKS, _LOOKS_EVERY_MS = 12, 1_800_000
_TELLS, _TELLS_EVERY_MS = 60, 60_000
_DAY_MS = 24 * 3_600_000
_NOT_KNOWN_YET = (
    "refused: unknown_payment",
    "refused: unknown_chargeback",
    "refused: unknown_refund",
    "refused: chargeback_exceeds_payment",  # what it follows was not told yet
)

_Report = Callable[[Caller], UseCase[Any]]


async def act_of_bank(world: World, script: Script, action: Action, name: str) -> None:
    """Do it as soon as there is something to do it about; if there is nothing, never."""
    done = _charge_back if action.kind is ActionKind.CHARGE_BACK else _bounce
    for look in range(1, _LOOKS + 1):
        order_id = world.placed.get(script.tag)
        if order_id is not None and await done(world, script, action, name, order_id):
            return
        await pause(_LOOKS_EVERY_MS * look)


async def _charge_back(
    world: World, script: Script, action: Action, name: str, order_id: OrderId
) -> bool:
    payments = {**_confirmed(world, order_id), **world.gateway.taken_for(order_id)}
    case = world.issuer.take(order_id, payments, reference=f"{name}.case", permille=action.part)
    if case is None:
        return False
    world.tell(script.tag, f"{name}: the bank takes {case.amount} of {case.payment} back")
    taken_at = _now(world)
    _tell(
        world,
        script,
        f"{name}.taken",
        lambda caller: ReportChargeback(
            caller=caller,
            order_id=order_id,
            payment=case.payment,
            reference=case.reference,
            amount=case.amount,
            taken_at=taken_at,
            code="fraud",
        ),
    )
    if not action.won:
        return True
    await pause(action.wait_ms)
    back, won_at = world.issuer.give_back(case, permille=action.won), _now(world)
    world.tell(script.tag, f"{name}: the bank gives {back} back")
    _tell(
        world,
        script,
        f"{name}.won",
        lambda caller: ReportDisputeWon(
            caller=caller,
            order_id=order_id,
            reference=case.reference,
            amount=back,
            won_at=won_at,
        ),
    )
    return True


async def _bounce(
    world: World, script: Script, action: Action, name: str, order_id: OrderId
) -> bool:
    tenant = TenantId(script.tenant)
    arrived = {
        **world.bank.arrived_of(tenant, order_id),
        **world.gateway.arrived_of(tenant, order_id),
    }
    found = world.issuer.return_refund(order_id, arrived)
    if found is None:
        return False
    key, amount = found
    world.bank.take_in(tenant, key)
    world.gateway.take_in(tenant, key)
    world.tell(script.tag, f"{name}: a refund of {amount} comes back")
    returned_at = _now(world)
    _tell(
        world,
        script,
        f"{name}.returned",
        lambda caller: ReportRefundReturned(
            caller=caller, order_id=order_id, refund=key, amount=amount, returned_at=returned_at
        ),
    )
    return True


def _confirmed(world: World, order_id: OrderId) -> dict[str, Money]:
    """Return the payments that came past any gateway, by reference."""
    ledger = world.watch.rows[order_id].order.ledger
    return {entry.key: entry.amount for entry in ledger if entry.kind is EntryKind.CONFIRMED}


def _now(world: World) -> datetime:
    return START + timedelta(milliseconds=world.scheduler.now_ms)


def _tell(world: World, script: Script, name: str, report: _Report) -> None:
    """Have it told, now and then more than once, under one idempotency key or under none."""
    dice = roll(world.plan.seed, name, 1)
    key = name if dice[0] % 5 else None
    role = ("system", "operator")[dice[1] % 2]
    asked = report(Caller.of(script.tenant, f"bank.{role}", role=role, idempotency_key=key))
    for number in range(_COPIES[dice[2] % len(_COPIES)]):
        told = f"{name}.{number}"
        late = dice[number] % 800 if number == 0 else dice[number] % _DAY_MS
        flow = _insist(world, script.tag, told, asked, key)
        world.scheduler.spawn(told, flow, after_ms=late)


async def _insist(world: World, tag: str, name: str, asked: UseCase[Any], key: str | None) -> None:
    """Tell it until it is taken."""
    for attempt in range(1, _TELLS + 1):
        end = await ask(world, tag, f"{name}.{attempt}", asked, key)
        world.tell(tag, f"{name}: {end}")
        if end not in UNANSWERED and not end.startswith(_NOT_KNOWN_YET):
            break
        await pause(_TELLS_EVERY_MS * attempt)
    word = f"{type(asked).__name__}: {end}"
    world.ends[word] = world.ends.get(word, 0) + 1
