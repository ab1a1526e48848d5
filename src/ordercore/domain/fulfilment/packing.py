"""What goes into parcels, and what the check before it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from attrs import Attribute, field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, text_id
from ordercore.kernel.text import readable

__all__ = ["Defect", "PackedUnits", "Parcel", "QualityCheck", "hold_exactly"]


def _positive(_instance: object, attribute: Attribute[int], value: int) -> None:
    if type(value) is not int or value < 1:
        raise InvalidInput(field=attribute.name, problem=f"got {value!r}", allowed="1 or more")


@frozen(kw_only=True)
class PackedUnits:
    """So many units of one item.

    Raises:
        InvalidInput: there is not at least one unit.
    """

    item: ItemId
    quantity: int = field(validator=_positive)


@frozen(kw_only=True)
class Parcel:
    """One closed box.

    Attributes:
        id: The warehouse's name for it.
        weight_g: Grams, box included.
        contents: What is in it.

    Raises:
        InvalidInput: it has no name, no weight or no contents.
    """

    id: str
    weight_g: int = field(validator=_positive)
    contents: tuple[PackedUnits, ...]

    def __attrs_post_init__(self) -> None:
        text_id(self.id, field="id")
        if not self.contents:
            raise InvalidInput(field="contents", problem="is empty", allowed="one item or more")


def hold_exactly(parcels: Iterable[Parcel], asked: Iterable[PackedUnits]) -> bool:
    """Return whether the parcels together hold what was asked for, to the unit, and nothing else.

    A customer pays for what was asked for, so nothing may leave of which this is not true.
    """
    inside = (units for parcel in parcels for units in parcel.contents)
    return _pieces(inside) == _pieces(asked)


def _pieces(units: Iterable[PackedUnits]) -> Counter[ItemId]:
    counted = Counter[ItemId]()
    for each in units:
        counted[each.item] += each.quantity
    return counted


@frozen(kw_only=True)
class Defect:
    """Units that must not go out.

    Attributes:
        reason: What is wrong with them, for a person.

    Raises:
        InvalidInput: there is not at least one unit.
    """

    item: ItemId
    quantity: int = field(validator=_positive)
    reason: str = field(converter=readable)


@frozen(kw_only=True)
class QualityCheck:
    """What somebody saw who looked at the picked units; passed when nothing is wrong with any."""

    defects: tuple[Defect, ...] = ()

    @property
    def passed(self) -> bool:
        """True when everything may go out."""
        return not self.defects
