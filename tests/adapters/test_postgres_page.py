"""The page about PostgreSQL does what it says: its code and its SQL run on a real server."""

from __future__ import annotations

import runpy
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ordercore import Caller, ListOrders, OrderCore, PlaceOrder, SubmitOrder, WorkOnce
from ordercore.testing.builders import a_vps, an_order_request
from ordercore_adapters import memory
from tests.adapters.postgres_server import Server
from tests.architecture._markdown import blocks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "set-up-postgresql.md"

pytestmark = pytest.mark.postgres


def block_of(language: str, containing: str) -> str:
    """Return the block of the page that contains a text."""
    found = [b.text for b in blocks(PAGE.read_text("utf-8")) if b.language == language]
    return next(text for text in found if containing in text)


def logged_in(admin: str, user: str) -> str:
    """Return the address of the same database for one of the page's logins."""
    url = sa.make_url(admin).set(username=user, password="...")
    return url.render_as_string(hide_password=False)


def test_the_page_sets_a_database_up(postgres_server: Server, tmp_path: Path) -> None:
    """Owner, application and worker do their part; without a tenant there are no rows."""
    database = postgres_server.database(tables=False)
    for name, containing in (("prepare.py", "create_roles("), ("hosts.py", "def web_host")):
        (tmp_path / name).write_text(block_of("python", containing), "utf-8")
    admin: Any = runpy.run_path(str(tmp_path / "prepare.py"))
    hosts: Any = runpy.run_path(str(tmp_path / "hosts.py"))
    admin["prepare"](database.admin)
    logins = [line for line in block_of("sql", "CREATE ROLE").splitlines() if line]
    database.run("DROP ROLE IF EXISTS shop, shop_worker", *logins)
    app, queue = logged_in(database.admin, "shop"), logged_in(database.admin, "shop_worker")
    with ExitStack() as stack:
        # Last in, first out: connections are closed before the roles they belong to are dropped.
        stack.callback(
            database.run, "DROP OWNED BY shop, shop_worker", "DROP ROLE shop, shop_worker"
        )
        services = {name: getattr(memory.ports(), name) for name in ("capacity", "publisher")}
        caller = Caller.of("tenant-1", "ana")
        web: OrderCore = stack.enter_context(hosts["web_host"](app, **services))
        placed: Any = web.handle(PlaceOrder(caller=caller, request=an_order_request(a_vps())))
        web.handle(SubmitOrder(caller=caller, order_id=placed.order.id))
        assert len(web.handle(ListOrders(caller=caller))) == 1
        worker: OrderCore = stack.enter_context(hosts["worker"](app, queue, **services))
        assert worker.handle(WorkOnce()) is not None
        assert counted(app) == [0, 1]


def counted(url: str) -> list[int]:
    """Run the page's last block line by line and return what its queries count."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    counts: list[int] = []
    with engine.connect() as connection:
        for line in block_of("sql", "set_config").splitlines():
            result = connection.exec_driver_sql(line.partition("--")[0].strip())
            if "count(*)" in line:
                counts.append(int(result.scalar_one()))
    return counts
