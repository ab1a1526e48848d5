"""Amounts of money for lines of an order, as a command line names them: ``2=9.90``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ordercore import Money, Order
from ordercore.kernel.errors import InvalidInput

__all__ = ["amounts"]


def amounts(given: Sequence[str] | None, order: Order, option: str) -> Iterator[tuple[str, Money]]:
    """Return the line and the amount of each, in the order's currency.

    Args:
        given: What was typed; None for nothing.
        order: Whose lines.
        option: What it was typed behind, for the fault.

    Raises:
        InvalidInput: one is not a line and an amount.
    """
    for text in given or ():
        line, equals, amount = text.partition("=")
        if not equals or not line:
            raise InvalidInput(
                field=option, problem=f"got {text[:40]!r}", allowed="a line and an amount: 2=9.90"
            )
        yield line, Money.parse(amount, order.currency, field=option)
