"""What the use cases that read may be asked, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ordercore.app import (
    GetDeadLetter,
    GetOrder,
    ListDeadLetters,
    ListOrders,
    OrderFeed,
    OrderHistory,
    UseCase,
)
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, Shop, fault_of

NO_IDS: tuple[Any, ...] = ("", " ", "a\0b", "half \ud800", "x" * 201, 7, None, b"o-1", ["o-1"])
NO_LIMITS: tuple[Any, ...] = (0, -1, 1001, 2**63, True, 1.0, "10", None)
NO_POSITIONS: tuple[Any, ...] = (-1, 2**63, True, 0.0, "0", None)


def _fault(asked: Callable[..., UseCase[object]], **fields: Any) -> InvalidInput:
    """Return the fault of asking so; no port is ever reached."""
    fault = fault_of(lambda: asked(**fields))
    assert isinstance(fault, InvalidInput)
    assert fault.allowed
    assert len(str(fault)) < 200
    return fault


@pytest.mark.parametrize("wrong", NO_IDS, ids=repr)
def test_an_id_that_cannot_be_one_is_named(wrong: Any) -> None:
    """Before any store could fail over it in its own way."""
    for asked in (GetOrder, OrderHistory, OrderFeed):
        assert _fault(asked, caller=OPERATOR, order_id=wrong).field == "order_id"
    assert _fault(GetDeadLetter, caller=OPERATOR, letter_id=wrong).field == "letter_id"


@pytest.mark.parametrize("wrong", NO_LIMITS, ids=repr)
def test_a_page_has_1_to_1000_entries(wrong: Any) -> None:
    """No other number, and nothing that is merely like a number."""
    for asked in (ListOrders, ListDeadLetters):
        assert _fault(asked, caller=OPERATOR, limit=wrong).field == "limit"


@pytest.mark.parametrize("wrong", NO_POSITIONS, ids=repr)
def test_a_feed_begins_at_a_position_that_stores_can_compare(wrong: Any) -> None:
    """A negative or endless one is a mistake of the caller, and told as such."""
    fault = _fault(OrderFeed, caller=CUSTOMER, order_id=OrderId("o-1"), after=wrong)
    assert fault.field == "after"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"after": "a\0b"}, "after"),
        ({"after": 7}, "after"),
        ({"state": "a\0b"}, "state"),
        ({"state": 7}, "state"),
        ({"hidden": "false"}, "hidden"),
        ({"hidden": None}, "hidden"),
    ],
)
def test_a_page_of_orders_is_asked_for_in_usable_words(changes: dict[str, Any], field: str) -> None:
    """The field that is wrong is named; the text "false" does not show hidden orders."""
    assert _fault(ListOrders, caller=CUSTOMER, **changes).field == field


@pytest.mark.parametrize("wrong", ["closed", "x" * 10_000, 7, ["open"]], ids=lambda w: str(w)[:9])
def test_a_status_that_letters_never_have_is_named(wrong: Any) -> None:
    """With every status there is."""
    fault = _fault(ListDeadLetters, caller=OPERATOR, status=wrong)
    assert (fault.field, fault.allowed) == ("status", "open, retried, resolved")


def test_the_edges_of_what_may_be_asked_are_allowed(shop: Shop) -> None:
    """First and last page lengths and positions, the longest id, a status as plain text."""
    order = shop.place()
    for limit in (1, 1000):
        assert shop.handle(ListOrders(caller=CUSTOMER, limit=limit)) == (order,)
        assert shop.letters(limit=limit) == ()
    longest = OrderId("z" * 200)
    assert shop.handle(ListOrders(caller=CUSTOMER, after=longest)) == ()
    assert shop.handle(OrderFeed(caller=CUSTOMER, order_id=longest)) == ()
    events = shop.handle(OrderFeed(caller=CUSTOMER, order_id=order.id, after=0))
    assert [event.seq for event in events] == [1]
    assert shop.handle(OrderFeed(caller=CUSTOMER, order_id=order.id, after=2**63 - 1)) == ()
    for status in (*DeadLetterStatus, "open", None):
        assert shop.letters(status=status) == ()


@pytest.mark.parametrize("caller", [CUSTOMER, SYSTEM], ids=lambda caller: str(caller.actor.role))
def test_dead_letters_are_shown_to_operators_alone(shop: Shop, caller: Any) -> None:
    """Others learn nothing, not even whether there is such a letter."""
    for asked in (
        ListDeadLetters(caller=caller),
        GetDeadLetter(caller=caller, letter_id="there is none"),
    ):
        refused = shop.handle(asked)
        assert isinstance(refused, Refusal)
        assert refused.code == "not_permitted"
