"""What an order costs is lowered after it was placed: money, papers and price agree (R5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from ordercore.domain.billing import CreditNote, Invoice
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind
from ordercore.domain.processes.retail import PriceCut, credit_notes_of, invoice_of
from ordercore.engine.saga import Failed, Rejected, Unclear
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import TOTAL, Store

KINDS = list(PaymentKind)
CASH = [kind for kind in KINDS if not PAYMENT_KINDS[kind].by_gateway]
CARDS = ["credit_card", "tokenized_card"]
AT_ONCE = [k for k in KINDS if PAYMENT_KINDS[k].by_gateway and k not in CARDS]


def euros(cents: int) -> Money:
    """Return an amount."""
    return Money(cents, "EUR")


MUGS_OFF = PriceCut(item="1", off=euros(501))
LESS: Final = euros(501 + 95)
"""With 19 percent on what is taken off, or on what is left: both round to the same here."""


def done(answer: Order | Refusal) -> Order:
    """Return the order of an answer that is no refusal."""
    assert isinstance(answer, Order), answer
    return answer


def refused(answer: Order | Refusal) -> str:
    """Return the code of a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def papers(order: Order) -> tuple[Invoice, tuple[CreditNote, ...]]:
    """Return its invoice and its credit notes."""
    invoice, notes = invoice_of(order), credit_notes_of(order)
    assert isinstance(invoice, Invoice), invoice
    assert not isinstance(notes, Refusal), notes
    return invoice, notes


def complete(store: Store, order: Order) -> Order:
    """Have an order that has left delivered, and paid where that is still to be done."""
    if store.order(order).state == S.SHIPPED:
        store.deliver(order)
    order = store.order(order)
    if order.state == S.DELIVERED:
        done(store.cash(order))
    store.settle()
    return store.order(order)


def kept(order: Order) -> Money:
    """Return what was kept of the customer's money."""
    sums = order.balance
    return sums.confirmed + sums.captured - sums.refunded


@pytest.mark.parametrize("kind", KINDS)
def test_before_the_invoice_the_invoice_says_the_new_price(store: Store, kind: str) -> None:
    """What was not taken is not taken; what was goes back. There is nothing to credit."""
    order = done(store.reprice(store.confirmed(kind), MUGS_OFF))
    assert order.total == TOTAL - LESS
    store.settle()

    order = complete(store, order)
    invoice, notes = papers(order)
    assert order.state == S.COMPLETED
    assert invoice.totals.gross == order.total == kept(order) == TOTAL - LESS
    assert invoice.draft.lines[0].allowance == euros(501)
    assert notes == ()
    assert order.balance.refunded == (LESS if kind in AT_ONCE else euros(0))
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", CARDS)
def test_of_held_money_less_is_taken_and_the_rest_is_let_go(store: Store, kind: str) -> None:
    """No refund is needed."""
    order = done(store.reprice(store.confirmed(kind), MUGS_OFF))
    store.settle()

    assert store.till.taken(order.id) == TOTAL - LESS
    assert store.till.held(order.id).is_zero
    assert "payment.voided" in store.kinds(order)
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("until", [S.SHIPPED, S.DELIVERED, S.COMPLETED])
def test_after_the_invoice_a_credit_note_says_exactly_the_difference(
    store: Store, kind: str, until: str
) -> None:
    """The invoice stays as it was; what had come in goes back."""
    order = store.sold(kind)
    before, _ = papers(order)
    if until == S.COMPLETED:
        order = complete(store, order)
    elif until == S.DELIVERED:
        store.deliver(order)
    answer = done(store.reprice(order, MUGS_OFF, why="wrong_price", note="7.49 each"))
    assert answer.total == TOTAL - LESS
    store.settle()
    order = store.order(order)
    if order.state != S.COMPLETED:
        order = complete(store, order)

    invoice, (note,) = papers(order)
    assert invoice == before
    assert note.totals.gross == LESS == invoice.totals.gross - order.total
    assert note.reason == "wrong price: 7.49 each"
    assert kept(order) == order.total == TOTAL - LESS
    assert store.violations_at_rest(order) == []
    assert "price-lowered" in store.written(order)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_returned_later_gives_back_what_is_left_of_it(store: Store, kind: str) -> None:
    """Money once, and the notes together credit the whole invoice."""
    order = store.sold(kind)
    order = complete(store, order)
    done(store.reprice(order, MUGS_OFF))
    store.settle()
    done(store.reprice(order, PriceCut(item="2", to=euros(1000)), MUGS_OFF))
    store.settle()
    store.send_back(order)
    store.settle()

    order = store.order(order)
    invoice, notes = papers(order)
    assert order.state == S.RETURNED
    assert kept(order).is_zero
    assert len(notes) == 3
    assert Money.total((n.totals.gross for n in notes), currency="EUR") == invoice.totals.gross
    assert Money.total((n.totals.tax for n in notes), currency="EUR") == invoice.totals.tax
    assert store.violations_at_rest(order) == []


def test_an_order_called_off_before_it_leaves_gives_back_what_is_left(store: Store) -> None:
    """Invoiced, repriced and then cancelled: the rest of the invoice is credited."""
    store.script.plan("hand over", *[Rejected(code="strike", reason="nobody drives")] * 20)
    order = store.sold("debit_card", to=S.READY)
    done(store.reprice(order, MUGS_OFF))
    store.settle()
    done(store.try_to_cancel(order))
    store.settle()

    order = store.order(order)
    _, notes = papers(order)
    assert order.state == S.CANCELLED
    assert kept(order).is_zero
    assert [note.totals.gross for note in notes] == [LESS, TOTAL - LESS]
    assert store.violations_at_rest(order, by_hand=True) == []


def test_a_line_that_is_then_not_to_be_had_takes_its_lower_price_along(store: Store) -> None:
    """What was paid for the line is what goes back for it."""
    store.script.plan("pick 1", Rejected(code="not_there", reason="the shelf is empty"))
    order = store.confirmed("debit_card")
    done(store.reprice(order, MUGS_OFF))
    store.settle()

    order = store.order(order)
    assert order.total == kept(order) == euros(1065 + 75)
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("early", [True, False])
def test_a_price_can_be_lowered_to_nothing(store: Store, kind: str, early: bool) -> None:
    """Then all goes back, or nothing is taken; and no lower."""
    order = store.confirmed(kind) if early else store.sold(kind)
    nothing = [PriceCut(item=str(n), to=euros(0)) for n in (1, 2)]
    assert done(store.reprice(order, *nothing)).total.is_zero
    store.settle()
    assert refused(store.reprice(order, PriceCut(item="1", off=euros(1)))) == "cannot_lower"
    store.deliver(order)
    store.settle()

    order = store.order(order)
    assert order.state == S.COMPLETED
    assert kept(order).is_zero
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", CASH)
def test_cash_may_still_be_what_the_paper_in_the_parcel_says(store: Store, kind: str) -> None:
    """Whoever asked for the old price pays the difference back; a third amount is refused."""
    order = store.sold(kind)
    done(store.reprice(order, MUGS_OFF))
    store.deliver(order)
    assert refused(store.cash(order, amount=TOTAL - euros(1))) == "amount_differs"
    done(store.cash(order, amount=TOTAL))
    store.settle()

    order = store.order(order)
    assert order.state == S.COMPLETED
    assert kept(order) == TOTAL - LESS
    assert store.violations_at_rest(order) == []


def _awaiting(store: Store) -> Order:
    return store.bought("wallet")


def _failed(store: Store) -> Order:
    store.script.plan("authorise", Rejected(code="declined", reason="no"))
    order = store.bought("credit_card")
    store.settle()
    return order


def _expired(store: Store) -> Order:
    store.script.plan("authorise", Rejected(code="gateway_down", reason="no"))
    order = store.bought("debit_card")
    store.settle()
    return order


def _in_fulfilment(store: Store) -> Order:
    store.script.plan("pack", *[Unclear(reason="nobody knows")] * 3)
    store.script.plan("find pack", *[Unclear(reason="nobody knows")] * 3)
    order = store.confirmed("credit_card")
    while store.order(order).state == S.CONFIRMED:
        store.work_a_little(1)
    return order


def _ready(store: Store) -> Order:
    store.script.plan("hand over", *[Failed(code="late", reason="no van")] * 2)
    order = store.confirmed("wallet")
    while store.order(order).state != S.READY:
        store.work_a_little(1)
    return order


def _delivered(store: Store) -> Order:
    order = store.sold("in_person")
    store.deliver(order)
    return order


def _cancelled(store: Store) -> Order:
    order = store.confirmed("wallet")
    store.try_to_cancel(order)
    return order


def _returned(store: Store) -> Order:
    order = complete(store, store.sold("wallet"))
    store.send_back(order)
    return order


STATES: Final[dict[S, tuple[Callable[[Store], Order], bool]]] = {
    S.AWAITING_PAYMENT: (_awaiting, True),
    S.PAYMENT_FAILED: (_failed, True),
    S.PAYMENT_EXPIRED: (_expired, True),
    S.CONFIRMED: (lambda store: store.confirmed("wallet"), True),
    S.IN_FULFILMENT: (_in_fulfilment, True),
    S.READY: (_ready, True),
    S.SHIPPED: (lambda store: store.sold("wallet"), True),
    S.DELIVERED: (_delivered, True),
    S.COMPLETED: (lambda store: complete(store, store.sold("wallet")), True),
    S.CANCELLED: (_cancelled, False),
    S.RETURNED: (_returned, False),
}


def test_every_state_an_order_can_be_found_in_is_tried() -> None:
    """``created`` is left in the batch that enters it."""
    assert set(STATES) == set(S) - {S.CREATED}


@pytest.mark.parametrize("state", STATES)
def test_in_every_state_it_is_lowered_or_refused(store: Store, state: S) -> None:
    """And whatever follows, price, papers and money agree in the end."""
    reach, possible = STATES[state]
    order = reach(store)
    assert store.order(order).state == state
    answer = store.reprice(order, MUGS_OFF)
    if not possible:
        assert refused(answer) == "not_repriceable"
    else:
        assert done(answer).total == TOTAL - LESS
        _go_on(store, order)
    store.settle()
    assert store.violations_at_rest(order) == []


def _go_on(store: Store, order: Order) -> None:
    if store.order(order).state == S.AWAITING_PAYMENT:
        assert store.pay_page(order)
        store.check(order)
    elif store.order(order).state in (S.PAYMENT_FAILED, S.PAYMENT_EXPIRED):
        done(store.retry(order))
    store.settle()
    now = store.order(order)
    assert now.state in (S.SHIPPED, S.DELIVERED, S.COMPLETED)
    done_now = complete(store, now) if now.state != S.COMPLETED else now
    assert kept(done_now) == TOTAL - LESS


def test_a_page_paid_at_the_old_price_gives_the_difference_back(store: Store) -> None:
    """The page was opened before; nobody can change what it asks for."""
    order = store.bought("bank_transfer")
    done(store.reprice(order, MUGS_OFF))
    store.pay_page(order)
    order = store.check(order)
    assert order.state == S.CONFIRMED
    store.settle()
    assert store.order(order).balance.refunded == LESS
    assert store.violations_at_rest(order) == []


def test_a_new_attempt_asks_for_the_new_price(store: Store) -> None:
    """And is granted for it."""
    order = _failed(store)
    done(store.reprice(order, MUGS_OFF))
    done(store.retry(order))
    store.settle()
    attempts = store.order(order).balance.attempts
    assert [attempt.requested for attempt in attempts] == [TOTAL, TOTAL - LESS]
    assert store.violations_at_rest(order) == []


CALLS = ("pick 1", "pack", "label", "capture", "void", "hand over", "give back", "letter")


@pytest.mark.parametrize("kind", ["credit_card", "debit_card", "wallet", "cash_on_delivery"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("lost", [False, True])
def test_lowered_in_the_middle_of_each_call_outside(kind: str, call: str, lost: bool) -> None:
    """The answer, which may be lost, arrives for an order that costs less by then."""
    store = Store()
    answers: list[Order | Refusal] = []
    order = store.confirmed(kind)
    if call == "give back":
        store.reprice(order, PriceCut(item="2", off=euros(7)))

    def meanwhile() -> Lost | None:
        answers.append(store.reprice(order, MUGS_OFF))
        return Lost() if lost else None

    store.script.plan(call, meanwhile)
    store.settle()
    order = store.order(order)
    assert order.state == S.SHIPPED
    assert all(isinstance(answer, Order) for answer in answers)
    order = complete(store, order)
    assert kept(order) == order.total
    assert store.violations_at_rest(order) == []
