"""Whatever a field of a use case is given, the library answers in its own words, or does as asked.

Every public use case is taken, field by field; a new one joins by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta, timezone
from typing import Any, Final

import pytest
from attrs import NOTHING, astuple, evolve, fields, has
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore import app
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import Order, Recipient
from ordercore.domain.payments import Payment, PaymentToken
from ordercore.domain.processes import PROVISION, ItemRequest, OrderRequest
from ordercore.domain.processes.retail import Basket, BasketLine, PriceCut, SavedAddress
from ordercore.engine.messaging import Claim, DeadLetterStatus, WorkKind
from ordercore.engine.saga import Accepted, Rejected, call_key
from ordercore.kernel.errors import InvalidInput, OrderCoreError
from ordercore.kernel.money import Money
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal
from ordercore.ports import Password, Provisioned
from ordercore.testing.builders import a_vps, an_order_request
from ordercore.testing.fakes import START
from tests.unit.app.retail_shop import ADDRESS as TOWN
from tests.unit.app.retail_shop import CARRIER, TOTAL, Store, a_basket
from tests.unit.app.shop import OPERATOR, TENANT

USE_CASES: Final = {
    name: member
    for name, member in vars(app).items()
    if name in app.__all__ and has(member) and hasattr(member, "run")
}
FIELDS: Final = [(name, field.name) for name, kind in USE_CASES.items() for field in fields(kind)]
MANDATORY: Final = [
    (name, field.name)
    for name, kind in USE_CASES.items()
    for field in fields(kind)
    if field.default is NOTHING
]
# Wrong for every field there is: none takes a fraction, bytes, an object or a function.
WRONG: Final[tuple[object, ...]] = (object(), 19.2, b"x", {}, {"x"}, (7,), len)


OF_GOODS: Final = {
    "CheckOut",
    "CheckPayment",
    "ConfirmCash",
    "GetPaymentPage",
    "ProlongReservation",
    "ReportDelivery",
    "RepriceOrder",
    "ResendLetter",
    "RetryPayment",
    "SendBack",
    "UpdateStatus",
}


DISPUTED: Final = {"ReportChargeback", "ReportDisputeWon"}


def sound(name: str, shop: Store) -> dict[str, Any]:
    """Return what a use case must be given, in a shop with a parked refund.

    Its order waits for a payment; the one of a report, for the provider; one of goods is such that
    the use case has something to do.
    """
    if name in OF_GOODS:
        asked = _wanted(name, {"order_id": _of_goods(name, shop).id, **GOODS})
        by_operator = name in ("RepriceOrder", "ResendLetter")
        return asked | ({"caller": OPERATOR} if by_operator else {})
    paid = shop.paid()
    shop.script.plan("refund", Rejected(code="locked", reason="never"))
    shop.cancel(paid)
    shop.run()
    (letter,) = shop.letters()
    order = shop.submit(shop.place(reference="second"))
    if name == "ReportProvisioning":
        shop.script.plan("provision 1", Accepted())
        shop.pay(order)
        shop.work()
        order = shop.order(order)
    if name == "ReportRefundReturned":
        shop.close_letter(letter, "resolved")
        order = shop.order(paid)
    if name in DISPUTED:
        order = shop.pay(order)
    words = {
        "caller": OPERATOR,
        "order_id": order.id,
        "request": REQUEST,
        "reason": "why not",
        "reference": "P-2",
        "payment": next((entry.key for entry in order.ledger), "none"),
        "code": "10.4",
        "taken_at": START,
        "won_at": START,
        "refund": next((e.key for e in order.ledger if e.kind == "refunded"), "none"),
        "returned_at": START,
        "amount": Money(1000, "EUR"),
        "trigger": "hold",
        "letter_id": letter.id,
        "how": DeadLetterStatus.RETRIED,
        "note": "by hand",
        "sku": "A-1",
        "skus": ("A-1",),
        "quantity": 3,
        "key": _building(order),
        "attempt": 1,
        "outcome": Provisioned(resource="r-1", credentials=ADDRESS),
        "tenant": TENANT,
        "login": "ana@shop.example",
        "password": Password("three blind mice"),
        "new_password": Password("three seeing mice"),
        "saga_id": letter.saga_id,
        "branch": letter.branch,
        "step": letter.step,
        "wanted_at": shop.clock.now(),
        "claim": Claim(
            tenant=TENANT,
            kind=WorkKind.TIMER,
            subject=f"{order.id}/cancel",
            fence=1,
            touched=1,
            due_at=shop.clock.now(),
        ),
    }
    if name == "ReportDisputeWon":
        shop.handle(app.ReportChargeback(**_wanted("ReportChargeback", words)))
    return _wanted(name, words)


GOODS: Final[dict[str, Any]] = {
    "caller": CARRIER,
    "trigger": "deliver",
    "basket": a_basket("wallet", reference="another"),
    "payment": Payment(reference="cash-1", amount=TOTAL, at=START),
    "reason": "lost on the way",
    "letter": "confirmed",
    "lines": (PriceCut(item="1", off=Money(100, "EUR")),),
    "why": "goodwill",
}


def _of_goods(name: str, shop: Store) -> Order:
    if name == "RetryPayment":
        shop.script.plan("authorise", Rejected(code="declined", reason="no"))
        order = shop.bought("credit_card")
        shop.work()
        return order
    if name in ("ConfirmCash", "ReportDelivery", "ResendLetter", "SendBack", "UpdateStatus"):
        return shop.sold("cash_on_delivery")
    return shop.bought("wallet")


def _wanted(name: str, words: dict[str, Any]) -> dict[str, Any]:
    return {
        field.name: words[field.name]
        for field in fields(USE_CASES[name])
        if field.default is NOTHING
    }


def _building(order: Order) -> str:
    running = (saga.id for saga in order.sagas)
    return next((call_key(saga, "1", PROVISION, forward=True) for saga in running), "none")


def kept(shop: Store) -> Any:
    """Return a copy of every row; looking for a tenant's makes no row yet."""
    rows = {tenant: found for tenant, found in shop.tables._tenants.items() if any(astuple(found))}
    return deepcopy((rows, shop.tables.work._rows))


@pytest.mark.parametrize("name", USE_CASES)
def test_a_sound_use_case_is_made(name: str) -> None:
    """So the faults below are those of the one field that is spoiled."""
    assert USE_CASES[name](**sound(name, Store()))


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(("name", "field"), FIELDS, ids=lambda value: value)
def test_a_value_of_a_wrong_type_is_named_with_what_is_allowed(
    name: str, field: str, wrong: object
) -> None:
    """Already when the use case is made; of the value the fault says only its type."""
    asked = sound(name, Store()) | {field: wrong}
    with pytest.raises(InvalidInput) as caught:
        USE_CASES[name](**asked)
    assert caught.value.field == field
    assert caught.value.problem.startswith("got ")
    assert caught.value.allowed
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("name", "field"), MANDATORY, ids=lambda value: value)
def test_nothing_is_no_value_of_a_field_that_must_be_given(name: str, field: str) -> None:
    """None is told as what was given, not as something missing inside."""
    asked = sound(name, Store()) | {field: None}
    with pytest.raises(InvalidInput) as caught:
        USE_CASES[name](**asked)
    assert caught.value.field == field


TEXTS: Final = st.text(st.characters(exclude_categories=()), max_size=8) | st.sampled_from(
    [
        "",
        " ",
        "x" * 201,
        "x" * 2001,
        "a\0b",
        "a\nb",
        "half \ud800",
        "../..",
        "'; --",
        "open",
        "saga",
    ]
)


def _itself(junk: object) -> object:
    return junk


def _with(field: str) -> Callable[[Any], object]:
    return lambda junk: evolve(REQUEST, **{field: junk})


def _basket_with(field: str) -> Callable[[Any], object]:
    return lambda junk: evolve(BASKET, **{field: junk})


def _payment_with(field: str) -> Callable[[Any], object]:
    return lambda junk: evolve(GOODS["payment"], **{field: junk})


JUNK: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([-1, 0, 2**31, 2**63]),
        st.just(5000).map(lambda digits: 10**digits),  # more than Python would print
        st.just(5000).map(lambda digits: Money(10**digits, "EUR")),
        st.floats(),
        st.complex_numbers(),
        TEXTS,
        st.binary(max_size=4),
        st.datetimes(),
        st.datetimes(timezones=st.just(timezone(timedelta(hours=14)))),
        st.builds(object),
        st.sampled_from([OPERATOR, Money(1, "EUR"), WorkKind.SAGA, DeadLetterStatus.OPEN]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.lists(inner, max_size=2).map(tuple),
        st.dictionaries(TEXTS, inner, max_size=2),
    ),
    max_leaves=4,
)


REQUEST: Final = an_order_request(reference="third")
BASKET: Final[Basket] = GOODS["basket"]
ADDRESS: Final = Credentials(values={"hostname": "h.example"})
INSIDE: Final[dict[str, tuple[Callable[[Any], object], ...]]] = {
    "caller": (
        lambda junk: evolve(OPERATOR, tenant=junk),
        lambda junk: evolve(OPERATOR, actor=junk),
        lambda junk: evolve(OPERATOR, actor=Actor(junk, "operator")),
        lambda junk: evolve(OPERATOR, actor=Actor(OPERATOR.actor.id, junk)),
        lambda junk: evolve(OPERATOR, idempotency_key=junk),
        lambda junk: evolve(OPERATOR, correlation_id=junk),
    ),
    "request": (
        *(_with(field.name) for field in fields(OrderRequest)),
        lambda junk: evolve(REQUEST, items=(junk,)),
        lambda junk: evolve(REQUEST, items=(ItemRequest(type=junk, config={}),)),
        lambda junk: evolve(REQUEST, items=(ItemRequest(type="vps", config=junk),)),
        lambda junk: evolve(REQUEST, items=(evolve(a_vps(), config={"plan": junk}),)),
    ),
    "basket": (
        *(_basket_with(field.name) for field in fields(Basket)),
        lambda junk: evolve(BASKET, lines=(junk,)),
        lambda junk: evolve(BASKET, lines=(BasketLine(sku=junk, quantity=1),)),
        lambda junk: evolve(BASKET, lines=(BasketLine(sku="mug", quantity=junk),)),
        lambda junk: evolve(BASKET, deliver_to=SavedAddress(entry=junk)),
        lambda junk: evolve(BASKET, deliver_to=Recipient(name=junk, address=TOWN)),
        lambda junk: evolve(BASKET, deliver_to=Recipient(name="Ann", address=junk)),
    ),
    "payment": tuple(_payment_with(field.name) for field in fields(Payment)),
    "token": (PaymentToken,),
    "lines": (
        lambda junk: (junk,),
        lambda junk: (PriceCut(item=junk, off=Money(1, "EUR")),),
        lambda junk: (PriceCut(item="1", off=junk),),
        lambda junk: (PriceCut(item="1", to=junk),),
    ),
    "password": (Password,),
    "new_password": (Password,),
    "outcome": (
        lambda junk: Provisioned(resource=junk, credentials=ADDRESS),
        lambda junk: Provisioned(resource="r-1", credentials=junk),
        lambda junk: Provisioned(resource="r-1", credentials=Credentials(values=junk)),
    ),
}


@pytest.mark.parametrize("name", USE_CASES)
@given(data=st.data())
@settings(max_examples=60)
def test_junk_is_a_fault_or_a_refusal_that_wrote_nothing_or_it_was_no_junk(
    name: str, data: st.DataObject
) -> None:
    """Never an error of the language, which would say nothing to whoever asked."""
    shop = Store()
    asked = sound(name, shop)
    field = data.draw(st.sampled_from([each.name for each in fields(USE_CASES[name])]))
    make = data.draw(st.sampled_from([_itself, *INSIDE.get(field, ())]))
    junk = data.draw(JUNK)
    before = kept(shop)
    try:
        answer = shop.handle(USE_CASES[name](**asked | {field: make(junk)}))
    except OrderCoreError as fault:
        answer = fault
    if isinstance(answer, (OrderCoreError, Refusal)):
        assert kept(shop) == before


@pytest.mark.parametrize("name", ["ConfirmPayment", "ConfirmCash", "CheckOut"])
def test_a_number_that_nobody_could_write_down_is_told(name: str) -> None:
    """More digits than Python prints, in whatever place a number is expected."""
    shop = Store()
    asked = sound(name, shop)
    huge = 10**5000
    spoiled: dict[str, dict[str, Any]] = {
        "ConfirmPayment": {"amount": Money(huge, "EUR")},
        "ConfirmCash": {"payment": evolve(GOODS["payment"], amount=Money(huge, "EUR"))},
        "CheckOut": {"basket": evolve(BASKET, shown_total_minor=huge)},
    }
    with pytest.raises(InvalidInput, match="is too large"):
        USE_CASES[name](**asked | spoiled[name])
