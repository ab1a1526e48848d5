"""SQL as values: what the adapter sends, what it expects back, and what it means when that fails.

The texts are written once for both databases, with ``?`` for each value. No statement is executed
here, so blocking and async callers share all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from typing import Any

from attrs import field, frozen

from ordercore.kernel.errors import ConcurrencyConflict, LeaseLost

__all__ = ["Answer", "Clash", "Row", "Statement", "insert", "marks"]

Row = tuple[Any, ...]
"""What a driver hands out; the readers know what each place holds."""


@frozen(kw_only=True)
class Clash:
    """What has happened when a statement did not touch the rows it had to."""

    kind: str
    id: str
    expected: int | None = None
    lease: bool = False

    def error(self) -> ConcurrencyConflict:
        """Return the fault to raise."""
        fault = LeaseLost if self.lease else ConcurrencyConflict
        return fault(kind=self.kind, id=self.id, expected=self.expected)


@frozen(kw_only=True)
class Statement:
    """One statement with its values.

    Attributes:
        values: In the order of the ``?`` marks; hidden from repr, they may be personal.
        rows: How many rows it must touch; unchecked when there is no ``clash``.
        clash: What it means when it touches another number of rows.
        after: It looks at what the statements before it have written, so it cannot be merged with
            them into one.
        then: SQLite only: what its rows lead to, run in the same transaction once everything else
            was found in order.
    """

    sql: str
    values: tuple[object, ...] = field(default=(), repr=False)
    rows: int = 1
    clash: Clash | None = None
    after: bool = False
    then: Callable[[Answer], Iterable[Statement]] | None = None


@frozen
class Answer:
    """What came back: the rows, and how many rows were touched."""

    rows: list[Row] = field(repr=False)
    count: int


@lru_cache(maxsize=1024)
def marks(count: int) -> str:
    """Return ``count`` marks in brackets, such as ``(?, ?)``."""
    return f"({', '.join('?' * count)})"


@lru_cache(maxsize=1024)
def _insert_sql(table: str, columns: tuple[str, ...], rows: int, tail: str) -> str:
    values = ", ".join([marks(len(columns))] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} {tail}"


def insert(
    table: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[object, ...]],
    *,
    tail: str = "ON CONFLICT DO NOTHING",
    clash: Clash | None = None,
) -> Statement:
    """Return one statement that inserts all ``rows``.

    Args:
        table: A table of this adapter; never text from outside, like ``columns`` and ``tail``.
        columns: The columns that each row has values for.
        rows: At least one.
        tail: What to do about rows that exist.
        clash: What it means when some row was not written.
    """
    listed = list(rows)
    return Statement(
        sql=_insert_sql(table, columns, len(listed), tail),
        values=tuple(chain.from_iterable(listed)),
        rows=len(listed),
        clash=clash,
    )
