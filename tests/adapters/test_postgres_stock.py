"""What PostgreSQL decides by itself about stock is what the core would have decided."""

from __future__ import annotations

import json
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from ordercore.domain.inventory import MoveKind, StockMove
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import ONE, OTHER
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database
from tests.stateful.stock_machine import StockMachine

pytestmark = pytest.mark.postgres


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
