"""The few Markdown forms the generated pages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["section", "table"]


def section(level: int, title: str) -> str:
    """Return a heading line."""
    return f"{'#' * level} {title}\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a pipe table; a pipe inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
