"""Whose act a transition is, what it gives as its reason, and up to which instant."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ordercore.domain.orders import Order, Posted, ServiceDelivered, Transitioned
from ordercore.domain.processes import (
    DELIVER,
    ITEMS,
    PROVISION,
    RESOURCE,
    Turn,
    begin_validation,
    cancel,
    conclude_validation,
    items_to_deliver,
    tell,
)
from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import ORDER_BRANCH, Memory, Rejected, SagaState, Succeeded
from ordercore.kernel.party import SYSTEM, Actor
from ordercore.testing.builders import a_vps, an_order, an_order_request, money_in, moved
from ordercore.testing.fakes import START
from tests.unit.domain.processes.turns import a_turn, answer, eur, paid, under_way

BUILT = Succeeded(memory=((RESOURCE, "vm-1"),))
FULL = Rejected(code="full", reason="no room")


def acts(turn: Turn) -> list[tuple[str, Actor]]:
    """Return the triggers a request pulled, each with whose act it was."""
    return [
        (recorded.event.trigger, recorded.actor)
        for recorded in turn.recorded
        if isinstance(recorded.event, Transitioned)
    ]


def reason(turn: Turn) -> str:
    """Return what the last transition gave as its reason."""
    transitions = [r.event for r in turn.recorded if isinstance(r.event, Transitioned)]
    return transitions[-1].reason


def delivering() -> tuple[Order, SagaState]:
    """Return an order with two active items, and its saga."""
    order, saga = under_way(a_vps(), a_vps())
    turn = a_turn(order)
    for branch in ("1", "2"):
        saga = tell(turn, saga, answer(saga, PROVISION, BUILT, branch=branch))
    return turn.order, saga


# -- whose act ----------------------------------------------------------------------------------


def test_validation_and_provisioning_are_acts_of_the_system_whoever_asked() -> None:
    """An operator who lets a worker run has not provisioned anything."""
    turn = a_turn(paid(), "operator")
    begin_validation(turn)
    conclude_validation(turn, LiveFacts())

    assert acts(turn) == [("start_validation", SYSTEM), ("start_provisioning", SYSTEM)]


def test_a_fulfilment_is_an_act_of_the_system_whoever_brought_the_answer() -> None:
    """Partly and as a whole."""
    order, saga = under_way(a_vps(), a_vps())
    turn = a_turn(order, "operator")
    for branch in ("1", "2"):
        saga = tell(turn, saga, answer(saga, PROVISION, BUILT, branch=branch))

    assert acts(turn) == [("fulfil_some", SYSTEM), ("fulfil", SYSTEM)]


def test_a_failure_is_an_act_of_the_system_with_each_cause_once() -> None:
    """In order of the alphabet, so that the same failures read the same."""
    order, saga = under_way(a_vps(), a_vps(), a_vps())
    turn = a_turn(order, "operator")
    causes = {"1": FULL, "2": Rejected(code="gone", reason="no image"), "3": FULL}
    for branch, cause in causes.items():
        saga = tell(turn, saga, answer(saga, PROVISION, cause, branch=branch))
    while saga.status == "running":
        for branch in causes:
            step = next(run.name for run in saga.branch(branch).steps if run.phase == "undoing")
            done = answer(saga, step, Succeeded(), branch=branch, forward=False)
            saga = tell(turn, saga, done)

    assert acts(turn) == [("fail", SYSTEM)]
    assert reason(turn) == "no image; no room"


def test_every_finding_of_a_failed_validation_is_in_the_reason() -> None:
    """One after the other, with field and message."""
    turn = a_turn(paid(a_vps(), a_vps()), "system")
    begin_validation(turn)
    conclude_validation(turn, LiveFacts(unavailable_regions=frozenset({"lj-1"})))

    findings = reason(turn).split("; ")
    assert [finding.split(":")[0] for finding in findings] == [
        "items[0].config.region",
        "items[1].config.region",
    ]


# -- what is delivered --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "sent"), [("1,2", ("1", "2")), ("2", ("2",)), ("12", ()), ("", ())]
)
def test_only_what_was_asked_for_is_delivered(asked: str, sent: tuple[str, ...]) -> None:
    """By whole names: item 1 is not item 12."""
    order, _ = delivering()

    assert items_to_deliver(order, ((ITEMS, asked),)) == sent


def test_without_a_word_every_active_item_is_delivered() -> None:
    """As on the first delivery."""
    order, _ = delivering()

    assert items_to_deliver(order, ()) == ("1", "2")


def test_an_item_whose_provider_named_no_resource_is_active_all_the_same() -> None:
    """Not every service has a reference of its own."""
    order, saga = under_way()
    turn = a_turn(order)
    tell(turn, saga, answer(saga, PROVISION, Succeeded()))

    (item,) = turn.order.items
    assert (item.state, item.resource) == ("active", None)


@pytest.mark.parametrize(
    ("memory", "told"), [(((ITEMS, "2"),), ("2",)), ((), ("1", "2"))], ids=["named", "not named"]
)
def test_a_delivery_tells_of_the_items_that_were_in_the_message(
    memory: Memory, told: tuple[str, ...]
) -> None:
    """One may have turned active while the message was on its way; without a word it is all."""
    order, saga = delivering()
    turn = a_turn(order, "system")

    tell(turn, saga, answer(saga, DELIVER, Succeeded(memory=memory), branch=ORDER_BRANCH))

    delivered = [r.event for r in turn.recorded if isinstance(r.event, ServiceDelivered)]
    assert [event.items for event in delivered] == [told]


# -- withdrawing --------------------------------------------------------------------------------


def first_refund(withdrawn_at: datetime) -> Posted:
    """Return what goes back of an item begun at a consumer's wish; another is still to come."""
    request = an_order_request(a_vps(), a_vps(), express_request=True)
    order = moved(an_order(request), "submit", "confirm_payment", postings=(money_in(2000),))
    begun = a_turn(order, "system", at=START)
    begin_validation(begun)
    conclude_validation(begun, LiveFacts())
    (change,) = begun.sagas
    saga = tell(begun, change.state, answer(change.state, PROVISION, BUILT))
    turn = a_turn(begun.order, "customer", at=withdrawn_at)
    assert cancel(turn, saga, "changed my mind") is None
    return next(r.event for r in turn.recorded if isinstance(r.event, Posted))


def test_the_fourteenth_day_to_its_last_instant_is_within_the_withdrawal_period() -> None:
    """Seventeen of the thirty-one days from 5 January were not begun; after that all goes back."""
    last = START + timedelta(days=14)

    (used,) = first_refund(last).postings
    (whole,) = first_refund(last + timedelta(microseconds=1)).postings

    assert (used.amount, used.items) == (eur(548), ("1",))
    assert (whole.amount, whole.items) == (eur(1000), ("1",))
