"""`ordercore audit` on orders of goods: what has to happen next is asked for in every state."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from ordercore.app import Caller, CheckOut, OrderCore, Placed, ReceiveStock, WorkOnce
from ordercore.domain.payments import PaymentToken
from ordercore.testing.fakes import ManualClock
from ordercore_adapters import memory, sqlalchemy
from ordercore_adapters.cli import main
from tests.unit.app.retail_shop import RULES, a_basket
from tests.unit.app.shop import OPERATOR, TENANT

GOODS = {"attempts_never_overdrawn", "documents_follow_goods", "holds_are_watched"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with an order that has left, and one that waits on its page."""
    path = tmp_path / "goods.db"
    ports = sqlalchemy.ports(
        f"sqlite:///{path}",
        clock=ManualClock(),
        retail=RULES,
        gateway=memory.InstantGateway(),
        warehouse=memory.InstantWarehouse(),
        carrier=memory.InstantCarrier(),
        letters=memory.CollectedLetters(),
        notifications=memory.CollectedNotifications(),
        publisher=memory.CollectedEvents(),
        sealer=memory.PlainlessSealer(),
    )
    with OrderCore(ports) as core:
        for sku in ("mug", "tea"):
            core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=20))
        for payment, token in (("credit_card", PaymentToken("tok_1")), ("wallet", None)):
            basket = a_basket(payment, reference=f"R-{payment}")
            asked = CheckOut(caller=Caller.of(TENANT, "alice"), basket=basket, token=token)
            assert isinstance(core.handle(asked), Placed)
        while core.handle(WorkOnce()) is not None:
            pass
    return path


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
