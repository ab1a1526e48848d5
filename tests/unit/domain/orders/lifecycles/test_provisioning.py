"""The provisioning table, cell by cell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ordercore.domain.orders.lifecycles import (
    PROVISIONING,
    PROVISIONING_GUARDS,
    LifeFacts,
    ProvisioningState,
    ProvisioningTrigger,
    Role,
)
from ordercore.engine.lifecycle import (
    Row,
    allowed,
    allowed_now,
    as_json_table,
    mermaid,
    oracle,
    require_guards,
    row,
    step,
    timeouts_for,
)
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.result import Refusal

S, T = ProvisioningState, ProvisioningTrigger

# Written down a second time, by hand: trigger, sources, destination, who.
EXPECTED = (
    ("submit", "draft", "pending_payment", "customer"),
    ("confirm_payment", "pending_payment", "payment_confirmed", "system"),
    ("revert_payment", "payment_confirmed validating", "pending_payment", "operator"),
    ("start_validation", "payment_confirmed", "validating", "system"),
    ("reject", "validating", "failed", "system timer"),
    ("start_provisioning", "validating", "provisioning", "system"),
    ("fulfil_some", "provisioning", "partially_fulfilled", "system"),
    ("fulfil", "provisioning partially_fulfilled", "fulfilled", "system"),
    ("fail", "provisioning partially_fulfilled", "failed", "system"),
    (
        "cancel",
        "draft pending_payment payment_confirmed validating provisioning partially_fulfilled",
        "cancelled",
        "customer operator timer",
    ),
    ("restore", "cancelled", "draft", "operator"),
)

GUARDED = {
    ("fulfil_some", "provisioning"): ("some_item_active", "some_item_open"),
    ("fulfil", "provisioning"): ("some_item_active", "no_item_open"),
    ("fulfil", "partially_fulfilled"): ("some_item_active", "no_item_open"),
    ("restore", "cancelled"): ("refund_settled",),
}

FACTS = tuple(
    LifeFacts(active_items=active, open_items=open_items, refund_settled=settled)
    for active, open_items, settled in product((0, 1, 4), (0, 1, 4), (False, True))
)


def test_nine_states_and_nineteen_rows() -> None:
    """The size of the table, counted per trigger and source."""
    assert len(PROVISIONING.states) == 9
    assert len(PROVISIONING.rows) == 19
    assert len({(each.trigger, each.source) for each in PROVISIONING.rows}) == 19
    assert set(PROVISIONING.triggers) == set(T)
    assert PROVISIONING.initial == "draft"
    assert set(PROVISIONING.terminal) == {"fulfilled", "cancelled", "failed"}


def test_the_table_says_what_was_specified() -> None:
    """Trigger, source, destination and roles of every row, against a second copy."""
    expected = {
        (trigger, source, dest, tuple(who.split()))
        for trigger, sources, dest, who in EXPECTED
        for source in sources.split()
    }
    actual = {(each.trigger, each.source, each.dest, each.who) for each in PROVISIONING.rows}
    assert expected == actual


def test_only_these_rows_ask_for_more_than_the_state() -> None:
    """Their guards, in the order in which they are asked, against a second copy."""
    guarded = {(each.trigger, each.source): each.guards for each in PROVISIONING.rows}
    assert {pair: guards for pair, guards in guarded.items() if guards} == GUARDED


def test_each_trigger_has_one_event_type() -> None:
    """Every row tells the world, and the same trigger always tells the same."""
    emits = {(str(each.trigger), each.emits) for each in PROVISIONING.rows}
    assert emits == {
        ("submit", "order.submitted"),
        ("confirm_payment", "order.payment-confirmed"),
        ("revert_payment", "order.payment-reverted"),
        ("start_validation", "order.validation-started"),
        ("reject", "order.failed"),
        ("start_provisioning", "order.provisioning-started"),
        ("fulfil_some", "order.partially-fulfilled"),
        ("fulfil", "order.fulfilled"),
        ("fail", "order.failed"),
        ("cancel", "order.cancelled"),
        ("restore", "order.restored"),
    }


@pytest.mark.parametrize("facts", FACTS, ids=str)
def test_every_state_times_every_trigger_agrees_with_an_independent_machine(
    facts: LifeFacts,
) -> None:
    """Ninety-nine pairs for each set of facts: same destination, same refusal, same fault."""
    witness = oracle(PROVISIONING, PROVISIONING_GUARDS)
    legal = 0
    for state, trigger in product(S, T):
        expected = witness.fire(state, trigger, facts)
        if not witness.knows(state, trigger):
            with pytest.raises(TransitionNotAllowed) as caught:
                step(PROVISIONING, state, trigger, facts, PROVISIONING_GUARDS)
            assert caught.value.allowed == allowed(PROVISIONING, state)
            continue
        legal += 1
        answer = step(PROVISIONING, state, trigger, facts, PROVISIONING_GUARDS)
        assert expected == (None if isinstance(answer, Refusal) else answer.dest)
    assert legal == 19


def test_the_fault_speaks_plain_text() -> None:
    """Names in the fault and its message are text, so they can go into JSON, logs and pickles."""
    with pytest.raises(TransitionNotAllowed) as caught:
        step(PROVISIONING, S.CANCELLED, T.SUBMIT, LifeFacts(), PROVISIONING_GUARDS)
    fault = caught.value
    assert str(fault) == (
        "provisioning: 'submit' is not allowed in state 'cancelled'; allowed: restore"
    )
    assert {type(text) for text in (fault.state, fault.trigger, *fault.allowed)} == {str}


def test_the_diagram_has_an_arrow_for_every_row() -> None:
    """Nineteen rows, one start and three ends."""
    drawn = mermaid(PROVISIONING)
    assert drawn.count(" --> ") == 19 + 1 + 3
    assert "  cancelled --> draft: restore [refund_settled]\n" in drawn


def test_only_restore_leaves_a_terminal_state_and_only_by_hand() -> None:
    """Nothing automatic leaves the end of an order."""
    leaving = [each for each in PROVISIONING.rows if each.source in PROVISIONING.terminal]
    assert [(each.trigger, each.source, each.who) for each in leaving] == [
        ("restore", "cancelled", ("operator",))
    ]
    assert [each for each in PROVISIONING.rows if each.manual] == leaving


@pytest.mark.parametrize(
    ("state", "trigger", "facts", "code"),
    [
        (S.CANCELLED, T.RESTORE, LifeFacts(), "refund_not_settled"),
        (S.PROVISIONING, T.FULFIL, LifeFacts(), "no_active_item"),
        (S.PROVISIONING, T.FULFIL, LifeFacts(active_items=1, open_items=1), "items_still_open"),
        (S.PARTIALLY_FULFILLED, T.FULFIL, LifeFacts(), "no_active_item"),
        (S.PROVISIONING, T.FULFIL_SOME, LifeFacts(open_items=2), "no_active_item"),
        (S.PROVISIONING, T.FULFIL_SOME, LifeFacts(active_items=2), "no_open_item"),
    ],
)
def test_a_guard_refuses_with_its_reason(
    state: ProvisioningState, trigger: ProvisioningTrigger, facts: LifeFacts, code: str
) -> None:
    """A refusal is a value with a stable code, and something for a person to read."""
    answer = step(PROVISIONING, state, trigger, facts, PROVISIONING_GUARDS)
    assert isinstance(answer, Refusal)
    assert answer.code == code
    assert answer.reason


@pytest.mark.parametrize(
    ("state", "trigger", "facts", "dest"),
    [
        (S.CANCELLED, T.RESTORE, LifeFacts(refund_settled=True), S.DRAFT),
        (S.PROVISIONING, T.FULFIL, LifeFacts(active_items=1), S.FULFILLED),
        (S.PARTIALLY_FULFILLED, T.FULFIL, LifeFacts(active_items=1), S.FULFILLED),
        (
            S.PROVISIONING,
            T.FULFIL_SOME,
            LifeFacts(active_items=1, open_items=1),
            S.PARTIALLY_FULFILLED,
        ),
    ],
)
def test_a_guard_lets_pass_what_is_right(
    state: ProvisioningState, trigger: ProvisioningTrigger, facts: LifeFacts, dest: str
) -> None:
    """The smallest facts that are enough."""
    answer = step(PROVISIONING, state, trigger, facts, PROVISIONING_GUARDS)
    assert isinstance(answer, Row)
    assert answer.dest == dest


def test_every_guard_of_the_table_has_a_function_and_none_is_idle() -> None:
    """Table and mapping name the same guards."""
    require_guards(PROVISIONING, PROVISIONING_GUARDS)
    assert set(PROVISIONING.guard_ids) == set(PROVISIONING_GUARDS)


def test_each_guard_can_be_switched_off_by_its_name() -> None:
    """A host that restores before the refund has settled says so once, in its table."""
    relaxed = PROVISIONING.without_guards("refund_settled")
    answer = step(relaxed, S.CANCELLED, T.RESTORE, LifeFacts(), PROVISIONING_GUARDS)
    assert isinstance(answer, Row)
    fulfil = step(relaxed, S.PROVISIONING, T.FULFIL, LifeFacts(), PROVISIONING_GUARDS)
    assert isinstance(fulfil, Refusal)
    for guard in PROVISIONING.guard_ids:
        assert guard not in PROVISIONING.without_guards(guard).guard_ids


def test_an_unpaid_order_is_cancelled_after_48_hours() -> None:
    """The clock starts when payment is awaited."""
    entered = datetime(2026, 3, 28, 12, tzinfo=UTC)
    (timer,) = timeouts_for(PROVISIONING, S.PENDING_PAYMENT, entered)
    assert (timer.trigger, timer.due_at) == (T.CANCEL, entered + timedelta(hours=48))


def test_a_validation_that_never_ends_is_rejected() -> None:
    """Live checks that do not answer within a day fail the order."""
    entered = datetime(2026, 3, 28, 12, tzinfo=UTC)
    (timer,) = timeouts_for(PROVISIONING, S.VALIDATING, entered)
    assert (timer.trigger, timer.due_at) == (T.REJECT, entered + timedelta(hours=24))


def test_what_a_timer_pulls_a_timer_may_pull() -> None:
    """The row behind each timeout names the timer among those who may ask."""
    rows = {(each.trigger, each.source): each for each in PROVISIONING.rows}
    assert len(PROVISIONING.timeouts) == 2
    for timeout in PROVISIONING.timeouts:
        assert Role.TIMER in rows[timeout.trigger, timeout.state].who


def test_the_published_form_is_plain_text() -> None:
    """Names go out as text, one transition per trigger and source."""
    table = as_json_table(PROVISIONING)
    assert table["states"][0] == "draft"
    assert table["terminal"] == ["fulfilled", "cancelled", "failed"]
    assert len(table["transitions"]) == 19
    assert {type(text) for each in table["transitions"] for text in each.values()} == {str}
    assert {"trigger": "restore", "from": "cancelled", "to": "draft"} in table["transitions"]


def test_a_host_adds_an_approval_before_payment() -> None:
    """A custom lifecycle: one more state in the middle, everything else as it was."""
    approved = PROVISIONING.extend(
        name="provisioning with approval",
        states=("awaiting_approval",),
        without_rows=((T.SUBMIT, S.DRAFT),),
        rows=(
            row(T.SUBMIT, S.DRAFT, "awaiting_approval", who=(Role.CUSTOMER,)),
            row("approve", "awaiting_approval", S.PENDING_PAYMENT, who=(Role.OPERATOR,)),
            row(T.CANCEL, "awaiting_approval", S.CANCELLED, who=(Role.CUSTOMER,)),
        ),
    )
    assert len(approved.rows) == 21
    assert allowed(approved, "awaiting_approval") == ("approve", "cancel")
    nothing = LifeFacts()
    assert allowed_now(approved, S.PROVISIONING, nothing, PROVISIONING_GUARDS) == ("fail", "cancel")
    first = step(approved, S.DRAFT, T.SUBMIT, nothing, PROVISIONING_GUARDS)
    assert isinstance(first, Row)
    assert first.dest == "awaiting_approval"
