"""What letters of a business begin and end with: who writes, to whom, about what."""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.domain.billing import Party
from ordercore.kernel.address import PostalAddress
from ordercore_adapters.documents.paper import GREY, INK, Paper
from ordercore_adapters.documents.wording import Tongue

__all__ = ["closing_line", "letterhead"]

_FACTS_X = 118.0
_WINDOW_Y = 50.0
_LABEL_WIDTH = 30.0


def letterhead(
    paper: Paper,
    told: Tongue,
    *,
    sender: Party,
    name: str,
    address: PostalAddress,
    title: str,
    facts: Iterable[tuple[str, str]],
) -> None:
    """Write the top of the first page and leave off where the body begins.

    Args:
        paper: A sheet with nothing on it.
        told: How names of countries are written.
        sender: Who writes.
        name: To whom.
        address: Where; it lies in the window of a usual envelope.
        title: What it is.
        facts: Labels and values beside the address.
    """
    left, width = paper.l_margin, paper.epw
    paper.write_in(INK, 15, style="B")
    paper.line_of(sender.name, x=left, y=20, width=width)
    paper.write_in(GREY, 8.5)
    paper.line_of(
        " · ".join(told.address(sender.address)), x=left, y=paper.get_y() + 1, width=width
    )
    paper.rule(36)
    paper.write_in(INK, 10)
    y = _WINDOW_Y
    for text in (name, *told.address(address)):
        paper.line_of(text, x=left, y=y, width=85)
        y = paper.get_y() + 0.6
    beside = _WINDOW_Y
    for label, value in facts:
        paper.write_in(GREY, 8.5)
        paper.line_of(label, x=_FACTS_X, y=beside, width=_LABEL_WIDTH)
        paper.write_in(INK, 9.5)
        right = paper.w - paper.r_margin - _FACTS_X - _LABEL_WIDTH
        paper.line_of(value, x=_FACTS_X + _LABEL_WIDTH, y=beside, width=right)
        beside = paper.get_y() + 1
    paper.write_in(INK, 17, style="B")
    paper.line_of(title, x=left, y=max(y, beside, 84) + 8, width=width)
    paper.set_y(paper.get_y() + 5)


def closing_line(sender: Party, told: Tongue) -> str:
    """Return what stands at the foot of every page."""
    parts = [sender.name]
    if sender.vat_id is not None:
        parts.append(told.words.vat_id.format(id=sender.vat_id))
    if sender.registration is not None:
        parts.append(told.words.registration.format(id=sender.registration))
    return " · ".join(parts)
