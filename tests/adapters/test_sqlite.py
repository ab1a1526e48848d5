"""What is particular to a SQLite file: flushing, waiting for locks, views, quiet faults."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from attrs import evolve

from ordercore.app import OrderCore, WorkOnce
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.errors import InvalidInput, NotConfigured, OrderCoreError
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.ports import Batch, Mode, OrderWrite, Ports, StoredOrder
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import (
    AT,
    ONE,
    OTHER,
    a_batch,
    a_letter,
    a_saga,
    an_audit_record,
    contents,
    new_order,
    order_id,
)
from ordercore_adapters import sqlalchemy
from ordercore_adapters.sqlalchemy import executor
from ordercore_adapters.sqlalchemy.engines import async_linker, blocking_linker
from ordercore_adapters.sqlalchemy.links import Linker
from ordercore_adapters.sqlalchemy.statement import Statement


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file will be."""
    return tmp_path / "orders.db"


@pytest.fixture
def bundle(path: Path) -> Iterator[Ports]:
    """Return a blocking bundle over a new file."""
    made = sqlalchemy.ports(f"sqlite:///{path}")
    yield made
    drive(sqlalchemy.close(made))


def _select(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _paid() -> Batch:
    entry = LedgerEntry(
        kind=EntryKind.CONFIRMED, amount=Money(1000, "EUR"), key="payment-1", at=AT, note="card"
    )
    write = new_order(1)
    order = evolve(write.stored.order, ledger=(entry,))
    stored = evolve(write.stored, order=order)
    return evolve(a_batch(1), orders=(OrderWrite(stored=stored, read_version=None),))


def test_a_commit_is_flushed_to_the_disk(path: Path, bundle: Ports) -> None:
    """Every connection writes ahead and flushes with each commit; intents outlive a power cut."""

    async def pragmas() -> list[Any]:
        async with blocking_linker(f"sqlite:///{path}").link() as link:
            names = ("journal_mode", "synchronous", "busy_timeout")
            sent = [Statement(sql=f"PRAGMA {name}") for name in names]
            return [answer.rows[0][0] for answer in await link.send(sent)]

    assert drive(pragmas()) == ["wal", 2, 0]


def test_instants_are_text_that_sorts(path: Path, bundle: Ports) -> None:
    """Fixed width, six decimals, UTC."""
    drive(bundle.store.commit(a_batch(1)))
    assert _select(path, "SELECT created_at, at FROM orders, outbox") == [
        ("2026-01-05T12:00:00.123456Z", "2026-01-05T12:00:00.123456Z")
    ]


def test_the_items_of_an_order_can_be_read_in_plain_sql(path: Path, bundle: Ports) -> None:
    """One row per item of the document, with state, resource and exact price."""
    drive(bundle.store.commit(_paid()))
    order = new_order(1).stored.order
    columns = "tenant, order_id, reference, position, item, state, resource, product_type, "
    found = _select(path, f"SELECT {columns} price_minor, currency, config FROM order_items")
    assert found == [
        (
            ONE,
            order.id,
            order.reference,
            position,
            item.id,
            "pending",
            None,
            item.snapshot.product_type,
            item.price.amount_minor,
            "EUR",
            item.snapshot.config_json,
        )
        for position, item in enumerate(order.items, start=1)
    ]


def test_the_ledger_can_be_read_in_plain_sql(path: Path, bundle: Ports) -> None:
    """One row per entry."""
    drive(bundle.store.commit(_paid()))
    columns = "order_id, position, kind, amount_minor, currency, key, at, items, note"
    assert _select(path, f"SELECT {columns} FROM order_ledger") == [
        (
            order_id(1),
            1,
            "confirmed",
            1000,
            "EUR",
            "payment-1",
            "2026-01-05T12:00:00.123456Z",
            "[]",
            "card",
        )
    ]


def test_the_steps_of_a_saga_can_be_read_in_plain_sql(path: Path, bundle: Ports) -> None:
    """One row per step of each branch."""
    drive(bundle.store.commit(a_batch(1)))
    columns = "order_id, saga_id, definition, status, branch, step, phase, attempt, failures"
    assert _select(path, f"SELECT {columns} FROM saga_steps") == [
        (order_id(1), a_saga(1).id, "fulfilment", "running", "1", "provision", "todo", 1, 0)
    ]


def test_a_decision_that_fails_lets_go_of_the_lock(bundle: Ports) -> None:
    """Whatever it raises reaches the caller, and the next writer finds the file free."""
    drive(bundle.store.commit(a_batch(1)))

    def broken(stored: StoredOrder, _: object) -> Batch:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drive(bundle.store.update(ONE, order_id(1), broken))
    drive(bundle.store.commit(a_batch(2)))


def test_a_writer_waits_for_another_process(path: Path, bundle: Ports) -> None:
    """As long as it takes, within reason; readers do not wait at all."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = Thread(target=lambda: drive(bundle.store.commit(a_batch(1))))
    writer.start()
    writer.join(timeout=0.2)
    assert writer.is_alive()
    assert drive(bundle.orders.get(ONE, order_id(1))) is None
    other.execute("COMMIT")
    other.close()
    writer.join(timeout=30)
    assert drive(bundle.orders.get(ONE, order_id(1))) is not None


def test_a_file_locked_for_too_long_is_a_fault(
    path: Path, bundle: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer gives up with a fault of its own, and nothing is written."""
    monkeypatch.setattr(executor, "_BUSY_TRIES", 3)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlalchemy.StorageFault, match="locked") as fault:
        drive(bundle.store.commit(a_batch(1)))
    other.close()
    assert isinstance(fault.value, OrderCoreError)
    assert fault.value.as_dict()["code"] == "storage_fault"
    drive(bundle.store.commit(a_batch(1)))


def test_faults_do_not_repeat_what_was_to_be_stored(path: Path, bundle: Ports) -> None:
    """A refused row shows in no text of the fault and of what led to it."""
    secret = "not-for-logs"
    letter = evolve(a_letter(1), reason=secret, note=cast("str", None))
    with pytest.raises(sqlalchemy.StorageRefused, match="NOT NULL") as fault:
        drive(bundle.store.commit(Batch(tenant=ONE, dead_letters=(letter,))))
    assert secret not in f"{fault.value!r} {fault.value} {fault.value.as_dict()}"
    assert fault.value.__suppress_context__


def test_a_batch_keeps_to_its_tenant(bundle: Ports) -> None:
    """A row of another tenant refuses the whole batch."""
    stray = an_audit_record(1, tenant=OTHER)
    with pytest.raises(InvalidInput, match="another tenant"):
        drive(bundle.store.commit(evolve(a_batch(1, ONE), audit=(stray,))))
    assert drive(bundle.orders.get(ONE, order_id(1))) is None


def test_an_idle_claim_does_not_wait_for_writers(path: Path, bundle: Ports) -> None:
    """Workers that look for work while there is none do not stand in the way, nor in the queue."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert drive(bundle.store.claim(WorkKind.SAGA, now=AT)) == ()
    other.close()


def test_services_that_are_not_given_say_so_when_they_are_used(bundle: Ports) -> None:
    """Each names itself."""
    with pytest.raises(NotConfigured, match="provisioner"):
        bundle.provisioner.provision  # noqa: B018 - looking it up is the point
    assert bundle.mode is Mode.BLOCKING


def test_services_that_are_given_are_in_the_bundle(path: Path) -> None:
    """Unknown names are refused, as by any call."""
    service: Any = object()
    made = sqlalchemy.ports(f"sqlite:///{path}", sealer=service)
    assert made.sealer is service
    drive(sqlalchemy.close(made))
    with pytest.raises(TypeError, match="sealr"):
        sqlalchemy.ports(f"sqlite:///{path}", sealr=service)


def test_a_bundle_with_another_port_in_it_closes_its_connections(path: Path) -> None:
    """A host may put a port of its own before the store: whoever closes need not know."""
    made = sqlalchemy.ports(f"sqlite:///{path}")

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(made.store, name)

    core = OrderCore(evolve(made, store=cast("Any", Watched())))
    core.handle(WorkOnce())
    log = path.with_name("orders.db-wal")  # SQLite removes it with the last connection
    assert log.exists()
    core.close()
    assert not log.exists()


@pytest.mark.parametrize("make", [blocking_linker, async_linker])
def test_a_connection_in_use_is_closed_when_it_is_given_back(
    path: Path, make: Callable[[str], Linker]
) -> None:
    """Whoever closes need not wait for others, and leaves nothing open to be found later."""
    sqlalchemy.migrate(f"sqlite:///{path}")
    linker, log = make(f"sqlite:///{path}"), path.with_name("orders.db-wal")

    async def closed_meanwhile() -> None:
        async with linker.link() as link:
            await link.send((Statement(sql="UPDATE orders SET version = version"),))
            await linker.close()
            assert log.exists()
        assert not log.exists()

    asyncio.run(closed_meanwhile())


def test_a_cancelled_caller_leaves_no_lock_behind(path: Path) -> None:
    """Cancelled at any await, the next writer finds the file free."""
    made = sqlalchemy.async_ports(f"sqlite:///{path}")

    async def interrupted(steps: int) -> None:
        task = asyncio.create_task(made.store.commit(a_batch(steps + 10)))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    async def all_of_it() -> dict[str, object]:
        await made.store.commit(a_batch(1))
        for steps in range(60):
            await interrupted(steps)
            await asyncio.wait_for(made.store.commit(Batch(tenant=ONE, work=())), timeout=10)
        await made.store.commit(a_batch(2))
        found = await contents(made, ONE, 2)
        await sqlalchemy.close(made)
        return found

    found = asyncio.run(all_of_it())
    assert found["orders.get"] == a_batch(2).orders[0].stored


def test_two_bundles_over_one_file_see_each_others_writes(path: Path, bundle: Ports) -> None:
    """One blocking, one async: the file is the only thing they share."""
    drive(bundle.store.commit(a_batch(1)))
    made = sqlalchemy.async_ports(f"sqlite:///{path}")

    async def look() -> StoredOrder | None:
        await made.store.commit(a_batch(2))
        found = await made.orders.get(ONE, order_id(1))
        await sqlalchemy.close(made)
        return found

    assert asyncio.run(look()) == a_batch(1).orders[0].stored
    assert drive(bundle.orders.get(ONE, OrderId("order-2"))) == a_batch(2).orders[0].stored
