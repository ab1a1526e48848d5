"""Who buys what and where it goes: told to those who need it, found nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from attrs import evolve

from ordercore.app import ListDeadLetters, OrderHistory
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Failed, Rejected, Unclear
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.result import Refusal
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import ADDRESS, CARRIER, MAIL, SECRET_TOKEN, Store, a_basket
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT

PERSONAL = (MAIL, "Ann Sentinel", ADDRESS.lines[0], ADDRESS.postcode)
NEVER = (*PERSONAL, SECRET_TOKEN)


def told(store: Store, order: Order) -> Iterator[tuple[str, str]]:
    """Everything that is written or shown to others, with where it was found."""
    rows = store.tables.of(TENANT)
    for record in store.handle(OrderHistory(caller=OPERATOR, order_id=order.id)):
        yield "audit", repr(evolve(record, personal=None, salt=None))
    for envelope in rows.outbox[order.id].values():
        yield "outbox", repr(envelope)
    for sent in store.broker.events:
        yield "broker", repr(sent)
    for saga in rows.sagas.values():
        yield "saga", repr(saga)
    for letter in rows.letters.values():
        yield "dead letter", repr(letter)
    for movements in rows.movements.values():
        yield "stock", repr(movements)
    yield "dead letters", repr(store.handle(ListDeadLetters(caller=OPERATOR, status=None)))
    yield "repr of the order", repr(store.order(order))
    yield "repr of the basket", repr(a_basket())
    for kind, requests in (
        ("label", store.haulier.books.labels),
        ("letter", store.mailbox.letters),
        ("authorisation", store.till.books.authorised),
        ("capture", store.till.books.captured),
        ("notification", store.post.notes),
    ):
        yield f"repr of a {kind}", repr(requests)


def plain(store: Store) -> Order:
    """Nothing goes wrong."""
    order = store.sold("credit_card")
    store.deliver(order)
    store.send_back(order)
    return order


def troubled(store: Store) -> Order:
    """Everything goes wrong at first, and some of it for good."""
    store.script.plan("authorise", Lost())
    store.script.plan("pick 1", Failed(code="short", reason="look again"), Lost())
    store.script.plan("label", Rejected(code="bad_address", reason="unknown street"))
    store.script.plan("void", Rejected(code="busy", reason="call us"))
    order = store.bought("credit_card")
    store.settle()
    return order


def late(store: Store) -> Order:
    """Paid late, so that the order is brought back to life by the payment itself."""
    store.script.plan("authorise", Lost())
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 1000)
    order = store.bought("debit_card")
    store.run(until=order.created_at.replace(minute=20))
    store.script.plans.clear()
    store.settle()
    assert S.PAYMENT_EXPIRED in store.states(order)
    return order


def undeliverable(store: Store) -> Order:
    """The carrier brings it back."""
    order = store.sold("cash_on_delivery")
    store.send_back(order, caller=CARRIER, undeliverable=True)
    return order


def unpaid(store: Store) -> Order:
    """A page that was never paid on."""
    order = store.bought("wallet")
    store.settle()
    store.cancel(order)
    return order


@pytest.mark.parametrize("story", [plain, troubled, late, undeliverable, unpaid])
def test_neither_name_nor_address_nor_token_is_told_where_it_is_not_needed(
    store: Store, story: Callable[[Store], Order]
) -> None:
    """In no event, no public part of the trail, no saga, no letter to operators, no repr."""
    order = story(store)
    store.settle()

    found = [
        (where, secret) for where, text in told(store, order) for secret in NEVER if secret in text
    ]
    assert found == []
    assert store.order(order).customer == MAIL


def test_no_fault_and_no_refusal_names_the_customer_or_the_token(store: Store) -> None:
    """Whatever is wrong with the request."""
    answers: list[object] = []
    for changes in (
        {"payment": "pebbles"},
        {"wanted": (("unicorn", 1),)},
        {"wanted": (("mug", 99),)},
        {"shown_total_minor": 1},
        {"reference": ""},
        {"currency": 7},
        {"customer": MAIL + "\n"},
    ):
        try:
            answers.append(store.check_out(**{"payment": "credit_card", **changes}))  # type: ignore[arg-type]
        except OrderCoreError as fault:
            answers.append(f"{fault!r} {fault}")
    assert all(isinstance(answer, (Refusal, str)) for answer in answers)

    assert not [each for each in answers for secret in NEVER if secret in repr(each)]


def test_those_who_need_them_get_name_and_address(store: Store) -> None:
    """The carrier prints them, the letter is addressed with them, and nobody else has them."""
    order = store.sold("credit_card")
    (label,) = store.haulier.books.labels.values()

    assert (label.name, label.address) == ("Ann Sentinel", ADDRESS)
    assert {letter.recipient for letter in store.mailbox.letters.values()} == {MAIL}
    assert order.sale is not None
    assert order.sale.deliver_to is not None
    assert CUSTOMER.tenant == order.tenant
