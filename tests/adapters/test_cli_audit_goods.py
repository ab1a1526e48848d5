"""`ordercore audit` on orders of goods: what has to happen next is asked for in every state."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from ordercore.domain.payments import PaymentToken
from ordercore_adapters.cli import main
from ordercore_adapters.cli.audit_stock import STOCK_LAW
from tests.adapters.shop_in_a_file import shop_in_a_file
from tests.unit.app.retail_shop import a_basket

GOODS = {"attempts_never_overdrawn", "documents_follow_goods", "holds_are_watched"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with an order that has left, and one that waits on its page."""
    asked = [
        (a_basket("credit_card", reference="R-credit_card"), PaymentToken("tok_1")),
        (a_basket("wallet", reference="R-wallet"), None),
    ]
    return shop_in_a_file(tmp_path / "goods.db", asked)


def audited(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[int, dict[str, int], set[str]]:
    """Return exit code, how often each law was checked, and those that are broken."""
    code = main(["audit", "--db", str(path), "--json"])
    said = json.loads(capsys.readouterr().out)
    return code, said["laws"], {found["law"] for found in said["violations"]}


def test_a_sound_shop_passes_the_audit(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    """Also by the laws that only goods have."""
    code, laws, broken = audited(capsys, database)
    assert (code, broken) == (0, set())
    assert set(laws.values()) == {2}
    assert laws.keys() >= GOODS | {STOCK_LAW}


@pytest.mark.parametrize(
    ("lost", "law"),
    [
        ("subject LIKE '%/overdue'", "targets_are_watched"),
        ("kind = 'saga'", "saga_has_a_timer"),
        ("kind = 'reservation'", "order_moves_on"),
    ],
)
def test_work_that_was_lost_is_found(
    capsys: pytest.CaptureFixture[str], database: Path, lost: str, law: str
) -> None:
    """Nothing else is wrong with the order: it only waits for ever."""
    connection = sqlite3.connect(database)
    deleted = connection.execute(f"DELETE FROM work WHERE {lost}").rowcount
    connection.commit()
    connection.close()
    assert deleted == 1
    code, _, broken = audited(capsys, database)
    assert (code, broken) == (1, {law})


@pytest.mark.parametrize(
    "tampered",
    [
        "UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'mug'",
        "UPDATE stock_movements SET reserved = reserved + 1 WHERE sku = 'mug' AND seq = 2",
        "DELETE FROM stock WHERE sku = 'mug'",
        "DELETE FROM stock_movements WHERE sku = 'mug' AND seq = 2",
    ],
)
def test_stock_that_is_not_the_sum_of_its_movements_is_found(
    capsys: pytest.CaptureFixture[str], database: Path, tampered: str
) -> None:
    """The sku is named; the orders are as they were."""
    connection = sqlite3.connect(database)
    assert connection.execute(tampered).rowcount == 1
    connection.commit()
    connection.close()
    code, laws, broken = audited(capsys, database)
    assert (code, broken, laws[STOCK_LAW]) == (1, {STOCK_LAW}, 2)
