"""What PostgreSQL decides by itself about stock is what the core would have decided."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from ordercore.domain.inventory import MoveKind, StockMove
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import ONE, OTHER, order_id
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database
from tests.stateful.stock_machine import StockMachine

pytestmark = pytest.mark.postgres

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def test_random_moves_are_what_the_model_says(postgres: Database) -> None:
    """The function in the database and the model agree, shortage by shortage."""
    bundle = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    numbers = count(1)

    class OnPostgres(StockMachine):
        """Every run as a tenant of its own, in one database."""

        def open(self) -> Ports:
            self.tenant = TenantId(f"tenant-{next(numbers)}")
            return bundle

    run_state_machine_as_test(
        OnPostgres, settings=settings(max_examples=8, stateful_step_count=25, deadline=None)
    )
    drive(bundle.close())


def _moved_by(role: str, tenant: str, move: dict[str, object]) -> None:
    """Call the function for the first tenant's stock, in a transaction of another."""
    listed = sa.text("CAST(:moves AS json)").bindparams(moves=json.dumps([move]))
    call = sa.func.ordercore_move_stock(ONE, sa.func.now(), listed, 1000)
    with sa.create_engine(role, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.select(sa.func.set_config("ordercore.tenant", tenant, True)))
        connection.execute(sa.select(call))


@pytest.mark.parametrize(
    ("kind", "on_hand", "reserved", "why"),
    [("receive", 1, 0, "42501"), ("adjust", -1, 0, "OC002"), ("reserve", 0, 1, "OC002")],
)
def test_the_function_moves_nothing_of_another_tenant(
    postgres: Database, kind: str, on_hand: int, reserved: int, why: str
) -> None:
    """It runs with the rights of whoever calls it, and under that tenant's policies."""
    bundle = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    received = StockMove(kind=MoveKind.RECEIVE, sku="A", quantity=5)
    drive(bundle.store.commit(Batch(tenant=ONE, stock=(received,))))
    before = drive(bundle.stock.levels(ONE, ["A"]))
    drive(bundle.close())
    move = {"sku": "A", "kind": kind, "quantity": 1, "on_hand": on_hand, "reserved": reserved}
    with pytest.raises(sa.exc.DBAPIError) as refused:
        _moved_by(postgres.app, OTHER, move | {"reason": ""})
    assert getattr(refused.value.orig, "sqlstate", "") == why
    bundle = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    assert drive(bundle.stock.levels(ONE, ["A"])) == before
    drive(bundle.close())
    _moved_by(postgres.app, ONE, move | {"reason": ""})  # the same call is sound for its own tenant


def test_rows_are_locked_in_one_order_whatever_the_lines(postgres: Database) -> None:
    """Who waits for the first sku holds no later one; so two orders never wait for each other."""
    bundle = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    received = (StockMove(kind=MoveKind.RECEIVE, sku=sku, quantity=5) for sku in "AB")
    drive(bundle.store.commit(Batch(tenant=ONE, stock=tuple(received))))
    backwards = tuple(
        StockMove(kind=MoveKind.RESERVE, sku=sku, quantity=1, order_id=order_id()) for sku in "BA"
    )
    engine = sa.create_engine(postgres.admin, poolclass=sa.NullPool)
    lock = "SELECT 1 FROM stock WHERE sku = '%s' FOR UPDATE"
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as first:
            first.exec_driver_sql(lock % "A")
            buying = pool.submit(drive, bundle.store.commit(Batch(tenant=ONE, stock=backwards)))
            while not first.exec_driver_sql(_WAITING).scalar():
                time.sleep(0.01)
            with engine.begin() as second:
                second.exec_driver_sql(f"{lock % 'B'} NOWAIT")
        buying.result(timeout=30)
    levels = drive(bundle.stock.levels(ONE, ["A", "B"]))
    assert [level.reserved for level in levels] == [1, 1]
    drive(bundle.close())


@pytest.mark.parametrize("table", ["stock", "stock_movements", "number_series", "fences"])
def test_the_plain_role_takes_no_count_away(postgres: Database, table: str) -> None:
    """A number that is given twice, or a ledger with a hole, would be believed."""
    engine = sa.create_engine(postgres.app, poolclass=sa.NullPool)
    refused = pytest.raises(sa.exc.ProgrammingError, match="permission denied")
    with engine.connect() as connection, refused:
        connection.exec_driver_sql(f"DELETE FROM {table}")


def test_the_table_itself_cannot_be_oversold(postgres: Database) -> None:
    """Not even by somebody who writes to it by hand."""
    bundle = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    move = StockMove(kind=MoveKind.RECEIVE, sku="A", quantity=5)
    drive(bundle.store.commit(Batch(tenant=ONE, stock=(move,))))
    for change in ("reserved = 6", "on_hand = -1", "reserved = -1"):
        with pytest.raises(sa.exc.IntegrityError):
            postgres.run(f"UPDATE stock SET {change}")
    drive(bundle.close())
