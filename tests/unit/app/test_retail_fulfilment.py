"""What the warehouse and the carrier cannot do, and orders called off while they are at it (R5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import CancelOrder
from ordercore.domain.fulfilment import Defect, PickResult, QualityCheck
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Accepted, Failed, Rejected, Unclear
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import NotPacked, Picked
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import TOTAL, Store
from tests.unit.app.shop import CUSTOMER, OPERATOR, fault_of

SHORT = Picked(result=PickResult(picked=1, missing=1))
NONE_LEFT = Rejected(code="not_there", reason="the shelf is empty")
TEA = Money(1065 + 75, "EUR")
MUGS = Money(2000 + 380, "EUR")


def test_a_short_pick_is_tried_again_until_the_rest_turns_up(store: Store) -> None:
    """Nothing is cancelled before patience runs out."""
    store.script.plan("pick 1", SHORT, SHORT)  # type: ignore[arg-type]
    order = store.sold("credit_card")

    assert len(store.script.times("pick 1")) == 3
    assert order.total == TOTAL
    assert store.violations_at_rest(order) == []


def short_of_mugs(store: Store, kind: str) -> Order:
    """Sell a basket of which one line stays short."""
    store.script.plan("pick 1", *[SHORT] * 20)  # type: ignore[list-item]
    order = store.sold(kind)
    mugs, tea = order.items
    assert (mugs.state, tea.state) == (ItemState.CANCELLED, ItemState.PICKED)
    assert order.total == TEA
    return order


@pytest.mark.parametrize("kind", ["debit_card", "wallet", "bank_transfer"])
def test_money_taken_at_once_for_a_line_that_cannot_be_had_goes_back(
    store: Store, kind: str
) -> None:
    """With its share of the tax; the goods are free for others."""
    order = short_of_mugs(store, kind)

    assert order.balance.refunded == MUGS
    assert store.available() == {"mug": 5, "tea": 7}
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["credit_card", "tokenized_card"])
def test_of_held_money_only_what_is_sent_is_taken_and_the_rest_is_let_go(
    store: Store, kind: str
) -> None:
    """One capture of the lines that are left; no refund is needed."""
    order = short_of_mugs(store, kind)

    assert store.till.taken(order.id) == order.balance.captured == TEA
    assert order.balance.refund_requested.is_zero
    assert store.till.held(order.id).is_zero
    assert "payment.voided" in store.kinds(order)
    assert store.violations_at_rest(order) == []


def test_who_pays_at_the_door_pays_for_what_was_sent(store: Store) -> None:
    """The old total is refused."""
    order = short_of_mugs(store, "cash_on_delivery")
    store.deliver(order)
    refused = store.cash(order, amount=TOTAL)
    assert isinstance(refused, Refusal)
    assert refused.code == "amount_differs"
    store.cash(order, amount=TEA)

    assert store.order(order).state == S.COMPLETED
    assert store.violations_at_rest(order) == []


def test_a_return_pays_back_what_was_kept_of_a_short_order(store: Store) -> None:
    """The share of the missing line went back before; together no more than was paid."""
    order = short_of_mugs(store, "debit_card")
    store.deliver(order)
    store.send_back(order)
    store.settle()

    assert store.order(order).balance.refunded == TOTAL
    assert store.on_hand() == {"mug": 5, "tea": 10}
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["cash_on_delivery", "credit_card", "debit_card", "wallet"])
def test_an_order_of_which_nothing_can_be_had_is_cancelled(store: Store, kind: str) -> None:
    """Money back, stock free, nothing packed."""
    store.script.plan("pick 1", NONE_LEFT)
    store.script.plan("pick 2", NONE_LEFT)
    order = store.sold(kind, to=S.CANCELLED)

    reasons = [r.reason for r in store.history(order) if r.dest == S.CANCELLED]
    assert reasons == ["none of the goods can be had"]
    assert store.available() == {"mug": 5, "tea": 10}
    assert not store.script.times("pack")
    assert store.violations_at_rest(order) == []


DEFECT = NotPacked(
    check=QualityCheck(defects=(Defect(item=ItemId("1"), quantity=1, reason="chipped"),))
)


@pytest.mark.parametrize("kind", ["cash_on_delivery", "credit_card", "debit_card"])
def test_goods_that_never_pass_their_check_end_the_order(store: Store, kind: str) -> None:
    """After some tries; what was picked is put back."""
    store.script.plan("pack", *[DEFECT] * 20)  # type: ignore[list-item]
    order = store.sold(kind, to=S.CANCELLED)

    assert len(store.script.times("pack")) == 6
    assert store.depot.out(order.id) == set()
    assert store.violations_at_rest(order) == []


def test_goods_that_pass_at_last_are_sent(store: Store) -> None:
    """A chipped mug is exchanged."""
    store.script.plan("pack", DEFECT)  # type: ignore[arg-type]
    order = store.sold("credit_card")
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize(
    "trouble",
    [Rejected(code="closed", reason="on strike"), *[Failed(code="later", reason="busy")]],
    ids=["refused", "busy for too long"],
)
def test_a_parcel_that_gets_no_label_ends_the_order(
    store: Store, trouble: Rejected | Failed
) -> None:
    """Before any money is taken of a card that only holds it."""
    store.script.plan("label", *[trouble] * 20)
    order = store.sold("credit_card", to=S.CANCELLED)

    assert store.till.taken(order.id).is_zero
    assert store.till.held(order.id).is_zero
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("code", ["insufficient_funds", "authorisation_expired", "declined"])
def test_a_capture_that_is_declined_calls_the_order_off(store: Store, code: str) -> None:
    """Goods do not leave unpaid; the label is void and the goods are on their shelf."""
    store.script.plan("capture", Rejected(code=code, reason="no"))
    order = store.sold("credit_card", to=S.CANCELLED)

    (declined,) = [entry for entry in order.ledger if entry.kind == "declined"]
    assert declined.code == code
    expired = ["payment-lapsed"] if code == "authorisation_expired" else []
    assert store.written(order) == ["confirmed", *expired]
    assert store.violations_at_rest(order) == []


def test_a_capture_is_tried_again_while_the_gateway_is_down(store: Store) -> None:
    """Under the same key."""
    store.script.plan("capture", *[Failed(code="gateway_down", reason="later")] * 3)
    order = store.sold("credit_card")

    keys = {key for verb, key, _ in store.script.calls if verb == "capture"}
    assert len(keys) == 1
    assert store.till.taken(order.id) == TOTAL
    assert store.violations_at_rest(order) == []


# -- called off --------------------------------------------------------------------------------

OF_EVERY_KIND = ("pick 1", "pick 2", "pack", "label")
KINDS = ("cash_on_delivery", "credit_card", "debit_card", "wallet")


@pytest.mark.parametrize("landed", [True, False], ids=["landed", "did not"])
@pytest.mark.parametrize(
    ("kind", "step"),
    [*((kind, step) for kind in KINDS for step in OF_EVERY_KIND), ("credit_card", "capture")],
)
def test_an_order_is_called_off_while_a_call_is_out(
    store: Store, step: str, kind: str, landed: bool
) -> None:
    """How it ended is found out first, then everything is taken back, whichever way it went."""
    store.script.plan(step, Lost() if landed else Unclear(reason="timeout"))
    order = store.confirmed(kind)
    store.work()
    assert store.order(order).state in (S.CONFIRMED, S.IN_FULFILMENT)
    store.cancel(order)
    store.settle()

    assert store.order(order).state == S.CANCELLED
    assert store.available() == store.on_hand() == {"mug": 5, "tea": 10}
    assert store.letters() == ()
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["credit_card", "debit_card", "wallet", "cash_on_delivery"])
def test_a_ready_order_that_the_carrier_does_not_take_can_be_called_off(
    store: Store, kind: str
) -> None:
    """Label void, goods back, money back, invoice credited."""
    store.script.plan("hand over", Rejected(code="closed", reason="on strike"))
    order = store.sold(kind, to=S.READY)
    store.cancel(order, caller=OPERATOR)
    store.settle()

    order = store.order(order)
    assert order.state == S.CANCELLED
    assert order.sale is not None
    assert order.sale.invoice is not None
    assert len(order.sale.credit_notes) == 1
    assert store.haulier.labels(order.id) == []
    assert store.violations_at_rest(order) == []


def test_the_carrier_gets_no_parcel_of_an_order_that_was_called_off(store: Store) -> None:
    """Not even when an operator has the parked hand-over tried again afterwards."""
    store.script.plan("hand over", Rejected(code="closed", reason="on strike"))
    order = store.sold("debit_card", to=S.READY)
    (letter,) = store.letters()
    store.cancel(order)
    store.settle()
    store.close_letter(letter)
    store.settle()

    assert not store.haulier.left(order.id)
    assert len(store.script.times("hand over")) == 1
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("how", ["retried", "resolved"])
def test_a_parked_hand_over_is_tried_again_or_done_by_hand(store: Store, how: str) -> None:
    """Either way the order has left, its goods are off the shelf and the customer is told."""
    store.script.plan("hand over", Rejected(code="closed", reason="on strike"))
    order = store.sold("credit_card", to=S.READY)
    (letter,) = store.letters()
    store.close_letter(letter, how)
    store.settle()

    order = store.order(order)
    assert order.state == S.SHIPPED
    assert store.on_hand() == {"mug": 3, "tea": 7}
    assert "shipped" in store.written(order)
    by_hand = [f"{S.SHIPPED}, parcel gone: False"] if how == "resolved" else []
    assert store.violations_at_rest(order) == by_hand


@pytest.mark.parametrize("answer", [Accepted(), Unclear(reason="timeout"), Lost()], ids=repr)
def test_what_is_being_handed_over_cannot_be_called_off(store: Store, answer: object) -> None:
    """Nobody could stop it; once it has left it can be sent back."""
    store.script.plan("hand over", answer)  # type: ignore[arg-type]
    order = store.confirmed("credit_card")
    store.work()
    assert store.order(order).state == S.READY
    refused = store.try_to_cancel(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "leaving"
    assert store.order(order).state == S.READY
    store.settle()

    assert isinstance(fault_of(lambda: store.cancel(order)), TransitionNotAllowed)
    assert store.violations_at_rest(order) == []


def test_an_order_called_off_while_its_number_is_asked_for_gets_no_invoice(store: Store) -> None:
    """An invoice that nobody credits would be taxed for nothing; the number goes to the next."""
    order = store.confirmed("debit_card")
    original = store.ports.numbers.next
    cancelled: list[str] = []

    class Slow:
        async def next(self, tenant: str, series: str) -> int:
            if not cancelled:
                cancelled.append(series)
                await _cancel(store, order)
            return await original(tenant, series)

    honest = store.ports
    store.ports = evolve(store.ports, numbers=Slow())
    store.settle()
    store.ports = honest

    order = store.order(order)
    assert cancelled
    assert order.state == S.CANCELLED
    assert order.sale is not None
    assert order.sale.invoice is None
    assert store.violations_at_rest(order) == []
    other = store.sold("debit_card", reference="other")
    assert other.sale is not None
    assert other.sale.invoice is not None
    assert other.sale.invoice.number == "INV-2026-000001"


async def _cancel(store: Store, order: Order) -> None:
    asked = CancelOrder(caller=CUSTOMER, order_id=order.id, reason="not needed")
    answer = await asked.run(store.ports)
    assert isinstance(answer, Order)


@pytest.mark.parametrize("step", ["put back", "void label", "void"])
def test_what_cannot_be_undone_waits_for_an_operator(
    open_store: Callable[..., Store], step: str
) -> None:
    """Tried again it works; the order is cancelled all along."""
    store = open_store()
    store.script.plan("capture", Rejected(code="declined", reason="no"))
    store.script.plan(step, Rejected(code="not_now", reason="come back later"))
    order = store.sold("credit_card", to=S.CANCELLED)
    assert [letter.forward for letter in store.letters()] == [False]
    store.help_out()
    store.settle(timedelta(hours=1))

    assert store.letters() == ()
    assert store.violations_at_rest(order) == []


def test_what_an_operator_has_let_go_by_hand_is_let_go_in_the_books(store: Store) -> None:
    """The provider's own desk did it."""
    store.script.plan("capture", Rejected(code="declined", reason="no"))
    store.script.plan("void", Rejected(code="not_now", reason="come back later"))
    order = store.sold("credit_card", to=S.CANCELLED)
    (letter,) = store.letters()
    store.close_letter(letter, "resolved")

    order = store.order(order)
    assert order.balance.authorised.is_zero
    assert not any(attempt.voids for attempt in order.balance.attempts)
