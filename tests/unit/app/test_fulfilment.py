"""The fulfilment saga through workers: policies, retries, the way back, unclear outcomes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ordercore.app import WorkOnce
from ordercore.domain.processes import PROVISION
from ordercore.engine.messaging import WorkKind
from ordercore.engine.saga import (
    Accepted,
    Outcome,
    SagaStatus,
    Unclear,
    call_key,
)
from ordercore.kernel.money import Money
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.providers import Lost
from tests.unit.app.reading import BUSY, NEVER, back, item_states
from tests.unit.app.shop import TENANT, Shop
from tests.unit.app.tables import ALL_OR_NOTHING

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


def test_the_saga_of_a_fulfilled_order_is_done(shop: Shop) -> None:
    """And that of a cancelled one undone."""
    done, gone = shop.paid(), shop.paid(a_vps(), a_vps(), reference="R2")
    shop.script.plan("provision 2", BUSY)
    shop.work()
    shop.cancel(gone)
    shop.run()
    sagas = {o.id: shop.tables.of(TENANT).sagas_in_order(o.id)[0].status for o in (done, gone)}
    assert sagas == {done.id: SagaStatus.DONE, gone.id: SagaStatus.UNDONE}
