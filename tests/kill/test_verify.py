"""The checks of the kill tests notice each thing they are there for."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.kill.campaign import books_of, died, on_sqlite, start
from tests.kill.verify import Books, breaches

pytestmark = pytest.mark.kill

_ONE_ACTIVE = "(SELECT resource FROM resources WHERE state = 'live' ORDER BY resource LIMIT 1)"
_ONE_ITEM = "(SELECT order_id FROM sealed_credentials ORDER BY order_id LIMIT 1)"

TAMPERED = [
    ("orders", "UPDATE orders SET state = 'provisioning'", "has not settled"),
    ("orders", "UPDATE sagas SET status = 'running'", "still running"),
    (
        "orders",
        "INSERT INTO work VALUES ('north', 'saga', 'x', '2026', 1, 0, NULL)",
        "work is left",
    ),
    ("orders", "UPDATE idempotency SET response = NULL", "in flight"),
    (
        "orders",
        "INSERT INTO dead_letters VALUES "
        "('north', 'x', '', '', '', '', 1, '', '', 1, '', '2026', 'open', '', NULL)",
        "dead letter is open",
    ),
    (
        "cloud",
        f"UPDATE resources SET state = 'removed' WHERE resource = {_ONE_ACTIVE}",
        "is with active items and not with the cloud",
    ),
    (
        "cloud",
        "INSERT INTO resources SELECT tenant, key || '-again', order_id, item, "
        "resource || '-again', product_type, request, state, fails, due_at, created_at, removed_at "
        "FROM resources "
        f"WHERE resource = {_ONE_ACTIVE}",
        "is with the cloud and not with active items",
    ),
    (
        "orders",
        f"DELETE FROM sealed_credentials WHERE order_id = {_ONE_ITEM}",
        "is with active items and not with the vault",
    ),
    ("gateway", "DELETE FROM payments", "is with the ledger and not with the gateway"),
    ("gateway", "DELETE FROM refunds", "is with the ledger and not with the gateway"),
    (
        "gateway",
        "INSERT INTO refunds SELECT tenant, key || '-again', order_id, payment_reference, "
        "amount_minor, currency, requested_at, paid_at FROM refunds",
        "more was given back than was paid",
    ),
    (
        "orders",
        """UPDATE orders SET body = replace(body, '"kind":"refunded"', '"kind":"written_off"')""",
        "is with requests and not with the ledger",
    ),
    (
        "orders",
        """UPDATE orders SET body = replace(body, '"kind":"confirmed"', '"kind":"reversed"')""",
        "is with the gateway and not with the ledger",
    ),
    (
        "orders",
        """UPDATE orders SET body = replace(body, '"state":"rolled_back"', '"state":"pending"')""",
        "is pending and was refunded 1 times",
    ),
    (
        "orders",
        "UPDATE orders SET body = json_set(body, '$.ledger[0].amount.amount_minor', 1) "
        "WHERE json_array_length(body, '$.ledger') > 0",
        "too much is kept for it",
    ),
    ("mail", "DELETE FROM mails", "is with deliveries and not with the mailer"),
    (
        "mail",
        "INSERT INTO mails SELECT tenant, key || '-again', order_id, items, at FROM mails",
        "letters were written",
    ),
    ("notifications", "DELETE FROM notifications", "is with items taken back and not with"),
    ("events", "DELETE FROM events WHERE seq = 1", "is with the outbox and not with the broker"),
    ("events", "UPDATE events SET position = -position", "came after"),
    ("orders", "UPDATE outbox SET published_at = NULL", "never published"),
    ("orders", "DELETE FROM audit_records WHERE seq = 2", "records up to"),
    ("orders", "UPDATE orders SET version = version + 1", "records up to"),
    ("orders", "UPDATE audit_records SET actor = 'nobody' WHERE seq = 2", "breaks at record 2"),
]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a campaign that was not disturbed."""
    base = tmp_path_factory.mktemp("settled")
    campaign = on_sqlite(base, 0)
    assert not died(start(campaign, None))
    assert breaches(books_of(campaign)) == []
    return base


@pytest.mark.parametrize(("where", "sql", "words"), TAMPERED)
def test_what_was_tampered_with_is_noticed(
    settled: Path, tmp_path: Path, where: str, sql: str, words: str
) -> None:
    """One statement, in one of the books, and the right check objects."""
    base = tmp_path / "copy"
    shutil.copytree(settled, base)
    world = base / "campaign-0" / "world"
    file = base / "0.db" if where == "orders" else world / f"{where}.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute(sql).rowcount > 0
        connection.commit()
    found = breaches(Books(url=f"sqlite:///{base / '0.db'}", world=world))
    assert any(words in breach for breach in found), found
