"""Stock, numbers and fences: what a batch assumes of them, and reading them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from ordercore.domain.inventory import Booking, Movement, StockLevel, book
from ordercore.kernel.errors import StockShort
from ordercore.kernel.ids import TenantId
from ordercore.ports import (
    Batch,
    Fence,
    NumberRun,
    highest_fences,
    lost_fence,
    number_runs,
)
from ordercore_adapters.memory.tables import Tables, TenantTables

__all__ = ["MemoryNumbers", "MemoryStock", "booked", "check_fences", "check_numbers", "put"]


def check_fences(batch: Batch, rows: TenantTables) -> tuple[Fence, ...]:
    """Return the fences to remember.

    Raises:
        LeaseLost: somebody has written under a higher one.
    """
    fences = highest_fences(batch.fences)
    for fence in fences:
        if fence.token < rows.fences.get(fence.name, 0):
            raise lost_fence(fence)
    return fences


def check_numbers(batch: Batch, rows: TenantTables) -> tuple[NumberRun, ...]:
    """Return the numbers to take.

    Raises:
        ConcurrencyConflict: some are not the next of their series.
    """
    runs = number_runs(batch.numbers)
    for run in runs:
        if run.first != rows.numbers.get(run.series, 0) + 1:
            raise run.conflict()
    return runs


def booked(batch: Batch, rows: TenantTables, *, at: datetime) -> Booking:
    """Return what the batch does to the stock.

    Raises:
        StockShort: there is too little of something.
    """
    made = book(batch.stock, tenant=batch.tenant, at=at, levels=rows.stock, holdings=rows.holdings)
    if not isinstance(made, Booking):
        raise StockShort(shortages=made)
    return made


def put(
    rows: TenantTables,
    *,
    fences: Iterable[Fence],
    runs: Iterable[NumberRun],
    booking: Booking | None,
) -> None:
    """Write what has been checked."""
    rows.fences.update((fence.name, fence.token) for fence in fences)
    rows.numbers.update((run.series, run.last) for run in runs)
    if booking is not None:
        rows.stock.update((level.sku, level) for level in booking.levels)
        rows.holdings.update(booking.holdings)
        for movement in booking.movements:
            rows.movements.setdefault(movement.sku, []).append(movement)


class MemoryStock:
    """Stock and its ledger."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def levels(self, tenant: TenantId, skus: Sequence[str]) -> tuple[StockLevel, ...]:
        """Return the levels of these skus, by sku."""
        with self._tables.lock:
            stock = self._tables.of(tenant).stock
            return tuple(stock[sku] for sku in sorted(set(skus)) if sku in stock)

    async def movements(
        self, tenant: TenantId, sku: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Movement, ...]:
        """Return the ledger of a sku above ``after``, in order."""
        with self._tables.lock:
            ledger = self._tables.of(tenant).movements.get(sku, [])
            return tuple(islice(ledger, after, after + limit))


class MemoryNumbers:
    """Series of numbers."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def next(self, tenant: TenantId, series: str) -> int:
        """Return the number the series would give next."""
        with self._tables.lock:
            return self._tables.of(tenant).numbers.get(series, 0) + 1
