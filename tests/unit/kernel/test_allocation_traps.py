"""Traps that order systems have fallen into when they spread money over lines."""

from __future__ import annotations

from ordercore.kernel.allocate import allocate, allocate_with_limits
from ordercore.kernel.money import Money, Rounding


def eur(*amounts: int) -> tuple[Money, ...]:
    """Return amounts in euro cents."""
    return tuple(Money(amount, "EUR") for amount in amounts)


def total(shares: tuple[Money, ...]) -> Money:
    """Return the sum of euro amounts."""
    return Money.total(shares, currency="EUR")


def test_an_order_discount_over_lines_adds_up_to_the_exact_discount() -> None:
    """Rounding each line's share on its own would give 9.99 of a discount of 10.00."""
    discount = Money(-1000, "EUR")
    shares = allocate(discount, [3333, 3333, 3333])

    assert eur(-334, -333, -333) == shares
    assert discount == total(shares)


def test_the_last_unit_survives_weights_that_floats_cannot_tell_apart() -> None:
    """With floats these weights have equal, zero remainders and the left-over unit is dropped."""
    weights = [2**53, 2**53 + 1, 2**53]
    assert float(weights[0]) == float(weights[1])

    shares = allocate(Money(100, "EUR"), weights)

    assert eur(33, 34, 33) == shares


def test_the_spread_cascades_from_order_to_line_to_unit_and_keeps_every_sum() -> None:
    """Each level splits its own exact share, so units add up to lines and lines to the order."""
    discount = Money(-100, "EUR")
    lines = {"shirt": (1999, 3), "socks": (499, 7), "gift": (0, 1)}

    by_line = allocate(discount, [price * count for price, count in lines.values()])
    by_unit = [
        allocate(share, [1] * count)
        for share, (_, count) in zip(by_line, lines.values(), strict=True)
    ]

    assert discount == total(by_line)
    assert list(by_line) == [total(units) for units in by_unit]


def test_lines_of_zero_quantity_or_zero_price_take_no_share() -> None:
    """A free gift or an emptied line must not carry part of the discount, not even one unit."""
    price_by_quantity = [(0, 5), (1000, 0), (1000, 1), (1000, 2)]
    weights = [price * quantity for price, quantity in price_by_quantity]

    assert eur(0, 0, -33, -67) == allocate(Money(-100, "EUR"), weights)


def test_an_order_of_only_free_lines_does_not_divide_by_zero() -> None:
    """Nothing to spread is no fault, and with room nowhere all of it is the rest."""
    assert eur(0, 0) == allocate(Money.zero("EUR"), [0, 0])
    assert (eur(0, 0), Money(-500, "EUR")) == allocate_with_limits(
        Money(-500, "EUR"), [0, 0], eur(0, 0)
    )


def test_no_line_is_discounted_below_its_floor_and_the_rest_moves_on_repeatedly() -> None:
    """The first re-spread pushes a second line to its floor; a single pass would stop there."""
    room_above_floor = eur(50, 210, 2000)
    shares, rest = allocate_with_limits(Money(-600, "EUR"), [1000, 1000, 1000], room_above_floor)

    assert eur(-50, -210, -340) == shares
    assert rest.is_zero


def test_a_discount_that_no_line_can_take_is_reported_and_not_lost() -> None:
    """When every line is at its floor, what remains of the discount is handed back."""
    shares, rest = allocate_with_limits(Money(-600, "EUR"), [1000, 1000], eur(100, 200))

    assert eur(-100, -200) == shares
    assert Money(-300, "EUR") == rest


def test_a_fixed_discount_above_the_subtotal_clamps_at_zero() -> None:
    """Limits equal to the line totals bring each line to zero and never below."""
    lines = eur(300, 200)
    shares, rest = allocate_with_limits(
        Money(-1000, "EUR"), [line.amount_minor for line in lines], lines
    )

    assert eur(0, 0) == tuple(line + share for line, share in zip(lines, shares, strict=True))
    assert Money(-500, "EUR") == rest


def test_tax_rounded_on_the_total_is_distributed_and_not_recomputed_per_line() -> None:
    """Three lines of 0.22 tax each by themselves 0.05, but together 0.14 and not 0.15."""
    lines = eur(22, 22, 22)
    rate = "0.21"
    tax = total(lines).times_ratio(rate)

    assert Money(14, "EUR") == tax
    assert Money(15, "EUR") == total(tuple(line.times_ratio(rate) for line in lines))
    assert eur(5, 5, 4) == allocate(tax, [line.amount_minor for line in lines])


def test_currencies_with_no_or_three_decimals_are_split_in_their_own_minor_unit() -> None:
    """Nothing assumes two decimals: yen have none, dinars three."""
    yen = allocate(Money.parse("100", "JPY"), [1, 1, 1])
    dinar = allocate(Money.parse("0.100", "KWD"), [1, 1, 1])

    assert [share.decimal_text() for share in yen] == ["34", "33", "33"]
    assert [share.decimal_text() for share in dinar] == ["0.034", "0.033", "0.033"]


def test_a_line_is_rounded_once_and_not_per_unit_first() -> None:
    """A third off 0.50 is 0.33 a unit; ten units cost 3.33, not ten times 0.33."""
    unit = Money(50, "EUR")
    line = unit.times(10).times_ratio("0.6667", rounding=Rounding.HALF_EVEN)
    unit_first = unit.times_ratio("0.6667", rounding=Rounding.HALF_EVEN).times(10)

    assert Money(333, "EUR") == line
    assert Money(330, "EUR") == unit_first


def test_refunding_units_takes_their_allocated_shares_and_not_a_divided_price() -> None:
    """The shares of three units give ten euros back; three times a divided price does not."""
    paid = Money(1000, "EUR")
    units = allocate(paid, [1, 1, 1])
    divided = Money(round(1000 / 3), "EUR")

    assert paid == total(units)
    assert Money(999, "EUR") == divided.times(3)
