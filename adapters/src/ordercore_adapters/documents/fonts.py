"""The letters a document is printed with; they travel inside it, so it looks alike everywhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import fontpkg
from attrs import frozen

__all__ = ["Fonts", "default_fonts"]


@frozen(kw_only=True)
class Fonts:
    """TrueType files.

    Attributes:
        regular: For running text.
        bold: For headings and totals.
        fallbacks: Where a character is looked for that the others do not have, in this order; a
            shop with customers in Asia has one for each script.
    """

    regular: Path
    bold: Path
    fallbacks: tuple[Path, ...] = ()


@cache
def default_fonts() -> Fonts:
    """Return Fira Sans (SIL Open Font License): Latin, Greek and Cyrillic letters."""
    return Fonts(
        regular=fontpkg.path("Fira Sans", weight=400), bold=fontpkg.path("Fira Sans", weight=600)
    )
