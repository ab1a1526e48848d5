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
        data: bytes | None = piece.rstrip(b"\r\n")
        if not piece.endswith(b"\n"):
            data, skipped = _rest(stream, piece)
            end += skipped
        if data is not None and number == 1:
            data = data.removeprefix(codecs.BOM_UTF8)
        if data is None or data.strip():
            yield Line(number=number, data=data, end=end)


def _rest(stream: BinaryIO, piece: bytes) -> tuple[bytes | None, int]:
    """Read on to the end of a line that was cut; return the line if it was only the last one."""
    skipped = 0
    while more := stream.readline(_PIECE):
        skipped += len(more)
        if more.endswith(b"\n"):
            break
    whole = piece.rstrip(b"\r\n")
    return (whole if not skipped and len(whole) <= LONGEST_LINE else None), skipped
