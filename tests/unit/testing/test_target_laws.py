"""The law of targets finds an order that stays where it is, and nobody is ever told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.domain.orders import Order, Overdue
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.processes import OVERDUE, timer_subject
from ordercore.domain.processes.retail.rules import TARGETS
from ordercore.engine.messaging import WorkKind
from ordercore.testing.target_laws import said_overdue, targets_are_watched
from tests.unit.app.retail_shop import Store


@pytest.fixture
def store() -> Store:
    """A shop whose order has left."""
    return Store()


@pytest.fixture
def order(store: Store) -> Order:
    """The order."""
    return store.sold("credit_card")


def found(store: Store, order: Order) -> list[str]:
    """Return what the law finds, by what is stored."""
    work = {(WorkKind.TIMER, subject) for subject in store.due()}
    return targets_are_watched(order, said_overdue(store.history(order)), work, targets=TARGETS)


def test_a_stay_is_watched_until_an_operator_is_called(store: Store, order: Order) -> None:
    """From its first day to its last."""
    for days in (0, 7, 6, 2):
        store.settle(timedelta(days=days))
        assert found(store, store.order(order)) == []
    assert [said.task for said in said_overdue(store.history(order))] == [False, True]


def test_a_stay_that_nobody_looks_after_is_found(order: Order) -> None:
    """Nor one that was said to be too long, when nobody will look again."""
    since = order.life.entered_at
    (text,) = targets_are_watched(order, (), (), targets=TARGETS)
    assert text == f"shipped since {since}, but no timer to say when that is too long is set"
    said = Overdue(state=S.SHIPPED, since=since, task=False)
    (text,) = targets_are_watched(order, (said,), (), targets=TARGETS)
    assert text == f"shipped since {since}, but no timer to give it to an operator is set"
    timer = (WorkKind.TIMER, timer_subject(order.id, OVERDUE))
    assert targets_are_watched(order, (said,), {timer}, targets=TARGETS) == []
    assert targets_are_watched(order, (evolve(said, task=True),), (), targets=TARGETS) == []
    assert targets_are_watched(order, (), (), targets=()) == []


def test_what_was_said_of_an_earlier_stay_does_not_count(order: Order) -> None:
    """The order was there before, and an operator has seen to it then."""
    earlier = order.life.entered_at - timedelta(days=1)
    said = Overdue(state=S.SHIPPED, since=earlier, task=True)
    assert targets_are_watched(order, (said,), (), targets=TARGETS) != []


def test_what_is_said_twice_of_one_stay_is_found(order: Order) -> None:
    """An operator who is called twice looks twice."""
    since = order.life.entered_at
    alert = Overdue(state=S.SHIPPED, since=since, task=False)
    task = evolve(alert, task=True)
    (text,) = targets_are_watched(order, (alert, task, task), (), targets=TARGETS)
    assert text == f"its stay in shipped since {since} was given to an operator 2 times"
    (text,) = targets_are_watched(order, (alert, alert, task), (), targets=TARGETS)
    assert text == f"its stay in shipped since {since} was said to be too long 2 times"
