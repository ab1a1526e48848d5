"""What must hold when everything has come to rest, in plain SQL over all books.

The orders' database is compared with the files of the providers, which know nothing of it. The only
code of the library used here is the check of the audit trail's hash chain.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from ordercore.app import Caller, OrderCore, VerifyAudit
from ordercore.kernel.ids import OrderId
from ordercore_adapters import sqlalchemy

Row = tuple[Any, ...]
_ENDS = ("cancelled", "failed", "fulfilled")
_ITEMS_AT_REST = ("active", "pending", "rolled_back")
_TOLERANCE_MINOR = 100


@frozen(kw_only=True)
class Books:
    """All books of one campaign.

    Attributes:
        url: The orders' database, as somebody who sees every row.
        world: The folder of the providers' files.
    """

    url: str
    world: Path

    def orders(self, query: str) -> list[Row]:
        """Ask the orders' database."""
        with sa.create_engine(self.url, poolclass=sa.NullPool).connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def provider(self, name: str, query: str) -> list[Row]:
        """Ask the file of a provider."""
        with closing(sqlite3.connect(self.world / f"{name}.sqlite3")) as connection:
            return connection.execute(query).fetchall()


def breaches(books: Books) -> list[str]:
    """Return everything that does not add up."""
    laws = (
        _at_rest,
        _resources,
        _payments,
        _refunds,
        _shares,
        _messages,
        events,
        audit_trail,
        audit_chains,
    )
    return [breach for law in laws for breach in law(books)]


def _at_rest(books: Books) -> Iterator[str]:
    for tenant, order, state in books.orders("SELECT tenant, id, state FROM orders"):
        if state not in _ENDS:
            yield f"{tenant}/{order} has not settled: {state}"
    for tenant, order, item, state in books.orders(
        "SELECT tenant, order_id, item, state FROM order_items"
    ):
        if state not in _ITEMS_AT_REST:
            yield f"{tenant}/{order}/{item} has not settled: {state}"
    yield from nothing_open(books)


def nothing_open(books: Books) -> Iterator[str]:
    """Nobody waits for anything."""
    for row in books.orders("SELECT tenant, id FROM sagas WHERE status = 'running'"):
        yield f"a saga is still running: {row}"
    for row in books.orders("SELECT tenant, kind, subject FROM work"):
        yield f"work is left: {row}"
    for row in books.orders("SELECT tenant, id FROM dead_letters WHERE status = 'open'"):
        yield f"a dead letter is open: {row}"
    for row in books.orders(
        "SELECT tenant, operation, key FROM idempotency WHERE response IS NULL"
    ):
        yield f"a request is still in flight: {row}"


def _resources(books: Books) -> Iterator[str]:
    """Live resources and active items are the same, one to one."""
    columns = "tenant, order_id, item, resource"
    active = books.orders(f"SELECT {columns} FROM order_items WHERE state = 'active'")
    standing = "state NOT IN ('failed', 'removed', 'tombstoned')"
    live = books.provider("cloud", f"SELECT {columns} FROM resources WHERE {standing}")
    yield from differences("resources", "active items", active, "the cloud", live)
    sealed = books.orders(f"SELECT {columns} FROM sealed_credentials")
    yield from differences("credentials", "active items", active, "the vault", sealed)


def _payments(books: Books) -> Iterator[str]:
    """Every payment is in the ledger once."""
    ledger = books.orders(
        "SELECT tenant, key, amount_minor, currency FROM order_ledger WHERE kind = 'confirmed'"
    )
    paid = books.provider(
        "gateway", "SELECT tenant, reference, amount_minor, currency FROM payments"
    )
    yield from differences("payments", "the ledger", ledger, "the gateway", paid)


def _refunds(books: Books) -> Iterator[str]:
    """What was requested, what the ledger calls refunded and what really went back are the same."""
    columns = "tenant, order_id, key, amount_minor, currency"
    requested, refunded = (
        books.orders(f"SELECT {columns} FROM order_ledger WHERE kind = '{kind}'")
        for kind in ("refund_requested", "refunded")
    )
    given = books.provider("gateway", f"SELECT {columns} FROM refunds")
    yield from differences("refunds", "requests", requested, "the ledger", refunded)
    yield from differences("refunds", "the ledger", refunded, "the gateway", given)
    for row in books.provider(
        "gateway",
        "SELECT p.tenant, p.reference FROM payments AS p JOIN refunds AS r "
        "ON r.tenant = p.tenant AND r.payment_reference = p.reference "
        "GROUP BY p.tenant, p.reference, p.amount_minor "
        "HAVING sum(r.amount_minor) > p.amount_minor",
    ):
        yield f"more was given back than was paid: {row}"


def _shares(books: Books) -> Iterator[str]:
    """An item taken back is refunded once; what is kept is the price of what runs."""
    named: Counter[Row] = Counter()
    kept: Counter[Row] = Counter()
    for tenant, order, kind, amount, items in books.orders(
        "SELECT tenant, order_id, kind, amount_minor, items FROM order_ledger"
    ):
        if kind == "refund_requested":
            named.update((tenant, order, item) for item in json.loads(items or "[]"))
        kept[tenant, order] += {"confirmed": amount, "refunded": -amount}.get(kind, 0)
    running: Counter[Row] = Counter()
    for tenant, order, item, state, price in books.orders(
        "SELECT tenant, order_id, item, state, price_minor FROM order_items"
    ):
        if named[tenant, order, item] != (state == "rolled_back"):
            times = named[tenant, order, item]
            yield f"{tenant}/{order}/{item} is {state} and was refunded {times} times"
        running[tenant, order] += price if state == "active" else 0
    for tenant, order, state in books.orders("SELECT tenant, id, state FROM orders"):
        difference = kept[tenant, order] - running[tenant, order]
        if abs(difference) > (_TOLERANCE_MINOR if state == "fulfilled" else 0):
            yield f"{tenant}/{order} is {state} and {difference} too much is kept for it"


def _messages(books: Books) -> Iterator[str]:
    """One letter per delivery, one notification per item taken back."""
    letters = len(list((books.world / "mail" / "messages").glob("*.eml")))
    mails = Counter(books.provider("mail", "SELECT tenant, order_id FROM mails"))
    if letters != mails.total():
        yield f"{letters} letters were written, {mails.total()} were handed over"
    wanted = books.orders("SELECT tenant, id FROM orders WHERE state = 'fulfilled'")
    wanted += books.orders("SELECT tenant, order_id FROM sagas WHERE definition = 'redelivery'")
    yield from differences("letters", "deliveries", wanted, "the mailer", list(mails.elements()))
    gone = books.orders("SELECT tenant, order_id FROM order_items WHERE state = 'rolled_back'")
    told = books.provider("notifications", "SELECT tenant, order_id FROM notifications")
    yield from differences("notifications", "items taken back", gone, "the notifier", told)


def events(books: Books) -> Iterator[str]:
    """Every event left, and whoever drops repeats has them in order."""
    outbox = books.orders("SELECT tenant, id FROM outbox WHERE published_at IS NOT NULL")
    for row in books.orders("SELECT tenant, id FROM outbox WHERE published_at IS NULL"):
        yield f"an event was never published: {row}"
    arrived = books.provider("events", "SELECT tenant, id FROM distinct_events")
    yield from differences("events", "the outbox", outbox, "the broker", arrived)
    last: dict[Row, int] = {}
    for tenant, stream, seq in books.provider(
        "events",
        "SELECT e.tenant, e.stream, e.seq FROM events AS e JOIN distinct_events AS d "
        "ON d.tenant = e.tenant AND d.id = e.id AND d.position = e.position ORDER BY e.position",
    ):
        if seq <= last.get((tenant, stream), 0):
            yield f"{tenant}/{stream}: event {seq} came after {last[tenant, stream]}"
        last[tenant, stream] = seq


def audit_trail(books: Books) -> Iterator[str]:
    """A version is the number of audit records: a lost or doubled write would show here."""
    for tenant, order, version, records, newest in books.orders(
        "SELECT o.tenant, o.id, o.version, count(*), max(a.seq) FROM orders AS o "
        "JOIN audit_records AS a ON a.tenant = o.tenant AND a.order_id = o.id "
        "GROUP BY o.tenant, o.id, o.version"
    ):
        if not version == records == newest:
            yield f"{tenant}/{order} has version {version} and {records} records up to {newest}"


def audit_chains(books: Books) -> Iterator[str]:
    """Every audit trail is whole."""
    with OrderCore(sqlalchemy.ports(books.url)) as core:
        for tenant, order in books.orders("SELECT tenant, id FROM orders"):
            caller = Caller.of(tenant, "auditor", role="operator")
            verdict = core.handle(VerifyAudit(caller=caller, order_id=OrderId(order)))
            if not verdict.whole:
                yield f"{tenant}/{order}: the audit trail breaks at record {verdict.broken_at}"


def differences(
    what: str, here: str, expected: list[Row], there: str, found: list[Row]
) -> Iterator[str]:
    """Say what is in one book and not in the other, as often as it is."""
    lost, extra = Counter(expected), Counter(found)
    for row in lost - extra:
        yield f"{what}: {row} is with {here} and not with {there}"
    for row in extra - lost:
        yield f"{what}: {row} is with {there} and not with {here}"
