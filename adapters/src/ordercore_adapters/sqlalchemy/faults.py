"""What can go wrong with a database, without the values that were on their way to it."""

from __future__ import annotations

import json
from typing import ClassVar

from ordercore.kernel.errors import OrderCoreError, StockShort
from ordercore.kernel.shortage import Shortage

__all__ = [
    "GUARD",
    "RETRIED",
    "SHORT",
    "SchemaMismatch",
    "StorageFault",
    "StorageRefused",
    "stock_short",
]

GUARD = "OC001"
"""Raised by the database function ``ordercore_expect``; its message is a place in the batch."""

SHORT = "OC002"
"""Raised by the database function ``ordercore_move_stock``; its message lists what is short."""

RETRIED = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the transaction left no trace and may be sent again."""


class StorageFault(OrderCoreError):
    """The database refused or could not be reached.

    Carries the server's short message only: its details may quote rows, and rows are personal.
    ``driver_code`` is the SQLSTATE of PostgreSQL or the name of SQLite's result code.
    """

    code = "storage_fault"
    http_hint = 503
    fields: ClassVar[tuple[str, ...]] = ("problem", "driver_code")

    def __init__(self, *, problem: str, driver_code: str = "") -> None:
        self.problem = problem
        self.driver_code = driver_code
        super().__init__(f"{problem} ({driver_code})" if driver_code else problem)


class StorageRefused(StorageFault):
    """The database will never take what it was given, such as text it cannot keep.

    Unlike after an outage, waiting does not help; whoever takes messages in gives this one up.
    """

    code = "storage_refused"
    http_hint = 500


class SchemaMismatch(OrderCoreError):
    """The tables are older or newer than this release; nothing was read or written."""

    code = "schema_mismatch"
    fields: ClassVar[tuple[str, ...]] = ("found", "needed", "advice")

    def __init__(self, *, found: str, needed: str, advice: str) -> None:
        self.found = found
        self.needed = needed
        self.advice = advice
        super().__init__(f"the tables are at {found!r}, this release needs {needed!r}: {advice}")


def stock_short(fault: StorageFault) -> StockShort:
    """Return what the database found too little of, from a fault with the code `SHORT`."""
    return StockShort(shortages=tuple(Shortage(**each) for each in json.loads(fault.problem)))
