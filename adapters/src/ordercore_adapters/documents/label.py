"""A shipping label of four by six inches, with the tracking number as Code 128.

For carriers that give a number and let the shop print; what a carrier prints itself is used as it
is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from attrs import field, frozen
from barcode.codex import Code128

from ordercore.domain.billing import Party
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.errors import InvalidInput
from ordercore_adapters.documents.fonts import Fonts, default_fonts
from ordercore_adapters.documents.paper import GREY, INK, Paper
from ordercore_adapters.documents.wording import WORDINGS, Tongue, Wording, tongue

__all__ = ["ShippingLabel", "shipping_label_pdf"]

_SIZE: Final = (101.6, 152.4)
_MARGIN: Final = 7.0
_QUIET_MODULES: Final = 10  # on either side of the bars, by ISO/IEC 15417
_BAR_HEIGHT: Final = 24.0
_LONGEST: Final = 35
_GRAMS: Final = 1000
_BARS_Y: Final = _SIZE[1] - _MARGIN - _BAR_HEIGHT - 16
_BARS_CLEAR: Final = 5.0  # between the address and the bars, with a rule in it
_ADDRESS_POINTS: Final = (14.0, 12.0, 10.0, 8.0, 6.5)
_BETWEEN: Final = 0.5


def _code_128(_instance: object, _attribute: object, value: str) -> None:
    if not value.isascii() or not value.isprintable() or not 0 < len(value) <= _LONGEST:
        raise InvalidInput(
            field="tracking",
            problem="cannot be written in bars",
            allowed=f"printable ASCII, 1 to {_LONGEST} characters",
        )


@frozen(kw_only=True, repr=False)
class ShippingLabel:
    """What a label says; personal, hidden from repr.

    Attributes:
        tracking: The carrier's number.
        service: The carrier's service, as it names it.
        name: Who receives it.
        address: Where.
        number: Which parcel of the shipment it is, from 1.
        count: How many there are.
        weight_g: Grams.
        shipped_on: Date of the sender's zone.

    Raises:
        InvalidInput: the number cannot be written as Code 128.
    """

    tracking: str = field(validator=_code_128)
    service: str
    sender: Party
    name: str
    address: PostalAddress
    number: int
    count: int
    weight_g: int
    shipped_on: date

    def __repr__(self) -> str:
        return f"ShippingLabel({self.tracking!r})"


def shipping_label_pdf(
    label: ShippingLabel,
    *,
    locale: str = "en",
    fonts: Fonts | None = None,
    wordings: Mapping[str, Wording] = WORDINGS,
) -> bytes:
    """Return a label as PDF/A-3, on one page; arguments and faults as of a packing slip.

    Raises:
        InvalidInput: also when the address is too long for a label.
    """
    told = tongue(locale, wordings)
    with Paper(
        title=label.tracking,
        author=label.sender.name,
        day=label.shipped_on,
        language=told.language,
        fonts=fonts or default_fonts(),
        size=_SIZE,
        margin=_MARGIN,
    ) as paper:
        _write_addresses(paper, label, told)
        _write_bars(paper, label.tracking)
        _write_foot(paper, label, told)
        return paper.finished()


def _write_addresses(paper: Paper, label: ShippingLabel, told: Tongue) -> None:
    left, width, words = paper.l_margin, paper.epw, told.words
    paper.write_in(GREY, 7)
    sender = ", ".join((label.sender.name, *told.address(label.sender.address)))
    paper.line_of(f"{words.sender}: {sender}", x=left, y=_MARGIN, width=width)
    paper.rule(paper.get_y() + 2)
    paper.write_in(INK, 20, style="B")
    paper.line_of(label.service.upper(), x=left, y=paper.get_y() + 5, width=width)
    paper.rule(paper.get_y() + 2)
    paper.write_in(GREY, 7)
    paper.line_of(words.deliver_to, x=left, y=paper.get_y() + 4, width=width)
    _write_recipient(paper, (label.name, *told.address(label.address)))


def _write_recipient(paper: Paper, texts: tuple[str, ...]) -> None:
    """Write in the largest letters that leave the bars free; nobody can scan what is overprinted.

    Raises:
        InvalidInput: the smallest are too large.
    """
    for points in _ADDRESS_POINTS:
        if paper.get_y() + 1 + _height(paper, texts, points) <= _BARS_Y - _BARS_CLEAR:
            break
    else:
        raise InvalidInput(
            field="address", problem="does not fit on a label", allowed="a shorter one"
        )
    for number, text in enumerate(texts):
        paper.write_in(INK, points, style="" if number else "B")
        paper.line_of(text, x=paper.l_margin, y=paper.get_y() + _BETWEEN, width=paper.epw)


def _height(paper: Paper, texts: tuple[str, ...], points: float) -> float:
    paper.write_in(INK, points, style="B")  # wider than the plain style, so there is room for both
    return sum(_BETWEEN + paper.height_of(text, width=paper.epw) for text in texts)


def _write_foot(paper: Paper, label: ShippingLabel, told: Tongue) -> None:
    left, half, y = paper.l_margin, paper.epw / 2, _SIZE[1] - _MARGIN - 5
    kilos = f"{label.weight_g // _GRAMS}.{label.weight_g % _GRAMS:03d}"
    parcel = told.words.parcel_of.format(
        number=label.number, count=label.count, weight=told.number(kilos)
    )
    paper.write_in(GREY, 8)
    paper.line_of(parcel, x=left, y=y, width=half)
    day = told.day(label.shipped_on)
    paper.line_of(day, x=left + half, y=y, width=half, align="R")


def _write_bars(paper: Paper, tracking: str) -> None:
    (modules,) = Code128(tracking).build()
    width = paper.epw / (len(modules) + 2 * _QUIET_MODULES)
    x, y = paper.l_margin + _QUIET_MODULES * width, _BARS_Y
    paper.rule(y - 4)
    paper.set_fill_color(0, 0, 0)
    at = 0
    while at < len(modules):
        end = at
        while end < len(modules) and modules[end] == "1":
            end += 1
        if end > at:
            paper.rect(x + at * width, y, (end - at) * width, _BAR_HEIGHT, style="F")
        at = max(end, at + 1)
    paper.write_in(INK, 11, style="B")
    paper.line_of(tracking, x=paper.l_margin, y=y + _BAR_HEIGHT + 1.5, width=paper.epw, align="C")
