"""Providers whose answers hold something else than text: what was kept could not be read again."""

from __future__ import annotations

from typing import Any

import pytest

from ordercore.codec import decode_stored, encode
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import SagaState, Succeeded
from ordercore.ports import Labelled
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import TENANT

ODD: list[Any] = [None, 5, b"T-1", "T-\ud83d", "T-\0", ("T", "1")]


def readable(store: Store, order: Order) -> bool:
    """Return whether a database would give back what is kept of an order and its sagas."""
    now = store.order(order)
    sagas = store.tables.of(TENANT).sagas_in_order(order.id)
    assert decode_stored(Order, encode(now), name="order", id=now.id) == now
    return all(
        decode_stored(SagaState, encode(each), name="saga", id=each.id) == each for each in sagas
    )


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("where", ["tracking", "label"])
def test_a_label_that_no_store_could_give_back_is_looked_up(
    store: Store, odd: Any, where: str
) -> None:
    """A number for a parcel is a text, whatever it looks like; the order goes on."""
    told: Any = Labelled(**{"tracking": "T-1", "label": "L-1", where: odd})
    store.script.plan("label", told)
    order = store.sold()
    assert "find label" in store.script.verbs()
    assert readable(store, order)
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("memory", [None, 5, "ab", (("reference",),), (("reference", 5),)])
def test_a_grant_that_no_store_could_give_back_is_looked_up(store: Store, memory: Any) -> None:
    """Here nothing is held, as the look-up finds; the customer may try again."""
    store.script.plan("authorise", Succeeded(memory=memory))
    order = store.bought()
    store.settle()
    assert store.order(order).state == S.PAYMENT_EXPIRED
    assert readable(store, order)
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_a_capture_that_no_store_could_give_back_is_looked_up(store: Store, odd: Any) -> None:
    """The money is taken once, and known by the name that the look-up gives it."""
    store.script.plan("capture", Succeeded(memory=(("reference", odd),)))
    order = store.sold()
    assert store.order(order).state == S.SHIPPED
    assert readable(store, order)
    assert store.violations_at_rest(order) == []
