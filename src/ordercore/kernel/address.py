"""Where somebody lives or does business: a postal address."""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import personal_text

__all__ = ["PostalAddress", "address_text"]

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_MAX_LINES: Final = 4


def address_text(value: object, *, field: str) -> str:
    """Return ``value`` if it can stand on a parcel or an invoice: printable text, 1 to 200 long.

    Raises:
        InvalidInput: naming ``field``, when it is anything else.
    """
    return personal_text(value, field=field)


def _text(_instance: object, attribute: Any, value: Any) -> None:
    address_text(value, field=str(attribute.name))


def _lines(_instance: object, _attribute: Any, value: Any) -> None:
    if not isinstance(value, tuple) or not 1 <= len(value) <= _MAX_LINES:
        raise InvalidInput(
            field="lines", problem="not a tuple of lines", allowed=f"1 to {_MAX_LINES} lines"
        )
    for line in value:
        address_text(line, field="lines")


def _country(_instance: object, _attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or not _COUNTRY.fullmatch(value):
        raise InvalidInput(
            field="country", problem="is no country code", allowed="two capital letters (ISO 3166)"
        )


@frozen(kw_only=True, repr=False)
class PostalAddress:
    """A postal address; personal, so its repr says no more than the country.

    Attributes:
        lines: Street and number, and what else stands above the town; 1 to 4 lines.
        country: ISO 3166-1 alpha-2 code.

    Raises:
        InvalidInput: on construction, naming the part that cannot be used.
    """

    lines: tuple[str, ...] = field(validator=_lines)
    postcode: str = field(validator=_text)
    city: str = field(validator=_text)
    country: str = field(validator=_country)

    def __repr__(self) -> str:
        return f"PostalAddress(<hidden>, {self.country})"
