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
    assert set(RETAIL.terminal) == {"completed", "cancelled", "returned"}


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
