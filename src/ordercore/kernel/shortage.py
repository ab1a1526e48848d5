"""What there was too little of."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Shortage"]


@frozen(kw_only=True)
class Shortage:
    """One move of stock that asked for more than there was.

    Attributes:
        sku: Of what.
        requested: Units that were asked for.
        available: The most it could have been: what is free to reserve, what the order still
            holds, or how much room is left.
        move: What was to happen to them, as a word such as ``reserve``.
    """

    sku: str
    requested: int
    available: int
    move: str = "reserve"

    def __str__(self) -> str:
        return f"{self.move} {self.requested} of {self.sku!r}, but {self.available} available"
