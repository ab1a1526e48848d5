"""Find the files of the set in a folder and read their rows, in bounded memory.

A file is plain CSV or gzip, UTF-8, with a first line of column names. One line is one row: none of
the files read here has line breaks inside cells, so an open quote spoils its own line and no other.
What is wrong with a row is a `Problem` with file, line, field and what is allowed; others count.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from attrs import frozen

from ordercore.kernel.result import Finding, Refusal
from ordercore_adapters.olist.layout import EXTRA_FILES, MAIN_FILES, Table

__all__ = ["DamagedFile", "LONGEST_LINE", "Problem", "Row", "SetFile", "find_files", "read_rows"]

LONGEST_LINE: Final = 64 * 1024
"""Bytes of the longest line that is read."""

_PIECE = 64 * 1024
_EVERY = 1000
_ENDINGS = (".csv", ".csv.gz")
_FAULTS = (EOFError, gzip.BadGzipFile, zlib.error)


@frozen(kw_only=True)
class Problem:
    """Something wrong with one row; the row does not count.

    Attributes:
        file: Its name.
        line: Counted from 1, the column names included.
        finding: Field, code, what is wrong and what is allowed.
    """

    file: str
    line: int
    finding: Finding


@frozen(kw_only=True)
class SetFile:
    """A file of the set that is there and has the columns it needs."""

    path: Path
    table: Table

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size


@frozen(kw_only=True)
class Row:
    """The cells of one row.

    Attributes:
        line: Counted from 1, the column names included.
        cells: Text by column, for the columns of the table.
    """

    line: int
    cells: Mapping[str, str]


class DamagedFile(Exception):
    """A compressed file cannot be read to its end.

    Attributes:
        file: Its name.
        line: The last line that could be read.
    """

    def __init__(self, *, file: str, line: int) -> None:
        super().__init__(f"{file} is cut off or damaged after line {line}")
        self.file = file
        self.line = line


def find_files(folder: Path) -> tuple[SetFile, ...] | Refusal:
    """Return the files to read, orders first; or everything that is missing, at once.

    Raises:
        DamagedFile: a compressed file breaks off within its first line.
        OSError: a file is there but cannot be read.
    """
    findings: list[Finding] = []
    found: list[SetFile] = []
    wanted = dict(MAIN_FILES)
    if any(_candidates(folder, name) for name in EXTRA_FILES):
        wanted |= EXTRA_FILES
    for name, table in wanted.items():
        paths = _candidates(folder, name)
        if len(paths) != 1:
            findings.append(_not_one(name, paths))
            continue
        missing = [column for column in table.columns if column not in _column_names(paths[0])]
        findings += [_no_column(paths[0], column, table) for column in missing]
        found.append(SetFile(path=paths[0], table=table))
    if findings:
        reason = f"{folder} does not hold the set: {len(findings)} findings"
        return Refusal(code="set_incomplete", reason=reason, findings=tuple(findings))
    order = [each.name for each in MAIN_FILES.values()]
    return tuple(sorted(found, key=lambda each: order.index(each.table.name)))


def read_rows(
    file: SetFile, *, problem: Callable[[Problem], None], progress: Callable[[int], None]
) -> Iterator[Row]:
    """Yield the rows of ``file`` whose form is right.

    Args:
        file: As `find_files` returned it.
        problem: Told what is wrong with the others.
        progress: Told, now and then, how many bytes on disk have been read.

    Raises:
        DamagedFile: a compressed file cannot be read to its end.
        OSError: the file cannot be read.
    """
    with file.path.open("rb") as raw, _unpacked(raw) as stream:
        names: list[str] = []
        for line, data in _lines(stream, file.path.name):
            if line % _EVERY == 0:
                progress(raw.tell())
            cells = _cells(data)
            if not names and isinstance(cells, list):
                names = cells
            elif isinstance(cells, Finding):
                problem(Problem(file=file.path.name, line=line, finding=cells))
            elif len(cells) != len(names):
                finding = _wrong_count(len(cells), len(names))
                problem(Problem(file=file.path.name, line=line, finding=finding))
            else:
                yield Row(line=line, cells=dict(zip(names, cells, strict=True)))
        progress(raw.tell())


def _candidates(folder: Path, name: str) -> list[Path]:
    return [path for ending in _ENDINGS if (path := folder / f"{name}{ending}").is_file()]


def _not_one(name: str, paths: list[Path]) -> Finding:
    both = f"{name}.csv or {name}.csv.gz"
    if paths:
        return Finding(
            field=name, code="file_twice", message="is there plain and compressed", allowed=both
        )
    return Finding(field=name, code="file_missing", message="is not there", allowed=both)


def _no_column(path: Path, column: str, table: Table) -> Finding:
    return Finding(
        field=f"{path.name}: {column}",
        code="column_missing",
        message="is not, or not once, among the names in line 1",
        allowed=", ".join(table.columns),
    )


def _column_names(path: Path) -> list[str]:
    """Return the names in the first line that occur once."""
    with path.open("rb") as raw, _unpacked(raw) as stream:
        for _line, data in _lines(stream, path.name):
            cells = _cells(data)
            names = cells if isinstance(cells, list) else []
            return [name for name in names if names.count(name) == 1]
    return []


@contextmanager
def _unpacked(raw: BinaryIO) -> Iterator[BinaryIO]:
    if raw.name.endswith(".gz"):
        with gzip.open(raw) as stream:
            yield stream  # type: ignore[misc]
    else:
        yield raw


def _lines(stream: BinaryIO, file: str) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and bytes of the lines that are not blank; None for one that is too long."""
    number = 0
    try:
        while piece := stream.readline(LONGEST_LINE + 2):
            number += 1
            data: bytes | None = piece.rstrip(b"\r\n")
            if not piece.endswith(b"\n") and len(piece) > LONGEST_LINE:
                data = None
                while (more := stream.readline(_PIECE)) and not more.endswith(b"\n"):
                    pass
            if number == 1 and data is not None:
                data = data.removeprefix(codecs.BOM_UTF8)
            if data is None or data.strip():
                yield number, data
    except _FAULTS:
        raise DamagedFile(file=file, line=number) from None


def _cells(data: bytes | None) -> list[str] | Finding:
    if data is None:
        most = f"at most {LONGEST_LINE} bytes"
        return Finding(field="", code="line_too_long", message="the line is too long", allowed=most)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = data[: error.start].count(b",") + 1
        message = f"byte {error.start + 1} of the line, in cell {at}, is not UTF-8"
        return Finding(field="", code="not_utf8", message=message, allowed="UTF-8")
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        message = f"the quotes do not match: {error}"
        return Finding(field="", code="bad_quotes", message=message, allowed="RFC 4180")


def _wrong_count(count: int, wanted: int) -> Finding:
    message = f"the line has {count} cells"
    return Finding(field="", code="wrong_cells", message=message, allowed=f"{wanted} cells")
