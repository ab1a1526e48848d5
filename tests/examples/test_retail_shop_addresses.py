"""The last address is looked up when somebody buys again; when that fails nothing is ordered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from examples.retail_shop.shop import Shop
from ordercore import Order
from ordercore.domain.orders import Recipient
from ordercore.ports import LookupTimedOut, LookupUnreachable, RecipientLookup
from ordercore_adapters.memory import MemoryLookups
from tests.examples.shopper import ADDRESS, BEN, Shopper
from tests.examples.test_retail_shop_pages import order

NOWHERE = dict.fromkeys(("name", "street", "postcode", "city"), "")


def recipient_of(placed: Order) -> Recipient:
    """Return where an order goes."""
    assert placed.sale is not None
    assert placed.sale.deliver_to is not None
    return placed.sale.deliver_to


def test_the_next_parcel_goes_where_the_last_one_went(ana: Shopper, shop: Shop) -> None:
    """Nothing has to be filled in; the page offers it once there has been one."""
    ana.put("mug")
    assert 'name="saved"' not in ana.page("/checkout").html
    first = ana.order("cash_on_delivery")
    ana.put("tea")
    assert 'name="saved"' in ana.page("/checkout").html
    ana.buy("cash_on_delivery", **NOWHERE, saved="last")
    second = ana.numbers()[0]
    assert second != first
    assert recipient_of(order(shop, second)) == recipient_of(order(shop, first))
    assert recipient_of(order(shop, second)).name == ADDRESS["name"]


def test_nobody_is_sent_to_somebody_else_s_address(
    ana: Shopper, visitor: Callable[[], Shopper]
) -> None:
    """Ben has no entry of that name, whatever Ana has."""
    ana.order("cash_on_delivery")
    ben = visitor().log_in(BEN).put("mug")
    assert 'name="saved"' not in ben.page("/checkout").html
    answer = ben.buy("cash_on_delivery", saved="last")
    assert (answer.status_code, "has no such entry" in answer.text) == (422, True)
    assert ben.numbers() == []


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (LookupTimedOut(), "did not answer in time"),
        (LookupUnreachable(code="ConnectError"), "cannot be reached"),
    ],
)
def test_an_address_book_that_fails_orders_nothing(
    ana: Shopper, shop: Shop, trouble: RecipientLookup, said: str
) -> None:
    """The customer is told, the basket stays, and a moment later it works."""
    ana.order("cash_on_delivery")
    before, there = ana.numbers(), shop.core.ports
    broken = MemoryLookups()
    broken.trouble = trouble
    shop.core.ports = evolve(there, lookups=broken)
    page = ana.put("lamp").page("/checkout")
    given = {**ADDRESS, **NOWHERE, "payment": "cash_on_delivery", "saved": "last"}
    answer = ana.send(page, "/checkout", **given)
    assert (answer.status_code, said in answer.text) == (503, True)
    assert ana.numbers() == before

    shop.core.ports = there
    again = ana.send(page, "/checkout", **given)
    assert again.status_code == 200
    assert len(ana.numbers()) == len(before) + 1
