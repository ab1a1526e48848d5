"""What was built goes down again: cancellations, stuck removals, the ledger behind them."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from ordercore.app import GetDeadLetter, WorkOnce
from ordercore.domain.processes import PROVISION
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.money import Money
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.providers import Lost
from tests.unit.app.reading import BUSY, NEVER, back, item_states
from tests.unit.app.shop import OPERATOR, TENANT, Shop, fault_of
from tests.unit.app.tables import giving_away

# -- the way back --------------------------------------------------------------------------------


def test_cancelling_takes_down_what_runs_in_reverse(shop: Shop) -> None:
    """The order is cancelled at once; the stack is walked from the top, item by item."""
    order = shop.paid(a_vps(), a_vps(), a_vps())
    shop.script.plan("provision 3", BUSY)
    shop.work()
    cancelled = shop.cancel(order)
    assert cancelled.state == "cancelled"
    shop.run()

    assert [v for v in back(shop) if v.startswith("deprovision")] == [
        "deprovision -",
        "deprovision 2",
        "deprovision 1",
    ]
    assert item_states(shop.order(order)) == ["rolled_back"] * 3
    assert shop.order(order).balance.refunded == order.total
    assert shop.violations(order.id) == []


def test_an_abort_first_finds_out_how_a_call_under_way_ended(shop: Shop) -> None:
    """Cancelled between call and answer: looked up, then taken down; nothing stays behind."""
    order = shop.paid()
    shop.script.plan("provision 1", Lost())
    shop.work()
    shop.cancel(order)
    shop.run()
    assert shop.script.verbs() == ["provision 1", "find", "deprovision 1", "refund", "notify"]
    assert shop.cloud.live == set()
    assert shop.violations(order.id) == []


def test_a_stuck_removal_is_parked_and_later_compensations_still_run(shop: Shop) -> None:
    """Removing fails six times; money and message go out all the same."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", BUSY)
    shop.work()
    shop.script.plan("deprovision 1", *[BUSY] * 6)
    shop.cancel(order)
    shop.run()

    (letter,) = shop.letters()
    assert (letter.branch, letter.step, letter.forward, letter.attempts, letter.code) == (
        "1",
        PROVISION,
        False,
        6,
        "busy",
    )
    assert shop.order(order).balance.refunded == order.total
    assert len(shop.post.notes) == 2
    assert shop.handle(GetDeadLetter(caller=OPERATOR, letter_id=letter.id)) == letter
    assert shop.violations(order.id) == []


def test_an_item_is_rolled_back_once_its_resource_is_gone(shop: Shop) -> None:
    """Its refund may be stuck: that is a matter of money, and the item is not active any more."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", BUSY)
    shop.work()
    shop.script.plan("refund", NEVER, NEVER)
    shop.cancel(order)
    shop.run()
    assert item_states(shop.order(order)) == ["rolled_back", "rolled_back"]
    assert [letter.step for letter in shop.letters()] == ["refund", "refund"]
    assert shop.violations(order.id) == []


def test_a_removal_whose_answer_is_lost_is_asked_for_again(shop: Shop) -> None:
    """Removing twice removes once; nothing is assumed."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", BUSY)
    shop.work()
    shop.script.plan("deprovision 1", Lost())
    shop.cancel(order)
    shop.run()
    assert shop.script.verbs().count("deprovision 1") == 2
    assert item_states(shop.order(order)) == ["rolled_back"] * 2


def test_a_notification_that_cannot_be_sent_is_parked_too(shop: Shop) -> None:
    """The item is gone and paid back; only the message waits."""
    shop.script.plan("provision 1", NEVER)
    shop.script.plan("notify", NEVER)
    order = shop.paid()
    shop.run()
    assert [letter.step for letter in shop.letters()] == ["notify"]
    assert shop.order(order).balance.refunded == order.total


def test_a_free_item_is_taken_back_without_a_refund(open_shop: Callable[..., Shop]) -> None:
    """There is nothing to give back; the others keep their shares."""
    shop = open_shop(rules=giving_away("vps"))
    shop.script.plan("provision 1", NEVER)
    order = shop.paid(a_vps(), a_database())
    shop.run()
    done = shop.order(order)
    assert (done.state, item_states(done)) == ("fulfilled", ["rolled_back", "active"])
    assert (done.total, shop.bank.movements) == (Money(9000, "EUR"), [])
    assert back(shop) == ["deprovision -", "notify"]
    assert shop.violations(order.id) == []


def test_a_ledger_that_cannot_pay_an_item_back_is_a_fault_and_not_hidden(shop: Shop) -> None:
    """Somebody tampered with the row: the worker says so instead of refunding what is not there."""
    order = shop.paid()
    shop.script.plan("provision 1", BUSY, NEVER)
    shop.work()
    rows = shop.tables.of(TENANT).orders
    stored = rows[order.id]
    rows[order.id] = evolve(stored, order=evolve(stored.order, ledger=()))
    shop.clock.advance(seconds=2)
    fault = fault_of(lambda: shop.handle(WorkOnce(kinds=(WorkKind.SAGA,))))
    assert fault.code == "contradiction"
    assert "refund_exceeds_payment" in str(fault)
    assert shop.bank.movements == []
