"""A sheet to write on: PDF/A-3 with fonts inside, the same bytes for the same content.

Everything a PDF library would take from its surroundings is set: the date of creation is that of
the document, the identifier follows from the content, and the metadata is written here. What cannot
be printed with the fonts is refused, since a name in empty boxes is worse than none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final, cast

from fpdf import FPDF
from fpdf.fonts import TTFFont

from ordercore.kernel.errors import InvalidInput
from ordercore_adapters.documents.fonts import Fonts
from ordercore_adapters.documents.xmp import metadata

__all__ = ["GREY", "INK", "Paper", "RULE"]

INK: Final = (28, 32, 38)
GREY: Final = (105, 112, 122)
RULE: Final = (208, 213, 220)

_FAMILY = "text"
_NARROW_SPACE, _SPACE = "\u202f", "\u00a0"


class Paper(FPDF):
    """A document in the making; used in a ``with`` statement, since fonts are open files.

    Attributes:
        closing: One line at the foot of every page; empty for none.
        counting: How pages are counted there, with ``{page}`` and ``{pages}``; empty for not.
    """

    def __init__(
        self,
        *,
        title: str,
        author: str,
        day: date,
        language: str,
        fonts: Fonts,
        size: tuple[float, float] = (210, 297),
        margin: float = 20,
        attached: str = "",
    ) -> None:
        """Take a sheet.

        Args:
            title: Of the document, for its metadata.
            author: Who issues it, for its metadata.
            day: What it is dated.
            language: Which one its words are in.
            fonts: What it is printed with.
            size: Width and height in millimetres.
            margin: Around what is written, in millimetres.
            attached: Name of the XML that will be attached; empty when none will.
        """
        super().__init__(unit="mm", format=size, enforce_compliance="PDF/A-3B")
        made_at = datetime.combine(day, time.min, tzinfo=UTC)
        self.closing = ""
        self.counting = ""
        self.set_creation_date(made_at)
        self.set_lang(language)
        self.set_title(title)
        self.set_author(author)
        self.set_xmp_metadata(metadata(title=title, author=author, at=made_at, attached=attached))
        self.set_margin(margin)
        self.set_auto_page_break(True, margin=margin + 8 if margin > 10 else margin)
        self._take_fonts(fonts)
        self.write_in(INK, 9.5)
        self.add_page()

    def __enter__(self) -> Paper:
        return self

    def __exit__(self, *_raised: object) -> None:
        """Let go of the files of the fonts, which the library would keep open."""
        for font in self.fonts.values():
            assert isinstance(font, TTFFont)
            font.close()

    def write_in(
        self, colour: tuple[int, int, int] = INK, points: float = 9.5, *, style: str = ""
    ) -> None:
        """Go on in this colour and size; ``style`` is ``B`` for bold."""
        self.set_text_color(*colour)
        self.set_font(_FAMILY, style=style, size=points)

    def line_of(self, text: str, *, x: float, y: float, width: float, align: str = "L") -> None:
        """Write one line in a box; what is too wide goes on below."""
        self.set_xy(x, y)
        self.multi_cell(width, text=text, align=align, new_x="LEFT", new_y="NEXT")

    def height_of(self, text: str, *, width: float) -> float:
        """Return how high `line_of` would be, in the letters that are written in now."""
        return cast("float", self.multi_cell(width, text=text, dry_run=True, output="HEIGHT"))

    def rule(self, y: float, *, x: float | None = None, to: float | None = None) -> None:
        """Draw a thin line across the page, or from ``x`` to ``to``."""
        self.set_draw_color(*RULE)
        self.set_line_width(0.25)
        left = self.l_margin if x is None else x
        right = self.w - self.r_margin if to is None else to
        self.line(left, y, right, y)

    def footer(self) -> None:
        """Close a page; called by the library."""
        if not self.closing and not self.counting:
            return
        self.rule(self.h - self.t_margin + 3)
        self.write_in(GREY, 7.5)
        self.set_xy(self.l_margin, self.h - self.t_margin + 5)
        self.cell(self.epw * 0.8, 4, self.closing)
        counting = self.counting.format(page=self.page_no(), pages="{nb}")
        self.cell(self.epw * 0.2, 4, counting, align="R")

    def normalize_text(self, text: str) -> str:
        """Return text as it can be printed; called by the library for every text.

        Raises:
            InvalidInput: a character is in none of the fonts.
        """
        printable = self._printable()
        if ord(_NARROW_SPACE) not in printable:
            text = text.replace(_NARROW_SPACE, _SPACE)
        missing = sorted(set(map(ord, text)) - printable - {ord("\n")})
        if missing:
            raise InvalidInput(
                field="fonts",
                problem=f"none has U+{missing[0]:04X}",
                allowed="characters of the fonts; more fonts may be given as fallbacks",
            )
        return super().normalize_text(text)

    def as_far_as_printable(self, text: str) -> str:
        """Return what somebody has typed, with a question mark for each character no font has.

        Not for names and amounts, which are refused; but whoever types a smiley into a reason must
        not keep the seller from issuing a document.
        """
        printable = self._printable() | {ord("\n")}
        return "".join(c if ord(c) in printable else " " if c == "\t" else "?" for c in text)

    def finished(self) -> bytes:
        """Return the document."""
        return bytes(self.output())

    def _take_fonts(self, fonts: Fonts) -> None:
        self.add_font(_FAMILY, "", fonts.regular)
        self.add_font(_FAMILY, "B", fonts.bold)
        fallbacks = [f"fallback{number}" for number in range(len(fonts.fallbacks))]
        for family, path in zip(fallbacks, fonts.fallbacks, strict=True):
            self.add_font(family, "", path)
        if fallbacks:
            self.set_fallback_fonts(fallbacks, exact_match=False)

    def _printable(self) -> set[int]:
        found: set[int] = set()
        for font in self.fonts.values():
            assert isinstance(font, TTFFont)
            found.update(font.cmap)
        return found
