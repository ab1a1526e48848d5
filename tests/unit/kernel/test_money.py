from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from ordercore.kernel.errors import CurrencyMismatch, InvalidInput, UnknownCurrency
from ordercore.kernel.money import Money, Rounding, decimal_ratio, round_ratio


@pytest.mark.parametrize("amount", [True, False, 1.0, 1.5, float("nan"), "1", None, Decimal(1)])
def test_only_a_plain_int_is_an_amount(amount: object) -> None:
    """A bool, a float, a text and a Decimal are refused, never coerced."""
    with pytest.raises(InvalidInput) as caught:
        Money(amount, "EUR")  # type: ignore[arg-type]

    assert caught.value.field == "amount_minor"


@pytest.mark.parametrize("currency", ["eur", "XXX", "", "EU", None, 978, ["EUR"]])
def test_only_an_upper_case_iso_code_is_a_currency(currency: object) -> None:
    """Lower case is refused rather than corrected, and so is everything else."""
    with pytest.raises(UnknownCurrency):
        Money(1, currency)  # type: ignore[arg-type]


def test_money_cannot_be_changed_after_construction() -> None:
    """Neither field can be assigned and no field can be added."""
    money = Money(1, "EUR")

    with pytest.raises(FrozenInstanceError):
        money.amount_minor = 2  # type: ignore[misc]
    with pytest.raises((FrozenInstanceError, AttributeError)):
        money.note = "x"  # type: ignore[attr-defined]


def test_money_survives_pickling_copying_and_evolving() -> None:
    """The hand-written constructor serves the usual ways in which values are rebuilt."""
    money = Money(-105, "EUR")

    assert money == pickle.loads(pickle.dumps(money))
    assert money == copy.deepcopy(money)
    assert Money(7, "EUR") == evolve(money, amount_minor=7)


def test_evolving_checks_as_construction_does() -> None:
    """No path leads around the constructor's checks."""
    with pytest.raises(InvalidInput):
        evolve(Money(1, "EUR"), amount_minor=1.5)  # type: ignore[arg-type]


def test_equal_amounts_in_two_currencies_are_not_equal() -> None:
    """Equality takes the currency into account, also for zero."""
    assert Money(0, "EUR") != Money(0, "USD")
    assert len({Money(5, "EUR"), Money(5, "USD"), Money(5, "EUR")}) == 2


def test_money_does_not_equal_or_add_to_a_number() -> None:
    """A bare number has no currency, so meeting one is a programming error."""
    assert Money(5, "EUR") != 5  # type: ignore[comparison-overlap]
    with pytest.raises(TypeError):
        Money(5, "EUR") + 5  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(5, "EUR") - 5  # type: ignore[operator]


def test_money_cannot_be_multiplied_or_divided_by_an_operator() -> None:
    """Multiplying names its rounding and splitting names its weights; an operator does neither."""
    with pytest.raises(TypeError):
        Money(5, "EUR") * 2  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(5, "EUR") / 2  # type: ignore[operator]


@pytest.mark.parametrize(
    "meet",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: Money.total([a, b], currency="EUR"),
    ],
    ids=["add", "subtract", "lt", "le", "gt", "ge", "total"],
)
def test_two_currencies_never_meet_silently(meet: object) -> None:
    """Every operation on two amounts refuses different currencies, and names both."""
    assert callable(meet)
    with pytest.raises(CurrencyMismatch) as caught:
        meet(Money(1, "EUR"), Money(1, "USD"))

    assert (caught.value.left, caught.value.right) == ("EUR", "USD")


@pytest.mark.parametrize(
    "compare",
    [lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b],
    ids=["lt", "le", "gt", "ge"],
)
def test_money_has_no_order_with_a_number(compare: object) -> None:
    """Comparing with a bare number is a type error, not a guess."""
    assert callable(compare)
    with pytest.raises(TypeError):
        compare(Money(1, "EUR"), 1)


def test_amounts_of_one_currency_are_ordered_by_size() -> None:
    """All four comparisons agree about less, equal and more."""
    small, large = Money(-5, "EUR"), Money(3, "EUR")

    assert small < large
    assert small <= large
    assert large > small
    assert large >= small
    assert small <= Money(-5, "EUR") <= small
    assert not small < Money(-5, "EUR")
    assert [small, large] == sorted([large, small])


def test_arithmetic_stays_exact_beyond_what_a_float_can_hold() -> None:
    """One minor unit is not lost beside a very large amount."""
    huge = 10**30

    assert Money(huge + 1, "EUR") == Money(huge, "EUR") + Money(1, "EUR")
    assert Money(1, "EUR") == Money(huge + 1, "EUR") - Money(huge, "EUR")


def test_sign_helpers_tell_negative_zero_and_positive_apart() -> None:
    """Negation, absolute value and the three questions agree."""
    debt = Money(-5, "EUR")

    assert Money(5, "EUR") == -debt == abs(debt)
    assert (debt.is_negative, debt.is_zero, debt.is_positive) == (True, False, False)
    assert (
        Money.zero("EUR").is_negative,
        Money.zero("EUR").is_zero,
        Money.zero("EUR").is_positive,
    ) == (False, True, False)
    assert (
        (-debt).is_negative,
        (-debt).is_zero,
        (-debt).is_positive,
    ) == (False, False, True)


def test_the_total_of_nothing_is_zero_in_the_named_currency() -> None:
    """An empty sum still has a currency, because the caller names it."""
    assert Money.zero("JPY") == Money.total([], currency="JPY")
    assert Money(6, "EUR") == Money.total((Money(n, "EUR") for n in (1, 2, 3)), currency="EUR")


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("12.34", "EUR", 1234),
        ("12.3", "EUR", 1230),
        ("12", "EUR", 1200),
        ("0", "EUR", 0),
        ("0.00", "EUR", 0),
        ("-0.00", "EUR", 0),
        ("-0.05", "EUR", -5),
        ("-12", "JPY", -12),
        ("1.234", "KWD", 1234),
        ("1.2", "KWD", 1200),
        ("0.0001", "CLF", 1),
        ("123456789012345678901234567890.12", "EUR", 12345678901234567890123456789012),
    ],
)
def test_plain_decimal_text_is_read_exactly(text: str, currency: str, amount_minor: int) -> None:
    """Each currency's own number of decimals decides what the text means."""
    assert Money(amount_minor, currency) == Money.parse(text, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".5",
        "5.",
        "+5",
        "--5",
        "1e3",
        "1E3",
        "NaN",
        "Infinity",
        "1,000.00",
        "1.000,00",
        "1_000",
        "1'000",
        " 1",
        "1 ",
        "1\n",
        "007",
        "0x10",
        "1/2",
        "\u0663",
        "\uff11",
        "\u22125",
        "12.345",
        "12.340",
        "9" * 200,
    ],
)
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    """Exponents, separators, blanks, foreign digits, too many decimals and sheer length."""
    with pytest.raises(InvalidInput) as caught:
        Money.parse(text, "EUR", field="price")

    assert caught.value.field == "price"


@pytest.mark.parametrize("value", [12, 12.5, None, b"12", Decimal("12")])
def test_only_text_is_parsed(value: object) -> None:
    """A float that found its way here is refused with its type, not formatted and read."""
    with pytest.raises(InvalidInput, match=type(value).__name__):
        Money.parse(value, "EUR")  # type: ignore[arg-type]


def test_too_many_decimals_are_refused_with_what_is_allowed() -> None:
    """The message says how many decimals the currency has."""
    with pytest.raises(InvalidInput) as caught:
        Money.parse("5.0", "JPY")

    assert caught.value.allowed == "at most 0 in JPY"


def test_parsing_into_an_unknown_currency_is_refused() -> None:
    """The currency is checked before the text."""
    with pytest.raises(UnknownCurrency):
        Money.parse("1", "eur")


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (1234, "EUR", "12.34 EUR"),
        (5, "EUR", "0.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "EUR", "0.00 EUR"),
        (-7, "JPY", "-7 JPY"),
        (0, "JPY", "0 JPY"),
        (1, "KWD", "0.001 KWD"),
        (-12345, "CLF", "-1.2345 CLF"),
    ],
)
def test_money_is_written_with_all_its_decimals(
    amount_minor: int, currency: str, text: str
) -> None:
    """The number of decimals is that of the currency, also for small and negative amounts."""
    assert text == str(Money(amount_minor, currency))
    assert text.split(maxsplit=1)[0] == Money(amount_minor, currency).decimal_text()


def test_a_count_multiplies_exactly_and_must_be_whole() -> None:
    """Counting is not rounding: a bool or a float count is refused."""
    assert Money(-30, "EUR") == Money(10, "EUR").times(-3)
    for count in (True, 1.5, "2", Fraction(2)):
        with pytest.raises(InvalidInput):
            Money(10, "EUR").times(count)  # type: ignore[arg-type]


def test_twelve_months_less_twenty_percent_of_the_seed_prices_is_exact() -> None:
    """A yearly price comes from whole numbers and one named rounding."""
    assert Money(19296, "EUR") == Money(2010, "EUR").times(12).times_ratio("0.8")


def test_a_ratio_is_exact_text_or_fraction_and_never_a_float() -> None:
    """A tenth and a third are both exact; 0.1 as a float is refused."""
    assert Money(10, "EUR") == Money(100, "EUR").times_ratio("0.1")
    assert Money(33, "EUR") == Money(100, "EUR").times_ratio(Fraction(1, 3))
    for ratio in (0.1, 1, True, None, "1/3", "1e-1"):
        with pytest.raises(InvalidInput):
            Money(100, "EUR").times_ratio(ratio)  # type: ignore[arg-type]


def test_a_ratio_rounds_half_to_even_unless_told_otherwise() -> None:
    """Ties go to the even neighbour by default, and away from zero when asked."""
    assert Money(2, "EUR") == Money(5, "EUR").times_ratio("0.5")
    assert Money(3, "EUR") == Money(5, "EUR").times_ratio("0.5", rounding=Rounding.HALF_UP)
    assert Money(-2, "EUR") == Money(-5, "EUR").times_ratio("0.5")


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        # of -2.5, -1.5, -1.4, -1.6, 1.4, 1.6, 1.5, 2.5
        (Rounding.HALF_EVEN, (-2, -2, -1, -2, 1, 2, 2, 2)),
        (Rounding.HALF_UP, (-3, -2, -1, -2, 1, 2, 2, 3)),
        (Rounding.HALF_DOWN, (-2, -1, -1, -2, 1, 2, 1, 2)),
        (Rounding.DOWN, (-2, -1, -1, -1, 1, 1, 1, 2)),
        (Rounding.UP, (-3, -2, -2, -2, 2, 2, 2, 3)),
        (Rounding.FLOOR, (-3, -2, -2, -2, 1, 1, 1, 2)),
        (Rounding.CEILING, (-2, -1, -1, -1, 2, 2, 2, 3)),
    ],
)
def test_each_rounding_does_what_its_name_says(
    rounding: Rounding, expected: tuple[int, ...]
) -> None:
    """One row per rounding over ties and non-ties on both sides of zero."""
    tenths = (-25, -15, -14, -16, 14, 16, 15, 25)

    assert expected == tuple(round_ratio(n, 10, rounding) for n in tenths)


def test_every_rounding_has_a_row_above() -> None:
    """The table of expectations covers the enumeration."""
    assert len(Rounding) == 7


def test_rounding_by_zero_is_refused_and_a_negative_denominator_is_understood() -> None:
    """The sign belongs to the value, wherever it is written."""
    assert round_ratio(-5, 2, Rounding.FLOOR) == round_ratio(5, -2, Rounding.FLOOR) == -3
    with pytest.raises(InvalidInput):
        round_ratio(1, 0, Rounding.FLOOR)


def test_decimal_text_becomes_an_exact_ratio() -> None:
    """No binary fraction appears between text and value."""
    assert Fraction(1, 10) == decimal_ratio("0.1")
    assert Fraction(-43, 40) == decimal_ratio("-1.075")
    with pytest.raises(InvalidInput) as caught:
        decimal_ratio("20%", field="tax_rate")
    assert caught.value.field == "tax_rate"
