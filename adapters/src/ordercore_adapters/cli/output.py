"""Where a command writes: results to standard output, everything else to standard error.

With ``--json`` a result is one JSON value and an error one JSON object, in ASCII, so that neither
depends on the terminal. Otherwise a result is tables and lines. Text from orders is never read as
markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ordercore_adapters.cli.faults import CommandFault
from ordercore_adapters.cli.words import finding_rows, finding_text

__all__ = ["Output"]

_MOST_FINDINGS = 20
_PIPE_WIDTH = 240


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
        sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")
        sys.stdout.flush()

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
        """Write a table for people; a column whose heading ends in ``#`` is aligned right."""
        if self.as_json:
            return
        table = Table(title=Text(title) if title else None, title_justify="left", box=None)
        for heading in headings:
            table.add_column(
                Text(heading.removesuffix("#"), style="bold"),
                justify="right" if heading.endswith("#") else "left",
                no_wrap=heading == "id",  # ids are for copying
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
        self._out.print(table)

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


def _console(stream: TextIO) -> Console:
    # What goes to a file or a pipe is not folded to the width of a terminal nobody looks at.
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=width)
