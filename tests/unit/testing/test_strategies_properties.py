"""Strategies draw what they say: good things are accepted, spoilt ones refused, histories fold."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from ordercore.domain.catalog import default_catalogue
from ordercore.domain.orders import Order, OrderCreated, fold
from ordercore.domain.processes import ItemRequest, OrderRequest, ProvisioningRules, place
from ordercore.domain.validation import validate_item
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing import strategies
from ordercore.testing.strategies import History

SEARCH = settings(max_examples=2000, database=None, phases=[Phase.generate])
RULES = ProvisioningRules()


def placed(request: OrderRequest) -> OrderCreated | Refusal:
    """Place a request under the default rules."""
    return place(request, tenant=TenantId("t"), order_id=OrderId("o"), rules=RULES)


@pytest.mark.parametrize("product_type", default_catalogue().types)
@given(data=st.data())
@settings(max_examples=50)
def test_items_of_every_type_are_valid(product_type: str, data: st.DataObject) -> None:
    """No rule finds anything, optional fields and constraints included."""
    item = data.draw(strategies.item_requests(product_type))
    assert item.type == product_type
    assert validate_item(item.type, item.config, RULES.catalogue).findings == ()


@given(strategies.spoilt_item_requests())
def test_spoilt_items_are_not_valid(item: ItemRequest) -> None:
    """At least one rule finds something."""
    assert validate_item(item.type, item.config, RULES.catalogue).findings != ()


@given(strategies.order_requests())
def test_good_requests_are_accepted(request: OrderRequest) -> None:
    """With every billing cycle and any number of items."""
    assert isinstance(placed(request), OrderCreated)


@given(strategies.spoilt_order_requests())
def test_spoilt_requests_are_refused(request: OrderRequest) -> None:
    """One bad item is enough."""
    assert isinstance(placed(request), Refusal)


@given(strategies.histories())
def test_histories_can_be_folded(history: History) -> None:
    """The version counts the events, and no more is reversed than was confirmed."""
    order = fold(history)
    assert order.version == len(history)
    assert not order.balance.refundable.is_negative
    assert [at for _, at in history] == sorted(at for _, at in history)


@pytest.mark.parametrize("state", RULES.lifecycle.states)
def test_histories_reach_the_states_of_the_lifecycle(state: str) -> None:
    """Each is found by search, so properties over histories see it."""

    def reached(history: History) -> bool:
        order: Order = fold(history)
        return order.state == state

    find(strategies.histories(), reached, settings=SEARCH)


@given(strategies.money(minimum=0), strategies.money(currency="JPY"))
def test_money_respects_its_bounds(positive: Money, yen: Money) -> None:
    """And its currency."""
    assert 0 <= positive.amount_minor <= strategies.LARGEST_AMOUNT
    assert yen.currency == "JPY"
