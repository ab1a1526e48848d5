"""The retail table, cell by cell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from attrs import fields

from ordercore.domain.orders.lifecycles import (
    RETAIL,
    RETAIL_GUARDS,
    RetailFacts,
    RetailState,
    RetailTrigger,
)
from ordercore.engine.lifecycle import (
    Row,
    allowed,
    oracle,
    require_guards,
    step,
    timeouts_for,
)
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.result import Refusal

S, T = RetailState, RetailTrigger

# Written down a second time, by hand: trigger, sources, destination, who.
EXPECTED = (
    ("await_payment", "created", "awaiting_payment", "system"),
    ("confirm", "created awaiting_payment", "confirmed", "system"),
    ("decline_payment", "awaiting_payment", "payment_failed", "system"),
    ("expire_payment", "awaiting_payment", "payment_expired", "system timer"),
    ("retry_payment", "payment_failed payment_expired", "awaiting_payment", "customer"),
    ("start_fulfilment", "confirmed", "in_fulfilment", "system"),
    ("mark_ready", "in_fulfilment", "ready", "system"),
    ("ship", "ready", "shipped", "system"),
    ("deliver", "shipped", "delivered", "system"),
    ("complete", "delivered", "completed", "system"),
    (
        "cancel",
        "created awaiting_payment payment_failed payment_expired confirmed in_fulfilment ready",
        "cancelled",
        "customer operator timer",
    ),
    ("return_order", "shipped delivered completed", "returned", "customer carrier"),
)

GUARDED = {
    ("confirm", "created"): ("pays_on_delivery",),
    ("confirm", "awaiting_payment"): ("payment_authorised",),
    ("retry_payment", "payment_failed"): ("stock_reserved",),
    ("retry_payment", "payment_expired"): ("stock_reserved",),
    ("mark_ready", "in_fulfilment"): ("payment_collected",),
    ("ship", "ready"): ("invoice_issued",),
    ("complete", "delivered"): ("money_received",),
    ("return_order", "shipped"): ("undeliverable",),
    ("return_order", "delivered"): ("return_open",),
    ("return_order", "completed"): ("return_open",),
}

NAMES = tuple(field.name for field in fields(RetailFacts))
ONE_BY_ONE = (
    RetailFacts(),
    *(RetailFacts(**{name: True}) for name in NAMES),
    RetailFacts(**dict.fromkeys(NAMES, True)),
)


def test_the_table_says_what_was_specified() -> None:
    """Trigger, source, destination and roles of every row, against a second copy."""
    expected = {
        (trigger, source, dest, tuple(who.split()))
        for trigger, sources, dest, who in EXPECTED
        for source in sources.split()
    }
    actual = {(each.trigger, each.source, each.dest, each.who) for each in RETAIL.rows}
    assert expected == actual
    assert (len(RETAIL.states), len(RETAIL.rows)) == (12, 22)
    assert RETAIL.initial == "created"
    assert set(RETAIL.terminal) == {"completed", "cancelled", "returned"}


def test_only_these_rows_ask_for_more_than_the_state() -> None:
    """Their guards, against a second copy: stock before a second payment, money before goods."""
    guarded = {(each.trigger, each.source): each.guards for each in RETAIL.rows}
    assert {pair: guards for pair, guards in guarded.items() if guards} == GUARDED


def test_only_a_return_leaves_a_terminal_state_and_only_by_hand() -> None:
    """Nothing automatic leaves the end of an order, and nothing else needs a person."""
    leaving = [each for each in RETAIL.rows if each.source in RETAIL.terminal]
    assert [(each.trigger, each.source) for each in leaving] == [("return_order", "completed")]
    assert [each for each in RETAIL.rows if each.manual] == leaving


def test_each_trigger_has_one_event_type() -> None:
    """Every row tells the world, and the same trigger always tells the same."""
    emits = {(str(each.trigger), each.emits) for each in RETAIL.rows}
    assert emits == {
        ("await_payment", "order.awaiting-payment"),
        ("confirm", "order.confirmed"),
        ("decline_payment", "order.payment-failed"),
        ("expire_payment", "order.payment-expired"),
        ("retry_payment", "order.payment-retried"),
        ("start_fulfilment", "order.fulfilment-started"),
        ("mark_ready", "order.ready"),
        ("ship", "order.shipped"),
        ("deliver", "order.delivered"),
        ("complete", "order.completed"),
        ("cancel", "order.cancelled"),
        ("return_order", "order.returned"),
    }


@pytest.mark.parametrize("facts", ONE_BY_ONE, ids=str)
def test_every_state_times_every_trigger_agrees_with_an_independent_machine(
    facts: RetailFacts,
) -> None:
    """All pairs for each set of facts: same destination, same refusal, same fault."""
    witness = oracle(RETAIL, RETAIL_GUARDS)
    for state, trigger in product(S, T):
        expected = witness.fire(state, trigger, facts)
        if not witness.knows(state, trigger):
            with pytest.raises(TransitionNotAllowed) as caught:
                step(RETAIL, state, trigger, facts, RETAIL_GUARDS)
            assert caught.value.allowed == allowed(RETAIL, state)
            continue
        answer = step(RETAIL, state, trigger, facts, RETAIL_GUARDS)
        assert expected == (None if isinstance(answer, Refusal) else answer.dest)


@pytest.mark.parametrize(
    ("state", "trigger", "fact", "code"),
    [
        (S.CREATED, T.CONFIRM, "pays_on_delivery", "payment_first"),
        (S.AWAITING_PAYMENT, T.CONFIRM, "authorised", "not_authorised"),
        (S.PAYMENT_FAILED, T.RETRY_PAYMENT, "stock_reserved", "stock_not_reserved"),
        (S.IN_FULFILMENT, T.MARK_READY, "collected", "not_collected"),
        (S.IN_FULFILMENT, T.MARK_READY, "pays_on_delivery", "not_collected"),
        (S.READY, T.SHIP, "invoice_issued", "no_invoice"),
        (S.DELIVERED, T.COMPLETE, "money_received", "money_missing"),
        (S.SHIPPED, T.RETURN_ORDER, "undeliverable", "still_on_its_way"),
        (S.COMPLETED, T.RETURN_ORDER, "return_open", "return_window_closed"),
    ],
)
def test_a_guard_refuses_with_its_reason_until_its_fact_holds(
    state: RetailState, trigger: RetailTrigger, fact: str, code: str
) -> None:
    """Without the fact the refusal names the cause; with it alone the row is taken."""
    refused = step(RETAIL, state, trigger, RetailFacts(), RETAIL_GUARDS)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    taken = step(RETAIL, state, trigger, RetailFacts(**{fact: True}), RETAIL_GUARDS)
    assert isinstance(taken, Row)


def test_every_guard_of_the_table_has_a_function() -> None:
    """No guard passes because nobody wrote it."""
    require_guards(RETAIL, RETAIL_GUARDS)
    assert set(RETAIL.guard_ids) == set(RETAIL_GUARDS)


def test_an_unpaid_order_expires_and_is_then_cancelled() -> None:
    """One day to pay, one more day to try again."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    due = {
        state: [(str(t.trigger), t.due_at - at) for t in timeouts_for(RETAIL, state, at)]
        for state in S
    }
    day = timedelta(hours=24)
    assert {state: timers for state, timers in due.items() if timers} == {
        S.AWAITING_PAYMENT: [("expire_payment", day)],
        S.PAYMENT_FAILED: [("cancel", day)],
        S.PAYMENT_EXPIRED: [("cancel", day)],
    }
