from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.currency import CURRENCIES, exponent
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money, Rounding, round_ratio

AMOUNTS = st.one_of(st.integers(-(10**6), 10**6), st.integers(-(10**40), 10**40))
CODES = st.sampled_from(sorted(CURRENCIES))
MONEY = st.builds(Money, AMOUNTS, CODES)
EUROS = st.builds(Money, AMOUNTS, st.just("EUR"))


@given(money=MONEY)
def test_text_written_is_read_back_as_the_same_money(money: Money) -> None:
    """Writing and parsing are inverse for every currency and size."""
    assert money == Money.parse(money.decimal_text(), money.currency)


@given(money=MONEY)
def test_text_written_is_the_amount_shifted_by_the_exponent(money: Money) -> None:
    """The decimal module, as a foreign witness, reads the same value."""
    with localcontext() as context:
        context.prec = 100
        expected = Decimal(money.amount_minor).scaleb(-exponent(money.currency))

        assert expected == Decimal(money.decimal_text())


@given(text=st.text(alphabet="0123456789.-+eE_, \nNaI", max_size=12), currency=CODES)
def test_text_is_either_read_exactly_or_refused_as_invalid(text: str, currency: str) -> None:
    """No text raises anything but the documented fault, and what is read is its true value."""
    try:
        money = Money.parse(text, currency)
    except InvalidInput:
        return

    assert Fraction(text) == Fraction(money.amount_minor, 10 ** exponent(currency))


@given(a=EUROS, b=EUROS, c=EUROS)
def test_amounts_of_one_currency_form_a_group(a: Money, b: Money, c: Money) -> None:
    """Adding is associative and commutative, has a zero and an inverse."""
    zero = Money.zero("EUR")

    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + zero == a
    assert a - b == a + -b
    assert zero == a - a


@given(a=EUROS, b=EUROS)
def test_exactly_one_of_less_equal_and_more_holds(a: Money, b: Money) -> None:
    """The order is total and agrees with equality."""
    assert [a < b, a == b, a > b].count(True) == 1
    assert (a <= b) == (not a > b)
    assert (a >= b) == (not a < b)


@given(amounts=st.lists(EUROS, max_size=8))
def test_the_total_is_the_sum_in_any_order(amounts: list[Money]) -> None:
    """Totals do not depend on the order of the lines."""
    assert Money.total(amounts, currency="EUR") == Money.total(reversed(amounts), currency="EUR")
    assert sum(a.amount_minor for a in amounts) == Money.total(amounts, currency="EUR").amount_minor


@given(money=EUROS, count=st.integers(0, 12))
def test_a_count_is_repeated_addition(money: Money, count: int) -> None:
    """Multiplying by a count never rounds."""
    assert Money.total([money] * count, currency="EUR") == money.times(count)


@pytest.mark.parametrize("rounding", list(Rounding))
@given(numerator=AMOUNTS, power=st.integers(0, 12))
def test_rounding_agrees_with_the_decimal_module(
    rounding: Rounding, numerator: int, power: int
) -> None:
    """The roundings carry the decimal module's names and must mean the same."""
    with localcontext() as context:
        context.prec = 100
        quotient = Decimal(numerator).scaleb(-power)
        expected = quotient.quantize(Decimal(1), rounding=f"ROUND_{rounding.name}")

    assert int(expected) == round_ratio(numerator, 10**power, rounding)


@pytest.mark.parametrize("rounding", list(Rounding))
@given(numerator=AMOUNTS, denominator=st.integers(1, 1000) | st.integers(-1000, -1))
def test_rounding_moves_by_less_than_one_and_keeps_whole_numbers(
    rounding: Rounding, numerator: int, denominator: int
) -> None:
    """Whatever the rounding, the result is a neighbour of the exact value."""
    exact = Fraction(numerator, denominator)
    rounded = round_ratio(numerator, denominator, rounding)

    assert abs(exact - rounded) < 1
    if exact.denominator == 1:
        assert exact == rounded


@given(money=EUROS, ratio=st.fractions(max_denominator=10**6))
def test_a_ratio_and_its_mirror_image_round_alike(money: Money, ratio: Fraction) -> None:
    """Half-even has no preferred sign, so refund and charge of one ratio cancel."""
    assert -money.times_ratio(ratio) == (-money).times_ratio(ratio)
