"""One simulated world: a host's ports behind seams, providers outside, workers, a clock.

The host hands over a factory of ports; of its bundle the storage and the tables are used, and what
is outside (cloud, bank, post, broker, capacity) is replaced by the simulator's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

from attrs import define, evolve, field

from ordercore.app import WorkOnce
from ordercore.app.use_case import UseCase
from ordercore.kernel.errors import OrderCoreError, WrongFace
from ordercore.kernel.ids import OrderId
from ordercore.ports import Clock, Ids, Mode, Ports, ProvisionRequest
from ordercore.testing.fakes import START
from ordercore.testing.simulation.faults import ListedFaults, SeededFaults, roll
from ordercore.testing.simulation.gate import Gate, Outage, Trace
from ordercore.testing.simulation.gateway import Gateway
from ordercore.testing.simulation.issuer import Issuer
from ordercore.testing.simulation.lock_seam import LocksSeam
from ordercore.testing.simulation.logistics import Carrier, Warehouse
from ordercore.testing.simulation.messengers import carry_notices, carry_parcels, report_later
from ordercore.testing.simulation.plan import Plan, Script
from ordercore.testing.simulation.profiles import PROFILES
from ordercore.testing.simulation.providers import Bank, Broker, Cloud, Post
from ordercore.testing.simulation.raising import raised_by
from ordercore.testing.simulation.sales import ASSORTMENT, SELLER, SaleScript
from ordercore.testing.simulation.scheduler import Ended, Flow, Scheduler, park, pause
from ordercore.testing.simulation.seams import OrdersSeam, ReaderSeam, SagasSeam, StoreSeam
from ordercore.testing.simulation.services import (
    CapacitySeam,
    CloudSeam,
    PaymentsSeam,
    PostSeam,
    PublisherSeam,
)
from ordercore.testing.simulation.shop_services import (
    CarrierSeam,
    GatewaySeam,
    LettersSeam,
    WarehouseSeam,
)
from ordercore.testing.simulation.watch import Watch

__all__ = ["MakePorts", "World", "make_world"]

MakePorts: TypeAlias = Callable[[Clock, Ids], Ports]
"""Makes a bundle over an empty store, with this clock and these ids; never an asynchronous one."""

_WORKER_FAULTS = frozenset({"outage", "not_found", "concurrency_conflict", "lease_lost"})
_NAP_MS = 500


@define
class _Clock:
    scheduler: Scheduler
    skews: dict[int, int] = field(factory=dict)

    def now(self) -> datetime:
        flow = self.scheduler.current
        skew = self.skews.get(flow.process, 0) if flow and flow.process else 0
        return START + timedelta(milliseconds=self.scheduler.now_ms + skew)


@define
class _Ids:
    """Ids that follow from who asks for them, so that nobody's ids depend on anybody else."""

    scheduler: Scheduler
    seed: int
    loose: int = 0

    def new(self) -> str:
        flow = self.scheduler.current
        if flow is None:
            self.loose += 1
            return f"loose-{self.loose}"
        flow.ids += 1
        return f"{flow.name}-{flow.ids}"

    def draw(self) -> int:
        flow = self.scheduler.current
        return roll(self.seed, flow.name if flow else "-", -1)[0] % 1000


@define
class World:
    """Everything of one run.

    Attributes:
        ports: The bundle as use cases see it, every port behind a seam.
        bare: The host's bundle itself.
        scripts: The scripts by tag.
        placed: Ids of the orders that were placed, by tag.
        ends: How requests ended, counted by what came of them.
        asked: When each idempotency key was first asked under.
        answers: What each was answered, as the version of the order.
    """

    plan: Plan
    scheduler: Scheduler
    trace: Trace
    gate: Gate
    watch: Watch
    bare: Ports
    cloud: Cloud
    bank: Bank
    post: Post
    broker: Broker
    issuer: Issuer
    scripts: Mapping[str, Script]
    gateway: Gateway = field(init=False)
    warehouse: Warehouse = field(init=False)
    carrier: Carrier = field(init=False)
    ports: Ports = field(init=False)
    placed: dict[str, OrderId] = field(factory=dict)
    ends: dict[str, int] = field(factory=dict)
    asked: dict[str, int] = field(factory=dict)
    answers: dict[str, int] = field(factory=dict)
    idle: list[Flow] = field(factory=list)

    def tell(self, tag: str, text: str) -> None:
        """Write a line of the story."""
        self.trace.tell(self.scheduler.now_ms, tag, text)

    def blame(self, law: str, tag: str, *found: str, method: str = "") -> None:
        """Check a law here and now; ``method`` where it is known whose fault it is."""
        self.watch.now_ms = self.scheduler.now_ms
        self.watch.blame(law, tag, found, method=method)

    async def request(self, name: str, use_case: UseCase[Any], *, process: int) -> Ended:
        """Have a use case carried out in a process, and wait for how it ended."""
        asking = self.scheduler.current
        assert asking is not None, "only flows make requests"

        def answered(ended: Ended) -> None:
            self.scheduler.wake(asking, ended)

        body = use_case.run(self.ports)
        # The protocol promises an awaitable; every use case is a coroutine.
        self.scheduler.spawn(name, cast("Any", body), process=process, on_end=answered)
        return cast("Ended", await park())

    def wake_workers(self) -> None:
        """Let two sleeping workers look whether there is something to do."""
        woken = [flow for flow in self.idle if flow.alive][:2]
        for flow in woken:
            self.scheduler.wake(flow)
        self.idle = [flow for flow in self.idle if flow.alive and flow not in woken]

    def start_worker(self, process: int, number: int, life: int = 0) -> None:
        """Start a worker; it is started again whenever its process has crashed."""

        def again(ended: Ended) -> None:
            self.start_worker(process, number, life + 1)

        name = f"w{process}.{number}" + (f".{life}" if life else "")
        rest = roll(self.plan.seed, name, 0)[0] % 20_000 if life else number
        self.scheduler.spawn(name, self._work(), process=process, on_end=again, after_ms=rest)

    async def _work(self) -> None:
        me = self.scheduler.current
        assert me is not None
        while True:
            due = await self.bare.store.next_due()
            if due is None or due > START + timedelta(milliseconds=self.scheduler.now_ms):
                await self._sleep(me, due)
                continue
            try:
                claim = await WorkOnce().run(self.ports)
            except Exception as fault:
                self._worker_fault(me, fault)
                claim = None
            me.about = ""
            if claim is None:
                await pause(_NAP_MS)

    def _worker_fault(self, me: Flow, fault: Exception) -> None:
        self.tell(me.about, f"{me.name}: {type(fault).__name__}: {fault}")
        code = fault.code if isinstance(fault, OrderCoreError) else type(fault).__name__
        code = Outage.code if isinstance(fault, ConnectionError) else code
        found = () if code in _WORKER_FAULTS else (f"a worker met {code}: {fault}",)
        self.blame("no_surprise", me.about, *found, method=raised_by(fault))

    async def _sleep(self, me: Flow, due: datetime | None) -> None:
        self.idle.append(me)
        if due is not None:
            ahead = (due - START) // timedelta(milliseconds=1) + 1 - self.scheduler.now_ms
            await pause(max(ahead, 1))
        else:
            await park()
        if me in self.idle:
            self.idle.remove(me)

    def report_later(self, request: ProvisionRequest, after_ms: int) -> None:
        """Have the cloud report on a request when it is done."""
        report_later(self, request, after_ms)

    def carry_notices(self) -> None:
        """Have the payment provider tell what happened."""
        if self.gateway.notices:
            carry_notices(self)

    def carry_parcels(self) -> None:
        """Have the carrier bring what it took."""
        if self.carrier.left:
            carry_parcels(self)

    def page_ms(self, order_id: OrderId) -> int:
        """Return how long the page of an order stays open."""
        script = self.scripts[self.watch.tag(order_id)]
        return script.page_ms if isinstance(script, SaleScript) else 0

    def hold_ms(self, order_id: OrderId) -> int:
        """Return how long money is held for an order; 0 where nothing is said."""
        script = self.scripts[self.watch.tag(order_id)]
        return script.hold_ms if isinstance(script, SaleScript) else 0


def make_world(plan: Plan, make_ports: MakePorts, *, keep_story: bool = False) -> World:
    """Return a world in which nothing has happened yet.

    Raises:
        WrongFace: the factory makes an asynchronous bundle.
    """
    scheduler, trace = Scheduler(), Trace(keep=keep_story)
    clock = _Clock(scheduler)
    drawn = SeededFaults(plan.seed, PROFILES[plan.profile])
    source = drawn if plan.faults is None else ListedFaults(plan.faults)
    gate = Gate(plan.seed, scheduler, source, trace, clock.skews.__setitem__)
    bare = make_ports(clock, _Ids(scheduler, plan.seed))
    if bare.mode is Mode.ASYNC:
        raise WrongFace(
            face="the simulator", bundle=bare.mode, advice="give it neutral or blocking ports"
        )

    def now_ms() -> int:
        return scheduler.now_ms

    world = World(
        plan=plan,
        scheduler=scheduler,
        trace=trace,
        gate=gate,
        watch=Watch(bare.rules),
        bare=bare,
        cloud=Cloud(now_ms),
        bank=Bank(now_ms),
        post=Post(),
        broker=Broker(),
        issuer=Issuer(),
        scripts={script.tag: script for script in plan.scripts},
    )
    world.gateway = Gateway(now_ms, world.page_ms, world.hold_ms)
    world.warehouse, world.carrier = Warehouse(now_ms), Carrier(now_ms)
    world.ports = _behind_seams(world)
    return world


def _behind_seams(world: World) -> Ports:
    bare, gate, watch = world.bare, world.gate, world.watch

    def reader(name: str, kind: str = "look") -> Any:
        return ReaderSeam(name, getattr(bare, name), gate, watch, kind)

    post = PostSeam(gate, watch, world.post)
    watch.locks.in_use = bare.locks is not None
    return evolve(
        bare,
        store=StoreSeam(bare.store, gate, watch, world.wake_workers),
        orders=OrdersSeam(bare.orders, gate, watch),
        sagas=SagasSeam(bare.sagas, gate, watch),
        audit=reader("audit"),
        outbox=reader("outbox"),
        idempotency=reader("idempotency"),
        inbox=reader("inbox"),
        dead_letters=reader("dead_letters"),
        vault=reader("vault"),
        numbers=reader("numbers"),
        read_models=reader("read_models"),
        stock=reader("stock"),
        cache=reader("cache"),
        sealer=reader("sealer", "seal"),
        sweeper=reader("sweeper", "sweep"),
        locks=None if bare.locks is None else LocksSeam(bare.locks, gate, watch),
        provisioner=CloudSeam(gate, watch, world.cloud, world.report_later),
        payments=PaymentsSeam(gate, watch, world.bank),
        capacity=CapacitySeam(gate, watch),
        notifications=post,
        mailer=post,
        publisher=PublisherSeam(gate, watch, world.broker),
        gateway=GatewaySeam(gate, watch, world.gateway, world.carry_notices),
        warehouse=WarehouseSeam(gate, watch, world.warehouse),
        carrier=CarrierSeam(gate, watch, world.carrier, world.carry_parcels),
        letters=LettersSeam(gate, watch, world.post),
        retail=evolve(bare.retail, assortment=ASSORTMENT, seller=bare.retail.seller or SELLER),
    )
