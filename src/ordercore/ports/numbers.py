"""Numbers without gaps: for invoices and whatever else the law wants counted.

A number is taken in the batch that uses it. So a batch that is refused leaves no gap, and of two
that want the same number one is refused and asks again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from attrs import frozen

from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput
from ordercore.kernel.ids import TenantId, text_id

__all__ = ["NumberRun", "NumbersPort", "TakenNumber", "number_runs"]

_LARGEST = 2**63 - 1


class NumbersPort(Protocol):
    """Series of numbers, one tenant at a time; taken by the store, with ``Batch.numbers``."""

    async def next(self, tenant: TenantId, series: str) -> int:
        """Return the number the series would give next, from 1; asking takes nothing."""
        ...


@frozen(kw_only=True)
class TakenNumber:
    """A number that a batch uses; the one before it must be the last that was taken.

    Attributes:
        series: What is counted, such as ``invoice/2026``.
        number: From 1.

    Raises:
        InvalidInput: the series is no usable name, or the number no whole number from 1.
    """

    series: str
    number: int

    def __attrs_post_init__(self) -> None:
        text_id(self.series, field="series")
        if type(self.number) is not int or not 1 <= self.number <= _LARGEST:
            raise InvalidInput(
                field="number", problem=f"got {self.number!r:.40}", allowed="a whole number from 1"
            )


@frozen(kw_only=True)
class NumberRun:
    """Numbers of one series that follow each other; the first follows the last one taken."""

    series: str
    first: int
    last: int

    def conflict(self) -> ConcurrencyConflict:
        """Return the fault for a series that has moved on, or never got so far."""
        expected = self.first - 1
        return ConcurrencyConflict(kind="number", id=self.series, expected=expected or None)


def number_runs(taken: Iterable[TakenNumber]) -> tuple[NumberRun, ...]:
    """Return what a batch takes of each series, by series; for those who write an adapter.

    Raises:
        ConcurrencyConflict: two numbers of one series do not follow each other.
    """
    runs: dict[str, NumberRun] = {}
    for each in taken:
        run = runs.get(each.series)
        if run is not None and each.number != run.last + 1:
            raise ConcurrencyConflict(kind="number", id=each.series, expected=run.last)
        first = each.number if run is None else run.first
        runs[each.series] = NumberRun(series=each.series, first=first, last=each.number)
    return tuple(runs[series] for series in sorted(runs))
