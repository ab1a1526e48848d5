"""The fulfilment saga through workers: policies, retries, the way back, unclear outcomes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from ordercore.app import GetDeadLetter, ReportProvisioning, WorkOnce
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.processes import FULFILMENT, PROVISION
from ordercore.engine.messaging import WorkKind
from ordercore.engine.saga import (
    Accepted,
    Failed,
    Outcome,
    Rejected,
    SagaStatus,
    Unclear,
    call_key,
)
from ordercore.kernel.errors import NotFound
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import Provisioned, ProvisionOutcome
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.providers import Lost
from tests.unit.app.shop import OPERATOR, SYSTEM, TENANT, Shop, fault_of
from tests.unit.app.tables import ALL_OR_NOTHING, giving_away

BUSY = Failed(code="busy", reason="try later")
NEVER = Rejected(code="no-capacity", reason="sold out")


def item_states(order: Order) -> list[str]:
    """Return the state of each item, in order."""
    return [item.state.value for item in order.items]


def back(shop: Shop) -> list[str]:
    """Return what was called on the way back, in order."""
    return [v for v in shop.script.verbs() if v.split()[0] in ("deprovision", "refund", "notify")]


# -- keeping what works --------------------------------------------------------------------------


def test_a_lost_item_is_rolled_back_alone(shop: Shop) -> None:
    """It is taken down, refunded and announced; the others stay, and the order is fulfilled."""
    order = shop.paid(a_vps(), a_database())
    shop.script.plan("provision 1", NEVER)
    shop.run()

    done = shop.order(order)
    assert (done.state, item_states(done)) == ("fulfilled", ["rolled_back", "active"])
    assert back(shop) == ["deprovision -", "refund", "notify"]
    (note,) = shop.post.notes.values()
    assert "sold out" in note.text
    assert [m.amount for m in shop.bank.movements] == [Money(1000, "EUR")]
    assert shop.violations(order.id) == []


def test_an_order_that_loses_every_item_fails(shop: Shop) -> None:
    """With the reasons; everything is refunded, and nothing is delivered."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 1", NEVER)
    shop.script.plan("provision 2", NEVER)
    shop.run()

    failed = shop.order(order)
    assert (failed.state, failed.balance.refunded) == ("failed", order.total)
    assert next(r.reason for r in shop.history(order) if r.trigger == "fail") == "sold out"
    assert shop.post.mails == {}
    assert shop.violations(order.id) == []


def test_an_order_is_partially_fulfilled_while_items_are_still_being_built(shop: Shop) -> None:
    """Once, when the first one is active and another is open; progress shows in the feed."""
    order = shop.paid(a_vps(), a_vps(), a_vps())
    shop.script.plan("provision 2", BUSY)
    shop.script.plan("provision 3", BUSY, BUSY)
    shop.work()
    assert (shop.order(order).state, item_states(shop.order(order))) == (
        "partially_fulfilled",
        ["active", "provisioning", "provisioning"],
    )
    shop.run()
    assert shop.states(order).count("partially_fulfilled") == 1
    assert shop.types(order).count("order.item-active") == 3


def test_a_single_item_is_never_partially_fulfilled(shop: Shop) -> None:
    """There is nothing in between."""
    order = shop.paid()
    shop.run()
    assert "partially_fulfilled" not in shop.states(order)


def test_a_lost_item_whose_removal_is_stuck_does_not_stop_the_others(shop: Shop) -> None:
    """The dead letter waits for an operator; the order is fulfilled by what works."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 1", Lost())
    shop.script.plan("find", NEVER)
    shop.script.plan("deprovision 1", NEVER)
    shop.run()
    done = shop.order(order)
    assert (done.state, item_states(done)) == ("fulfilled", ["failed", "active"])
    assert [letter.step for letter in shop.letters()] == [PROVISION]
    assert done.balance.refunded == Money(1000, "EUR")
    assert shop.violations(order.id) == []


# -- all or nothing ------------------------------------------------------------------------------


def test_under_all_or_nothing_one_lost_item_takes_back_all(open_shop: Callable[..., Shop]) -> None:
    """Last provisioned, first taken down; for each item: deprovision, refund, notify."""
    shop = open_shop(rules=ALL_OR_NOTHING)
    order = shop.paid(a_vps(), a_vps(), a_vps())
    shop.script.plan("provision 3", NEVER)
    shop.run()

    failed = shop.order(order)
    assert (failed.state, item_states(failed)) == ("failed", ["rolled_back"] * 3)
    assert [v for v in back(shop) if v.startswith("deprovision")] == [
        "deprovision -",
        "deprovision 2",
        "deprovision 1",
    ]
    assert failed.balance.refunded == order.total
    assert shop.cloud.live == set()
    assert shop.violations(order.id) == []


def test_under_all_or_nothing_a_stuck_removal_does_not_make_the_order_fulfilled(
    open_shop: Callable[..., Shop],
) -> None:
    """The item still runs, and the order has failed all the same: its money went back."""
    shop = open_shop(rules=ALL_OR_NOTHING)
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", NEVER)
    shop.script.plan("deprovision 1", NEVER)
    shop.run()

    failed = shop.order(order)
    assert (failed.state, item_states(failed)) == ("failed", ["active", "rolled_back"])
    assert failed.balance.refunded == order.total
    assert shop.post.mails == {}
    assert shop.violations(order.id) == []


def test_under_all_or_nothing_an_unfinished_item_with_a_stuck_removal_ends_too(
    open_shop: Callable[..., Shop],
) -> None:
    """It never became active and cannot be taken back: the order still comes to its end."""
    shop = open_shop(rules=ALL_OR_NOTHING)
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 1", Lost())
    shop.script.plan("provision 2", NEVER)
    shop.script.plan("deprovision 1", NEVER)
    shop.run()
    assert shop.order(order).state == "failed"
    assert [letter.branch for letter in shop.letters()] == ["1"]
    assert shop.violations(order.id) == []


# -- retries -------------------------------------------------------------------------------------


def test_a_failed_step_is_tried_again_after_2_4_8_16_and_30_seconds(shop: Shop) -> None:
    """To the second, and not once more."""
    shop.script.plan("provision 1", *[BUSY] * 6)
    start = shop.clock.now()
    order = shop.paid()
    shop.run()
    waited = [(at - start).total_seconds() for at in shop.script.times("provision 1")]
    assert waited == [0, 2, 6, 14, 30, 60]
    assert shop.order(order).state == "failed"


def test_nothing_is_called_a_moment_before_its_retry_is_due(shop: Shop) -> None:
    """Waiting is a stored timer."""
    shop.script.plan("provision 1", BUSY)
    shop.paid()
    shop.work()
    shop.clock.advance(seconds=1)
    assert shop.handle(WorkOnce()) is None
    shop.clock.advance(seconds=1)
    assert shop.handle(WorkOnce(kinds=(WorkKind.SAGA,))) is not None
    assert len(shop.script.times("provision 1")) == 2


def test_every_attempt_carries_the_same_key(shop: Shop) -> None:
    """Derived from saga, item and step, so a retry can never build a second time."""
    shop.script.plan("provision 1", BUSY, BUSY, Lost())
    order = shop.paid()
    shop.run()
    saga = shop.order(order).sagas[0].id
    keys = {key for verb, key, _ in shop.script.calls if verb in ("provision 1", "find")}
    assert keys == {call_key(saga, "1", PROVISION, forward=True)}
    assert shop.cloud.builds == 1


def test_a_rejection_is_not_retried(shop: Shop) -> None:
    """Repeating what was turned down for good would be pointless."""
    shop.script.plan("provision 1", NEVER)
    shop.paid()
    shop.run()
    assert len(shop.script.times("provision 1")) == 1


# -- unclear outcomes ----------------------------------------------------------------------------


@pytest.mark.parametrize("unclear", [Lost(), Unclear(reason="timeout")], ids=["raised", "said"])
def test_an_unclear_outcome_is_looked_up_and_not_repeated(
    shop: Shop, unclear: Outcome | Lost
) -> None:
    """Timeouts and exceptions are neither success nor failure."""
    shop.script.plan("provision 1", unclear)
    order = shop.paid()
    shop.work()
    assert item_states(shop.order(order)) == ["provisioning"]
    shop.run()
    assert shop.script.verbs()[:2] == ["provision 1", "find"]
    assert shop.order(order).state == "fulfilled"
    assert shop.cloud.builds == 1
    assert shop.violations(order.id) == []


def test_an_accepted_call_is_asked_after_every_five_seconds(shop: Shop) -> None:
    """Until the other side has finished."""
    shop.script.plan("provision 1", Accepted())
    shop.script.plan("find", Accepted(), Accepted())
    start = shop.clock.now()
    order = shop.paid()
    shop.run()
    assert [(at - start).total_seconds() for at in shop.script.times("find")] == [5, 10, 15]
    assert shop.order(order).state == "fulfilled"


def test_an_attempt_over_its_deadline_counts_as_failed(shop: Shop) -> None:
    """Fifteen minutes without a clear word: it is tried again, under the same key."""
    shop.script.plan("provision 1", Unclear(reason="timeout"))
    shop.script.plan("find", *[Unclear(reason="timeout")] * 180)
    order = shop.paid()
    shop.run()
    first, second = shop.script.times("provision 1")[:2]
    assert (second - first).total_seconds() == 902
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []


def test_a_half_done_step_is_taken_back_without_knowing_its_result(shop: Shop) -> None:
    """The provider said no after it had built: removal goes by the key of the request."""
    shop.script.plan("provision 1", Lost())
    shop.script.plan("find", NEVER)
    order = shop.paid()
    shop.run()
    assert shop.cloud.live == set()
    assert shop.order(order).state == "failed"
    assert shop.violations(order.id) == []


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


# -- answers that come later ---------------------------------------------------------------------


def report(
    order: Order, outcome: ProvisionOutcome, *, item: str = "1", attempt: int = 1
) -> ReportProvisioning:
    """Return the provider's report about an item's attempt."""
    saga = next(ref.id for ref in order.sagas if ref.definition == FULFILMENT.name)
    return ReportProvisioning(
        caller=SYSTEM,
        order_id=order.id,
        key=call_key(saga, item, PROVISION, forward=True),
        attempt=attempt,
        outcome=outcome,
    )


BUILT = Provisioned(resource="res-9", credentials=Credentials(values={"hostname": "h.example"}))


def accepted(shop: Shop, items: int = 1) -> Order:
    """Return an order whose items are all being built elsewhere."""
    order = shop.paid(*[a_vps()] * items)
    for number in range(1, items + 1):
        shop.script.plan(f"provision {number}", Accepted())
    shop.script.plan("find", *[Accepted()] * 1000)
    shop.work()
    return shop.order(order)


def test_a_reported_success_makes_the_item_active(shop: Shop) -> None:
    """No worker had to ask; the credentials are sealed on the way in."""
    order = accepted(shop)
    after = shop.handle(report(order, BUILT))
    assert isinstance(after, Order)
    assert (after.state, after.items[0].state, after.items[0].resource) == (
        "fulfilled",
        ItemState.ACTIVE,
        "res-9",
    )
    shop.run()
    (mail,) = shop.post.mails.values()
    assert mail["1"].values == {"hostname": "h.example"}  # type: ignore[index]


def test_a_reported_failure_is_retried_like_any_other(shop: Shop) -> None:
    """After two seconds."""
    order = accepted(shop)
    shop.handle(report(order, BUSY))
    shop.clock.advance(seconds=2)
    shop.handle(WorkOnce(kinds=(WorkKind.SAGA,)))
    assert len(shop.script.times("provision 1")) == 2


def test_an_answer_to_an_earlier_attempt_is_noted_and_ignored(shop: Shop) -> None:
    """It may be about something that has been taken back since."""
    order = accepted(shop)
    shop.handle(report(order, BUSY))
    shop.clock.advance(seconds=2)
    shop.script.plan("provision 1", Accepted())
    shop.work()
    before = shop.order(order)
    after = shop.handle(report(order, BUILT, attempt=1))

    assert isinstance(after, Order)
    assert after.items == before.items
    assert shop.history(order)[-1].kind == "saga.late-answer"
    assert shop.handle(report(order, BUILT, attempt=2)).state == "fulfilled"  # type: ignore[union-attr]


def test_an_answer_after_the_order_was_cancelled_does_not_bring_it_back(shop: Shop) -> None:
    """What the late answer is about is taken down; its credentials are not kept."""
    order = accepted(shop)
    shop.cancel(order)
    after = shop.handle(report(order, BUILT))
    assert isinstance(after, Order)
    assert (after.state, after.items[0].state) == ("cancelled", ItemState.PROVISIONING)
    shop.run()
    assert item_states(shop.order(order)) == ["rolled_back"]
    assert shop.tables.of(TENANT).vault.get(order.id, {}) == {}


def test_a_success_reported_twice_counts_once(shop: Shop) -> None:
    """The second report is late."""
    order = accepted(shop)
    first = shop.handle(report(order, BUILT))
    second = shop.handle(report(order, BUILT))
    assert isinstance(first, Order)
    assert isinstance(second, Order)
    assert (second.state, second.items) == (first.state, first.items)
    shop.run()
    assert len(shop.post.mails) == 1


def test_items_reported_one_after_the_other_each_count(shop: Shop) -> None:
    """The order is fulfilled by the last."""
    order = accepted(shop, items=3)
    for item in "312":
        after = shop.handle(report(order, BUILT, item=item))
    assert isinstance(after, Order)
    assert after.state == "fulfilled"


def test_a_report_under_an_unknown_key_is_not_found(shop: Shop) -> None:
    """It cannot be about this order."""
    order = accepted(shop)
    stray = ReportProvisioning(
        caller=SYSTEM, order_id=order.id, key="nobody", attempt=1, outcome=BUILT
    )
    assert isinstance(fault_of(lambda: shop.handle(stray)), NotFound)
    assert shop.order(order) == order


def test_a_report_from_before_a_restore_does_not_touch_the_new_run(shop: Shop) -> None:
    """Each run has keys of its own."""
    order = accepted(shop)
    shop.cancel(order)
    shop.script.plans.clear()
    shop.run()
    restored = shop.restore(order)
    assert isinstance(restored, Order)
    after = shop.handle(report(order, BUILT))
    assert isinstance(after, Order)
    assert (after.state, after.items[0].state) == ("draft", ItemState.PENDING)


def test_the_saga_of_a_fulfilled_order_is_done(shop: Shop) -> None:
    """And that of a cancelled one undone."""
    done, gone = shop.paid(), shop.paid(a_vps(), a_vps(), reference="R2")
    shop.script.plan("provision 2", BUSY)
    shop.work()
    shop.cancel(gone)
    shop.run()
    sagas = {o.id: shop.tables.of(TENANT).sagas_in_order(o.id)[0].status for o in (done, gone)}
    assert sagas == {done.id: SagaStatus.DONE, gone.id: SagaStatus.UNDONE}


def test_a_refusal_is_no_answer_of_a_report(shop: Shop) -> None:
    """Reports are always taken in."""
    order = accepted(shop)
    assert not isinstance(shop.handle(report(order, NEVER)), Refusal)


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


def test_a_report_finds_its_saga_among_others(shop: Shop) -> None:
    """An overpaid order has a refund under way before anything is built."""
    order = shop.pay(shop.submit(shop.place()), 1050)
    shop.script.plan("provision 1", Accepted())
    shop.work()
    after = shop.handle(report(shop.order(order), BUILT))
    assert isinstance(after, Order)
    assert after.state == "fulfilled"


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
