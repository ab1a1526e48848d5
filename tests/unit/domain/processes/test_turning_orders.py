"""What a request writes down about an order: reasons, postings, timers, sagas."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.orders import Posted, Transitioned
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.payments import EntryKind
from ordercore.domain.processes import (
    FULFILMENT,
    REFUND,
    REFUND_STEP,
    ProvisioningRules,
    cancel,
    confirm,
    place,
    refund_all,
    reject,
    restore,
    revert,
)
from ordercore.domain.processes.provisioning.fulfilment import begin_validation, conclude_validation
from ordercore.domain.validation import LiveFacts
from ordercore.engine.lifecycle import row
from ordercore.engine.messaging import Work, WorkKind
from ordercore.engine.saga import call_key
from ordercore.kernel.errors import DefinitionError
from ordercore.kernel.ids import OrderId
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import TENANT, a_vps, an_order, an_order_request, moved
from tests.unit.domain.processes.turns import (
    LATER,
    PRICE,
    a_turn,
    eur,
    events,
    first,
    paid,
    payment,
    posted,
    somebody,
    under_way,
)

# -- cancelling and bringing back ---------------------------------------------------------------


@pytest.mark.parametrize(("reason", "told"), [("too dear", "too dear"), ("", "cancelled")])
def test_cancelling_a_paid_order_asks_everything_back_and_says_why(reason: str, told: str) -> None:
    """The transition keeps the words as they came; the ledger needs some in any case."""
    turn = a_turn(paid())

    assert cancel(turn, None, reason) is None

    assert first(turn).reason == reason
    assert posted(turn).type == "billing.refund-requested"
    assert posted(turn).reason == told
    (entry,) = posted(turn).postings
    assert (entry.kind, entry.amount, entry.note) == (EntryKind.REFUND_REQUESTED, eur(PRICE), told)


@pytest.mark.parametrize(("reason", "told"), [("too dear", "too dear"), ("", "cancelled")])
def test_cancelling_an_order_under_way_aborts_its_saga_and_says_why(reason: str, told: str) -> None:
    """What is being built is taken down first, so nothing is refunded as a whole."""
    order, saga = under_way()
    turn = a_turn(order)

    assert cancel(turn, saga, reason) is None

    (change,) = turn.sagas
    assert change.state.aborted == told
    assert change.state.id == saga.id


def test_cancelling_withdraws_the_validation_that_was_due() -> None:
    """Nothing is left to validate."""
    order = paid()
    turn = a_turn(order)
    cancel(turn, None, "")

    assert Work(kind=WorkKind.VALIDATION, subject=order.id, due_at=None) in turn.work


def test_bringing_an_order_back_keeps_the_reason() -> None:
    """An operator says why; the trail has it."""
    turn = a_turn(moved(an_order(), "cancel"))

    assert restore(turn, None, "a mistake") is None
    assert first(turn).reason == "a mistake"


def test_an_order_is_not_brought_back_while_its_old_run_goes_on() -> None:
    """Its removal would take down the items of the new run."""
    order, saga = under_way()
    cancelled = a_turn(order)
    cancel(cancelled, saga, "")
    (change,) = cancelled.sagas
    ledger_even = evolve(cancelled.order, ledger=())

    assert restore(a_turn(ledger_even), change.state, "") == Refusal(
        code="still_taking_back",
        reason="the resources of the cancelled run are not all taken down yet",
    )


# -- payments -----------------------------------------------------------------------------------


def test_a_confirmed_payment_is_told_with_its_reference_and_is_to_be_validated_now() -> None:
    """The reference is what a person looks for in the trail."""
    order = moved(an_order(), "submit")
    turn = a_turn(order, "system")

    assert confirm(turn, payment()) is None
    assert first(turn).reason == "pay-9"
    assert Work(kind=WorkKind.VALIDATION, subject=order.id, due_at=LATER) in turn.work


def test_taking_a_confirmation_back_keeps_the_reason_and_withdraws_the_validation() -> None:
    """An unpaid order is not validated."""
    order = paid()
    turn = a_turn(order)

    assert revert(turn, "wrong order") is None
    assert first(turn).reason == "wrong order"
    assert [entry.kind for entry in first(turn).postings] == [EntryKind.REVERSED]
    assert Work(kind=WorkKind.VALIDATION, subject=order.id, due_at=None) in turn.work


def test_a_reversal_by_somebody_who_may_not_withdraws_nothing() -> None:
    """A refusal changes nothing."""
    turn = a_turn(paid(), "customer")

    refused = revert(turn, "wrong order")

    assert isinstance(refused, Refusal)
    assert refused.code == "not_permitted"
    assert turn.work == ()


def test_where_nothing_was_confirmed_there_is_nothing_to_take_back() -> None:
    """An order may reach that state without money; the answer is the ledger's refusal."""
    unpaid = moved(an_order(), "submit", "confirm_payment")

    refused = revert(a_turn(unpaid), "wrong order")

    assert isinstance(refused, Refusal)
    assert refused.code == "nothing_to_revert"


def test_everything_that_is_left_is_asked_back_with_the_reason() -> None:
    """A saga of its own pays it out."""
    turn = a_turn(paid())

    assert refund_all(turn, "goodwill") is None
    (entry,) = posted(turn).postings
    assert (entry.amount, entry.note, entry.at) == (eur(PRICE), "goodwill", LATER)
    (change,) = turn.sagas
    assert (change.state.definition, change.read_version) == (REFUND.name, None)
    assert entry.key == call_key(change.state.id, "order", REFUND_STEP, forward=True)


def test_money_for_a_cancelled_order_is_told_with_its_reference_and_sent_home() -> None:
    """Two postings: it came, it goes."""
    turn = a_turn(moved(an_order(), "submit", "cancel"), "system")

    assert confirm(turn, payment()) is None
    late, back = [event for event in events(turn) if isinstance(event, Posted)]
    assert (late.type, late.reason) == ("order.late-payment-received", "pay-9")
    assert (back.type, back.reason) == (
        "billing.refund-requested",
        "arrived for an order already cancelled",
    )
    assert [entry.kind for entry in late.postings] == [EntryKind.CONFIRMED]
    assert [entry.kind for entry in back.postings] == [EntryKind.REFUND_REQUESTED]


def test_word_of_late_money_is_taken_from_witnesses_only_and_all_of_them_are_named() -> None:
    """Roles in order of the alphabet, whatever the table says first."""
    lifecycle = PROVISIONING.extend(
        name="provisioning",
        without_rows=[("confirm_payment", "pending_payment")],
        rows=[
            row("confirm_payment", "pending_payment", "payment_confirmed", who=("system", "bank"))
        ],
    )
    order = moved(an_order(), "submit", "cancel")
    turn = a_turn(order, "customer", rules=ProvisioningRules(lifecycle=lifecycle))

    assert confirm(turn, payment()) == Refusal(
        code="not_permitted", reason="confirm_payment is for bank, system, not for customer"
    )


# -- placing and rejecting ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plans", "reason"),
    [
        (["none"], "1 finding; nothing was stored"),
        (["none", "none"], "2 findings; nothing was stored"),
    ],
)
def test_an_order_with_findings_is_refused_with_their_number(plans: list[str], reason: str) -> None:
    """One is singular."""
    refused = place(
        an_order_request(*(a_vps(plan=plan) for plan in plans)),
        tenant=TENANT,
        order_id=OrderId("order-1"),
        rules=ProvisioningRules(),
    )

    assert isinstance(refused, Refusal)
    assert refused.reason == reason


def test_a_rejection_is_the_act_of_who_rejects_and_not_of_who_asked() -> None:
    """An operator's request may find that the system has to reject."""
    turn = a_turn(moved(paid(), "start_validation"), "operator")

    assert reject(turn, "no capacity", actor=SYSTEM) is None
    assert turn.recorded[0].actor == SYSTEM
    assert first(turn).reason == "no capacity"
    assert posted(turn).reason == "no capacity"
    assert turn.recorded[-1].actor == somebody("operator")


def test_a_failed_validation_lists_its_findings_as_the_reason() -> None:
    """Field and message of each."""
    turn = a_turn(paid(), "system")
    begin_validation(turn)

    conclude_validation(turn, LiveFacts(unavailable_regions=frozenset({"lj-1"})))

    rejected = events(turn)[1]
    assert isinstance(rejected, Transitioned)
    assert rejected.dest == "failed"
    assert rejected.reason.startswith("items[0]")
    assert "; " not in rejected.reason


# -- the rules ----------------------------------------------------------------------------------


def test_the_newest_table_of_a_saga_is_taken_unless_a_version_is_named() -> None:
    """In whatever order the versions are listed."""
    newer = evolve(FULFILMENT, version=2)
    for sagas in ((FULFILMENT, newer), (newer, FULFILMENT)):
        rules = ProvisioningRules(sagas=sagas)
        assert rules.saga("fulfilment") == newer
        assert rules.saga("fulfilment", 1) == FULFILMENT


@pytest.mark.parametrize(
    ("version", "problem"),
    [(None, "there is no saga unknown"), (3, "there is no saga unknown version 3")],
)
def test_a_saga_that_no_table_describes_is_a_fault(version: int | None, problem: str) -> None:
    """As for one that a newer release has started."""
    with pytest.raises(DefinitionError) as caught:
        ProvisioningRules().saga("unknown", version)

    assert (caught.value.name, caught.value.problems) == ("sagas", (problem,))
