"""A stored order or saga that cannot be read is named, and is nobody's bad request."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from ordercore.kernel.errors import UnreadableRecord
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import ONE, a_batch, order_id, saga_id
from ordercore_adapters import sqlalchemy

DAMAGED = {
    "no JSON": "{",
    "no object": "[]",
    "nothing in it": "{}",
    "of another type": """{"type$":"saga-noted","v$":1}""",
    "of a newer release": """{"type$":"order","v$":99}""",
}

Read = Callable[[Ports], Coroutine[Any, Any, object]]


async def _update(ports: Ports) -> object:
    return await ports.store.update(
        ONE, order_id(), lambda _order, _sagas: Refusal(code="no", reason="not decided here")
    )


READS: dict[str, tuple[str, Read]] = {
    "order by id": ("orders", lambda ports: ports.orders.get(ONE, order_id())),
    "order in a page": ("orders", lambda ports: ports.orders.list(ONE)),
    "order to decide over": ("orders", _update),
    "saga by id": ("sagas", lambda ports: ports.sagas.get(ONE, saga_id())),
    "saga of an order": ("sagas", lambda ports: ports.sagas.of_order(ONE, order_id())),
    "saga to decide over": ("sagas", _update),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file will be."""
    return tmp_path / "orders.db"


@pytest.fixture
def bundle(path: Path) -> Iterator[Ports]:
    """Return a bundle over a file with an order and its saga."""
    made = sqlalchemy.ports(f"sqlite:///{path}")
    drive(made.store.commit(a_batch()))
    yield made
    drive(sqlalchemy.close(made))


def _overwrite(path: Path, table: str, body: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        changed = connection.execute(f"UPDATE {table} SET body = ?", (body,)).rowcount
        assert changed == 1
        connection.commit()
    finally:
        connection.close()


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize(("table", "read"), READS.values(), ids=READS)
def test_a_row_that_cannot_be_read_is_named(
    path: Path, bundle: Ports, table: str, read: Read, damage: str
) -> None:
    """Kind and id tell which row it is, however it is reached."""
    _overwrite(path, table, damage)
    with pytest.raises(UnreadableRecord) as caught:
        drive(read(bundle))
    named = {"orders": ("order", order_id()), "sagas": ("saga", saga_id())}[table]
    assert (caught.value.kind, caught.value.id) == named
    assert caught.value.problem


def test_a_document_of_a_newer_release_says_so(path: Path, bundle: Ports) -> None:
    """Whoever went back a release learns what to undo."""
    _overwrite(path, "orders", DAMAGED["of a newer release"])
    with pytest.raises(UnreadableRecord, match="version 99 by a newer release"):
        drive(bundle.orders.get(ONE, order_id()))


def test_rows_beside_a_damaged_one_stay_readable(path: Path, bundle: Ports) -> None:
    """One bad row is one order's trouble."""
    _overwrite(path, "orders", "{")
    drive(bundle.store.commit(a_batch(2)))
    stored = drive(bundle.orders.get(ONE, order_id(2)))
    assert stored is not None
    assert stored.order.id == order_id(2)
