"""How a price came about, step by step.

Each step says by how many minor units it moved the running total of the line, rounded half-even.
So the steps always add up to the amount exactly, also where a rate has fractions of a minor unit
(a rounding difference shows in the step that caused it), and a discount is a negative step.
"""

from __future__ import annotations

from attrs import frozen

from ordercore.kernel.money import Money

__all__ = ["PricedLine", "Step"]


@frozen(kw_only=True)
class Step:
    """One summand of a price.

    Attributes:
        step: What it is for, for a person.
        amount_minor: What it adds, in minor units; negative for a discount.
    """

    step: str
    amount_minor: int


@frozen(kw_only=True)
class PricedLine:
    """The net price of one item for one billing period, and its explanation.

    Attributes:
        amount: Rounded once, half-even, to the minor unit.
        explain: The steps; their amounts add up to ``amount`` exactly.
    """

    amount: Money
    explain: tuple[Step, ...]
