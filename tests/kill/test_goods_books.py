"""The checks of a shop's books notice each thing they are there for."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.kill.campaign import books_of, died, on_sqlite, start
from tests.kill.goods_books import breaches
from tests.kill.shift import Story
from tests.kill.verify import Books

pytestmark = pytest.mark.kill

_SOLD = "(SELECT id FROM orders WHERE state = 'completed' ORDER BY id LIMIT 1)"
_AGAIN = "key || '-again'"

TAMPERED = [
    ("orders", "UPDATE orders SET state = 'shipped'", "has not settled"),
    (
        "orders",
        "UPDATE orders SET body = json_set(body, '$.sale.reserved', json('true')) "
        f"WHERE id = {_SOLD}",
        "and its goods are reserved",
    ),
    (
        "orders",
        f"INSERT INTO sealed_credentials VALUES ('north', {_SOLD}, 'token', '', '', '', '')",
        "a token was kept",
    ),
    ("orders", "UPDATE sagas SET status = 'running'", "still running"),
    ("gateway", "DELETE FROM captures", "is with the ledger and not with the provider"),
    (
        "gateway",
        f"INSERT INTO captures SELECT tenant, {_AGAIN}, authorisation_key, reference || '-again', "
        "order_id, amount_minor, currency, arrived_at FROM captures LIMIT 1",
        "is with the provider and not with the ledger",
    ),
    (
        "gateway",
        f"INSERT INTO captures SELECT tenant, {_AGAIN}, authorisation_key, reference || '-again', "
        "order_id, amount_minor, currency, arrived_at FROM captures LIMIT 1",
        "was kept",
    ),
    ("gateway", "DELETE FROM refunds", "refunds: "),
    (
        "gateway",
        "UPDATE authorisations SET status = 'granted', amount_minor = amount_minor + 1",
        "money is still held",
    ),
    ("gateway", "UPDATE authorisations SET status = 'waiting'", "money is still held"),
    ("orders", "UPDATE stock SET on_hand = on_hand + 1", "is with levels and not with movements"),
    ("orders", "DELETE FROM stock_movements WHERE seq = 1", "the ledger has gaps"),
    (
        "orders",
        "UPDATE stock_movements SET order_id = 'another' WHERE kind = 'reserve'",
        "the order says",
    ),
    (
        "orders",
        "UPDATE orders SET state = 'cancelled' WHERE state = 'completed'",
        "and should be",
    ),
    ("warehouse", "UPDATE picks SET back_at = NULL", "is with the warehouse and not with orders"),
    ("warehouse", "DELETE FROM picks", "is with orders and not with the warehouse"),
    (
        "carrier",
        f"INSERT INTO labels SELECT tenant, {_AGAIN}, order_id, shipment, tracking, due_at, "
        "void_at FROM labels",
        "labels: ",
    ),
    ("carrier", "DELETE FROM hand_overs", "parcels: "),
    (
        "carrier",
        f"INSERT INTO hand_overs SELECT tenant, {_AGAIN}, order_id, label_key, tracking, due_at "
        "FROM hand_overs LIMIT 1",
        "parcels: ",
    ),
    ("letters", "DELETE FROM letters WHERE kind = 'shipped'", "nobody wrote: shipped"),
    (
        "letters",
        f"INSERT INTO letters SELECT tenant, {_AGAIN}, order_id, kind, recipient, enclosures, at "
        "FROM letters WHERE kind = 'confirmed'",
        "was written to 2 times: confirmed",
    ),
    ("orders", "UPDATE number_series SET taken = taken + 1", "papers have"),
    (
        "orders",
        f"UPDATE orders SET body = json_set(body, '$.sale.invoice', NULL) WHERE id = {_SOLD}",
        "without an invoice",
    ),
    (
        "orders",
        "UPDATE orders SET body = json_set(body, '$.sale.credit_notes', json('[]')) "
        "WHERE state = 'returned'",
        "was credited 0 times",
    ),
    ("orders", "UPDATE orders SET body = json_set(body, '$.customer', 'x')", "the trail says"),
    ("orders", "UPDATE outbox SET published_at = NULL", "never published"),
    ("orders", "DELETE FROM audit_records WHERE seq = 2", "records up to"),
    ("orders", "UPDATE audit_records SET actor = 'nobody' WHERE seq = 2", "breaks at record 2"),
]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a campaign that was not disturbed."""
    base = tmp_path_factory.mktemp("settled")
    campaign = on_sqlite(base, 0, story=Story.GOODS)
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
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert connection.execute(sql).rowcount > 0
        connection.commit()
    found = breaches(Books(url=f"sqlite:///{base / '0.db'}", world=world))
    assert any(words in breach for breach in found), found
