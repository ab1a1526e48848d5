"""`ordercore audit` on orders of goods: what has to happen next is asked for in every state."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from ordercore.domain.payments import PaymentToken
from ordercore_adapters.cli import main
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
    assert laws.keys() >= GOODS


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
