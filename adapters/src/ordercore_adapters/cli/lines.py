"""Read a file of orders line by line, in bounded memory, without being thrown by anything in it.

A line ends with a line feed; a carriage return before it and a byte order mark at the beginning of
the file are passed over, and so is a line of nothing but white space: it is no line and is not
counted, though line numbers count it. A line longer than a megabyte is not held in memory; it is
known by its number only.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final

from attrs import frozen

__all__ = ["LONGEST_LINE", "Line", "read_lines"]

LONGEST_LINE: Final = 1024 * 1024
"""Bytes of the longest line that is read, its end not counted."""

_PIECE = 64 * 1024


@frozen(kw_only=True)
class Line:
    """One line that says something.

    Attributes:
        number: Counted from 1, blank lines included.
        data: Its bytes; None when it is longer than `LONGEST_LINE`.
        end: How many bytes of the file have been read with it.
    """

    number: int
    data: bytes | None
    end: int


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """Yield the lines of ``stream`` that are not blank."""
    number, end = 0, 0
    while piece := stream.readline(LONGEST_LINE + 2):
        number += 1
        end += len(piece)
        skipped = 0 if piece.endswith(b"\n") else _skip_line(stream)
        end += skipped
        data = piece.rstrip(b"\r\n")
        if number == 1:
            data = data.removeprefix(codecs.BOM_UTF8)
        too_long = skipped > 0 or len(data) > LONGEST_LINE
        if too_long or data.strip():
            yield Line(number=number, data=None if too_long else data, end=end)


def _skip_line(stream: BinaryIO) -> int:
    """Read on to the end of a line that was cut, and return how many bytes that were."""
    skipped = 0
    while more := stream.readline(_PIECE):
        skipped += len(more)
        if more.endswith(b"\n"):
            break
    return skipped
