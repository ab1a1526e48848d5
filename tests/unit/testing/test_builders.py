"""Builders give what their docstrings promise."""

from __future__ import annotations

import pytest

from ordercore.domain.orders import RedeliveryRequested
from ordercore.domain.processes import ItemRequest
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.testing import builders
from ordercore.testing.builders import an_order, an_order_request, money_in, moved, with_events
from ordercore.testing.fakes import START

PRICES = [
    (builders.a_vps(), 1000),
    (builders.a_kubernetes(), 50000),
    (builders.a_database(), 9000),
    (builders.a_gpu_cluster(), 125000),
    (builders.a_private_cloud(), 175000),
    (builders.a_storage(), 2000),
]


@pytest.mark.parametrize(("item", "price_minor"), PRICES)
def test_every_item_costs_what_it_says(item: ItemRequest, price_minor: int) -> None:
    """The literal is valid as it stands."""
    order = an_order(an_order_request(item))
    assert (order.total.amount_minor, order.items[0].snapshot.product_type) == (
        price_minor,
        item.type,
    )


def test_changes_replace_and_add_keys() -> None:
    """What is not named stays."""
    config = builders.a_vps(plan="business", surprise=1).config
    assert config == {
        "region": "lj-1",
        "plan": "business",
        "os_image": "debian-12",
        "surprise": 1,
    }


def test_a_request_without_items_asks_for_one_server() -> None:
    """An order has at least one item."""
    assert an_order_request().items == (builders.a_vps(),)


def test_a_refused_request_says_why() -> None:
    """A slip in a test shows as the finding and not as something odd later."""
    with pytest.raises(AssertionError, match="plan"):
        an_order(an_order_request(builders.a_vps(plan="huge")))


def test_an_order_is_moved_along_its_lifecycle() -> None:
    """Each trigger by somebody who may, with the postings on the last."""
    order = moved(an_order(), "submit", "confirm_payment", postings=(money_in(1000),))
    assert (order.state, order.balance.confirmed.amount_minor, order.version) == (
        "payment_confirmed",
        1000,
        3,
    )


def test_an_order_is_not_moved_where_the_lifecycle_has_no_way() -> None:
    """The fault of the library comes through."""
    with pytest.raises(TransitionNotAllowed):
        moved(an_order(), "fulfil")


def test_events_are_folded_in() -> None:
    """In the order given."""
    order = with_events(an_order(), RedeliveryRequested(items=()), at=START)
    assert order.redeliveries == (START,)
