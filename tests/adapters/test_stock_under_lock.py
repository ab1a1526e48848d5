"""A decision over a locked order moves stock, takes numbers and names fences like any batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ordercore.domain.inventory import MoveKind, Shortage, StockMove, line_moves, reserve_lines
from ordercore.domain.orders import RedeliveryRequested
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import ConcurrencyConflict, LeaseLost, OrderCoreError, StockShort
from ordercore.ports import Batch, Decide, Fence, OrderWrite, Ports, StoredOrder, TakenNumber
from ordercore.testing.builders import with_events
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, ONE, new_order, order_id, stored
from ordercore_adapters import memory, sqlalchemy
from tests.adapters.postgres_server import Database

_SKU = "A-1"
_SERIES = "invoice/2026"


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ports]:
    """Return ports over a store with one order, five units, one number and one fence."""
    if request.param == "memory":
        made = memory.ports()
    elif request.param == "sqlite":
        made = sqlalchemy.ports(f"sqlite:///{tmp_path / 'orders.db'}")
    else:
        database: Database = request.getfixturevalue("postgres")
        made = sqlalchemy.ports(database.app, worker_url=database.worker)
    batch = Batch(
        tenant=ONE,
        orders=(new_order(),),
        fences=(Fence(name="lock", token=5),),
        numbers=(TakenNumber(series=_SERIES, number=1),),
        stock=(StockMove(kind=MoveKind.RECEIVE, sku=_SKU, quantity=5),),
    )
    drive(made.store.commit(batch))
    yield made
    drive(made.close())


def _decision(*moves: StockMove, number: int | None = None, fence: int | None = None) -> Decide:
    """Return a decision that changes the order, too."""

    def decide(found: StoredOrder, _sagas: tuple[SagaState, ...]) -> Batch:
        order = with_events(found.order, RedeliveryRequested(items=()), at=AT)
        write = OrderWrite(stored=stored(order), read_version=found.order.version)
        return Batch(
            tenant=ONE,
            orders=(write,),
            fences=() if fence is None else (Fence(name="lock", token=fence),),
            numbers=() if number is None else (TakenNumber(series=_SERIES, number=number),),
            stock=moves,
        )

    return decide


def _reserved(quantity: int) -> tuple[StockMove, ...]:
    return reserve_lines([(_SKU, quantity)], order_id=order_id())


def _seen(bundle: Ports) -> tuple[int, int, int, int]:
    """Return units on hand and reserved, the next number, and the order's version."""
    (level,) = drive(bundle.stock.levels(ONE, [_SKU]))
    found = drive(bundle.orders.get(ONE, order_id()))
    assert found is not None
    number = drive(bundle.numbers.next(ONE, _SERIES))
    return level.on_hand, level.reserved, number, found.order.version


def test_what_was_decided_under_the_lock_is_moved(bundle: Ports) -> None:
    """Together with the order, the number and the fence; also what an order gives back."""
    decide = _decision(*_reserved(3), number=2, fence=6)
    drive(bundle.store.update(ONE, order_id(), decide))
    assert _seen(bundle) == (5, 3, 3, 2)
    shipped = line_moves(MoveKind.SHIP, [(_SKU, 2)], order_id=order_id())
    drive(bundle.store.update(ONE, order_id(), _decision(*shipped)))
    assert _seen(bundle) == (3, 1, 3, 3)


@pytest.mark.parametrize(
    ("decide", "fault"),
    [
        (_decision(*_reserved(6), number=2, fence=6), StockShort),
        (
            _decision(*line_moves(MoveKind.RELEASE, [(_SKU, 1)], order_id=order_id()), number=2),
            StockShort,
        ),
        (_decision(*_reserved(1), number=3), ConcurrencyConflict),
        (_decision(*_reserved(1), number=2, fence=4), LeaseLost),
    ],
    ids=["too little", "nothing held", "a gap", "overtaken"],
)
def test_what_is_refused_under_the_lock_leaves_nothing(
    bundle: Ports, decide: Decide, fault: type[OrderCoreError]
) -> None:
    """Neither the order nor a number, and the lock is free for the next one."""
    before = _seen(bundle)
    with pytest.raises(fault) as refused:
        drive(bundle.store.update(ONE, order_id(), decide))
    assert type(refused.value) is fault
    assert _seen(bundle) == before
    drive(bundle.store.update(ONE, order_id(), _decision(*_reserved(5), number=2, fence=5)))
    assert _seen(bundle) == (5, 5, 3, 2)


def test_what_is_short_under_the_lock_is_listed(bundle: Ports) -> None:
    """As it is for a commit."""
    wanted = reserve_lines([(_SKU, 6), ("B-2", 1)], order_id=order_id())
    with pytest.raises(StockShort) as refused:
        drive(bundle.store.update(ONE, order_id(), _decision(*wanted)))
    assert refused.value.shortages == (
        Shortage(sku=_SKU, requested=6, available=5),
        Shortage(sku="B-2", requested=1, available=0),
    )
