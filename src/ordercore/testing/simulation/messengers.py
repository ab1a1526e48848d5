"""What providers tell by themselves, when they please: late, twice, in any order, or never.

A cloud reports what it has built, a payment provider sends notices, a carrier says that a parcel
arrived, and hands in the money that was paid at the door.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ordercore.app import Caller, CheckPayment, ConfirmCash, ReportDelivery, SendBack
from ordercore.app.fulfilling import ReportProvisioning
from ordercore.app.use_case import UseCase
from ordercore.domain.payments import PAYMENT_KINDS, Payment
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import ProvisionRequest
from ordercore.testing.fakes import START
from ordercore.testing.simulation.asking import UNANSWERED, ask
from ordercore.testing.simulation.faults import roll
from ordercore.testing.simulation.gateway import Notice
from ordercore.testing.simulation.raising import raised_by
from ordercore.testing.simulation.sales import SaleScript
from ordercore.testing.simulation.scheduler import pause

if TYPE_CHECKING:
    from ordercore.testing.simulation.world import World

__all__ = ["carry_notices", "carry_parcels", "report_later"]

_COPIES = (0, 1, 1, 1, 2, 3)
_HOUR_MS = 3_600_000
_TRIES = 60
_OVER = frozenset({"cancelled", "completed", "returned"})
_TOO_EARLY = ("transition_not_allowed in ready", "refused: not_on_delivery")


def report_later(world: World, request: ProvisionRequest, after_ms: int) -> None:
    """Have the cloud report on a request when it is done, now and then twice."""
    tag = world.watch.tag(request.order_id)
    dice = roll(world.plan.seed, f"report:{request.key}", request.attempt)
    for number in range(1 + (dice[0] % 3 == 0)):
        name = f"{tag}.report.{request.key[:6]}.{request.attempt}.{number}"
        late = dice[1] % 4000 if number == 0 else dice[2] % 40_000
        world.scheduler.spawn(name, _report(world, name, request), after_ms=after_ms + late)


def carry_notices(world: World) -> None:
    """Have the payment provider tell what happened."""
    notices, world.gateway.notices = world.gateway.notices, []
    for notice in notices:
        tag = world.watch.tag(notice.order_id)
        dice = roll(world.plan.seed, f"notice:{tag}/{notice.key}", 1)
        due = max(notice.at_ms - world.scheduler.now_ms, 0)
        for number in range(_COPIES[dice[0] % len(_COPIES)]):
            name = f"{tag}.notice.{notice.key[:6]}.{number}"
            late = dice[1] % 800 if number == 0 else dice[number] % 120_000
            world.scheduler.spawn(name, _notify(world, name, notice), after_ms=due + late)


def carry_parcels(world: World) -> None:
    """Have the carrier bring what it took."""
    left, world.carrier.left = world.carrier.left, []
    for tenant, order_id, at_ms in left:
        name = f"{world.watch.tag(order_id)}.parcel"
        dice = roll(world.plan.seed, name, 0)
        due = max(at_ms - world.scheduler.now_ms, 0) + dice[3] % (60 * _HOUR_MS)
        due += 24 * _HOUR_MS * _script(world, order_id).parcel_late_days
        world.scheduler.spawn(name, _bring(world, name, tenant, order_id), after_ms=due)


async def _report(world: World, name: str, request: ProvisionRequest) -> None:
    tag = world.watch.tag(request.order_id)
    for attempt in range(1, 9):
        outcome = await world.cloud.find(request.tenant, request.key)
        use_case = ReportProvisioning(
            caller=Caller.of(request.tenant, "cloud", role="system"),
            order_id=request.order_id,
            key=request.key,
            attempt=request.attempt,
            outcome=outcome,
        )
        process = 1 + roll(world.plan.seed, name, attempt)[0] % world.plan.processes
        ended = await world.request(f"{name}.{attempt}", use_case, process=process)
        said = type(ended.error or ended.value).__name__
        world.tell(tag, f"{name}: reports {type(outcome).__name__}: {said}")
        if not ended.lost and not isinstance(ended.error, ConnectionError | OrderCoreError):
            if ended.error is not None:
                method = raised_by(ended.error)
                world.blame("no_surprise", tag, f"{name} met {ended.error!r}", method=method)
            return
        await pause(1000 * attempt)


async def _notify(world: World, name: str, notice: Notice) -> None:
    caller = Caller.of(notice.tenant, "gateway", role="system")
    use_case = CheckPayment(caller=caller, order_id=notice.order_id)
    await _insist(world, name, notice.order_id, use_case, tries=4)


async def _bring(world: World, name: str, tenant: TenantId, order_id: OrderId) -> None:
    dice = roll(world.plan.seed, name, 1)
    order = world.watch.rows[order_id].order
    assert order.sale is not None, "parcels are of goods"
    cash = not PAYMENT_KINDS[order.sale.payment].by_gateway
    caller = Caller.of(tenant, "carrier", role="carrier", idempotency_key=f"{name}.done")
    if _script(world, order_id).parcel_lost:
        world.watch.lost.add(order_id)
        gone = SendBack(caller=caller, order_id=order_id, reason="nowhere to be found", lost=True)
        await _insist(world, f"{name}.lost", order_id, gone)
        return
    if dice[0] % 12 == 0:
        back = SendBack(caller=caller, order_id=order_id, reason="gone away", undeliverable=True)
        await _insist(world, f"{name}.back", order_id, back)
        return
    if cash and dice[1] % 3 == 0:
        await _cash(world, name, tenant, order_id)
    brought = ReportDelivery(caller=caller, order_id=order_id)
    await _insist(world, f"{name}.brought", order_id, brought)
    if cash and dice[1] % 3:
        late = 24 * _HOUR_MS * _script(world, order_id).cash_late_days
        await pause(late + dice[2] % (20 * _HOUR_MS))
        await _cash(world, name, tenant, order_id)
    if cash and dice[3] % 5 == 0:
        await _cash(world, name, tenant, order_id, again=".again")


def _script(world: World, order_id: OrderId) -> SaleScript:
    script = world.scripts[world.watch.tag(order_id)]
    assert isinstance(script, SaleScript), "parcels are of goods"
    return script


async def _cash(
    world: World, name: str, tenant: TenantId, order_id: OrderId, again: str = ""
) -> None:
    order = world.watch.rows[order_id].order
    asked = order.billed if order.total.is_zero else order.total  # as it says on the paper
    if asked.is_zero:
        return
    paid = world.bank.pay(tenant, f"{name}.cash", asked)
    at = START + timedelta(milliseconds=world.scheduler.now_ms)
    use_case = ConfirmCash(
        caller=Caller.of(tenant, "carrier", role="carrier", idempotency_key=f"{name}.cash{again}"),
        order_id=order_id,
        payment=Payment(reference=f"{name}.cash", amount=paid, at=at),
    )
    await _insist(world, f"{name}.cash{again}", order_id, use_case, over=frozenset())


async def _insist(
    world: World,
    name: str,
    order_id: OrderId,
    use_case: UseCase[Any],
    *,
    tries: int = _TRIES,
    over: frozenset[str] = _OVER,
) -> None:
    """Tell something until it is taken, or there is no sense in it any more.

    Args:
        over: States in which there is none; cash has been paid whatever became of the order.
    """
    tag = world.watch.tag(order_id)
    for attempt in range(1, tries + 1):
        end = await ask(world, tag, f"{name}.{attempt}", use_case, None)
        world.tell(tag, f"{name}: {end}")
        if end not in UNANSWERED and not end.startswith(_TOO_EARLY):
            return
        if world.watch.rows[order_id].order.state in over:
            return
        await pause(20_000 * attempt)
