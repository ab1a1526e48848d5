"""Two workers, one payment: over every store and every kind of lock, the gateway is asked once.

The locks are those of this process and those of a real Valkey. A worker that is paused beyond its
lease while the gateway has its request cannot write once another has; what it did is found.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ordercore.app import (
    AuditVerdict,
    CheckOut,
    CheckPayment,
    GetOrder,
    OrderCore,
    Placed,
    ReceiveStock,
    VerifyAudit,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.ids import TenantId
from ordercore.ports import GatewayOutcome, LocksPort, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory, sqlalchemy
from ordercore_adapters.redis import RedisLocks, RedisUnreachable, connect
from ordercore_adapters.system import SystemIds
from tests.adapters.postgres_server import Database
from tests.adapters.redis_server import Start
from tests.unit.app.providers import Lost, Script
from tests.unit.app.retail_providers import Till
from tests.unit.app.retail_shop import RULES, TOKEN, a_basket
from tests.unit.app.shop import CUSTOMER, OPERATOR

SAGA = (WorkKind.SAGA,)
Open = Callable[..., Ports]


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def open_ports(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Return what makes bundles over one store; each call is another process, as it were."""
    shared = memory.ports()
    with ExitStack() as stack:

        def make(**services: Any) -> Ports:
            given = {
                "capacity": shared.capacity,
                "carrier": shared.carrier,
                "letters": shared.letters,
                "publisher": shared.publisher,
                "sealer": shared.sealer,
                "warehouse": shared.warehouse,
                "retail": RULES,
                **services,
            }
            made = _bundle(request, tmp_path, given)
            stack.callback(lambda: drive(made.close()))
            return made

        yield make


def _bundle(request: pytest.FixtureRequest, folder: Path, given: dict[str, Any]) -> Ports:
    if request.param == "memory":
        return memory.ports(**given)
    if request.param == "sqlite":
        return sqlalchemy.ports(f"sqlite:///{folder / 'orders.db'}", **given)
    database: Database = request.getfixturevalue("postgres")
    return sqlalchemy.ports(database.app, worker_url=database.worker, **given)


class Shop:
    """Two workers over one store, one gateway on a script, one clock."""

    def __init__(self, open_ports: Open, locks: LocksPort) -> None:
        self.clock = ManualClock()
        self.script = Script(self.clock)
        self.till = Till(self.script)
        bundle = open_ports(clock=self.clock, ids=CountingIds(), gateway=self.till, locks=locks)
        self.one, self.other = OrderCore(bundle), OrderCore(bundle)
        for sku in ("mug", "tea"):
            self.one.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=9))

    def bought(self) -> Order:
        """Check out by card."""
        placed = self.one.handle(CheckOut(caller=CUSTOMER, basket=a_basket(), token=TOKEN))
        assert isinstance(placed, Placed), placed
        return placed.order

    def now(self, order: Order) -> Order:
        """Return the order as it is."""
        return self.one.handle(GetOrder(caller=CUSTOMER, order_id=order.id))

    def work(self, core: OrderCore, kinds: tuple[WorkKind, ...] = tuple(WorkKind)) -> None:
        """Let one worker do all that is due."""
        while core.handle(WorkOnce(kinds=kinds)) is not None:
            pass

    def pauses_the_first(self, verb: str, *, and_loses_an_answer: bool) -> None:
        """Plan: while the gateway has the first worker's request its leases end, another comes."""

        def paused() -> None:
            self.clock.advance(seconds=90)
            if and_loses_an_answer:
                self.script.plan(verb, Lost())
            self.work(self.other, SAGA)

        self.script.plan(verb, paused)  # type: ignore[arg-type]


@pytest.fixture
def shop(open_ports: Open, locks: LocksPort) -> Shop:
    """Return a shop over each store with each kind of lock."""
    return Shop(open_ports, locks)


def _come_to_rest(shop: Shop, order: Order) -> Order:
    for _ in range(100):
        shop.work(shop.one)
        if shop.now(order).state == S.SHIPPED:
            return shop.now(order)
        shop.clock.advance(seconds=10)
    raise AssertionError(shop.now(order).state)


@pytest.mark.parametrize("and_loses_an_answer", [False, True])
def test_a_worker_paused_at_the_gateway_loses_and_doubles_nothing(
    shop: Shop, *, and_loses_an_answer: bool
) -> None:
    """The other writes; if it heard nothing either, the capture is found by look-up."""
    order = shop.bought()
    assert order.state == S.CONFIRMED
    shop.pauses_the_first("capture", and_loses_an_answer=and_loses_an_answer)
    shop.work(shop.one)
    assert shop.script.verbs().count("capture") == 2
    order = _come_to_rest(shop, order)
    assert order.balance.captured == order.total
    assert len(shop.till.books.captured) == 1
    assert ("find payment" in shop.script.verbs()) is and_loses_an_answer
    verdict = shop.one.handle(VerifyAudit(caller=OPERATOR, order_id=order.id))
    assert isinstance(verdict, AuditVerdict)
    assert verdict.whole


def test_a_customer_paused_at_the_gateway_cannot_write_over_the_worker(shop: Shop) -> None:
    """Who comes back from a page holds no lease on work: the fence alone is in the way."""
    shop.script.plan("authorise", Lost())
    order = shop.bought()
    shop.pauses_the_first("find payment", and_loses_an_answer=False)
    seen = shop.one.handle(CheckPayment(caller=CUSTOMER, order_id=order.id))
    assert seen.state == S.SHIPPED
    assert seen.version == shop.now(order).version
    records = drive(shop.one.ports.audit.history(order.tenant, order.id))
    assert not [record for record in records if record.kind == "saga.late-answer"]
    assert sum(record.trigger == "confirm" for record in records) == 1


class SlowGateway(memory.InstantGateway):
    """Answers slowly, and notices when two of one order are with it at the same moment."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.together = Counter[str](), 0
        self.finds = 0
        self.guard = threading.Lock()

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Look up."""
        with self.guard:
            self.inside[key] += 1
            self.finds += 1
            self.together = max(self.together, self.inside[key])
        time.sleep(0.01)
        with self.guard:
            self.inside[key] -= 1
        return await super().find(tenant, key)


def test_many_who_bring_word_of_one_payment_ask_one_at_a_time(
    tmp_path: Path, redis_url: str, redis_prefix: str
) -> None:
    """Four threads, each with a core of its own, over SQLite and a real Valkey."""
    gateway, shared, connection = SlowGateway(), memory.ports(), connect(redis_url)
    locks = RedisLocks(connection, ids=SystemIds(), prefix=redis_prefix)

    def a_core() -> OrderCore:
        return OrderCore(
            sqlalchemy.ports(
                f"sqlite:///{tmp_path / 'orders.db'}",
                retail=RULES,
                gateway=gateway,
                sealer=shared.sealer,
                letters=shared.letters,
                locks=locks,
            )
        )

    with a_core() as core:
        for sku in ("mug", "tea"):
            core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=100))
        orders = [
            core.handle(CheckOut(caller=CUSTOMER, basket=a_basket("wallet", reference=f"R-{n}")))
            for n in range(8)
        ]
        placed = [each.order for each in orders if isinstance(each, Placed)]
        for order in placed:
            attempt = order.balance.open_attempt
            assert attempt is not None
            gateway.settle(order.tenant, attempt.key)

        before = gateway.finds

        def tell() -> None:
            with a_core() as own:
                for order in placed:
                    own.handle(CheckPayment(caller=CUSTOMER, order_id=order.id))

        threads = [threading.Thread(target=tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        for order in placed:
            now = core.handle(CheckPayment(caller=CUSTOMER, order_id=order.id))
            assert now.state == S.CONFIRMED
    drive(connection.close())
    assert gateway.together == 1
    assert gateway.finds - before == len(placed), (
        "who waited found it answered, and did not ask again"
    )


def test_a_lock_service_that_is_stopped_and_comes_back_loses_nothing(
    tmp_path: Path, start_redis: Start
) -> None:
    """While it is away the order waits: nobody is charged, and the customer is told of no fault."""
    server = start_redis(tmp_path / "first")
    clock, gateway = ManualClock(), memory.InstantGateway()
    connection = connect(server.connection_url)
    locks = RedisLocks(connection, ids=SystemIds())
    core = OrderCore(memory.ports(clock=clock, retail=RULES, gateway=gateway, locks=locks))
    for sku in ("mug", "tea"):
        core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=9))
    address = server.connection_url
    server.stop()
    with pytest.raises(RedisUnreachable):
        drive(connection.command("PING"))
    placed = core.handle(CheckOut(caller=CUSTOMER, basket=a_basket(), token=TOKEN))
    assert isinstance(placed, Placed)
    assert placed.order.state == S.AWAITING_PAYMENT
    assert core.handle(WorkOnce(kinds=SAGA)) is not None
    assert gateway.authorised == {}
    server.start()
    assert server.connection_url == address
    clock.advance(seconds=5)
    while core.handle(WorkOnce(kinds=SAGA)) is not None:
        pass
    assert core.handle(GetOrder(caller=CUSTOMER, order_id=placed.order.id)).state == S.SHIPPED
    assert len(gateway.authorised) == 1
    drive(connection.close())
