from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from examples.provisioning_portal import __main__ as portal
from examples.provisioning_portal.check import check, laws
from examples.provisioning_portal.generate import LINES, ORDERS, lines


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one demonstration, made once."""
    folder = tmp_path_factory.mktemp("portal") / "demo"
    assert portal.main(["--folder", str(folder)]) == 0
    return folder


def test_the_committed_file_is_the_generated_one() -> None:
    """Whoever changes catalogue, prices or generator has to make the file again."""
    assert ORDERS.read_text("utf-8").splitlines() == lines()


def test_the_file_has_lines_of_every_kind() -> None:
    """200 lines: all six types, both cycles, several tenants, repeats, and lines that are none."""
    texts = ORDERS.read_text("utf-8").splitlines()
    orders = []
    for text in texts:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and line.get("items"):
            orders.append(line)

    assert len(texts) == LINES
    types = {item["type"] for line in orders for item in line["items"]}
    assert types == {"vps", "kubernetes", "database", "gpu", "private_cloud", "storage"}
    assert {line["billing_cycle"] for line in orders} >= {"monthly", "annual"}
    assert len({line["tenant"] for line in orders} - {""}) == 4
    assert max(Counter(texts).values()) >= 2
    assert len(orders) < len(texts)


def test_the_demonstration_ends_with_every_law_holding(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Orders on a bad day, dead letters worked off, and the independent check finds nothing."""
    found = check(demo / portal.DB, demo / portal.PROVIDERS)

    assert {law: broken for law, broken in found.items() if broken} == {}
    assert len(found) >= 20
    database = sqlite3.connect(demo / portal.DB)
    states = dict(database.execute("SELECT state, count(*) FROM orders GROUP BY state").fetchall())
    back = database.execute("SELECT count(*) FROM order_items WHERE state <> 'active'").fetchone()
    letters = database.execute("SELECT count(*) FROM dead_letters").fetchone()
    database.close()
    assert set(states) == {"fulfilled", "failed"}
    assert back[0] > 10
    assert letters[0] > 0
    assert list((demo / portal.PROVIDERS / "mail").rglob("*.eml"))


def test_one_order_can_be_followed_event_by_event(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The feed starts with the creation, names items, and ends when the order has."""
    tenant, reference = portal.rough_ride(demo / portal.DB)
    assert portal.main(["--folder", str(demo), "watch", tenant, reference]) == 0
    said = capsys.readouterr().out.splitlines()

    assert said[0].endswith("order.created")
    assert any("order.item-rolled-back (item " in line for line in said)
    assert said[-1].endswith(("order.service-delivered", "billing.refund-settled"))
    assert portal.main(["--folder", str(demo), "watch", tenant, "nothing"]) == 1


def test_a_folder_of_somebody_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what an earlier demonstration left is removed."""
    (tmp_path / "letters.txt").write_text("mine")

    assert portal.main(["--folder", str(tmp_path)]) == 2
    assert (tmp_path / "letters.txt").read_text() == "mine"


ITEM = "json_extract(body, '$.items[0].state') = 'active' AND state = 'fulfilled'"
ONE_ORDER = f"(SELECT min(id) FROM orders WHERE {ITEM})"
FAULTS = [
    (
        "main",
        f"UPDATE orders SET value_minor = value_minor + 1 WHERE id = {ONE_ORDER}",
        "the value",
    ),
    ("main", f"UPDATE orders SET revenue_minor = 1 WHERE id = {ONE_ORDER}", "revenue is"),
    (
        "main",
        f"UPDATE orders SET body = json_remove(body, '$.ledger[0]') WHERE id = {ONE_ORDER}",
        "every payment the gateway took",
    ),
    ("gateway", "DELETE FROM payments WHERE is_row(1)", "every payment confirmed in a ledger"),
    (
        "main",
        "UPDATE orders SET body = json_insert(body, '$.ledger[#]', "
        f"json_extract(body, '$.ledger[0]')) WHERE id = {ONE_ORDER}",
        "every order that is done",
    ),
    (
        "gateway",
        "UPDATE refunds SET amount_minor = amount_minor + 1",
        "every refund in the gateway",
    ),
    ("gateway", "DELETE FROM refunds WHERE is_row(1)", "every refund in a ledger"),
    (
        "main",
        "UPDATE orders SET body = json_set(body, '$.items[0].state', 'rolled_back') "
        f"WHERE id = {ONE_ORDER}",
        "every item that was taken back",
    ),
    (
        "main",
        "UPDATE orders SET body = json_set(body, '$.items[0].state', 'active') "
        "WHERE json_extract(body, '$.items[0].state') = 'rolled_back'",
        "no item that is active",
    ),
    (
        "main",
        "UPDATE orders SET state = 'failed' WHERE state = 'fulfilled'",
        "an order that failed",
    ),
    (
        "cloud",
        "INSERT INTO resources SELECT tenant, key || 'x', order_id, item, resource || 'x', "
        "product_type, request, state, fails, due_at, created_at, removed_at FROM resources "
        "WHERE state = 'live' LIMIT 1",
        "no resource is orphaned",
    ),
    (
        "cloud",
        "UPDATE resources SET state = 'removed' WHERE state = 'live'",
        "every active item has",
    ),
    ("main", "DELETE FROM sealed_credentials", "sealed credentials"),
    ("mail", "DELETE FROM mails", "credentials were mailed"),
    ("main", "UPDATE sagas SET status = 'running'", "nothing is left to do"),
    ("main", "UPDATE outbox SET published_at = NULL WHERE seq = 1", "every event reached"),
    ("broker", "UPDATE events SET seq = 1000 - seq", "the events of one order"),
    ("main", "DELETE FROM audit_records WHERE seq = 2", "the version of an order"),
    (
        "main",
        "UPDATE audit_records SET dest = 'draft' WHERE dest = 'failed'",
        "the state of an order",
    ),
    ("main", "UPDATE audit_records SET reason = 'x' WHERE seq = 3", "every audit chain"),
    ("main", "UPDATE audit_records SET personal = '{}' WHERE seq = 1", "every audit chain"),
    ("main", "UPDATE orders SET chain = 'x'", "every audit chain"),
]
FILES = {
    "main": portal.DB,
    "cloud": f"{portal.PROVIDERS}/cloud.sqlite3",
    "gateway": f"{portal.PROVIDERS}/gateway.sqlite3",
    "broker": f"{portal.PROVIDERS}/events.sqlite3",
    "mail": f"{portal.PROVIDERS}/mail.sqlite3",
}


@pytest.mark.parametrize(("book", "fault", "law"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_the_check_finds_what_is_amiss(
    demo: Path, tmp_path: Path, book: str, fault: str, law: str
) -> None:
    """Each law is broken on purpose once; a check that cannot fail proves nothing."""
    copy = tmp_path / "demo"
    shutil.copytree(demo, copy)
    numbers = iter(range(1, 1_000_000))
    database = sqlite3.connect(copy / FILES[book])
    database.create_function("is_row", 1, lambda wanted: next(numbers) == wanted)
    with database:
        assert database.execute(fault).rowcount > 0
    database.close()

    found = check(copy / portal.DB, copy / portal.PROVIDERS)

    assert [name for name, broken in found.items() if broken and name.startswith(law)]


def test_every_law_is_broken_by_one_of_the_faults() -> None:
    """No law is left untried."""
    tried = {law for _, _, law in FAULTS}

    assert [name for name, _ in laws() if not any(name.startswith(law) for law in tried)] == []
