"""Whatever goes wrong with any one call to anybody outside, the books agree in the end.

Each story is told once undisturbed to learn its calls. Then it is told again for every call and
every way in which that can go wrong; where a step ends with a dead letter, an operator has it tried
again. The law that nobody is charged twice is part of `violations_at_rest`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Unclear
from ordercore.kernel.result import Refusal
from tests.unit.app.providers import Lost, Told
from tests.unit.app.retail_shop import RULES, Store
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT

Story = Callable[[Store], Order]

FAULTS: dict[str, Callable[[], Told]] = {
    "the answer is lost": Lost,
    "nothing arrived": lambda: Unclear(reason="timeout"),
    "down": lambda: Failed(code="gateway_down", reason="try later"),
    "no": lambda: Rejected(code="refused", reason="no"),
    "later": Accepted,
}
ONLY_FOUND = {"find payment", "find pick", "find pack", "find label", "find hand-over"}


def to_the_end(store: Store, order: Order) -> Order:
    """Go on as customer, carrier and cashier would, whatever state it is in."""
    store.settle()
    if store.order(order).state == S.AWAITING_PAYMENT:
        store.pay_page(order)
        order = store.check(order)
    store.settle()
    if store.order(order).state == S.SHIPPED:
        store.deliver(order)
        if store.order(order).state == S.DELIVERED:
            store.cash(store.order(order))
    return store.order(order)


def returned(kind: str) -> Story:
    """Sold, completed and sent back."""

    def story(store: Store) -> Order:
        order = to_the_end(store, store.bought(kind))
        if order.state == S.COMPLETED:
            store.send_back(order)
        return order

    return story


def called_off(kind: str, after: int) -> Story:
    """Cancelled after so many pieces of work, if that can be."""

    def story(store: Store) -> Order:
        order = store.bought(kind)
        if order.state == S.AWAITING_PAYMENT:
            store.pay_page(order)
            order = store.check(order)
        store.work_a_little(after)
        if store.order(order).state in CANCELLABLE:
            cancelled = store.try_to_cancel(order)
            assert isinstance(cancelled, Order) or cancelled.code == "leaving", cancelled
        return to_the_end(store, order)

    return story


def never_paid(store: Store) -> Order:
    """A page that nobody pays on; the order is cancelled a day after its expiry."""
    order = store.bought("bank_transfer")
    store.settle(timedelta(hours=1))
    store.clock.advance(hours=22)
    return order


CANCELLABLE = (
    S.AWAITING_PAYMENT,
    S.PAYMENT_FAILED,
    S.PAYMENT_EXPIRED,
    S.CONFIRMED,
    S.IN_FULFILMENT,
    S.READY,
)

STORIES: dict[str, Story] = {
    "held card": returned("credit_card"),
    "card charged at once": returned("debit_card"),
    "page": returned("wallet"),
    "cash": returned("cash_on_delivery"),
    "held card called off": called_off("credit_card", 6),
    "card charged at once called off": called_off("debit_card", 4),
    "page called off": called_off("wallet", 0),
    "never paid": never_paid,
}


def calls_of(story: Story) -> Iterator[tuple[str, int]]:
    """Tell the calls of the undisturbed story: the verb, and how many of it came before.

    Of a page that is looked at again and again the first times and the last stand for all.
    """
    store = Store()
    story(store)
    store.settle(timedelta(days=4))
    for verb, times in Counter(store.script.verbs()).items():
        if verb != "page":
            yield from ((verb, n) for n in sorted({*range(min(times, 4)), times - 1}))


def with_fault(story: Story, verb: str, before: int, told: Told) -> tuple[Store, Order]:
    """Tell the story with one fault, and let an operator help where it parks something."""
    store = Store()
    go_on: list[Callable[[], None]] = [lambda: None] * before
    store.script.plan(verb, *go_on, told)  # type: ignore[arg-type]
    order = story(store)
    store.settle(timedelta(days=4))
    for _ in range(3):
        store.help_out()
        store.settle(timedelta(days=4))
    return store, order


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", STORIES)
def test_the_books_agree_whichever_call_goes_wrong_and_however(name: str, fault: str) -> None:
    """One fault per telling; what it changes is at most what becomes of the order."""
    tried = 0
    for verb, before in calls_of(STORIES[name]):
        if verb in ONLY_FOUND and fault == "no":
            continue  # a look-up that lies is nobody's fault but the liar's
        store, order = with_fault(STORIES[name], verb, before, FAULTS[fault]())
        where = f"{fault} at {verb} {before + 1}"
        assert store.violations_at_rest(order) == [], where
        assert store.letters() == (), where
        assert store.order(order).state not in (S.CONFIRMED, S.IN_FULFILMENT, S.CREATED), where
        tried += 1
    assert tried > 2


@pytest.mark.parametrize("then", ["done", "lost"])
@pytest.mark.parametrize("kind", ["credit_card", "debit_card", "wallet", "cash_on_delivery"])
def test_the_books_agree_when_an_order_is_cancelled_in_the_middle_of_any_call(
    kind: str, then: str
) -> None:
    """The effect comes after the cancellation, or its answer never does: it is taken back."""
    cancelled = 0
    for verb, before in calls_of(returned(kind)):
        store = Store()

        def cancel(store: Store = store) -> Told | None:
            (stored,) = store.tables.of(TENANT).orders.values()
            if stored.order.state in CANCELLABLE:
                store.try_to_cancel(stored.order)
            return Lost() if then == "lost" else None

        go_on: list[Callable[[], None]] = [lambda: None] * before
        store.script.plan(verb, *go_on, cancel)  # type: ignore[arg-type]
        order = returned(kind)(store)
        store.settle(timedelta(days=1))
        where = f"cancelled during {verb} {before + 1}"
        assert store.violations_at_rest(order) == [], where
        assert store.letters() == (), where
        cancelled += store.order(order).state == S.CANCELLED
    assert cancelled >= 4


ATTEMPTS = {
    "held": "credit_card",
    "taken at once": "debit_card",
    "on a page": "wallet",
}


@pytest.mark.parametrize("landed", [True, False], ids=["landed", "did not"])
@pytest.mark.parametrize("kind", ATTEMPTS.values(), ids=ATTEMPTS)
def test_an_attempt_nobody_can_tell_about_until_its_deadline_is_let_go(
    store: Store, kind: str, landed: bool
) -> None:
    """Look-ups that stay unclear for hours; then what may be there goes back, and it is over."""
    unclear = [Unclear(reason="timeout")] * 2000
    store.script.plan("authorise", Lost() if landed else Unclear(reason="timeout"))
    store.script.plan("find payment", *unclear)
    order = store.bought(kind)
    assert order.state == S.AWAITING_PAYMENT
    assert store.available() == {"mug": 3, "tea": 7}
    assert isinstance(store.retry_or_fault(order), Exception)

    store.settle(timedelta(hours=24 if kind == "wallet" else 0, minutes=20))
    assert store.order(order).state == S.PAYMENT_EXPIRED
    store.script.plans.clear()
    store.settle(timedelta(minutes=30))
    store.help_out()
    store.settle(timedelta(minutes=30))

    charged_at_once = landed and kind == "debit_card"
    late = S.SHIPPED if charged_at_once else S.PAYMENT_EXPIRED
    assert store.order(order).state == late
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("landed", [True, False], ids=["landed", "did not"])
def test_a_capture_nobody_can_tell_about_is_found_or_given_up_but_never_forgotten(
    store: Store, landed: bool
) -> None:
    """The order is called off: goods do not leave without their money. What came goes back."""
    order = store.confirmed("credit_card")
    store.script.plan("capture", *[Lost() if landed else Unclear(reason="timeout")] * 9)
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 2000)
    store.settle(timedelta(hours=3))
    assert store.order(order).state == S.CANCELLED
    store.script.plans.clear()
    store.help_out()
    store.settle(timedelta(hours=1))

    assert store.till.taken(order.id).is_positive is landed
    assert store.violations_at_rest(order) == []


def test_a_refund_that_is_lost_twice_and_found_is_paid_once(store: Store) -> None:
    """Key by key; the second call under the same key moves nothing."""
    order = store.confirmed("debit_card")
    store.script.plan("give back", Lost(), Lost())
    store.script.plan("find payment", Absent(), Absent())
    store.cancel(order)
    store.settle()

    assert store.till.given_back(order.id) == order.total
    assert store.violations_at_rest(order) == []


def test_a_refund_that_is_refused_leaves_the_order_as_it_is_and_can_be_tried_again(
    store: Store,
) -> None:
    """The order is cancelled either way; the money stays asked back until it has arrived."""
    order = store.confirmed("debit_card")
    store.script.plan("give back", Rejected(code="account_closed", reason="closed"))
    store.cancel(order, caller=OPERATOR)
    store.settle()
    (letter,) = store.letters()
    assert store.order(order).balance.outstanding == order.total

    store.close_letter(letter)
    store.settle()
    assert store.order(order).balance.outstanding.is_zero
    assert store.violations_at_rest(order) == []


def test_nothing_is_charged_anew_while_the_last_attempt_is_being_put_right(store: Store) -> None:
    """The void of the first attempt is still to come: ask again."""
    store.script.plan("authorise", Rejected(code="insufficient_funds", reason="no"))
    order = store.bought("credit_card")
    assert order.state == S.PAYMENT_FAILED

    refused = store.retry(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "attempt_open"
    store.work()
    assert isinstance(store.retry(order), Order)
    assert store.order(order).state == S.CONFIRMED
    store.settle()
    assert store.violations_at_rest(order) == []
    assert CUSTOMER.actor.role == "customer"


def test_nobody_tries_to_pay_one_order_for_ever(open_store: Callable[..., Store]) -> None:
    """After so many attempts nothing is reserved again, and the timers call the order off."""
    store = open_store(selling=evolve(RULES, most_payment_attempts=3))
    store.script.plan("authorise", *[Rejected(code="insufficient_funds", reason="no")] * 3)
    before = store.available()
    order = store.bought("credit_card")
    for _ in range(2):
        store.work()
        assert isinstance(store.retry(order), Order)
    store.work()

    refused = store.retry(order)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.reason) == ("too_many_attempts", "3 attempts to pay are the most")
    assert (store.order(order).state, store.available()) == (S.PAYMENT_FAILED, before)
    assert len(store.order(order).balance.attempts) == 3
    store.settle(timedelta(days=8))
    assert store.order(order).state == S.CANCELLED
    assert store.violations_at_rest(order) == []
