"""Where a command writes: results to standard output, everything else to standard error.

With ``--json`` a result is one JSON value and an error one JSON object, in ASCII, so that neither
depends on the terminal. Otherwise a result is tables and lines. Text from orders is never read as
markup.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ordercore_adapters.cli.faults import CommandFault
from ordercore_adapters.cli.words import finding_rows, finding_text

__all__ = ["Output", "drop_output"]

_MOST_FINDINGS = 20
_PIPE_WIDTH = 240
_GAP = 2
_LEAST = 9  # a column that is folded further cannot be read
_MARKS = "#!?"
_FIXED = tuple(_MARKS)


def drop_output() -> None:
    """Write to nowhere from now on: whoever read standard output has gone."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the command come to its own end, with its own exit code."""
        self.quiet = True
        drop_output()


class Output:
    """The two streams of one command.

    Attributes:
        as_json: Whether results are JSON.
        err: Standard error, for a progress bar.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                with suppress(ValueError, OSError):  # a stream that was closed or read already
                    reconfigure(errors="backslashreplace")
        self.as_json = as_json
        self.err = _console(sys.stderr)
        self._out = _console(sys.stdout)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody watches: results for a program, or no terminal."""
        return self.as_json or not self.err.is_terminal

    def value(self, value: object) -> None:
        """Write a JSON value on a line of its own."""
        try:
            sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            drop_output()

    def line(self, text: str = "") -> None:
        """Write a line for people; nothing with ``--json``."""
        if not self.as_json:
            self._out.print(Text(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """Write a line to standard error; nothing with ``--json``."""
        if not self.as_json:
            self.err.print(Text(text), soft_wrap=True)

    def table(
        self, headings: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
    ) -> None:
        """Write a table for people, or nothing when there are no rows.

        A heading may end in a mark: ``#`` for numbers and money, aligned right; ``!`` for what must
        stay in one piece, such as states and dates, as numbers do; ``?`` for the same, but left out
        when the terminal is too narrow. Other columns are folded, the last one first.
        """
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        if self.as_json or not cells:
            return
        natural = [
            max(len(heading.rstrip(_MARKS)), *(Text(row[at]).cell_len for row in cells))
            for at, heading in enumerate(headings)
        ]
        widths = _fitted(headings, natural, self._out.width)
        table = Table(
            title=Text(title) if title else None,
            title_justify="left",
            box=None,
            pad_edge=False,
            padding=(0, _GAP, 0, 0),
        )
        for at, width in widths.items():
            heading = headings[at]
            table.add_column(
                Text(heading.rstrip(_MARKS), style="bold"),
                justify="right" if heading.endswith("#") else "left",
                width=width,
                overflow="fold",
            )
        for row in cells:
            table.add_row(*(Text(row[at]) for at in widths))
        needed = sum(widths.values()) + _GAP * len(widths)
        wide = needed > self._out.width  # a terminal folds better than a column cuts
        (_console(sys.stdout, width=needed) if wide else self._out).print(table)

    def fault(self, fault: CommandFault) -> None:
        """Write how the command failed."""
        if self.as_json:
            sys.stderr.write(json.dumps(fault.as_dict(), allow_nan=False, default=str) + "\n")
            sys.stderr.flush()
            return
        allowed = fault.details.get("allowed")
        hint = f" (allowed: {allowed})" if isinstance(allowed, str) else ""
        said = fault.message if hint in fault.message else fault.message + hint
        self.err.print(Text(f"ordercore: {said}"), soft_wrap=True)
        for row in finding_rows(fault.findings[:_MOST_FINDINGS]):
            self.err.print(Text(f"  {finding_text(row)}"), soft_wrap=True)
        if len(fault.findings) > _MOST_FINDINGS:
            self.err.print(Text(f"  and {len(fault.findings) - _MOST_FINDINGS} more"))


def _fitted(headings: Sequence[str], natural: Sequence[int], room: int) -> dict[int, int]:
    """Return the columns that stay, by position, with their widths."""
    widths = dict(enumerate(natural))

    def excess() -> int:
        return sum(widths.values()) + _GAP * (len(widths) - 1) - room

    foldable = [at for at, heading in enumerate(headings) if not heading.endswith(_FIXED)]
    least = sum(max(natural[at] - _LEAST, 0) for at in foldable)
    for at in reversed(range(len(headings))):
        if headings[at].endswith("?") and excess() > least:
            del widths[at]
    for at in reversed(foldable):
        widths[at] = max(min(natural[at], _LEAST), widths[at] - max(excess(), 0))
    return widths


def _console(stream: TextIO, *, width: int | None = None) -> Console:
    # What goes to a file or a pipe is not folded to the width of a terminal nobody looks at.
    if width is None and not stream.isatty():
        width = _PIPE_WIDTH
    return _Console(file=stream, markup=False, highlight=False, emoji=False, width=width)
