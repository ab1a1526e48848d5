"""Split an amount over weights so that the parts add up to it exactly.

The method is largest remainder in integers: everyone gets the floor of the exact share, and the
units left over go one each to the largest remainders, the earliest first where they are equal.
No float takes part, so no unit is ever lost. A negative amount is split as the mirror image of the
positive one, so that a refund takes back exactly what the charge had put there.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ordercore.kernel.errors import CurrencyMismatch, InvalidInput
from ordercore.kernel.money import Money

__all__ = ["allocate", "allocate_with_limits"]


def allocate(money: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """Split ``money`` in proportion to ``weights``; the parts always add up to it.

    A weight of zero takes no share. Each part is within one minor unit of its exact share.

    Raises:
        InvalidInput: no weights, a weight that is negative or not a plain int, or all weights zero
            while there is something to split.

    >>> [str(part) for part in allocate(Money(100, "EUR"), [1, 1, 1])]
    ['0.34 EUR', '0.33 EUR', '0.33 EUR']
    """
    _check_weights(weights)
    shares = _largest_remainder(abs(money.amount_minor), weights)
    return _signed(shares, like=money)


def allocate_with_limits(
    money: Money, weights: Sequence[int], limits: Sequence[Money]
) -> tuple[tuple[Money, ...], Money]:
    """Split ``money`` by ``weights`` with no part larger than its limit.

    What a limit turns away is spread over the others by their weights, again and again, until
    nothing is left or nobody can take more. Limits bound the size of a part whatever the sign of
    ``money``: spreading minus five over a limit of three leaves minus two.

    Returns:
        The parts, and the rest that found no place; together they add up to ``money``.

    Raises:
        InvalidInput: as `allocate`, except that all-zero weights leave everything as the rest; or
            the number of limits differs from that of weights, or a limit is negative.
        CurrencyMismatch: a limit is in another currency than ``money``.
    """
    _check_weights(weights)
    caps = _check_limits(money, weights, limits)
    rest = abs(money.amount_minor)
    shares = [0] * len(weights)
    open_weights = list(weights)
    weight_left = sum(weights)
    for index in sorted(
        (index for index, weight in enumerate(weights) if weight),
        key=lambda index: Fraction(caps[index], weights[index]),
    ):
        # Filled in the order in which rising shares meet their limits. Once one share stays within
        # its limit, so does every later one: its limit is no smaller for its weight.
        if caps[index] * weight_left >= rest * weights[index]:
            break
        shares[index] = caps[index]
        rest -= caps[index]
        weight_left -= weights[index]
        open_weights[index] = 0
    if weight_left:
        spread = _largest_remainder(rest, open_weights)
        shares = [share + extra for share, extra in zip(shares, spread, strict=True)]
        rest = 0
    (rest_money,) = _signed((rest,), like=money)
    return _signed(shares, like=money), rest_money


def _largest_remainder(amount: int, weights: Sequence[int]) -> list[int]:
    if amount == 0:
        return [0] * len(weights)
    whole = sum(weights)
    if whole == 0:
        raise InvalidInput(
            field="weights", problem="are all zero", allowed="at least one positive weight"
        )
    shares = []
    remainders = []
    for weight in weights:
        share, remainder = divmod(amount * weight, whole)
        shares.append(share)
        remainders.append(remainder)
    left_over = amount - sum(shares)
    if left_over:
        largest_first = sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)
        for index in largest_first[:left_over]:
            shares[index] += 1
    return shares


def _signed(amounts: Sequence[int], *, like: Money) -> tuple[Money, ...]:
    sign = -1 if like.amount_minor < 0 else 1
    return tuple(Money(sign * amount, like.currency) for amount in amounts)


def _check_weights(weights: Sequence[int]) -> None:
    allowed = "whole numbers, zero or more"
    if not weights:
        raise InvalidInput(field="weights", problem="is empty", allowed="at least one weight")
    for index, weight in enumerate(weights):
        if type(weight) is not int:
            problem = f"got {type(weight).__name__}"
            raise InvalidInput(field=f"weights[{index}]", problem=problem, allowed=allowed)
        if weight < 0:
            raise InvalidInput(field=f"weights[{index}]", problem="is negative", allowed=allowed)


def _check_limits(money: Money, weights: Sequence[int], limits: Sequence[Money]) -> list[int]:
    if len(limits) != len(weights):
        raise InvalidInput(
            field="limits", problem=f"has {len(limits)} entries", allowed=f"{len(weights)}"
        )
    for index, limit in enumerate(limits):
        if limit.currency != money.currency:
            raise CurrencyMismatch(left=money.currency, right=limit.currency)
        if limit.is_negative:
            raise InvalidInput(
                field=f"limits[{index}]", problem="is negative", allowed="zero or more"
            )
    return [limit.amount_minor for limit in limits]
