"""The funnel: what a trigger makes of an order, or why not."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.orders import Order, Transitioned, transition
from ordercore.domain.orders.lifecycles import PROVISIONING, PROVISIONING_GUARDS
from ordercore.kernel.errors import DefinitionError, TransitionNotAllowed, UnknownState
from ordercore.kernel.ids import ActorId
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import an_order, money_in, moved


def pull(order: Order, trigger: str, role: str, **more: object) -> Transitioned | Refusal:
    """Return what the default tables say."""
    return transition(
        order,
        trigger,
        lifecycle=PROVISIONING,
        guards=PROVISIONING_GUARDS,
        facts=order.facts,
        actor=Actor(ActorId("someone"), role),
        **more,  # type: ignore[arg-type]
    )


def test_an_allowed_trigger_gives_the_event_of_its_row() -> None:
    """Type, source, destination, reason and postings."""
    entry = money_in(1000)
    waiting = moved(an_order(), "submit")
    event = pull(waiting, "confirm_payment", "system", reason="P1", postings=(entry,))
    assert event == Transitioned(
        type="order.payment-confirmed",
        trigger="confirm_payment",
        source="pending_payment",
        dest="payment_confirmed",
        reason="P1",
        postings=(entry,),
        hidden=False,
    )


def test_names_in_events_are_plain_text() -> None:
    """Not members of an enum that a reader would need."""
    event = pull(an_order(), "cancel", "customer")
    assert isinstance(event, Transitioned)
    assert {type(v) for v in (event.trigger, event.source, event.dest)} == {str}


def test_only_cancelling_hides() -> None:
    """Failed and fulfilled orders stay in sight."""
    cancelled = pull(an_order(), "cancel", "customer")
    submitted = pull(an_order(), "submit", "customer")
    assert isinstance(cancelled, Transitioned)
    assert isinstance(submitted, Transitioned)
    assert (cancelled.hidden, submitted.hidden) == (True, False)


def test_the_wrong_role_is_refused_by_name() -> None:
    """The refusal says whose trigger it is."""
    assert pull(an_order(), "submit", "operator") == Refusal(
        code="not_permitted", reason="submit is for customer, not for operator"
    )


def test_an_objecting_guard_is_the_answer() -> None:
    """No item is active, so the order cannot be fulfilled."""
    order = moved(an_order(), "submit", "confirm_payment", "start_validation", "start_provisioning")
    refused = pull(order, "fulfil", "system")
    assert isinstance(refused, Refusal)
    assert refused.code == "no_active_item"


@pytest.mark.parametrize(("trigger", "role"), [("fulfil", "system"), ("nonsense", "customer")])
def test_a_trigger_without_a_row_is_a_fault_that_lists_what_is_allowed(
    trigger: str, role: str
) -> None:
    """Known elsewhere or not known at all."""
    with pytest.raises(TransitionNotAllowed) as caught:
        pull(an_order(), trigger, role)
    assert caught.value.trigger == trigger
    assert set(caught.value.allowed) == {"submit", "cancel"}


def test_a_state_the_table_lost_is_a_fault() -> None:
    """Orders written under another table may be in it."""
    order = an_order()
    lost = evolve(order, life=evolve(order.life, state="limbo"))
    with pytest.raises(UnknownState):
        pull(lost, "submit", "customer")


def test_a_guard_that_nobody_defined_is_a_fault() -> None:
    """A table and its guards belong together."""
    order = moved(an_order(), "cancel")
    with pytest.raises(DefinitionError):
        transition(
            order,
            "restore",
            lifecycle=PROVISIONING,
            guards={},
            facts=order.facts,
            actor=Actor(ActorId("o"), "operator"),
        )


def test_a_row_without_a_type_is_published_under_its_trigger() -> None:
    """Hosts need not name an event for each row of theirs."""
    rows = tuple(evolve(r, emits=None) if r.trigger == "submit" else r for r in PROVISIONING.rows)
    event = transition(
        an_order(),
        "submit",
        lifecycle=evolve(PROVISIONING, rows=rows),
        guards=PROVISIONING_GUARDS,
        facts=an_order().facts,
        actor=Actor(ActorId("c"), "customer"),
    )
    assert isinstance(event, Transitioned)
    assert event.type == "order.submit"


def test_deciding_changes_nothing() -> None:
    """The order is a value."""
    order = an_order()
    pull(order, "submit", "customer")
    assert order == an_order()
