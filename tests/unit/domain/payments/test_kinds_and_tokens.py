"""Ways to pay as a table, failures as codes, and tokens that do not show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.payments import (
    FAILURE_CLASSES,
    PAYMENT_KINDS,
    CaptureTime,
    FailureClass,
    PaymentFailure,
    PaymentKind,
    PaymentToken,
    payment_terms,
)
from ordercore.kernel.errors import InvalidInput

# kind: a provider is called / a page is shown / when the money is taken / confirmed at once
SPOKEN = {
    "cash_on_delivery": (False, False, "on_delivery", True),
    "in_person": (False, False, "on_delivery", True),
    "credit_card": (True, False, "at_packing", False),
    "debit_card": (True, False, "at_once", False),
    "tokenized_card": (True, False, "at_packing", False),
    "bank_transfer": (False, True, "when_it_arrives", False),
    "voucher": (False, True, "when_it_arrives", False),
    "wallet": (False, True, "when_it_arrives", False),
}


def test_every_way_to_pay_has_its_terms() -> None:
    """Written down a second time, as the trade says it."""
    table = {
        kind.value: (terms.synchronous, terms.page, terms.captured.value, terms.confirmed_at_once)
        for kind, terms in PAYMENT_KINDS.items()
    }
    assert table == SPOKEN
    assert set(PAYMENT_KINDS) == set(PaymentKind)


@pytest.mark.parametrize("kind", PaymentKind)
def test_an_order_is_confirmed_at_once_or_somebody_is_asked(kind: PaymentKind) -> None:
    """Never neither, never both; a provider answers now or by a page."""
    terms = payment_terms(kind)
    assert terms.by_gateway is not terms.confirmed_at_once
    assert not (terms.synchronous and terms.page)
    assert terms.sale is (terms.captured in (CaptureTime.AT_ONCE, CaptureTime.WHEN_IT_ARRIVES))


def test_every_failure_belongs_to_one_class() -> None:
    """Only a lost answer is unknown, only a gateway that is down may be asked again at once."""
    classes = {failure: FAILURE_CLASSES[failure] for failure in PaymentFailure}
    unknown = [f for f, c in classes.items() if c is FailureClass.UNKNOWN]
    without = [f for f, c in classes.items() if c is FailureClass.WITHOUT_EFFECT]
    assert (unknown, without) == ([PaymentFailure.GATEWAY_TIMEOUT], [PaymentFailure.GATEWAY_DOWN])
    assert len(classes) == 6


def test_a_token_does_not_show() -> None:
    """In no text form, and still it is there for the provider."""
    token = PaymentToken("tok-secret-1")
    assert f"{token!r} {token} {[token]}" == (
        "PaymentToken(...) PaymentToken(...) [PaymentToken(...)]"
    )
    assert token.value == "tok-secret-1"
    assert token == PaymentToken("tok-secret-1")


@pytest.mark.parametrize(
    "number", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"]
)
def test_a_card_number_is_no_token(number: str) -> None:
    """It is refused without being repeated."""
    with pytest.raises(InvalidInput, match="card number") as refused:
        PaymentToken(number)
    assert number not in f"{refused.value!r} {refused.value.as_dict()}"


@pytest.mark.parametrize("value", ["", "  ", "a\nb", "x" * 201, 5])
def test_what_is_no_text_is_no_token(value: object) -> None:
    """And the refusal does not repeat it."""
    with pytest.raises(InvalidInput) as refused:
        PaymentToken(value)  # type: ignore[arg-type]
    assert refused.value.field == "token"
    assert "x" * 30 not in f"{refused.value!r}"


def test_numbers_that_are_no_card_may_be_tokens() -> None:
    """A wrong check digit, too few digits or too many."""
    for value in ("4111111111111112", "12345678901", "4" * 20):
        assert PaymentToken(value).value == value


@given(st.integers(10**11, 10**19 - 1))
def test_the_check_digit_decides(number: int) -> None:
    """Of ten numbers that differ in the last digit exactly one is a card number."""
    stem = str(number)[:-1]
    refused = 0
    for last in "0123456789":
        try:
            PaymentToken(stem + last)
        except InvalidInput:
            refused += 1
    assert refused == 1
