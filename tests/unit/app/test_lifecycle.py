"""The lifecycle through the use cases: who may, what is refused, timers, restoring."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import (
    Caller,
    CancelOrder,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING, PROVISIONING_GUARDS, LifeFacts
from ordercore.domain.processes import ProvisioningRules
from ordercore.domain.validation import LiveFacts
from ordercore.engine.lifecycle import row
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    InvalidInput,
    NotFound,
    TransitionNotAllowed,
    UnknownState,
)
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_vps
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, Shop, fault_of

TIMER = Caller.of(TENANT, "clock", role="timer")


def test_an_order_goes_all_the_way(shop: Shop) -> None:
    """Draft, paid, validated, provisioned, delivered; nothing is left to do."""
    order = shop.paid(a_vps(), a_vps())
    shop.run()

    assert shop.states(order) == [
        "pending_payment",
        "payment_confirmed",
        "validating",
        "provisioning",
        "partially_fulfilled",
        "fulfilled",
    ]
    assert len(shop.post.mails) == 1
    assert shop.violations(order.id) == []
    assert shop.next_due() is None


# -- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [OPERATOR, SYSTEM, TIMER], ids=lambda c: c.actor.role)
def test_only_customers_submit(shop: Shop, caller: Caller) -> None:
    """Others are refused with the role that may, and nothing changes."""
    order = shop.place()
    refused = shop.handle(SubmitOrder(caller=caller, order_id=order.id))
    assert refused == Refusal(
        code="not_permitted", reason=f"submit is for customer, not for {caller.actor.role}"
    )
    assert shop.order(order) == order


@pytest.mark.parametrize("caller", [CUSTOMER, OPERATOR, TIMER], ids=lambda c: c.actor.role)
def test_only_the_payment_side_confirms_payments(shop: Shop, caller: Caller) -> None:
    """A customer cannot say that he has paid."""
    order = shop.submit(shop.place())
    refused = shop.report(order, caller=caller)
    assert isinstance(refused, Refusal)
    assert refused.code == "not_permitted"
    assert shop.order(order) == order


@pytest.mark.parametrize("caller", [CUSTOMER, SYSTEM, TIMER], ids=lambda c: c.actor.role)
def test_only_operators_revert_and_restore(shop: Shop, caller: Caller) -> None:
    """Both undo what others relied on."""
    order = shop.paid()
    refused = shop.handle(RevertPayment(caller=caller, order_id=order.id, reason="x"))
    assert isinstance(refused, Refusal)
    assert refused.code == "not_permitted"
    gone = shop.cancel(shop.place(reference="R2"))
    refused = shop.handle(RestoreOrder(caller=caller, order_id=gone.id, reason="x"))
    assert isinstance(refused, Refusal)
    assert refused.code == "not_permitted"
    assert (shop.order(order), shop.order(gone)) == (order, gone)


@pytest.mark.parametrize("caller", [CUSTOMER, OPERATOR, TIMER], ids=lambda c: c.actor.role)
def test_customer_operator_and_timer_cancel(shop: Shop, caller: Caller) -> None:
    """And the audit trail says who it was."""
    order = shop.cancel(shop.submit(shop.place()), caller=caller)
    assert order.state == "cancelled"
    assert shop.history(order)[-1].actor == f"{caller.actor.role}:{caller.actor.id}"


# -- what the table does not have ----------------------------------------------------------------


def test_a_trigger_the_table_lacks_names_state_trigger_and_what_is_allowed(shop: Shop) -> None:
    """And changes nothing: no version, no record, no event, no timer."""
    order = shop.submit(shop.place())
    before = shop.history(order), shop.due()
    fault = fault_of(lambda: shop.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id)))

    assert isinstance(fault, TransitionNotAllowed)
    assert (fault.state, fault.trigger) == ("pending_payment", "submit")
    assert set(fault.allowed) == {"confirm_payment", "cancel"}
    assert (shop.order(order), (shop.history(order), shop.due())) == (order, before)


def test_a_finished_order_cannot_be_cancelled_or_restored(shop: Shop) -> None:
    """Nothing leaves the state fulfilled."""
    order = shop.paid()
    shop.run()
    done = shop.order(order)
    for use_case in (
        CancelOrder(caller=CUSTOMER, order_id=order.id, reason="late"),
        RestoreOrder(caller=OPERATOR, order_id=order.id, reason="late"),
    ):
        fault = fault_of(lambda use_case=use_case: shop.handle(use_case))  # type: ignore[misc]
        assert isinstance(fault, TransitionNotAllowed)
        assert fault.allowed == ()
    assert shop.order(order) == done


def test_a_state_that_was_removed_from_the_lifecycle_gives_a_clear_fault(shop: Shop) -> None:
    """Orders may still be in it when a host changes its table."""
    order = shop.submit(shop.place())
    states = tuple(s for s in PROVISIONING.states if s != "pending_payment")
    smaller = evolve(
        PROVISIONING,
        states=states,
        rows=(
            row("submit", "draft", "payment_confirmed", who=("customer",)),
            *(
                r
                for r in PROVISIONING.rows
                if "pending_payment" not in (r.source, r.dest) and r.trigger != "submit"
            ),
        ),
        timeouts=tuple(t for t in PROVISIONING.timeouts if t.state != "pending_payment"),
    )
    shop.under(ProvisioningRules(lifecycle=smaller))
    fault = fault_of(
        lambda: shop.handle(CancelOrder(caller=CUSTOMER, order_id=order.id, reason="x"))
    )
    assert isinstance(fault, UnknownState)
    assert fault.state == "pending_payment"
    assert "draft" in fault.known


@pytest.mark.parametrize("reason", ["\ud800", "a\0b", "x" * 2001, 5])
def test_a_reason_that_no_store_could_keep_is_refused_at_the_door(shop: Shop, reason: str) -> None:
    """Rather than break the write, or every later reader."""
    order = shop.paid()
    asked: type[CancelOrder | RestoreOrder | RevertPayment]
    for asked in (CancelOrder, RestoreOrder, RevertPayment):
        fault = fault_of(lambda: asked(caller=OPERATOR, order_id=order.id, reason=reason))  # noqa: B023
        assert isinstance(fault, InvalidInput)
        assert fault.field == "reason"
    assert shop.order(order) == order


def test_an_order_that_is_not_there_is_not_found(shop: Shop) -> None:
    """For every write."""
    for use_case in (
        SubmitOrder(caller=CUSTOMER, order_id=OrderId("nope")),
        CancelOrder(caller=CUSTOMER, order_id=OrderId("nope"), reason=""),
    ):
        fault = fault_of(lambda use_case=use_case: shop.handle(use_case))  # type: ignore[misc]
        assert isinstance(fault, NotFound)


# -- guards --------------------------------------------------------------------------------------


def test_a_guard_is_switched_off_by_its_name_alone(shop: Shop) -> None:
    """The others stay on: a restore then no longer waits for the refund."""
    order = shop.cancel(shop.paid())
    refused = shop.restore(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "refund_not_settled"
    shop.under(ProvisioningRules(lifecycle=PROVISIONING.without_guards("refund_settled")))
    restored = shop.restore(order)
    assert isinstance(restored, Order)
    assert restored.state == "draft"


def test_a_guard_of_the_host_on_an_automatic_step_makes_it_wait_and_not_break(
    shop: Shop,
) -> None:
    """The worker comes back later, and goes on once the guard agrees."""
    agreed: list[bool] = []

    def after_review(_facts: LifeFacts) -> Refusal | None:
        return None if agreed else Refusal(code="under_review", reason="a person looks at it")

    for trigger in ("start_validation", "start_provisioning"):
        agreed.clear()
        rows = tuple(
            evolve(r, guards=("after_review",)) if r.trigger == trigger else r
            for r in PROVISIONING.rows
        )
        shop.under(
            ProvisioningRules(
                lifecycle=evolve(PROVISIONING, rows=rows),
                guards={**PROVISIONING_GUARDS, "after_review": after_review},
            )
        )
        order = shop.paid(reference=trigger)
        shop.run(until=shop.clock.now() + timedelta(hours=2))
        assert shop.order(order).state in ("payment_confirmed", "validating")
        agreed.append(True)
        shop.run(until=shop.clock.now() + timedelta(hours=2))
        assert shop.order(order).state == "fulfilled"


# -- validation again ----------------------------------------------------------------------------


def test_live_findings_fail_the_order_and_refund_it(shop: Shop) -> None:
    """Every finding is in the reason; nothing was built."""
    shop.limits.facts = LiveFacts(
        unavailable_regions=frozenset({"lj-1"}), quota_remaining=(("vps", 0),)
    )
    order = shop.paid(a_vps(), a_vps())
    shop.run()

    failed = shop.order(order)
    assert (failed.state, failed.balance.refunded) == ("failed", order.total)
    reason = next(r.reason for r in shop.history(order) if r.trigger == "reject")
    assert "items[0].config.region" in reason
    assert "vps" in reason
    assert shop.cloud.builds == 0
    assert shop.violations(order.id) == []


def test_validation_asks_once_for_each_product_type(shop: Shop) -> None:
    """However many items there are of it."""
    shop.paid(a_vps(), a_vps())
    shop.run()
    assert shop.limits.asked == [("vps",)]


def test_validation_waits_while_nobody_knows_the_live_facts(shop: Shop) -> None:
    """Five seconds between two attempts; the order is neither rejected nor waved through."""
    shop.limits.trouble = ConnectionError("down")
    order = shop.paid()
    start = shop.clock.now()
    shop.work()
    assert (shop.order(order).state, shop.next_due()) == (
        "validating",
        start + timedelta(seconds=5),
    )
    shop.limits.trouble = None
    shop.run()
    assert shop.order(order).state == "fulfilled"


# -- optimistic locking --------------------------------------------------------------------------


def test_a_stale_expected_version_changes_nothing(shop: Shop) -> None:
    """What the caller saw is not what there is."""
    order = shop.submit(shop.place())
    fault = fault_of(
        lambda: shop.handle(
            CancelOrder(caller=CUSTOMER, order_id=order.id, reason="x", expected_version=1)
        )
    )
    assert isinstance(fault, ConcurrencyConflict)
    assert (fault.expected, fault.id) == (1, order.id)
    assert shop.order(order) == order


def test_the_right_expected_version_lets_the_write_pass(shop: Shop) -> None:
    """And the answer carries the next one."""
    order = shop.place()
    submitted = shop.handle(
        SubmitOrder(caller=CUSTOMER, order_id=order.id, expected_version=order.version)
    )
    assert isinstance(submitted, Order)
    assert submitted.version == order.version + 1
