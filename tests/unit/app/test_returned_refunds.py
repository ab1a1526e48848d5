"""A refund comes back after it had arrived: it is paid once more, for goods and for services."""

from __future__ import annotations

from ordercore.app import ReportChargeback, ReportRefundReturned
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind
from ordercore.domain.processes.retail import PriceCut
from ordercore.engine.saga import Rejected
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_database, a_vps
from ordercore.testing.fakes import START
from tests.unit.app.reading import eur
from tests.unit.app.retail_shop import TOTAL, Store
from tests.unit.app.shop import CUSTOMER, SYSTEM, Caller, Shop
from tests.unit.app.test_retail_disputes import reference, taken
from tests.unit.app.test_retail_races import given_up_but_not_let_go

CLOSED = Rejected(code="account_closed", reason="no such account")


def back(
    shop: Shop, order: Order, amount: Money, *, refund: str | None = None, caller: Caller = SYSTEM
) -> Order | Refusal:
    """Report that the first refund of an order came back."""
    arrived = (e.key for e in shop.order(order).ledger if e.kind is EntryKind.REFUNDED)
    return shop.handle(
        ReportRefundReturned(
            caller=caller,
            order_id=order.id,
            refund=refund or next(arrived),
            amount=amount,
            returned_at=START,
        )
    )


def paid_twice(store: Store) -> Order:
    """Return an order that has left, of whose two payments one went back."""
    order = given_up_but_not_let_go(store)
    done(store.retry(order))
    (letter,) = store.letters()
    store.close_letter(letter)
    store.settle()
    now = store.order(order)
    assert (now.state, now.balance.refunded) == ("shipped", TOTAL)
    return now


def done(answer: Order | Refusal) -> Order:
    """Return the order; what was asked must not be refused."""
    assert isinstance(answer, Order), answer
    return answer


def refused(answer: Order | Refusal) -> str:
    """Return the code of a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def called_off(store: Store) -> Order:
    """Return an order of goods whose money has gone back."""
    order = store.confirmed("debit_card")
    store.cancel(order)
    store.settle()
    assert store.till.given_back(order.id) == TOTAL
    return store.order(order)


def test_it_is_paid_once_more_as_a_refund_of_its_own(store: Store) -> None:
    """Reported again, nothing happens."""
    order = called_off(store)
    store.till.books.refunded.clear()  # it came back to the provider first
    once = done(back(store, order, TOTAL))
    assert (once.balance.refunded, once.balance.outstanding) == (Money.zero("EUR"), TOTAL)
    assert done(back(store, order, TOTAL)) == once
    store.settle()
    now = store.order(order)
    assert (now.balance.refunded, now.balance.refundable) == (TOTAL, Money.zero("EUR"))
    assert store.till.given_back(order.id) == TOTAL
    (key,) = (entry.key for entry in now.ledger[-1:])
    assert [k for _, k in store.till.books.refunded] == [key]
    assert "billing.refund-returned" in [e.type for e in store.published(order)]


def test_refused_once_more_it_is_for_an_operator(store: Store) -> None:
    """Who pays it in another way and says so."""
    order = called_off(store)
    store.script.plan("give back", CLOSED)
    done(back(store, order, TOTAL))
    store.settle()
    (letter,) = store.letters()
    assert (letter.step, letter.code) == ("refund", "account_closed")
    store.close_letter(letter, "resolved")
    assert store.order(order).balance.refunded == TOTAL


def test_what_the_bank_has_taken_meanwhile_is_not_paid_once_more(store: Store) -> None:
    """It was gone twice; what came back makes that up."""
    order = called_off(store)
    done(taken(store, order, payment=reference(order)))
    now = done(back(store, order, TOTAL))
    assert (now.balance.gone_twice, now.balance.missing) == (Money.zero("EUR"), TOTAL)
    store.settle()
    assert store.till.given_back(order.id) == TOTAL


def test_an_order_that_is_sold_keeps_its_price_when_the_bank_was_quicker(store: Store) -> None:
    """The customer has what the price was lowered by from the bank; the refund comes back."""
    order = store.sold("wallet")
    store.reprice(order, PriceCut(item=ItemId("1"), off=eur(500)))
    store.settle()
    lowered = store.order(order).balance.refunded
    done(taken(store, order, lowered))
    store.till.books.refunded.clear()
    now = done(back(store, order, lowered))
    store.settle()
    assert now.balance.outstanding.is_zero
    assert store.order(order).balance.refundable == store.order(order).total
    assert store.till.given_back(order.id).is_zero


def test_one_payment_does_not_pay_the_refund_that_a_bank_has_made_of_another(store: Store) -> None:
    """Paid twice: the bank takes the surplus payment, and then the refund of it comes back."""
    order = paid_twice(store)
    surplus = next(e.source for e in order.ledger if e.kind is EntryKind.REFUNDED)
    done(taken(store, order, payment=surplus))
    store.till.books.refunded.clear()
    done(back(store, order, TOTAL))
    store.settle()
    now = store.order(order)
    assert now.state == "shipped"
    assert now.balance.refundable == now.total


def test_for_services_the_same(shop: Shop) -> None:
    """The refund of a cancelled order came back and goes out anew."""
    order = shop.paid()
    shop.cancel(order)
    shop.run()
    done(back(shop, order, eur(1000)))
    shop.run()
    assert shop.order(order).balance.refunded == eur(1000)
    assert [m.amount for m in shop.bank.movements] == [eur(1000), eur(1000)]


def test_what_the_bank_has_taken_for_a_lost_item_is_not_paid_once_more(shop: Shop) -> None:
    """What runs is paid for as before."""
    shop.script.plan("provision 1", Rejected(code="sold_out", reason="no"))
    order = shop.paid(a_vps(), a_database())
    shop.run()
    refunded = shop.order(order).balance.refunded
    assert refunded.is_positive
    report = ReportChargeback(
        caller=SYSTEM,
        order_id=order.id,
        payment=order.ledger[0].key,
        reference="case-1",
        amount=refunded,
        taken_at=START,
        code="10.4",
    )
    done(shop.handle(report))
    now = done(back(shop, order, refunded))
    shop.run()
    assert (now.balance.outstanding.is_zero, now.state) == (True, "fulfilled")
    assert now.balance.refundable == order.total - refunded


def test_what_comes_back_twice_is_paid_a_third_time_as_far_as_it_is_here(shop: Shop) -> None:
    """What the bank has taken is taken off once."""
    order = shop.paid()
    shop.cancel(order)
    shop.run()
    report = ReportChargeback(
        caller=SYSTEM,
        order_id=order.id,
        payment=order.ledger[0].key,
        reference="case-1",
        amount=eur(80),
        taken_at=START,
        code="10.4",
    )
    done(shop.handle(report))
    for amount in (1000, 920):
        refunded = [e for e in shop.order(order).ledger if e.kind is EntryKind.REFUNDED]
        done(back(shop, order, eur(amount), refund=refunded[-1].key))
        shop.run()
    now = shop.order(order)
    assert (now.balance.refunded, now.balance.refundable) == (eur(920), eur(0))


def test_what_cannot_be_is_refused(store: Store) -> None:
    """And nothing is written."""
    order = called_off(store)
    assert refused(back(store, order, TOTAL, refund="none")) == "unknown_refund"
    assert refused(back(store, order, TOTAL - Money(1, "EUR"))) == "refund_differs"
    assert refused(back(store, order, Money(TOTAL.amount_minor, "USD"))) == "refund_differs"
    assert refused(back(store, order, Money.zero("EUR"))) == "amount_not_positive"
    assert refused(back(store, order, TOTAL, caller=CUSTOMER)) == "not_permitted"
    assert store.order(order) == order
