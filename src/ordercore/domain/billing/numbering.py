"""Numbers of documents: one gapless series per seller, year and kind, and how a number is written.

A series is a name. Which number comes next is known to the store alone, which gives it out in the
transaction that stores the document (`ordercore.ports.Batch`); so no number is left out and none is
there twice.
"""

from __future__ import annotations

import re
from enum import StrEnum
from string import Formatter
from typing import Final

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id

__all__ = [
    "CREDIT_NOTE_NUMBERS",
    "DocumentKind",
    "DocumentNumber",
    "INVOICE_NUMBERS",
    "NumberFormat",
]

# Zeros in front, 18 digits at most.
_PADDED = re.compile(r"0([1-9]|1[0-8])d")


class DocumentKind(StrEnum):
    """What is numbered."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"


@frozen(kw_only=True)
class DocumentNumber:
    """One number that was given to one document.

    Attributes:
        series: The series it was taken from.
        seq: Its place there, from 1.
        text: As it is printed.
    """

    series: str
    seq: int
    text: str


def _check_pattern(_instance: object, _attribute: object, pattern: str) -> None:
    allowed = "text with {year} and {seq} once each, such as INV-{year}-{seq:06d}"
    try:
        parts = [part[1:] for part in Formatter().parse(pattern) if part[1] is not None]
    except (ValueError, TypeError):
        raise InvalidInput(field="pattern", problem="cannot be read", allowed=allowed) from None
    # Two documents of a series must never be written alike, so both have to be there; anything
    # else could reach into Python's objects, since the pattern is data.
    if sorted(str(name) for name, _, _ in parts) != ["seq", "year"]:
        raise InvalidInput(field="pattern", problem=f"{pattern!r} lacks a part", allowed=allowed)
    for name, spec, conversion in parts:
        padded = name == "seq" and _PADDED.fullmatch(spec or "")
        if conversion is not None or (spec and not padded):
            problem = f"{pattern!r} formats {name} in another way"
            raise InvalidInput(field="pattern", problem=problem, allowed=allowed)


@frozen(kw_only=True)
class NumberFormat:
    """How the numbers of one kind of document are written.

    Attributes:
        pattern: Text with ``{year}`` and ``{seq}`` (or ``{seq:06d}``) once each.

    Raises:
        InvalidInput: the pattern has other fields, or lacks one.
    """

    kind: DocumentKind
    pattern: str = field(validator=_check_pattern)

    def series(self, *, seller: str, year: int) -> str:
        """Return the name of the series of one seller and year.

        >>> INVOICE_NUMBERS.series(seller="shop-1", year=2026)
        'invoice/2026/shop-1'
        """
        return f"{self.kind}/{year}/{text_id(seller, field='seller')}"

    def number(self, *, seller: str, year: int, seq: int) -> DocumentNumber:
        """Return the number at one place of a series.

        Raises:
            InvalidInput: the place is not 1 or above.

        >>> INVOICE_NUMBERS.number(seller="shop-1", year=2026, seq=42).text
        'INV-2026-000042'
        """
        if type(seq) is not int or seq < 1:
            raise InvalidInput(field="seq", problem=f"got {seq!r}", allowed="1 or above")
        text = self.pattern.format(year=f"{year:04d}", seq=seq)
        return DocumentNumber(series=self.series(seller=seller, year=year), seq=seq, text=text)


INVOICE_NUMBERS: Final = NumberFormat(kind=DocumentKind.INVOICE, pattern="INV-{year}-{seq:06d}")
CREDIT_NOTE_NUMBERS: Final = NumberFormat(
    kind=DocumentKind.CREDIT_NOTE, pattern="CN-{year}-{seq:06d}"
)
