"""No provider is called while a transaction is open: a slow one would hold everybody up.

At each call a stranger asks the database whether the caller still has something open there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import frozen

from ordercore.app import RedeliverCredentials, WorkOnce
from ordercore.app._drive import drive
from ordercore.engine.saga import Rejected
from ordercore.ports import Ports
from ordercore.testing.builders import a_vps
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database
from tests.unit.app.providers import Lost
from tests.unit.app.reading import NEVER
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import CUSTOMER, Shop

_CALLS_FOR_SERVICES = (
    "acquire",
    "deliver",
    "deprovision",
    "find",
    "live_facts",
    "open",
    "provision",
    "publish",
    "refund",
    "release",
    "seal",
    "send",
)
_CALLS_FOR_GOODS = (
    "acquire",
    "authorise",
    "capture",
    "find",
    "find_pick",
    "hand_over",
    "label",
    "open",
    "pack",
    "page",
    "pick",
    "publish",
    "put_back",
    "refund",
    "release",
    "seal",
    "send",
    "void",
    "void_label",
)


@frozen
class Watched:
    """A service whose calls note whether the caller has a transaction open."""

    service: Any
    is_open: Callable[[], bool]
    seen: set[tuple[str, bool]]

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.service, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.seen.add((name, self.is_open()))
            return await method(*args, **kwargs)

        return call


Story = Callable[[Callable[[], bool], Callable[..., Ports]], set[tuple[str, bool]]]


def _services(
    is_open: Callable[[], bool], open_ports: Callable[..., Ports]
) -> set[tuple[str, bool]]:
    """Build, give up, pay back, tell, deliver, deliver again; return what was seen at each call."""
    shop, seen = Shop(), set[tuple[str, bool]]()
    services = {
        "provisioner": shop.cloud,
        "payments": shop.bank,
        "capacity": shop.limits,
        "notifications": shop.post,
        "mailer": shop.post,
        "publisher": shop.broker,
        "sealer": shop.ports.sealer,
        "locks": shop.ports.locks,
    }
    watched = {name: Watched(port, is_open, seen) for name, port in services.items()}
    shop.ports = open_ports(clock=shop.clock, ids=shop.ports.ids, **watched)
    shop.script.plan("provision 2", NEVER)
    order = shop.pay(shop.submit(shop.place(a_vps(), a_vps(), a_vps())), reference="P1")
    shop.script.plan("provision 3", Lost())
    _work(shop)
    shop.clock.advance(seconds=5)
    _work(shop)
    shop.handle(RedeliverCredentials(caller=CUSTOMER, order_id=order.id))
    _work(shop)
    done = shop.order(order)
    assert (done.state, done.balance.refunded) == ("fulfilled", done.items[0].price)
    drive(sqlalchemy.close(shop.ports))
    return seen


def _goods(is_open: Callable[[], bool], open_ports: Callable[..., Ports]) -> set[tuple[str, bool]]:
    """Sell by page and by card, find a lost answer, send, and call two orders off; likewise."""
    store, seen = Store(stocked=False), set[tuple[str, bool]]()
    services = {
        "gateway": store.till,
        "warehouse": store.depot,
        "carrier": store.haulier,
        "letters": store.mailbox,
        "publisher": store.broker,
        "sealer": store.ports.sealer,
        "locks": store.ports.locks,
    }
    watched = {name: Watched(port, is_open, seen) for name, port in services.items()}
    store.ports = open_ports(
        clock=store.clock, ids=store.ports.ids, retail=store.ports.retail, **watched
    )
    store.receive("mug", 50)
    store.receive("tea", 50)
    by_page = store.bought("wallet", reference="by page")
    _work(store)
    assert store.pay_page(by_page)
    store.check(by_page)
    store.cancel(by_page)
    store.script.plan("authorise", Lost())
    by_card = store.bought("credit_card", reference="by card")
    store.check(by_card)
    _work(store)
    store.script.plan("capture", Rejected(code="declined", reason="no"))
    called_off = store.bought("credit_card", reference="called off")
    _work(store)
    ends = [store.order(order).state for order in (by_page, by_card, called_off)]
    assert ends == ["cancelled", "shipped", "cancelled"]
    drive(sqlalchemy.close(store.ports))
    return seen


STORIES: dict[str, tuple[Story, tuple[str, ...]]] = {
    "services": (_services, _CALLS_FOR_SERVICES),
    "goods": (_goods, _CALLS_FOR_GOODS),
}


def _work(shop: Shop) -> None:
    while shop.handle(WorkOnce()) is not None:
        pass


@pytest.mark.parametrize("kind", STORIES)
def test_a_file_is_free_for_others_during_every_call(tmp_path: Path, kind: str) -> None:
    """Another process may write right now, without waiting a moment."""
    path = tmp_path / "orders.db"

    def is_open() -> bool:
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")  # refused at once while anybody else is writing
        except sqlite3.OperationalError:
            return True
        finally:
            other.close()
        return False

    def open_ports(**services: Any) -> Ports:
        return sqlalchemy.ports(f"sqlite:///{path}", **services)

    story, calls = STORIES[kind]
    assert story(is_open, open_ports) == {(call, False) for call in calls}


@pytest.mark.postgres
@pytest.mark.parametrize("kind", STORIES)
def test_no_connection_has_a_transaction_open_during_any_call(
    postgres: Database, kind: str
) -> None:
    """The server says what its other connections are doing, reading included."""
    engine = sa.create_engine(postgres.admin, isolation_level="AUTOCOMMIT")
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'"
    )

    def is_open() -> bool:
        with engine.connect() as stranger:
            return bool(stranger.execute(others).scalar_one())

    def open_ports(**services: Any) -> Ports:
        return sqlalchemy.ports(postgres.app, worker_url=postgres.worker, **services)

    story, calls = STORIES[kind]
    assert story(is_open, open_ports) == {(call, False) for call in calls}
    engine.dispose()
