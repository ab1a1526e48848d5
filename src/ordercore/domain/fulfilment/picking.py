"""What was found on the shelf and what was not."""

from __future__ import annotations

from attrs import Attribute, field, frozen

from ordercore.kernel.errors import InvalidInput

__all__ = ["PickResult"]


def _units(_instance: object, attribute: Attribute[int], value: int) -> None:
    if type(value) is not int or value < 0:
        raise InvalidInput(
            field=attribute.name, problem=f"got {value!r}", allowed="0 or more whole units"
        )


@frozen(kw_only=True)
class PickResult:
    """How a pick came out; both together are what was asked for.

    Attributes:
        picked: Units taken from the shelf, in the order's tray now.
        missing: Units that were not there.

    Raises:
        InvalidInput: a number is negative or no whole number.
    """

    picked: int = field(validator=_units)
    missing: int = field(default=0, validator=_units)

    @property
    def complete(self) -> bool:
        """True when nothing is missing."""
        return self.missing == 0
