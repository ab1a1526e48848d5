"""A warehouse that tells of other units than it was asked for: nobody pays for what was not sent.

What it says is taken for unclear, like every answer that cannot be, and looked up.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.domain.fulfilment import PackedUnits, Parcel, PickResult
from ordercore.domain.orders import ItemState
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.kernel.ids import ItemId
from ordercore.ports import Packed, Picked
from tests.unit.app.retail_shop import Store


def parcel(**pieces: int) -> Parcel:
    """Return a box with so many pieces of the lines ``a`` (mugs) and ``b`` (tea)."""
    lines = {"a": ItemId("1"), "b": ItemId("2")}
    contents = tuple(PackedUnits(item=lines[a], quantity=n) for a, n in pieces.items())
    return Parcel(id="box", weight_g=500, contents=contents)


WRONG = {
    "none": (),
    "one mug too few": (parcel(a=1, b=3),),
    "one mug too many": (parcel(a=2, b=3), parcel(a=1)),
    "no tea": (parcel(a=2),),
}


@pytest.mark.parametrize("parcels", WRONG.values(), ids=WRONG)
def test_parcels_that_do_not_hold_what_is_paid_for_do_not_leave(
    store: Store, parcels: tuple[Parcel, ...]
) -> None:
    """Looked up, the warehouse knows better; the order goes on with what it says then."""
    store.script.plan("pack", Packed(parcels=parcels))  # type: ignore[arg-type]
    order = store.sold("credit_card")

    assert "find pack" in store.script.verbs()
    assert order.sale is not None
    packed = [pieces for box in order.sale.boxes for pieces in box.contents]
    assert sorted(packed) == [("1", 2), ("2", 3)]
    assert store.violations_at_rest(order) == []


def test_an_order_whose_parcels_never_hold_it_is_called_off(store: Store) -> None:
    """Before its money is taken."""
    wrong = [Packed(parcels=WRONG["no tea"])] * 2000
    store.script.plan("pack", *wrong)  # type: ignore[arg-type]
    store.script.plan("find pack", *wrong)  # type: ignore[arg-type]
    order = store.confirmed("credit_card")
    store.settle(timedelta(days=1))

    assert store.order(order).state == S.CANCELLED
    assert store.till.taken(order.id).is_zero
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize(("picked", "missing"), [(1, 0), (3, 0), (1, 2), (0, 0)])
def test_a_pick_that_does_not_add_up_is_looked_up(store: Store, picked: int, missing: int) -> None:
    """Two mugs were asked for."""
    told = Picked(result=PickResult(picked=picked, missing=missing))
    store.script.plan("pick 1", told)  # type: ignore[arg-type]
    order = store.sold("debit_card")

    assert store.script.verbs().count("find pick") >= 1
    assert order.items[0].state is ItemState.PICKED
    assert store.violations_at_rest(order) == []
