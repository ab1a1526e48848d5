"""Deadlines move orders by themselves, at the instant and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import (
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING, PROVISIONING_GUARDS, LifeFacts
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.messaging import LEASE, WorkKind
from ordercore.kernel.result import Refusal
from tests.unit.app.shop import Shop

# -- timers --------------------------------------------------------------------------------------


def test_an_unpaid_order_is_cancelled_after_48_hours_and_not_a_moment_earlier(
    shop: Shop,
) -> None:
    """By the timer, with the reason of the table."""
    order = shop.submit(shop.place())
    shop.work()
    shop.clock.advance(timedelta(hours=48) - timedelta(microseconds=1))
    assert shop.handle(WorkOnce()) is None
    shop.clock.advance(timedelta(microseconds=1))
    shop.work()

    gone = shop.order(order)
    assert gone.state == "cancelled"
    last = shop.history(order)[-1]
    assert (last.actor, last.reason) == ("timer:ordercore", "not paid within 48 hours")
    assert shop.next_due() is None


def test_a_validation_that_never_ends_is_rejected_at_its_deadline_and_refunded(
    shop: Shop,
) -> None:
    """Nobody knows the live facts for a day: the customer gets the money back."""
    shop.limits.trouble = TimeoutError("down")
    order = shop.paid()
    shop.work()
    assert shop.order(order).state == "validating"
    shop.clock.advance(hours=24)
    shop.work()

    failed = shop.order(order)
    assert failed.state == "failed"
    assert failed.balance.refunded == order.total
    assert shop.violations(order.id) == []


def test_the_clock_of_an_unpaid_order_starts_anew_when_its_payment_is_reverted(
    shop: Shop,
) -> None:
    """It has 48 hours from the reversal, not from its first submission."""
    order = shop.submit(shop.place())
    shop.clock.advance(hours=47)
    shop.revert(shop.pay(order))
    shop.clock.advance(hours=47)
    shop.work()
    assert shop.order(order).state == "pending_payment"
    shop.clock.advance(hours=1)
    shop.work()
    assert shop.order(order).state == "cancelled"


def test_a_payment_beats_the_timer_it_came_before(shop: Shop) -> None:
    """An order that has its money is not expired, even by a timer already handed to a worker."""
    order = shop.submit(shop.place())
    shop.work()
    shop.clock.advance(hours=48)
    claims = drive(shop.ports.store.claim(WorkKind.TIMER, now=shop.clock.now()))
    assert len(claims) == 1
    paid = shop.pay(order)
    shop.clock.advance(seconds=31)  # the worker died; another one takes its timer over
    shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    assert shop.order(order) == paid


def test_one_order_that_cannot_expire_holds_up_no_other(shop: Shop) -> None:
    """Its guard objects; it is asked again an hour later, and the others go on at once."""
    rows = tuple(
        evolve(r, guards=("never",))
        if (r.trigger, r.source) == ("cancel", "pending_payment")
        else r
        for r in PROVISIONING.rows
    )
    stuck: list[str] = []

    def never(facts: LifeFacts) -> Refusal | None:
        return Refusal(code="kept", reason="by hand only") if stuck else None

    shop.under(
        ProvisioningRules(
            lifecycle=evolve(PROVISIONING, rows=rows),
            guards={**PROVISIONING_GUARDS, "never": never},
        )
    )
    first, second = (shop.submit(shop.place(reference=r)) for r in ("R1", "R2"))
    shop.clock.advance(hours=48)
    stuck.append("first")
    shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    stuck.clear()
    shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    assert (shop.order(first).state, shop.order(second).state) == ("pending_payment", "cancelled")
    assert shop.handle(WorkOnce(kinds=(WorkKind.TIMER,))) is None

    shop.clock.advance(hours=1)
    shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    assert shop.order(first).state == "cancelled"


def test_a_defect_in_a_guard_is_loud_and_holds_up_no_other_order(shop: Shop) -> None:
    """It is the host's to mend; the next call goes on with the rest, and nothing is forgotten."""
    rows = tuple(
        evolve(r, guards=("broken",))
        if (r.trigger, r.source) == ("cancel", "pending_payment")
        else r
        for r in PROVISIONING.rows
    )
    broken = [True]

    def guard(facts: LifeFacts) -> Refusal | None:
        if broken:
            raise ZeroDivisionError(broken.pop())
        return None

    shop.under(
        ProvisioningRules(
            lifecycle=evolve(PROVISIONING, rows=rows),
            guards={**PROVISIONING_GUARDS, "broken": guard},
        )
    )
    first, second = (shop.submit(shop.place(reference=r)) for r in ("R1", "R2"))
    shop.clock.advance(hours=48)
    with pytest.raises(ZeroDivisionError):
        shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    assert (shop.order(first).state, shop.order(second).state) == ("pending_payment", "cancelled")
    assert shop.handle(WorkOnce(kinds=(WorkKind.TIMER,))) is None

    shop.clock.advance(LEASE)
    shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    assert shop.order(first).state == "cancelled"


def test_a_timer_of_the_hosts_own_pulls_its_trigger(open_shop: Callable[..., Shop]) -> None:
    """Timeouts are rows of the table; any trigger can have one."""
    rows = tuple(
        evolve(r, who=(*r.who, "timer")) if r.trigger == "submit" else r for r in PROVISIONING.rows
    )
    own = evolve(
        PROVISIONING.timeouts[0], state="draft", after_s=60, trigger="submit", reason="auto"
    )
    lifecycle = evolve(PROVISIONING, rows=rows, timeouts=(*PROVISIONING.timeouts, own))
    shop = open_shop(rules=ProvisioningRules(lifecycle=lifecycle))
    order = shop.cancel(shop.place())
    assert isinstance(shop.restore(order), Order)
    shop.clock.advance(seconds=60)
    shop.work()
    assert shop.order(order).state == "pending_payment"
