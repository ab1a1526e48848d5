"""The same figures, computed by somebody else: SQL in DuckDB over the same files.

A set named by ``ORDERCORE_OLIST_DIR`` is judged too; its licence does not let it be shipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.adapters.command import ordercore
from tests.adapters.olist_set import (
    EXTRA_ITEMS,
    EXTRA_ORDERS,
    ITEMS,
    ORDERS,
    PAYMENTS,
    random_set,
    small_set,
)
from tests.skips import NOT_OURS_TO_SHIP

PUBLIC = "ORDERCORE_OLIST_DIR"
STATES = {
    "created": "created",
    "approved": "confirmed",
    "processing": "in_fulfilment",
    "invoiced": "ready",
    "shipped": "shipped",
    "delivered": "completed",
    "canceled": "cancelled",
    "unavailable": "cancelled",
}
# Place of a state along the way; a cancelled order leaves from ready at the latest.
PLACE = "CASE o.order_status WHEN 'created' THEN 0 WHEN 'shipped' THEN 2 WHEN 'delivered' THEN 3 "
PLACE += "ELSE 1 END"

TABLES = """
CREATE VIEW due AS SELECT order_id, sum(price::DECIMAL(18, 2)) AS price,
    sum(freight_value::DECIMAL(18, 2)) AS freight FROM items GROUP BY order_id;
CREATE VIEW paid AS SELECT order_id, sum(payment_value::DECIMAL(18, 2)) AS paid
    FROM payments GROUP BY order_id;
CREATE VIEW books AS SELECT o.order_id, price, freight, price + freight AS due, paid
    FROM orders o LEFT JOIN due USING (order_id) LEFT JOIN paid USING (order_id);
CREATE VIEW times AS SELECT order_id, unnest([0, 1, 2, 3]) AS place, unnest([
    order_purchase_timestamp, order_approved_at, order_delivered_carrier_date,
    order_delivered_customer_date])::TIMESTAMP AS told FROM orders;
"""


class Witness:
    """Answers questions about a folder in SQL."""

    def __init__(self, folder: Path) -> None:
        self._base = duckdb.connect()
        self._table("orders", folder, ORDERS, EXTRA_ORDERS)
        self._table("items", folder, ITEMS, EXTRA_ITEMS)
        self._table("payments", folder, PAYMENTS)
        self._base.execute(TABLES)

    def _table(self, name: str, folder: Path, *files: str) -> None:
        paths = [str(path) for file in files for path in sorted(folder.glob(f"{file}.csv*"))]
        query = f"CREATE TABLE {name} AS SELECT * FROM read_csv($1, all_varchar=true, header=true)"
        self._base.execute(query, [paths])

    def one(self, query: str) -> tuple[Any, ...]:
        """Return the only row."""
        found = self._base.execute(query).fetchone()
        assert found is not None
        return tuple(found)

    def minor(self, query: str) -> int:
        """Return an amount in minor units; nothing at all is zero."""
        return int((self.one(query)[0] or 0) * 100)

    def by_state(self) -> dict[str, int]:
        """Count orders by the state that their status stands for."""
        counts: dict[str, int] = {}
        query = "SELECT order_status, count(*) FROM orders GROUP BY 1"
        for status, count in self._base.execute(query).fetchall():
            counts[STATES[status]] = counts.get(STATES[status], 0) + count
        return counts

    def money(self) -> dict[str, int]:
        """Count orders by how their payments stand to their items."""
        names = {
            "matched": "due = paid",
            "over": "paid > due",
            "under": "paid < due",
            "without_items": "due IS NULL AND paid IS NOT NULL",
            "without_payments": "due IS NOT NULL AND paid IS NULL",
            "neither": "due IS NULL AND paid IS NULL",
        }
        return {
            name: self.one(f"SELECT count(*) FROM books WHERE {condition}")[0]
            for name, condition in names.items()
        }

    def totals(self) -> dict[str, int]:
        """Add up amounts in minor units."""
        stray = "WHERE order_id NOT IN (SELECT order_id FROM orders)"
        return {
            "price_minor": self.minor("SELECT sum(price) FROM books"),
            "freight_minor": self.minor("SELECT sum(freight) FROM books"),
            "items_minor": self.minor("SELECT sum(due) FROM books"),
            "payments_minor": self.minor("SELECT sum(paid) FROM books"),
            "difference_minor": self.minor(
                "SELECT coalesce(sum(paid), 0) - coalesce(sum(due), 0) FROM books"
            ),
            "items_without_order_minor": self.minor(
                f"SELECT sum(price + freight) FROM due {stray}"
            ),
            "payments_without_order_minor": self.minor(f"SELECT sum(paid) FROM paid {stray}"),
        }

    def contradictions(self) -> dict[str, int]:
        """Count contradictions by their meaning, without any lifecycle."""
        last = f"SELECT o.order_id, {PLACE} AS last FROM orders o"
        queries = {
            "out_of_order": "SELECT count(*) FROM times a JOIN times b USING (order_id) "
            "WHERE a.place < b.place AND a.told > b.told",
            "beyond_status": f"SELECT count(*) FROM times JOIN ({last}) USING (order_id) "
            "WHERE told IS NOT NULL AND place > last",
            "no_time": "SELECT count(*) FROM times t JOIN orders o USING (order_id) "
            "WHERE told IS NULL AND place <= greatest("
            f"CASE WHEN order_status IN ('canceled', 'unavailable') THEN 0 ELSE {PLACE} END, "
            "(SELECT coalesce(max(s.place), 0) FROM times s WHERE s.order_id = t.order_id "
            "AND s.told IS NOT NULL))",
            "promised_too_early": "SELECT count(*) FROM orders WHERE CASE "
            "WHEN order_estimated_delivery_date LIKE '% 00:00:00' "
            "THEN order_estimated_delivery_date::DATE < order_purchase_timestamp::DATE "
            "ELSE order_estimated_delivery_date < order_purchase_timestamp END",
        }
        counts = {name: self.one(query)[0] for name, query in queries.items()}
        return {name: count for name, count in counts.items() if count}


@pytest.fixture(params=["small", "random-1", "random-2", "random-3", "public"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return a folder with a set; the public one only where somebody has it."""
    if request.param == "public":
        if PUBLIC not in os.environ:
            pytest.skip(f"{NOT_OURS_TO_SHIP}: the public set; {PUBLIC} names no folder with it")
        yield Path(os.environ[PUBLIC])
    elif request.param == "small":
        yield small_set().write(tmp_path)
    else:
        seed = int(request.param.removeprefix("random-"))
        yield random_set(seed, 500).write(tmp_path, compressed=seed == 2)


def test_states_money_and_contradictions_equal_those_of_the_witness(folder: Path) -> None:
    """Every count and every amount, in all three ways of arriving, which also agree in detail."""
    witness = Witness(folder)
    digests = set()
    for arrival in ("time", "shuffled", "doubled"):
        ended = ordercore("replay", "olist", folder, "--order", arrival, "--seed", "5", "--json")
        assert ended.code == 0
        account = ended.value
        assert account["bad_rows"] == 0
        assert witness.by_state() == account["by_state"]
        assert witness.totals() == account["totals"]["BRL"]
        assert witness.money() == account["money"]
        assert witness.contradictions() == account["contradictions"]
        digests.add(account["digest"])
    assert len(digests) == 1


def test_rows_and_strangers_are_counted_alike(folder: Path) -> None:
    """Good rows of each file, and ids that only payments or only items have."""
    witness = Witness(folder)
    account = ordercore("replay", "olist", folder, "--json").value
    tables = ("orders", "items", "payments")
    assert account["rows"] == {
        name: witness.one(f"SELECT count(*) FROM {name}")[0] for name in tables
    }
    stray = "order_id NOT IN (SELECT order_id FROM orders)"
    assert account["without_order"] == {
        name: witness.one(f"SELECT count(DISTINCT order_id) FROM {name} WHERE {stray}")[0]
        for name in ("payments", "items")
    }
