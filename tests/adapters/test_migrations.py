"""The tables come to be once, however often and by however many hosts it is asked for."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from attrs import evolve

from ordercore import OrderCore
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.engine.messaging import Cutoffs
from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, OrderWrite, PaymentReference
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import ONE, OTHER, a_batch, new_order, order_id
from ordercore_adapters import sqlalchemy
from ordercore_adapters.sqlalchemy.dialect import POSTGRES, SQLITE
from ordercore_adapters.sqlalchemy.orders import write_orders
from ordercore_adapters.sqlalchemy.schema import HEAD, KNOWN
from ordercore_adapters.sqlalchemy.tables import METADATA, TABLES, VERSION_TABLE, VIEWS
from ordercore_adapters.system import SystemClock
from tests.adapters.postgres_server import Database, Server

_HOSTS = 4


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'orders.db'}"
    server: Server = request.getfixturevalue("postgres_server")
    return server.database(tables=False).owner


def _execute(url: str, sql: str) -> list[tuple[Any, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.exec_driver_sql(sql)
        return [tuple(row) for row in result] if result.returns_rows else []


def _names(url: str) -> set[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {*inspector.get_table_names(), *inspector.get_view_names()}


def test_the_steps_lead_to_the_version_this_release_needs() -> None:
    """The constant that saves starting Alembic says what the files say."""
    folder = Path(sqlalchemy.__file__).parent / "migrations"
    script = ScriptDirectory(str(folder))
    assert script.get_heads() == [HEAD]
    assert tuple(step.revision for step in script.walk_revisions())[::-1] == KNOWN


def test_migrating_makes_the_tables_that_are_described(url: str) -> None:
    """No difference between the migrated database and the description in code."""
    sqlalchemy.migrate(url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []
    assert _names(url) == {*TABLES, *VIEWS, VERSION_TABLE}


def test_migrating_again_changes_nothing(url: str) -> None:
    """Neither the tables nor what they hold."""
    with OrderCore(sqlalchemy.ports(url)) as core:
        drive(core.ports.store.commit(a_batch(1)))
        sqlalchemy.migrate(url)
        sqlalchemy.migrate(url)
        found = drive(core.ports.orders.get(ONE, order_id(1)))
    assert found == a_batch(1).orders[0].stored


def test_marks_from_before_count_as_taken_in_when_the_tables_were_changed(url: str) -> None:
    """Nobody knows how old they are: they are kept for another full period."""
    _at_version(url, "0002")
    _mark_as_before(url)
    before = SystemClock().now() - timedelta(minutes=1)
    sqlalchemy.migrate(url)
    with OrderCore(sqlalchemy.ports(url)) as core:
        ports = core.ports
        swept = [
            drive(ports.sweeper.sweep(_taken(before=cutoff), limit=10, tenant=ONE)).marks
            for cutoff in (before, before + timedelta(minutes=2))
        ]
    assert swept == [0, 1]


def test_payments_recorded_before_pay_their_orders_from_now_on(url: str) -> None:
    """Those of every tenant; one that two orders have stays with the older."""
    _at_version(url, "0004")
    for tenant, number in ((ONE, 2), (ONE, 1), (OTHER, 3)):
        _pay_as_before(url, tenant, number)
    sqlalchemy.migrate(url)
    with OrderCore(sqlalchemy.ports(url)) as core:
        for tenant, payer in ((ONE, 1), (OTHER, 3)):
            assert not _pays(core, tenant, OrderId("another"))
            assert _pays(core, tenant, order_id(payer))


def test_payments_confirmed_since_then_by_older_hosts_pay_their_orders_too(url: str) -> None:
    """Of every tenant; one that is recorded stays with its order."""
    _at_version(url, "0006")
    for tenant, number in ((ONE, 2), (OTHER, 3)):
        _pay_as_before(url, tenant, number)
    _record_payment(url, OTHER, order_id(4))
    sqlalchemy.migrate(url)
    with OrderCore(sqlalchemy.ports(url)) as core:
        for tenant, payer in ((ONE, 2), (OTHER, 4)):
            assert not _pays(core, tenant, OrderId("another"))
            assert _pays(core, tenant, order_id(payer))


@pytest.mark.postgres
def test_whoever_might_ask_for_old_records_may_go_on(postgres_server: Server) -> None:
    """The function is another; nobody has to be granted it again."""
    database = postgres_server.database(tables=False)
    ask = "ordercore_to_sweep({})".format(", ".join(["timestamptz '2999-01-01'"] * 3))
    granted = "timestamptz, timestamptz, timestamptz"
    _at_version(database.owner, "0006")
    _mark_as_before(database.owner)
    worker = sa.make_url(database.worker).username
    _execute(database.owner, f"GRANT EXECUTE ON FUNCTION ordercore_to_sweep({granted}) TO {worker}")
    sqlalchemy.migrate(database.owner)
    assert _execute(database.worker, f"SELECT {ask}") == [(ONE,)]
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        _execute(database.app, f"SELECT {ask}")


def _pays(core: OrderCore, tenant: TenantId, order: OrderId) -> bool:
    paid = PaymentReference(kind="provisioning", reference="p-1", order_id=order)
    try:
        drive(core.ports.store.commit(Batch(tenant=tenant, payments=(paid,))))
    except ConcurrencyConflict:
        return False
    return True


def _record_payment(url: str, tenant: TenantId, order: OrderId) -> None:
    """Write which order a payment pays, in the words of the release before."""
    sql = f"INSERT INTO payment_references VALUES ('{tenant}', 'provisioning', 'p-1', '{order}')"
    _as_tenant(url, tenant, sql)


def _pay_as_before(url: str, tenant: TenantId, number: int) -> None:
    """Write an order that was paid, in the words of an older release; the lower one is older."""
    stored = new_order(number, tenant).stored
    at = stored.order.created_at + timedelta(hours=number)
    entry = LedgerEntry(kind=EntryKind.CONFIRMED, amount=stored.order.total, key="p-1", at=at)
    order = evolve(stored.order, created_at=at, ledger=(entry,))
    write = OrderWrite(stored=evolve(stored, order=order), read_version=None)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        postgres = connection.dialect.name == "postgresql"
        if postgres:
            connection.execute(sa.select(sa.func.set_config("ordercore.tenant", tenant, True)))
        (statement,) = write_orders((write,), POSTGRES if postgres else SQLITE)
        sql = statement.sql.replace("?", "%s") if postgres else statement.sql
        connection.exec_driver_sql(sql, statement.values)


def test_a_host_of_the_release_before_may_write_marks_meanwhile(url: str) -> None:
    """Its statement names no time."""
    sqlalchemy.migrate(url)
    _mark_as_before(url)
    with OrderCore(sqlalchemy.ports(url)) as core:
        assert drive(core.ports.inbox.seen(ONE, "c", "m"))


def _mark_as_before(url: str) -> None:
    """Write a mark in the words of an older release."""
    sql = f"INSERT INTO inbox (tenant, consumer, message_id) VALUES ('{ONE}', 'c', 'm')"
    _as_tenant(url, ONE, sql)


def _as_tenant(url: str, tenant: TenantId, sql: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.set_config("ordercore.tenant", tenant, True)))
        connection.exec_driver_sql(sql)


def _at_version(url: str, version: str) -> None:
    """Make the tables of an older release."""
    config = Config()
    config.set_main_option("script_location", "ordercore_adapters.sqlalchemy:migrations")
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def _taken(*, before: datetime) -> Cutoffs:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    return Cutoffs(published=long_ago, taken=before, expired=long_ago)


def _start(url: str, ready: Any, results: Any) -> None:
    ready.wait()
    try:
        bundle = sqlalchemy.ports(url)
        drive(sqlalchemy.close(bundle))
        results.put("")
    except Exception as error:
        results.put(repr(error))


def test_hosts_that_start_at_once_do_not_get_in_each_others_way(url: str) -> None:
    """One of them migrates, the others wait and go on."""
    spawn = multiprocessing.get_context("spawn")
    ready, results = spawn.Barrier(_HOSTS), spawn.Queue()
    hosts = [spawn.Process(target=_start, args=(url, ready, results)) for _ in range(_HOSTS)]
    for host in hosts:
        host.start()
    found = [results.get(timeout=60) for _ in hosts]
    for host in hosts:
        host.join()
    assert found == [""] * _HOSTS
    assert _names(url) == {*TABLES, *VIEWS, VERSION_TABLE}


def test_tables_of_a_newer_release_are_left_alone(url: str) -> None:
    """The fault says which version was found and what to do."""
    sqlalchemy.migrate(url)
    _execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for attempt in (sqlalchemy.migrate, sqlalchemy.ports, sqlalchemy.async_ports):
        with pytest.raises(sqlalchemy.SchemaMismatch, match="newer") as fault:
            attempt(url)
        assert (fault.value.found, fault.value.needed) == ("9999", HEAD)
    assert _execute(url, f"SELECT version_num FROM {VERSION_TABLE}") == [("9999",)]


def test_a_host_may_forbid_migrating(url: str) -> None:
    """Then missing tables are a fault that says what to do, and nothing is made."""
    with pytest.raises(sqlalchemy.SchemaMismatch, match="migrate"):
        sqlalchemy.ports(url, migrate=False)
    assert _names(url) == set()
    sqlalchemy.migrate(url)
    drive(sqlalchemy.close(sqlalchemy.ports(url, migrate=False)))


@pytest.mark.postgres
def test_a_role_that_may_not_migrate_is_told_so(postgres_server: Server) -> None:
    """The plain role over a database without tables gets clear words."""
    database = postgres_server.database(tables=False)
    with pytest.raises(sqlalchemy.SchemaMismatch, match="as the owner"):
        sqlalchemy.ports(database.app)


@pytest.mark.postgres
def test_roles_may_be_granted_again(postgres: Database) -> None:
    """After each migration, that is, and by the owner, who may not create roles."""
    names = {"app": "ordercore_test_app", "worker": "ordercore_test_worker"}
    sqlalchemy.create_roles(postgres.owner, **names)
    sqlalchemy.create_roles(postgres.owner, **names)
    with pytest.raises(sqlalchemy.StorageFault, match="permission denied"):
        sqlalchemy.create_roles(postgres.owner, app="somebody_new")


@pytest.mark.parametrize(
    "wrong", ["nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:"]
)
def test_addresses_of_nothing_known_are_refused(wrong: str) -> None:
    """A database without a file included: each connection would see another one."""
    for attempt in (sqlalchemy.ports, sqlalchemy.async_ports, sqlalchemy.migrate):
        with pytest.raises(InvalidInput, match="url"):
            attempt(wrong)


def test_a_database_that_cannot_be_reached_is_a_fault_without_the_password(
    tmp_path: Path,
) -> None:
    """Whatever the driver says, the address with its secret is not repeated."""
    for nowhere in (
        f"sqlite:///{tmp_path / 'missing' / 'orders.db'}",
        "postgresql+psycopg://portal:hunter2@127.0.0.1:1/orders",
    ):
        with pytest.raises(sqlalchemy.StorageFault) as fault:
            sqlalchemy.ports(nowhere)
        assert "hunter2" not in f"{fault.value} {fault.value.__cause__} {fault.value.as_dict()}"


_WITHOUT_EXTRAS = """
import sys
for missing in ("greenlet", "aiosqlite", "psycopg"):
    sys.modules[missing] = None
from ordercore_adapters import sqlalchemy
file, server = sys.argv[1], "postgresql+psycopg://user@host/name"
sqlalchemy.ports(file)
for attempt, url in [(sqlalchemy.async_ports, file), (sqlalchemy.ports, server)]:
    try:
        attempt(url)
    except ImportError as error:
        print(error)
"""


def test_a_missing_driver_names_the_extra_that_brings_it(tmp_path: Path) -> None:
    """A blocking host with SQLite needs none of them."""
    url = f"sqlite:///{tmp_path / 'orders.db'}"
    said = subprocess.run(
        [sys.executable, "-c", _WITHOUT_EXTRAS, url], capture_output=True, text=True, check=True
    )
    assert [line.partition("pip install ")[2] for line in said.stdout.splitlines()] == [
        "'ordercore-adapters[async-sqlite]'",
        "'ordercore-adapters[postgres]'",
    ]
