"""An authorisation ends before its money was taken: wherever the order stands at that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from ordercore.app import WorkOn, WorkOnce
from ordercore.app._drive import drive
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PAYMENT_KINDS, EntryKind, PaymentFailure
from ordercore.domain.processes import retail, timer_subject
from ordercore.engine.messaging import WorkKind
from ordercore.engine.saga import Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    EXPIRES_AT,
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
)
from tests.unit.app.providers import Lost
from tests.unit.app.retail_providers import Till
from tests.unit.app.retail_shop import TOTAL, Store

LIFE = timedelta(minutes=10)
REASON = "the authorisation of the payment expired before the goods were packed"
LATER = Failed(code="gateway_down", reason="later")


class ShortTill(Till):
    """A gateway that holds money for ten minutes, says so, and really lets go of it then."""

    ends: datetime | None = None

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold the money, and say until when."""
        told = await super().authorise(request)
        if not isinstance(told, Succeeded):
            return told
        self.ends = self.script.clock.now() + LIFE
        return Succeeded(memory=(*told.memory, (EXPIRES_AT, format_instant(self.ends))))

    async def capture(self, request: CaptureRequest) -> GatewayOutcome:
        """Refuse what is held no longer."""
        over = self.ends is not None and self.ends <= self.script.clock.now()
        known = (request.tenant, request.key) in self.books.captured
        if over and not known:
            self.script.calls.append(("too late", request.key, self.script.clock.now()))
            return Rejected(code=PaymentFailure.AUTHORISATION_EXPIRED, reason="too late")
        return await super().capture(request)


def short(store: Store) -> Store:
    """Let the store's gateway hold money for ten minutes only."""
    store.till = ShortTill(store.script)
    store.ports = evolve(store.ports, gateway=store.till)
    return store


def hold_ends(store: Store, order: Order) -> datetime | None:
    """Return when its timer fires; None while there is none."""
    return store.due().get(timer_subject(order.id, retail.HOLD_ENDS))


def fire(store: Store) -> None:
    """Let every timer fire that is due, before any other work is done."""
    while store.handle(WorkOnce(kinds=(WorkKind.TIMER,))) is not None:
        pass


def lapsed(order: Order) -> list[str]:
    """Return the codes under which its money lapsed."""
    return [entry.code for entry in order.ledger if entry.kind is EntryKind.LAPSED]


def called_off(store: Store, order: Order) -> None:
    """The order ended because of it, with nothing taken, and its customer knows."""
    order = store.order(order)
    assert order.state == S.CANCELLED
    assert lapsed(order) == [PaymentFailure.AUTHORISATION_EXPIRED]
    assert store.written(order)[-1] == retail.EXPIRED
    assert store.till.taken(order.id).is_zero
    assert store.available() == {"mug": 5, "tea": 10}
    assert hold_ends(store, order) is None
    assert store.violations_at_rest(order) == []


# -- where the order stands when the time is over --------------------------------------------------


def nothing_begun(store: Store) -> None:
    """No worker has come to it."""


def picking(store: Store) -> None:
    """The warehouse is at it."""
    store.script.plan("pick 1", Accepted())
    store.script.plan("find pick", *[Accepted()] * 400)


def packing(store: Store) -> None:
    """Everything is picked and waits to be packed."""
    store.script.plan("pack", Accepted())
    store.script.plan("find pack", *[Accepted()] * 400)


def labelling(store: Store) -> None:
    """The carrier cannot say whether there is a label."""
    store.script.plan("label", Unclear(reason="timeout"))
    store.script.plan("find label", *[Accepted()] * 400)


@pytest.mark.parametrize("stuck", [nothing_begun, picking, packing, labelling])
def test_an_order_whose_authorisation_expired_is_called_off(
    store: Store, stuck: Callable[[Store], None]
) -> None:
    """Before its money was asked for, whatever the warehouse is doing; and the customer is told."""
    order = short(store).confirmed("credit_card")
    assert hold_ends(store, order) == store.clock.now() + LIFE
    stuck(store)
    if stuck is not nothing_begun:
        store.settle(LIFE - timedelta(seconds=1))
    store.script.plans.clear()
    store.clock.set(store.till.ends)  # type: ignore[attr-defined]
    fire(store)

    assert store.order(order).state == S.CANCELLED
    (reason,) = [record.reason for record in store.history(order) if record.dest == S.CANCELLED]
    assert reason == REASON
    store.settle()
    called_off(store, order)
    assert store.script.times("capture") == []


def test_a_capture_whose_outcome_is_unknown_is_resolved_first(store: Store) -> None:
    """Edge case: taken in time, the answer lost until long after; never void what was captured."""
    store.script.plan("capture", Lost())
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 170)
    order = short(store).confirmed("credit_card")
    store.settle(LIFE + timedelta(minutes=1))
    assert store.order(order).state == S.IN_FULFILMENT
    assert hold_ends(store, order) is None
    store.settle()

    assert store.order(order).state == S.SHIPPED
    assert store.till.taken(order.id) == TOTAL
    assert store.violations_at_rest(order) == []


def test_a_capture_that_never_arrived_finds_the_money_gone(store: Store) -> None:
    """Lost on the way, tried again when the hold is over: the gateway says so."""
    store.script.plan("capture", Unclear(reason="timeout"))
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 170)
    order = short(store).confirmed("credit_card")
    store.settle()

    assert store.script.times("too late")
    called_off(store, order)


def test_a_capture_that_is_given_up_lets_the_timer_speak(store: Store) -> None:
    """Declined for another reason after the end: what is still in the books lapses."""
    store.script.plan("capture", *[LATER] * 5, Rejected(code="declined", reason="no"))
    order = short(store).confirmed("credit_card")
    store.settle()

    order = store.order(order)
    assert order.state == S.CANCELLED
    assert hold_ends(store, order) is None
    assert store.violations_at_rest(order) == []


def test_the_provider_may_let_go_before_it_said_it_would(store: Store) -> None:
    """It knows best: the money has lapsed, and nobody tries to let go of it."""
    store.script.plan(
        "capture", Rejected(code=PaymentFailure.AUTHORISATION_EXPIRED, reason="closed account")
    )
    order = store.confirmed("credit_card")
    store.settle()

    called_off(store, order)
    kinds = [entry.kind for entry in store.order(order).ledger]
    assert EntryKind.VOID_REQUESTED not in kinds


def test_money_that_was_taken_in_time_is_not_missed(store: Store) -> None:
    """The timer ends with the capture, and the order goes on for weeks."""
    order = short(store).sold("credit_card")
    assert hold_ends(store, order) is None
    store.settle(timedelta(days=1))

    assert store.order(order).state == S.SHIPPED
    assert lapsed(store.order(order)) == []
    assert store.violations_at_rest(order) == []


def test_a_release_that_waits_for_an_operator_is_left_to_him(store: Store) -> None:
    """A line could not be had, and letting go of its money was refused: that is under way."""
    store.script.plan("pick 2", *[Failed(code="short_pick", reason="not there")] * 6)
    store.script.plan("void", Rejected(code="declined", reason="call us"))
    order = short(store).confirmed("credit_card")
    store.settle()
    order = store.order(order)
    assert store.till.taken(order.id) == order.total
    assert (hold_ends(store, order), lapsed(order)) == (None, [])

    (letter,) = store.letters()
    assert letter.step == retail.RELEASE
    store.close_letter(letter)
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.violations_at_rest(order) == []


def test_a_cancelled_order_has_no_timer_left(store: Store) -> None:
    """Its money was let go by hand, so to say."""
    order = short(store).confirmed("credit_card")
    store.cancel(order)
    assert hold_ends(store, order) is None
    store.settle()

    assert lapsed(store.order(order)) == []
    assert store.violations_at_rest(order) == []


def test_cancelled_at_the_very_moment(store: Store) -> None:
    """Customer, timer and workers at once: one of them ends it, once."""
    order = short(store).confirmed("credit_card")
    store.clock.advance(seconds=int(LIFE.total_seconds()))
    store.at_once(WorkOnce(kinds=(WorkKind.TIMER,)), WorkOnce(), WorkOnce(), WorkOnce())
    store.settle()

    ended = store.order(order)
    assert ended.state == S.CANCELLED
    assert store.till.taken(order.id).is_zero
    assert store.violations_at_rest(ended) == []


# -- how long --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["credit_card", "tokenized_card"])
def test_where_the_provider_does_not_say_the_table_does(store: Store, kind: str) -> None:
    """Seven days from the request, which is never too late."""
    order = store.confirmed(kind)
    held_for = PAYMENT_KINDS[store.order(order).sale.payment].held_for  # type: ignore[union-attr]

    assert held_for == timedelta(days=7)
    assert hold_ends(store, order) == store.clock.now() + held_for


@pytest.mark.parametrize("told", ["", "next week", "2030-01-01", "1900-13-01T00:00:00.000000Z"])
def test_an_end_that_cannot_be_read_is_none(store: Store, told: str) -> None:
    """What a provider says may be anything; the terms of the kind count then."""
    store.script.plan("authorise", Succeeded(memory=(("reference", "a-1"), (EXPIRES_AT, told))))
    order = store.bought("credit_card")

    assert order.state == S.CONFIRMED
    assert hold_ends(store, order) == store.clock.now() + timedelta(days=7)


@pytest.mark.parametrize("kind", ["debit_card", "wallet", "cash_on_delivery"])
def test_money_that_is_not_held_has_no_end(store: Store, kind: str) -> None:
    """It was taken at once, or is none yet."""
    order = short(store).confirmed(kind)
    assert hold_ends(store, order) is None


def test_an_authorisation_that_had_ended_when_it_became_known_ends_the_order(store: Store) -> None:
    """The answer was lost for so long that the money is held no longer."""
    ended = format_instant(store.clock.now() + timedelta(seconds=1))
    found = Succeeded(memory=(("reference", "a-1"), (EXPIRES_AT, ended)))
    store.script.plan("authorise", Unclear(reason="timeout"))
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 3, found)
    order = store.bought("credit_card")
    picking(store)
    store.settle(timedelta(minutes=2))
    store.script.plans.clear()
    store.settle()

    called_off(store, order)


# -- clocks ----------------------------------------------------------------------------------------


def test_a_clock_that_jumps_ahead_lets_go_of_what_is_still_held(store: Store) -> None:
    """By our clock it is over, by the provider's it is not: the money is let go all the same."""
    order = store.confirmed("credit_card")
    assert store.till.held(order.id) == TOTAL
    store.clock.advance(seconds=8 * 86_400)
    fire(store)
    store.settle()

    assert store.till.held(order.id).is_zero
    called_off(store, order)


def test_a_clock_that_is_behind_leaves_it_to_the_provider(store: Store) -> None:
    """The timer has not fired when the money is asked for: the refusal says the same."""
    order = short(store).confirmed("credit_card")
    assert isinstance(store.till, ShortTill)
    store.till.ends = store.clock.now()
    store.settle(timedelta(minutes=5))

    called_off(store, order)


def test_a_timer_that_fires_before_its_time_waits(store: Store) -> None:
    """A clock was set back between scheduling and firing: nothing has ended yet."""
    order = short(store).confirmed("credit_card")
    end = hold_ends(store, order)
    assert end is not None
    store.clock.set(end)
    (claim,) = drive(store.ports.store.claim(WorkKind.TIMER, now=end, tenant=None))
    store.clock.set(end - timedelta(minutes=3))
    store.handle(WorkOn(claim=claim))

    assert store.order(order).state == S.CONFIRMED
    assert hold_ends(store, order) == end
