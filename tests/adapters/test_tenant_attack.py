"""Somebody reaches for another tenant's rows, with every statement that forgets its filter.

The tables and views are taken from the live database, so a new one cannot be forgotten here.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from attrs import evolve

from ordercore import OrderCore
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.errors import NotConfigured
from ordercore.kernel.ids import ActorId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import Password, Ports, User
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, ONE, OTHER, a_batch, contents
from ordercore_adapters import sqlalchemy
from ordercore_adapters.passwords import Argon2Passwords
from ordercore_adapters.sqlalchemy.tables import METADATA, TABLES, VERSION_TABLE, VIEWS
from tests.adapters.postgres_server import Database

pytestmark = pytest.mark.postgres

_RELATIONS = """
SELECT c.relname, c.relkind, c.relrowsecurity AND c.relforcerowsecurity,
       coalesce('security_invoker=true' = ANY(c.reloptions), false)
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
"""

_REFUSED = "42501"


class Attacker:
    """Whoever can send any statement in a transaction of its own, under a tenant or none."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)

    def rows(self, sql: str, *, tenant: str | None) -> list[tuple[Any, ...]]:
        """Return what a statement yields."""
        with self._engine.begin() as connection:
            self._become(connection, tenant)
            result = connection.exec_driver_sql(sql)
            return [tuple(row) for row in result] if result.returns_rows else []

    def touched(self, sql: str, *, tenant: str | None) -> int:
        """Return how many rows a statement changed; 0 when it was refused."""
        try:
            with self._engine.begin() as connection:
                self._become(connection, tenant)
                return connection.exec_driver_sql(sql).rowcount
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", "") != _REFUSED:
                raise
            return 0

    def _become(self, connection: sa.Connection, tenant: str | None) -> None:
        if tenant is not None:
            setting = sa.select(sa.func.set_config("ordercore.tenant", tenant, True))
            connection.execute(setting)


@pytest.fixture
def robbed(postgres: Database) -> Database:
    """Return a database in which the first tenant has a row in every table."""
    paid = LedgerEntry(kind=EntryKind.CONFIRMED, amount=Money(1000, "EUR"), key="payment-1", at=AT)
    batch = a_batch(1, ONE)
    write = batch.orders[0]
    order = evolve(write.stored.order, ledger=(paid,))
    write = evolve(write, stored=evolve(write.stored, order=order))
    with OrderCore(_bundle(postgres)) as core:
        drive(core.ports.store.commit(evolve(batch, orders=(write,))))
        drive(core.ports.users.add(_user(ONE), Password("three blind mice")))
    return postgres


def _bundle(database: Database) -> Ports:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return sqlalchemy.ports(
        database.app, worker_url=database.worker, passwords=Argon2Passwords(quick)
    )


def _user(tenant: TenantId) -> User:
    return User(tenant=tenant, id=ActorId("user-1"), login="ana@shop.example", name="Ana")


def _everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    admin = Attacker(database.admin)
    return {
        name: [(str(row),) for row in admin.rows(f"SELECT * FROM {name}", tenant=None)]
        for name in TABLES
    }


def test_every_table_and_view_of_the_database_is_walled(postgres: Database) -> None:
    """Tables force row-level security, views read as whoever asks; nothing is missing here."""
    found = {row[0]: row[1:] for row in Attacker(postgres.admin).rows(_RELATIONS, tenant=None)}
    assert set(found) == {*TABLES, *VIEWS, VERSION_TABLE}
    assert all(found[name][1] for name in TABLES)
    assert all(found[name][2] for name in VIEWS)
    assert all("tenant" in METADATA.tables[name].primary_key.columns for name in TABLES)


def test_the_victim_has_something_to_lose(robbed: Database) -> None:
    """Every table and view shows rows to their owner, or the tests below could not fail."""
    own = Attacker(robbed.app)
    for name in (*TABLES, *VIEWS):
        assert set(own.rows(f"SELECT tenant FROM {name}", tenant=ONE)) == {(ONE,)}


@pytest.mark.parametrize("tenant", [OTHER, "", None])
@pytest.mark.parametrize("name", [*TABLES, *VIEWS])
def test_nothing_is_read_without_a_filter(robbed: Database, name: str, tenant: str | None) -> None:
    """Neither under another tenant nor under none at all."""
    assert Attacker(robbed.app).rows(f"SELECT * FROM {name}", tenant=tenant) == []


@pytest.mark.parametrize("name", [*TABLES, *VIEWS])
def test_the_owner_of_the_tables_is_walled_in_too(robbed: Database, name: str) -> None:
    """All it sees of other tenants is their work, because it may serve every queue."""
    seen = Attacker(robbed.owner).rows(f"SELECT tenant FROM {name}", tenant=OTHER)
    assert bool(seen) is (name == "work")


@pytest.mark.parametrize("tenant", [OTHER, "", None])
@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_written_without_a_filter(
    robbed: Database, name: str, tenant: str | None
) -> None:
    """Changing, taking over, deleting, emptying: no row of the victim is touched."""
    before, thief = _everything(robbed), Attacker(robbed.app)
    for column in METADATA.tables[name].columns:
        assert thief.touched(f"UPDATE {name} SET {column.name} = {column.name}", tenant=tenant) == 0
    assert thief.touched(f"UPDATE {name} SET tenant = '{OTHER}'", tenant=tenant) == 0
    assert thief.touched(f"DELETE FROM {name}", tenant=tenant) == 0
    assert thief.touched(f"TRUNCATE {name}", tenant=tenant) == 0
    assert _everything(robbed) == before


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_planted_at_another_tenant(robbed: Database, name: str) -> None:
    """Own rows cannot be written, moved or copied into another tenant."""
    thief, columns = Attacker(robbed.app), list(METADATA.tables[name].columns.keys())
    with OrderCore(_bundle(robbed)) as core:
        drive(core.ports.store.commit(a_batch(2, OTHER)))
        drive(core.ports.users.add(_user(OTHER), Password("three blind mice")))
    before = _everything(robbed)
    copied = ", ".join(f"'{ONE}'" if column == "tenant" else column for column in columns)
    assert thief.rows(f"SELECT tenant FROM {name}", tenant=OTHER)[:1] == [(OTHER,)]
    assert thief.touched(f"UPDATE {name} SET tenant = '{ONE}'", tenant=OTHER) == 0
    planted = f"INSERT INTO {name} ({', '.join(columns)}) SELECT {copied} FROM {name}"
    assert thief.touched(planted, tenant=OTHER) == 0
    assert _everything(robbed) == before


@pytest.mark.parametrize("name", [*TABLES, *VIEWS])
def test_the_worker_role_sees_the_queue_and_nothing_else(robbed: Database, name: str) -> None:
    """It finds work of every tenant, and is refused everything else."""
    worker = Attacker(robbed.worker)
    if name == "work":
        assert worker.rows("SELECT tenant FROM work", tenant=None)
        assert worker.touched("DELETE FROM work", tenant=None) == 0
        return
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        worker.rows(f"SELECT * FROM {name}", tenant=None)


@pytest.mark.parametrize("change", ["actor = 'me'", "digest = ''", "seq = 7", "data = '{}'"])
def test_the_trail_cannot_be_rewritten_by_its_own_tenant(robbed: Database, change: str) -> None:
    """The plain role adds to it and may erase what is personal; no more."""
    own = Attacker(robbed.app)
    assert own.touched(f"UPDATE audit_records SET {change}", tenant=ONE) == 0
    assert own.touched("DELETE FROM audit_records", tenant=ONE) == 0
    assert own.touched("UPDATE audit_records SET personal = NULL, salt = NULL", tenant=ONE) == 1


def test_readers_and_claims_keep_to_their_tenant(robbed: Database) -> None:
    """Every reader of the bundle, asked by the victim's ids, answers as over empty tables."""
    with OrderCore(sqlalchemy.ports(robbed.app, worker_url=robbed.worker)) as core:
        found = drive(contents(core.ports, OTHER))
        robbed.empty()
        assert found == drive(contents(core.ports, OTHER))


def test_a_claim_for_one_tenant_takes_nothing_of_another(robbed: Database) -> None:
    """Not even by a login that may see every queue."""
    with OrderCore(sqlalchemy.ports(robbed.app, worker_url=robbed.worker)) as core:
        store = core.ports.store
        for kind in WorkKind:
            assert drive(store.claim(kind, now=AT, tenant=OTHER)) == ()
        claims = drive(store.claim(WorkKind.SAGA, now=AT))
        assert [claim.tenant for claim in claims] == [ONE]


def test_the_plain_role_alone_cannot_serve_every_tenant(robbed: Database) -> None:
    """It says what is missing, instead of never finding any work."""
    with OrderCore(sqlalchemy.ports(robbed.app)) as core:
        store = core.ports.store
        with pytest.raises(NotConfigured, match="worker_url"):
            drive(store.claim(WorkKind.SAGA, now=AT))
        assert len(drive(store.claim(WorkKind.SAGA, now=AT, tenant=ONE))) == 1


def test_the_owner_of_the_tables_may_serve_every_tenant(robbed: Database) -> None:
    """So a host with one login can begin without any further roles."""
    with OrderCore(sqlalchemy.ports(robbed.owner)) as core:
        assert len(drive(core.ports.store.claim(WorkKind.SAGA, now=AT))) == 1


def test_of_records_to_sweep_workers_learn_whose_and_nobody_else_does(robbed: Database) -> None:
    """One tenant's name, from one function; the setting behind it opens nothing by itself."""
    ahead = ", ".join(["timestamptz '2999-01-01'"] * 3)
    ask = f"SELECT ordercore_to_sweep({ahead})"
    assert Attacker(robbed.worker).rows(ask, tenant=None) == [(ONE,)]
    assert Attacker(robbed.owner).rows(ask, tenant=None) == [(ONE,)]
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        Attacker(robbed.app).rows(ask, tenant=None)
    opened = "SELECT set_config('ordercore.sweeping', 'yes', false)"
    for table in ("outbox", "inbox", "idempotency"):
        look = f"SELECT count(*) FROM {table} WHERE ({opened}) = 'yes'"
        assert Attacker(robbed.app).rows(look, tenant=OTHER) == [(0,)]


def test_sweeping_closes_the_owners_eyes_again(robbed: Database) -> None:
    """Behind the function, in the same transaction, the owner sees no other tenant's rows."""
    ahead = ", ".join(["timestamptz '2999-01-01'"] * 3)
    with sa.create_engine(robbed.owner, poolclass=sa.NullPool).begin() as connection:
        assert connection.exec_driver_sql(f"SELECT ordercore_to_sweep({ahead})").scalar() == ONE
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar() == 0
