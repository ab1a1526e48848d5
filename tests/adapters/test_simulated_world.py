"""A whole world and orders in it: what the orders say is what really happened outside."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    GetOrder,
    ListDeadLetters,
    OrderCore,
    Placed,
    PlaceOrder,
    SubmitOrder,
    WorkOnce,
)
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.payments import EntryKind
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports
from ordercore.testing.builders import a_database, a_storage, a_vps, an_order_request
from ordercore.testing.contracts import drive
from ordercore_adapters import memory
from ordercore_adapters.crypto import AesGcmSealer
from ordercore_adapters.simulated import (
    EPOCH,
    FaultPlan,
    SimulatedCloud,
    VirtualClock,
    World,
    world,
)
from ordercore_adapters.system import SystemClock

CUSTOMER = Caller.of("tenant-a", "customer-1")
OPERATOR = Caller.of("tenant-a", "operator-1", role="operator")
SYSTEM = Caller.of("tenant-a", "gateway", role="system")


def work_off(core: OrderCore, ports: Ports, clock: VirtualClock) -> None:
    """Drive the worker until nothing is due any more, moving the clock from due to due."""
    for _ in range(20_000):
        if core.handle(WorkOnce()) is None:
            due = drive(ports.store.next_due())
            if due is None:
                return
            clock.advance_to(due)
    raise AssertionError("the world does not come to rest")


def live_through(folder: Path, plan: FaultPlan, *, orders: int) -> tuple[World, list[Order], Ports]:
    """Place, pay and fulfil orders of three items; every seventh is cancelled on the way."""
    made = world(folder, seed=plan.seed, faults=plan)
    assert isinstance(made.clock, VirtualClock)
    ports = memory.ports(**made.services())
    core = OrderCore(ports)
    placed: list[OrderId] = []
    for number in range(orders):
        items = (a_vps(), a_database(), a_storage())
        request = an_order_request(*items, reference=f"REF-{number}")
        answer = core.handle(PlaceOrder(caller=CUSTOMER, request=request))
        assert isinstance(answer, Placed)
        order = answer.order
        core.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id))
        paid = made.gateway.pay(f"pay-{number}", order.tenant, order.reference, order.total)
        core.handle(
            ConfirmPayment(caller=SYSTEM, order_id=order.id, reference=paid, amount=order.total)
        )
        placed.append(order.id)
        for _ in range(3):
            core.handle(WorkOnce())
        if number % 7 == 3:
            _try_to_cancel(core, order.id)
    work_off(core, ports, made.clock)
    made.cloud.settle()
    ended = [core.handle(GetOrder(caller=OPERATOR, order_id=each)) for each in placed]
    return made, ended, ports


def _try_to_cancel(core: OrderCore, order_id: OrderId) -> None:
    state = core.handle(GetOrder(caller=OPERATOR, order_id=order_id)).state
    if state in ("provisioning", "partially_fulfilled", "validating", "payment_confirmed"):
        core.handle(CancelOrder(caller=OPERATOR, order_id=order_id, reason="changed their mind"))


@pytest.mark.parametrize(("profile", "seed"), [("calm", 1), ("rough", 2), ("hostile", 3)])
def test_orders_and_providers_agree(tmp_path: Path, profile: str, seed: int) -> None:
    """Items, money, mail, events: nothing is built, paid or lost behind the orders' back."""
    plan = FaultPlan.profile(profile, seed=seed)
    made, orders, ports = live_through(tmp_path, plan, orders=30)
    letters = OrderCore(ports).handle(ListDeadLetters(caller=OPERATOR, limit=1000))
    assert not isinstance(letters, Refusal)
    parked = {(letter.order_id, letter.branch) for letter in letters}

    items = [item for order in orders for item in order.items]
    active = {item.resource for item in items if item.state is ItemState.ACTIVE}
    live = made.cloud.books.rows(
        "SELECT resource, order_id, item FROM resources WHERE state = 'live'"
    )
    assert {str(row[0]) for row in live} >= active
    strays = [row for row in live if row[0] not in active and (row[1], row[2]) not in parked]
    assert strays == []

    for order in orders:
        _money_agrees(made, order, {branch for id_, branch in parked if id_ == order.id})
    fulfilled = {order.id for order in orders if order.state == "fulfilled"}
    mailed = {row[0] for row in made.mailer.books.rows("SELECT order_id FROM mails")}
    assert fulfilled <= mailed | {id_ for id_, branch in parked if branch == "order"}
    assert len(list((tmp_path / "mail" / "messages").glob("*.eml"))) == len(
        made.mailer.books.rows("SELECT * FROM mails")
    )
    _events_agree(made, ports, orders)
    made.close()


def _money_agrees(made: World, order: Order, parked: set[str]) -> None:
    given = Counter[str]()
    for key, amount in made.gateway.books.rows(
        "SELECT key, amount_minor FROM refunds WHERE order_id = ?", (order.id,)
    ):
        assert isinstance(amount, int)
        given[str(key)] += amount
    settled = {e.key: e.amount for e in order.ledger if e.kind is EntryKind.REFUNDED}
    asked = {e.key: e.amount for e in order.ledger if e.kind is EntryKind.REFUND_REQUESTED}
    assert {key: amount.amount_minor for key, amount in settled.items()}.items() <= given.items()
    assert set(given) <= set(asked)
    assert parked or set(asked) == set(settled)
    assert sum(given.values()) <= order.total.amount_minor


def _events_agree(made: World, ports: Ports, orders: list[Order]) -> None:
    for order in orders:
        rows = made.events.books.rows(
            "SELECT seq FROM distinct_events d JOIN events e USING (position) "
            "WHERE e.stream = ? ORDER BY position",
            (order.id,),
        )
        arrived = [int(str(row[0])) for row in rows]
        assert arrived == sorted({*arrived})
        assert drive(ports.outbox.pending(order.tenant, order.id)) == ()


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    """Every call to every provider, and how it ended; another seed tells another one."""
    stories = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        plan = FaultPlan.profile("hostile", seed=seed)
        made, orders, _ = live_through(tmp_path / name, plan, orders=10)
        books = (made.cloud, made.gateway, made.notifications, made.mailer, made.events)
        calls = [part.books.rows("SELECT * FROM calls") for part in books]
        stories.append((calls, [order.state for order in orders]))
        made.close()
    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


def test_a_later_run_goes_on_where_the_books_end(tmp_path: Path) -> None:
    """Virtual time does not start again, ids are not given twice, old seals still open."""
    plan = FaultPlan.profile("rough", seed=1)
    first, orders, ports = live_through(tmp_path, plan, orders=5)
    ended = first.clock.now()
    first.close()
    second = world(tmp_path, seed=1)
    last_call = second.clock.now()
    assert EPOCH < last_call <= ended
    assert second.ids is not None
    assert second.ids.new() > max(order.id for order in orders)
    sealed = drive(ports.vault.of_order(TenantId("tenant-a"), orders[0].id))
    assert all(drive(second.sealer.open(each)).values for each in sealed)
    second.close()


def test_without_a_seed_time_is_real_and_nothing_fails(tmp_path: Path) -> None:
    """Ids are left to the bundle; the folder is for its owner only."""
    made = world(tmp_path / "new")
    assert isinstance(made.clock, SystemClock)
    assert "ids" not in made.services()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    ports = memory.ports(**made.services())
    assert ports.provisioner is made.cloud
    assert isinstance(ports.sealer, AesGcmSealer)
    made.close()


def test_no_secret_lies_in_the_folder(tmp_path: Path) -> None:
    """After a whole run: no password of any resource in any file, key file and books included."""
    plan = FaultPlan.profile("calm", seed=1)
    made, orders, ports = live_through(tmp_path, plan, orders=3)
    secrets = set[str]()
    for order in orders:
        for sealed in drive(ports.vault.of_order(order.tenant, order.id)):
            values = drive(made.sealer.open(sealed)).values
            named = ("password", "connection_string", "secret_key", "access_key", "token")
            secrets |= {values[name] for name in named if name in values}
    made.close()
    assert len(secrets) >= 3
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert [secret for secret in secrets if secret.encode() in kept] == []


def test_a_virtual_clock_of_the_host_is_used(tmp_path: Path) -> None:
    """One clock for orders and providers, or due times would not match."""
    clock = VirtualClock(EPOCH + timedelta(days=1))
    made = world(tmp_path, seed=1, clock=clock)
    assert made.clock is clock
    assert made.services()["clock"] is clock
    made.close()


def test_closing_brings_the_books_up_to_date(tmp_path: Path) -> None:
    """What came due meanwhile is written down, so that anybody may read the file."""
    plan = FaultPlan.profile("calm", seed=1)
    made, _, _ = live_through(tmp_path, plan, orders=3)
    made.close()
    reader = SimulatedCloud(tmp_path / "cloud.sqlite3", clock=VirtualClock(EPOCH))
    states = {row[0] for row in reader.books.rows("SELECT state FROM resources")}
    assert states == {"live"}
