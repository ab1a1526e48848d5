"""What is refused for orders of goods, with its code, and that nothing was written by it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from attrs import astuple, evolve

from ordercore.app import (
    Caller,
    CancelOrder,
    CheckOut,
    ConfirmCash,
    ConfirmPayment,
    ProlongReservation,
    PullTrigger,
    RedeliverCredentials,
    ReportDelivery,
    ResendLetter,
    RestoreOrder,
    RetryPayment,
    RevertPayment,
    SendBack,
    SubmitOrder,
    WithdrawOrder,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import Payment
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    IdempotencyKeyReused,
    InvalidInput,
    NotConfigured,
    NotFound,
    TransitionNotAllowed,
)
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.app.retail_shop import CARRIER, RULES, TOKEN, TOTAL, Store, a_basket, lines
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, fault_of


def kept(store: Store) -> Any:
    """Return a copy of every row."""
    rows = {tenant: rows for tenant, rows in store.tables._tenants.items() if any(astuple(rows))}
    return deepcopy((rows, store.tables.work._rows))


def refused(store: Store, act: Callable[[], object]) -> Refusal:
    """Return the refusal of an act that must leave every row as it is."""
    before = kept(store)
    answer = act()
    assert isinstance(answer, Refusal), answer
    assert kept(store) == before
    return answer


CHANGES: dict[str, dict[str, Any]] = {
    "payment": {"payment": "pebbles"},
    "currency": {"currency": "XXY"},
    "lines": {"lines": ()},
    "lines[0].sku": {"lines": lines(("unicorn", 1))},
    "lines[1].quantity": {"lines": lines(("mug", 1), ("tea", 0))},
    "lines[0].quantity": {"lines": lines(("mug", 1001))},
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_basket_that_cannot_be_sold_is_refused_with_what_is_wrong(
    store: Store, field: str
) -> None:
    """With what would be allowed."""
    basket = evolve(a_basket(), **CHANGES[field])
    asked = CheckOut(caller=CUSTOMER, basket=basket, token=TOKEN)
    answer = refused(store, lambda: store.handle(asked))

    assert answer.code == "validation_failed"
    assert field in {finding.field for finding in answer.findings}
    assert all(finding.allowed for finding in answer.findings)


def test_everything_that_is_wrong_is_told_at_once(store: Store) -> None:
    """One answer, every finding."""
    basket = a_basket(payment="pebbles", lines=lines(("unicorn", 0), ("mug", -1)))
    asked = CheckOut(caller=CUSTOMER, basket=basket)
    answer = refused(store, lambda: store.handle(asked))

    assert [finding.field for finding in answer.findings] == [
        "payment",
        "lines[0].sku",
        "lines[0].quantity",
        "lines[1].quantity",
    ]


@pytest.mark.parametrize("shown", [0, TOTAL.amount_minor - 1, TOTAL.amount_minor + 1])
def test_another_price_than_the_customer_saw_is_not_charged(store: Store, shown: int) -> None:
    """With both amounts; the price seen is accepted."""
    answer = refused(store, lambda: store.check_out(shown_total_minor=shown))
    assert answer.code == "price_changed"
    assert str(TOTAL) in answer.reason

    assert store.bought(shown_total_minor=TOTAL.amount_minor).state == S.CONFIRMED


@pytest.mark.parametrize("kind", ["credit_card", "debit_card", "tokenized_card"])
def test_a_card_without_a_token_is_not_asked(store: Store, kind: str) -> None:
    """Neither at the check-out nor at another attempt."""
    answer = refused(store, lambda: store.check_out(kind, token=None))
    assert answer.code == "token_missing"

    order = store.confirmed(kind)
    assert refused(store, lambda: store.retry(order, token=None)).code == "token_missing"


def test_without_a_seller_nothing_is_sold(open_store: Callable[..., Store]) -> None:
    """Nobody could write the invoice."""
    store = open_store(selling=evolve(RULES, seller=None))
    fault = fault_of(store.check_out)
    assert isinstance(fault, NotConfigured)
    assert not store.tables.of(TENANT).orders


def test_a_seller_that_cannot_invoice_is_found_before_anything_is_sold() -> None:
    """Not once the goods have left, with an invoice that nobody can print."""
    assert RULES.seller is not None
    with pytest.raises(InvalidInput, match="VAT id"):
        evolve(RULES, seller=evolve(RULES.seller, vat_id=None))


def test_a_reference_names_one_basket_for_good(store: Store) -> None:
    """The same again is that order as it is by then; anything else is a fault."""
    order = store.sold("credit_card")
    again = store.check_out("credit_card")
    assert not isinstance(again, Refusal)
    assert again.repeated
    assert again.order == order

    fault = fault_of(lambda: store.check_out("debit_card"))
    assert isinstance(fault, IdempotencyKeyReused)


def test_a_key_is_good_for_one_content(store: Store) -> None:
    """The refused basket, corrected, may use it again."""
    keyed = evolve(CUSTOMER, idempotency_key="k-1")
    assert isinstance(store.check_out(caller=keyed, wanted=(("mug", 99),)), Refusal)
    assert not isinstance(store.check_out(caller=keyed), Refusal)
    fault = fault_of(lambda: store.check_out(caller=keyed, reference="another"))
    assert isinstance(fault, IdempotencyKeyReused)


@pytest.mark.parametrize("role", ["customer"])
def test_what_carriers_and_cashiers_report_is_not_taken_from_customers(
    store: Store, role: str
) -> None:
    """Delivery, cash, and that a parcel cannot be delivered."""
    order = store.sold("cash_on_delivery")
    somebody = Caller.of(TENANT, "someone", role=role)
    for asked in (
        ReportDelivery(caller=somebody, order_id=order.id),
        SendBack(caller=somebody, order_id=order.id, reason="refused", undeliverable=True),
        SendBack(caller=somebody, order_id=order.id, reason="lost", lost=True),
    ):
        assert refused(store, lambda asked=asked: store.handle(asked)).code == "not_permitted"
    answer = refused(store, lambda: store.cash(order, caller=somebody))
    assert answer.code == "not_permitted"


def test_cash_is_taken_once_in_full_at_the_door(store: Store) -> None:
    """Every other report of cash is refused, or changes nothing."""
    order = store.confirmed("cash_on_delivery")
    assert refused(store, lambda: store.cash(order)).code == "not_on_delivery"
    store.settle()
    less = TOTAL - Money(1, "EUR")
    assert refused(store, lambda: store.cash(order, amount=less)).code == "amount_differs"
    other = Money(TOTAL.amount_minor, "USD")
    assert refused(store, lambda: store.cash(order, amount=other)).code == "amount_differs"
    store.cash(order)
    version = store.order(order).version
    assert isinstance(store.cash(order), Order)
    assert store.order(order).version == version
    answer = refused(store, lambda: store.cash(order, amount=less))
    assert answer.code == "payment_reference_reused"
    answer = refused(store, lambda: store.cash(order, reference="cash-2"))
    assert answer.code == "not_on_delivery"


def test_no_cash_is_taken_for_what_was_paid_by_card(store: Store) -> None:
    """The carrier has mixed up two parcels."""
    order = store.sold("credit_card")
    assert refused(store, lambda: store.cash(order)).code == "not_on_delivery"


def test_a_parcel_on_its_way_is_not_sent_back_by_its_customer(store: Store) -> None:
    """It has to be refused, lost or undeliverable."""
    order = store.sold("credit_card")
    answer = refused(store, lambda: store.send_back(order))
    assert answer.code == "still_on_its_way"


@pytest.mark.parametrize("kind", ["credit_card", "cash_on_delivery"])
def test_the_return_window_closes_to_the_second(store: Store, kind: str) -> None:
    """Fourteen days from the delivery."""
    order = store.sold(kind)
    store.deliver(order)
    delivered = store.clock.now()
    store.clock.set(delivered + RULES.return_window + timedelta(seconds=1))
    assert refused(store, lambda: store.send_back(order)).code == "return_window_closed"

    store.clock.set(delivered + RULES.return_window)
    assert isinstance(store.send_back(order), Order)


def test_no_operator_sends_a_parcel_back_in_place_of_customer_and_carrier(store: Store) -> None:
    """The table says who may."""
    order = store.sold("credit_card")
    store.deliver(order)
    answer = refused(store, lambda: store.send_back(order, caller=OPERATOR))
    assert answer.code == "not_permitted"


def test_no_operator_pays_in_place_of_a_customer(store: Store) -> None:
    """Another attempt is the customer's."""
    order = store.bought("voucher")
    store.settle(timedelta(hours=25))
    asked = RetryPayment(caller=OPERATOR, order_id=order.id)
    assert refused(store, lambda: store.handle(asked)).code == "not_permitted"
    assert store.available() == {"mug": 5, "tea": 10}


FROM_THE_END: tuple[Callable[[Order], Any], ...] = (
    lambda order: RetryPayment(caller=CUSTOMER, order_id=order.id, token=TOKEN),
    lambda order: CancelOrder(caller=CUSTOMER, order_id=order.id, reason="no"),
    lambda order: ReportDelivery(caller=CARRIER, order_id=order.id),
    lambda order: SendBack(caller=CUSTOMER, order_id=order.id, reason="no"),
)


def test_nothing_leads_on_from_the_end_of_an_order(store: Store) -> None:
    """A returned order stays returned, whoever asks for what."""
    order = store.sold("credit_card")
    store.deliver(order)
    store.send_back(order)
    store.settle()
    before = kept(store)
    for asked in FROM_THE_END:
        fault = fault_of(lambda asked=asked: store.handle(asked(order)))
        assert isinstance(fault, TransitionNotAllowed)
    assert kept(store) == before


def test_a_version_that_is_not_the_order_s_any_more_is_a_conflict(store: Store) -> None:
    """As for every other write."""
    order = store.sold("credit_card")
    asked = ReportDelivery(caller=CARRIER, order_id=order.id, expected_version=1)
    assert isinstance(fault_of(lambda: store.handle(asked)), ConcurrencyConflict)


OF_SERVICES: dict[str, Callable[[Order], Any]] = {
    "submit": lambda o: SubmitOrder(caller=CUSTOMER, order_id=o.id),
    "confirm": lambda o: ConfirmPayment(
        caller=SYSTEM, order_id=o.id, reference="P", amount=Money(1, "EUR")
    ),
    "revert": lambda o: RevertPayment(caller=OPERATOR, order_id=o.id, reason="x"),
    "restore": lambda o: RestoreOrder(caller=OPERATOR, order_id=o.id, reason="x"),
    "withdraw": lambda o: WithdrawOrder(caller=CUSTOMER, order_id=o.id, reason="x"),
    "redeliver": lambda o: RedeliverCredentials(caller=CUSTOMER, order_id=o.id),
    "pull": lambda o: PullTrigger(caller=OPERATOR, order_id=o.id, trigger="hold"),
    "pull a row of goods": lambda o: PullTrigger(caller=SYSTEM, order_id=o.id, trigger="ship"),
}
OF_GOODS: dict[str, Callable[[Order], Any]] = {
    "retry": lambda o: RetryPayment(caller=CUSTOMER, order_id=o.id, token=TOKEN),
    "prolong": lambda o: ProlongReservation(caller=CUSTOMER, order_id=o.id),
    "deliver": lambda o: ReportDelivery(caller=CARRIER, order_id=o.id),
    "cash": lambda o: ConfirmCash(
        caller=CARRIER,
        order_id=o.id,
        payment=Payment(reference="c", amount=o.total, at=o.created_at),
    ),
    "send back": lambda o: SendBack(caller=CUSTOMER, order_id=o.id, reason="no"),
    "resend": lambda o: ResendLetter(caller=CUSTOMER, order_id=o.id, letter="confirmed"),
}


@pytest.mark.parametrize("name", OF_SERVICES)
def test_what_is_for_services_is_refused_for_goods(store: Store, name: str) -> None:
    """Whatever state the order is in."""
    for order in (store.bought("wallet"), store.sold("debit_card", reference="R-2")):
        answer = refused(store, lambda o=order: store.handle(OF_SERVICES[name](o)))
        assert answer.code == "another_kind"


@pytest.mark.parametrize("name", OF_GOODS)
def test_what_is_for_goods_is_refused_for_services(store: Store, name: str) -> None:
    """Likewise."""
    for order in (store.place(reference="S-1"), store.paid(reference="S-2")):
        answer = refused(store, lambda o=order: store.handle(OF_GOODS[name](o)))
        assert answer.code == "another_kind"


def test_an_order_of_services_has_no_page_and_nothing_to_check(store: Store) -> None:
    """Asked all the same, it is answered."""
    order = store.submit(store.place())
    assert store.page(order) is None
    assert store.check(order) == order


def test_sellers_and_tenants_have_numbers_of_their_own(open_store: Callable[..., Store]) -> None:
    """Each begins with one; an order is found in its own tenant only."""
    store = open_store(selling=evolve(RULES, series="north"))
    order = store.sold("debit_card", wanted=(("mug", 1),))
    store.ports = evolve(store.ports, retail=evolve(RULES, series="south"))
    store.sold("debit_card", reference="R-2", wanted=(("mug", 1),))
    numbers = store.tables.of(TENANT).numbers

    assert sorted(numbers.values()) == [1, 1]
    assert {"north" in series for series in numbers} == {True, False}
    stranger = Caller.of("tenant-b", "alice")
    for asked in (
        CancelOrder(caller=stranger, order_id=order.id, reason="mine"),
        ReportDelivery(caller=Caller.of("tenant-b", "post", role="carrier"), order_id=order.id),
    ):
        assert isinstance(fault_of(lambda asked=asked: store.handle(asked)), NotFound)
