"""What is particular to PostgreSQL: lost connections, deadlocks, views, quiet faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any, cast

import psycopg
import pytest
import sqlalchemy as sa
from attrs import evolve

from ordercore import AsyncOrderCore
from ordercore.domain.orders import RedeliveryRequested
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import NotFound
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, OrderWrite, Ports, StoredOrder
from ordercore.testing.builders import with_events
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import (
    AT,
    ONE,
    a_batch,
    a_letter,
    a_saga,
    changed,
    contents,
    new_order,
    order_id,
)
from ordercore_adapters import sqlalchemy
from ordercore_adapters.sqlalchemy.engines import async_linker, blocking_linker
from ordercore_adapters.sqlalchemy.links import Linker
from ordercore_adapters.sqlalchemy.statement import Statement
from tests.adapters.postgres_server import Database

pytestmark = pytest.mark.postgres

_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def bundle(postgres: Database) -> Iterator[Ports]:
    """Return a blocking bundle over empty tables."""
    made = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    yield made
    drive(sqlalchemy.close(made))


def _connect(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    plain = sa.make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False))


def _select(database: Database, sql: str) -> list[tuple[Any, ...]]:
    with _connect(database.admin) as connection:
        return connection.execute(cast("Any", sql)).fetchall()


def _fine(stored: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch:
    """Fold one more event in."""
    order = with_events(stored.order, RedeliveryRequested(items=()), at=AT)
    write = changed(OrderWrite(stored=stored, read_version=None), order)
    return Batch(tenant=ONE, orders=(write,))


def test_the_documents_can_be_read_in_plain_sql(postgres: Database, bundle: Ports) -> None:
    """The views show items, ledger and steps as on SQLite."""
    entry = LedgerEntry(kind=EntryKind.CONFIRMED, amount=Money(1000, "EUR"), key="pay", at=AT)
    stored = evolve(new_order(1).stored, order=evolve(new_order(1).stored.order, ledger=(entry,)))
    order = OrderWrite(stored=stored, read_version=None)
    drive(bundle.store.commit(evolve(a_batch(1), orders=(order,))))
    columns = "order_id, position, item, state, resource, price_minor, currency"
    assert _select(postgres, f"SELECT {columns} FROM order_items") == [
        (order_id(1), position, item.id, "pending", None, item.price.amount_minor, "EUR")
        for position, item in enumerate(stored.order.items, start=1)
    ]
    ledger = "SELECT order_id, position, kind, amount_minor, currency, key, items FROM order_ledger"
    assert _select(postgres, ledger) == [(order_id(1), 1, "confirmed", 1000, "EUR", "pay", "[]")]
    steps = "SELECT saga_id, branch, step, phase, attempt, failures FROM saga_steps"
    assert _select(postgres, steps) == [(a_saga(1).id, "1", "provision", "todo", 1, 0)]


def test_faults_do_not_repeat_what_was_to_be_stored(bundle: Ports) -> None:
    """The server's details quote the refused row; they are not passed on."""
    secret = "not-for-logs"
    for letter in (
        evolve(a_letter(1), reason=secret, note=cast("str", None)),
        evolve(a_letter(1), reason=f"{secret}\x00"),
    ):
        with pytest.raises(sqlalchemy.StorageRefused) as fault:
            drive(bundle.store.commit(Batch(tenant=ONE, dead_letters=(letter,))))
        assert fault.value.http_hint == 500  # waiting will not help, as it would in an outage
        assert secret not in f"{fault.value!r} {fault.value} {fault.value.as_dict()}"
        assert fault.value.__suppress_context__
    drive(bundle.store.commit(a_batch(1)))


def test_a_lost_connection_is_replaced(postgres: Database, bundle: Ports) -> None:
    """Whoever was using it gets a fault; the next one a new connection."""
    drive(bundle.store.commit(a_batch(1)))
    postgres.run(_CUT)
    with pytest.raises(sqlalchemy.StorageFault) as cut:
        drive(bundle.store.commit(a_batch(2)))
    assert cut.value.http_hint == 503
    drive(bundle.store.commit(a_batch(2)))
    assert drive(bundle.orders.get(ONE, order_id(2))) == a_batch(2).orders[0].stored


def test_a_deadlock_is_tried_again(postgres: Database, bundle: Ports) -> None:
    """The server picks the batch as the victim; nobody hears of it."""
    first, second = new_order(1), new_order(2)
    drive(bundle.store.commit(Batch(tenant=ONE, orders=(first, second))))
    later = tuple(
        changed(write, with_events(write.stored.order, RedeliveryRequested(items=()), at=AT))
        for write in (first, second)
    )
    lock = "SELECT 1 FROM orders WHERE id = %s FOR UPDATE"
    writer = Thread(target=lambda: drive(bundle.store.commit(Batch(tenant=ONE, orders=later))))
    with _connect(postgres.admin) as other:
        other.execute(lock, (order_id(2),))
        writer.start()
        try:
            writer.join(timeout=0.3)
            other.execute(lock, (order_id(1),))
        finally:
            other.rollback()  # or the writer would wait for ever
            writer.join(timeout=30)
    for write in later:
        assert drive(bundle.orders.get(ONE, write.stored.order.id)) == write.stored


@pytest.mark.parametrize("make", [blocking_linker, async_linker])
def test_a_refused_batch_is_no_warning_in_the_hosts_log(
    postgres: Database, caplog: pytest.LogCaptureFixture, make: Callable[[str], Linker]
) -> None:
    """Losing a race is normal; the first refusal is told, not what was skipped behind it."""
    linker = make(postgres.app)
    behind = (Statement(sql="SELECT 1"),) * 300  # so that the answer arrives while these are sent

    async def refused() -> None:
        async with linker.link() as link:
            await link.send((Statement(sql="SELECT 1 / 0"), *behind))

    async def both() -> None:
        with pytest.raises(sqlalchemy.StorageFault, match="division by zero"):
            await refused()
        await linker.close()

    asyncio.run(both())
    assert caplog.messages == []


def test_a_decision_without_effect_lets_go_of_the_order(bundle: Ports) -> None:
    """Refused, broken, or about an order that is not there: the row is free again at once."""
    drive(bundle.store.commit(a_batch(1)))

    def refuse(stored: StoredOrder, sagas: tuple[SagaState, ...]) -> Refusal:
        return Refusal(code="no", reason="no")

    def broken(stored: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch:
        raise ZeroDivisionError

    assert drive(bundle.store.update(ONE, order_id(1), refuse)) == refuse(new_order(1).stored, ())
    with pytest.raises(ZeroDivisionError):
        drive(bundle.store.update(ONE, order_id(1), broken))
    with pytest.raises(NotFound):
        drive(bundle.store.update(ONE, order_id(9), _fine))
    assert isinstance(drive(bundle.store.update(ONE, order_id(1), _fine)), Batch)


def test_the_tenant_does_not_outlive_its_transaction(postgres: Database, bundle: Ports) -> None:
    """A connection that goes back to the pool belongs to nobody."""
    drive(bundle.store.commit(a_batch(1)))
    executor = cast("Any", bundle.store)._executor

    async def left() -> Any:
        async with executor._linker.link() as link:
            asked = Statement(sql="SELECT current_setting('ordercore.tenant', true)")
            seen = Statement(sql="SELECT count(*) FROM orders")
            return [answer.rows[0][0] for answer in await link.send((asked, seen))]

    setting, orders = drive(left())
    assert (setting or "", orders) == ("", 0)


def test_a_cancelled_caller_leaves_nothing_behind(postgres: Database) -> None:
    """Cancelled at any await, the row is free and the pool has no broken connection."""
    made = sqlalchemy.async_ports(postgres.app, worker_url=postgres.worker)

    async def interrupted(steps: int) -> None:
        task = asyncio.create_task(made.store.update(ONE, order_id(1), _fine))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    async def all_of_it() -> dict[str, object]:
        async with AsyncOrderCore(made):
            await made.store.commit(a_batch(1))
            for steps in range(40):
                await interrupted(steps)
                await asyncio.wait_for(made.store.update(ONE, order_id(1), _fine), timeout=10)
            await made.store.commit(a_batch(2))
            return await contents(made, ONE, 2)

    found = asyncio.run(all_of_it())
    assert found["orders.get"] == a_batch(2).orders[0].stored
