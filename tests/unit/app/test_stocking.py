"""Goods come in, are counted and looked at; who may, and what a repeat does."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.app import AdjustStock, Caller, ReceiveStock, StockLevels
from ordercore.domain.inventory import MOST_UNITS, MoveKind, StockLevel, StockMove, reserve_lines
from ordercore.kernel.errors import ConcurrencyConflict, IdempotencyKeyReused, InvalidInput
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch
from ordercore.testing.contracts import drive
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, Shop, fault_of

_SKU = "A-1"


def _level(shop: Shop) -> tuple[int, int]:
    (level,) = shop.handle(StockLevels(caller=CUSTOMER, skus=(_SKU,)))
    return level.on_hand, level.reserved


def _keyed(caller: Caller, key: str = "key-1") -> Caller:
    return evolve(caller, idempotency_key=key)


def _reserve(shop: Shop, quantity: int) -> None:
    moves = reserve_lines([(_SKU, quantity)], order_id=OrderId("order-1"))
    drive(shop.ports.store.commit(Batch(tenant=TENANT, stock=moves)))


@pytest.mark.parametrize("caller", [OPERATOR, SYSTEM], ids=["operator", "system"])
def test_goods_come_in(shop: Shop, caller: Caller) -> None:
    """They are there at once; the answer is the move, for the caller's records."""
    answer = shop.handle(ReceiveStock(caller=caller, sku=_SKU, quantity=5, reason="note 7"))
    assert answer == StockMove(kind=MoveKind.RECEIVE, sku=_SKU, quantity=5, reason="note 7")
    assert _level(shop) == (5, 0)


def test_a_count_corrects_the_stock_either_way(shop: Shop) -> None:
    """The reason stands in the ledger."""
    for quantity, left in ((5, 5), (-2, 3)):
        adjust = AdjustStock(caller=OPERATOR, sku=_SKU, quantity=quantity, reason="counted")
        assert isinstance(shop.handle(adjust), StockMove)
        assert _level(shop) == (left, 0)
    ledger = drive(shop.ports.stock.movements(TENANT, _SKU))
    assert [(row.kind, row.on_hand, row.reason) for row in ledger] == [
        ("adjust", 5, "counted"),
        ("adjust", -2, "counted"),
    ]


@pytest.mark.parametrize(
    "asked",
    [
        ReceiveStock(caller=CUSTOMER, sku=_SKU, quantity=1),
        AdjustStock(caller=CUSTOMER, sku=_SKU, quantity=1, reason="a gift"),
        AdjustStock(caller=SYSTEM, sku=_SKU, quantity=1, reason="guessed"),
    ],
    ids=["customer receives", "customer adjusts", "system adjusts"],
)
def test_others_may_not(shop: Shop, asked: ReceiveStock | AdjustStock) -> None:
    """A customer stocks nothing, and only a person answers for a count."""
    refused = shop.handle(asked)
    assert isinstance(refused, Refusal)
    assert refused.code == "not_permitted"
    assert shop.handle(StockLevels(caller=CUSTOMER, skus=(_SKU,))) == ()


def test_what_orders_hold_cannot_be_counted_away(shop: Shop) -> None:
    """The refusal says how much could be; the corrected request may use the key again."""
    shop.handle(ReceiveStock(caller=OPERATOR, sku=_SKU, quantity=5))
    _reserve(shop, 4)
    adjust = AdjustStock(caller=_keyed(OPERATOR), sku=_SKU, quantity=-2, reason="broken")
    refused = shop.handle(adjust)
    assert isinstance(refused, Refusal)
    assert (refused.code, "2" in refused.reason, "1 available" in refused.reason) == (
        "stock_short",
        True,
        True,
    )
    assert _level(shop) == (5, 4)
    assert isinstance(shop.handle(evolve(adjust, quantity=-1)), StockMove)
    assert _level(shop) == (4, 4)


def test_a_full_shelf_takes_no_more(shop: Shop) -> None:
    """Told as a refusal, not as a database's overflow."""
    full = ReceiveStock(caller=OPERATOR, sku=_SKU, quantity=MOST_UNITS)
    assert isinstance(shop.handle(full), StockMove)
    refused = shop.handle(evolve(full, quantity=1))
    assert isinstance(refused, Refusal)
    assert refused.code == "stock_short"


@pytest.mark.parametrize(
    "asked",
    [
        ReceiveStock(caller=_keyed(OPERATOR), sku=_SKU, quantity=5),
        AdjustStock(caller=_keyed(OPERATOR), sku=_SKU, quantity=5, reason="found"),
    ],
    ids=["receive", "adjust"],
)
def test_a_repeat_under_its_key_moves_nothing_twice(
    shop: Shop, asked: ReceiveStock | AdjustStock
) -> None:
    """The same answer, once; other content under the key is a fault."""
    first = shop.handle(asked)
    assert shop.handle(asked) == first
    assert _level(shop) == (5, 0)
    fault = fault_of(lambda: shop.handle(evolve(asked, quantity=6)))
    assert isinstance(fault, IdempotencyKeyReused)
    shop.handle(evolve(asked, caller=OPERATOR))
    assert _level(shop) == (10, 0)


class _Late:
    """The reader of stored answers, one look behind."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._looks = 0

    async def get(self, *args: Any) -> Any:
        self._looks += 1
        return None if self._looks == 1 else await self._reader.get(*args)


def test_the_same_request_twice_at_once_gets_one_answer(shop: Shop) -> None:
    """The second one collides with the first one's key, and finds its answer."""
    asked = ReceiveStock(caller=_keyed(OPERATOR), sku=_SKU, quantity=5)
    first = shop.handle(asked)
    late = evolve(shop.ports, idempotency=_Late(shop.ports.idempotency))
    assert drive(asked.run(late)) == first
    assert _level(shop) == (5, 0)


def test_a_conflict_without_an_answer_is_told(shop: Shop) -> None:
    """The store said no, and nobody knows an answer to give instead."""

    class Refusing:
        async def commit(self, _batch: Batch) -> None:
            raise ConcurrencyConflict(kind="idempotency", id="key-1")

    ports = evolve(shop.ports, store=Refusing())
    with pytest.raises(ConcurrencyConflict):
        drive(ReceiveStock(caller=_keyed(OPERATOR), sku=_SKU, quantity=5).run(ports))


def test_levels_are_those_of_the_callers_tenant(shop: Shop) -> None:
    """By sku; what was never stocked is left out."""
    for sku in ("B-2", _SKU):
        shop.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=1))
    skus = ("never", "B-2", _SKU)
    assert shop.handle(StockLevels(caller=CUSTOMER, skus=skus)) == (
        StockLevel(tenant=TENANT, sku=_SKU, on_hand=1, moves=1),
        StockLevel(tenant=TENANT, sku="B-2", on_hand=1, moves=1),
    )
    elsewhere = Caller.of("tenant-b", "olga", role="operator")
    assert shop.handle(StockLevels(caller=elsewhere, skus=skus)) == ()


@pytest.mark.parametrize("wrong", [0, -1, MOST_UNITS + 1, 10**30, True, 1.0, "5", None])
def test_goods_come_in_whole_units(wrong: Any) -> None:
    """From one; the fault names the field and what is allowed."""
    with pytest.raises(InvalidInput) as fault:
        ReceiveStock(caller=OPERATOR, sku=_SKU, quantity=wrong)
    assert fault.value.field == "quantity"
    assert fault.value.allowed


@pytest.mark.parametrize("wrong", [0, -MOST_UNITS - 1, MOST_UNITS + 1, False, 1.5])
def test_a_count_differs_by_whole_units(wrong: Any) -> None:
    """Either way, but not by nothing."""
    with pytest.raises(InvalidInput) as fault:
        AdjustStock(caller=OPERATOR, sku=_SKU, quantity=wrong, reason="counted")
    assert fault.value.field == "quantity"


def test_a_count_without_a_reason_is_none(shop: Shop) -> None:
    """Blank text is no reason."""
    with pytest.raises(InvalidInput) as fault:
        shop.handle(AdjustStock(caller=OPERATOR, sku=_SKU, quantity=1, reason="  "))
    assert fault.value.field == "reason"


@pytest.mark.parametrize("wrong", [(), "A-1", ("A-1", ""), ("x",) * 1001, None, (7,)])
def test_skus_are_a_tuple_of_names(wrong: Any) -> None:
    """One text would count as many."""
    with pytest.raises(InvalidInput) as fault:
        StockLevels(caller=CUSTOMER, skus=wrong)
    assert fault.value.field == "skus"
