"""The slip that lies in the parcel: what is inside, for whoever opens it; no prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import frozen
from fpdf.fonts import FontFace

from ordercore.domain.billing import Party
from ordercore.kernel.address import PostalAddress
from ordercore_adapters.documents.fonts import Fonts, default_fonts
from ordercore_adapters.documents.letterhead import closing_line, letterhead
from ordercore_adapters.documents.paper import GREY, INK, Paper
from ordercore_adapters.documents.wording import WORDINGS, Tongue, Wording, tongue

__all__ = ["PackingSlip", "SlipLine", "packing_slip_pdf"]


@frozen(kw_only=True)
class SlipLine:
    """One article in the parcels.

    Attributes:
        sku: The shop's article number.
    """

    sku: str
    name: str
    quantity: int


@frozen(kw_only=True, repr=False)
class PackingSlip:
    """What a packing slip says; personal, hidden from repr.

    Attributes:
        name: Who receives it.
        address: Where.
        parcels: How many parcels it is spread over.
        packed_on: Date of the sender's zone.
    """

    order_reference: str
    sender: Party
    name: str
    address: PostalAddress
    lines: tuple[SlipLine, ...]
    parcels: int
    packed_on: date

    def __repr__(self) -> str:
        return f"PackingSlip({self.order_reference!r})"


def packing_slip_pdf(
    slip: PackingSlip,
    *,
    locale: str = "en",
    fonts: Fonts | None = None,
    wordings: Mapping[str, Wording] = WORDINGS,
) -> bytes:
    """Return a packing slip as PDF/A-3.

    Args:
        slip: What it says.
        locale: In which language, and how dates are written.
        fonts: What it is printed with; `default_fonts` when not given.
        wordings: The words of each language.

    Raises:
        InvalidInput: there is no such locale or there are no words for it, or a character is in
            none of the fonts.
    """
    told = tongue(locale, wordings)
    words = told.words
    title = f"{words.packing_slip} {slip.order_reference}"
    with Paper(
        title=title,
        author=slip.sender.name,
        day=slip.packed_on,
        language=told.language,
        fonts=fonts or default_fonts(),
    ) as paper:
        paper.closing, paper.counting = closing_line(slip.sender, told), words.page
        letterhead(
            paper,
            told,
            sender=slip.sender,
            name=slip.name,
            address=slip.address,
            title=title,
            facts=(
                (words.date, told.day(slip.packed_on)),
                (words.order, slip.order_reference),
                (words.parcels, told.number(str(slip.parcels))),
            ),
        )
        _write_lines(paper, slip.lines, told)
        return paper.finished()


def _write_lines(paper: Paper, lines: tuple[SlipLine, ...], told: Tongue) -> None:
    words = told.words
    paper.write_in(INK, 9)
    with paper.table(
        borders_layout="HORIZONTAL_LINES",
        col_widths=(34, 116, 20),
        text_align=("LEFT", "LEFT", "RIGHT"),
        line_height=4.6,
        padding=(1.4, 1),
        v_align="TOP",
        headings_style=FontFace(emphasis="BOLD", color=GREY, size_pt=8.5),
    ) as table:
        table.row((words.article, words.description, words.quantity))
        for line in lines:
            table.row((line.sku, line.name, told.number(str(line.quantity))))
