"""A warehouse that picks, checks and packs, and keeps its own books about it.

What is on the shelf follows from the plan: looks of the kind ``shelf`` that fail find some units
missing, and those of the kind ``quality`` find a defect. A short pick keeps what was found, and the
next call under its key looks for the rest.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from ordercore.domain.fulfilment import Defect, PackedUnits, Parcel, PickResult, QualityCheck
from ordercore.engine.saga import Absent, Accepted, Rejected, Succeeded
from ordercore.kernel.ids import ItemId, TenantId
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    Clock,
    NotPacked,
    Packed,
    PackOutcome,
    PackRequest,
    Picked,
    PickOutcome,
    PickRequest,
    PutBackOutcome,
)
from ordercore_adapters.simulated._calls import Call, Desk
from ordercore_adapters.simulated.books import Books
from ordercore_adapters.simulated.faults import FAULT_FREE, Fate, FaultPlan

__all__ = ["SimulatedWarehouse"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS picks (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    item TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    picked INTEGER NOT NULL,
    looks INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    back_at TEXT,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS packs (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    contents TEXT NOT NULL,
    looks INTEGER NOT NULL,
    due_at TEXT,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID
"""
_BOX_G = 250
_UNIT_G = 400
_MISSING = frozenset({Fate.REJECTED, Fate.STUBBORN, Fate.TRANSIENT})
_PUT_BACK = Rejected(code="put_back", reason="what this key stands for was put back")
_OTHER = Rejected(code="key_reused", reason="the key stands for something else")


class SimulatedWarehouse:
    """A `WarehousePort` that never suspends, with a file of its own.

    Attributes:
        books: What really was picked, put back and packed, and every call.
    """

    def __init__(self, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock) -> None:
        """Keep the books in ``path``, made when missing."""
        self.books = Books(path, _SCHEMA)
        self._faults = faults
        self._desk = Desk(self.books, faults, clock)

    async def pick(self, request: PickRequest) -> PickOutcome:
        """Pick what is there and not picked yet, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: self._pick(call, request),
            tenant=request.tenant,
            kind="pick",
            key=request.key,
            busy="warehouse_busy",
        )

    async def find_pick(self, tenant: TenantId, key: str) -> PickOutcome:
        """Say what became of the pick under ``key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _pick_standing(call, tenant, key),
            tenant=tenant,
            kind="find_pick",
            key=key,
            busy=None,
        )

    async def put_back(self, tenant: TenantId, *, key: str, pick_key: str) -> PutBackOutcome:
        """Put whatever was or ever will be picked under ``pick_key`` back on the shelf.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _put_back(call, tenant, pick_key),
            tenant=tenant,
            kind="put_back",
            key=key,
            busy="warehouse_busy",
        )

    async def pack(self, request: PackRequest) -> PackOutcome:
        """Look at the units, and pack them if all of them may go out.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: self._pack(call, request),
            tenant=request.tenant,
            kind="pack",
            key=request.key,
            busy="warehouse_busy",
        )

    async def find_pack(self, tenant: TenantId, key: str) -> PackOutcome:
        """Say what became of the packing under ``key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _pack_standing(call, tenant, key),
            tenant=tenant,
            kind="find_pack",
            key=key,
            busy=None,
        )

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()

    def _pick(self, call: Call, request: PickRequest) -> PickOutcome:
        wanted = (request.order_id, request.item, request.sku, request.quantity)
        row = call.db.execute(
            "SELECT order_id, item, sku, quantity, picked, looks, due_at, back_at FROM picks "
            "WHERE tenant = ? AND key = ?",
            (request.tenant, request.key),
        ).fetchone()
        if row is not None and row[7] is not None:
            return _PUT_BACK
        if row is not None and row[:4] != wanted:
            return _OTHER
        if row is not None and (row[4] == request.quantity or row[6] > format_instant(call.at)):
            return _pick_standing(call, request.tenant, request.key)
        picked, looks = (row[4], row[5] + 1) if row is not None else (0, 1)
        picked += self._found(request, request.quantity - picked, looks)
        call.db.execute(
            "REPLACE INTO picks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (request.tenant, request.key, *wanted, picked, looks, format_instant(call.due_at)),
        )
        return _pick_standing(call, request.tenant, request.key)

    def _found(self, request: PickRequest, missing: int, look: int) -> int:
        scoped = f"{request.tenant}/{request.key}"
        if self._faults.fate("shelf", scoped, look) not in _MISSING:
            return missing
        return self._faults.draw("found", scoped, str(look), below=missing)

    def _pack(self, call: Call, request: PackRequest) -> PackOutcome:
        contents = json.dumps([[units.item, units.quantity] for units in request.contents])
        row = call.db.execute(
            "SELECT order_id, contents, looks, due_at FROM packs WHERE tenant = ? AND key = ?",
            (request.tenant, request.key),
        ).fetchone()
        if row is not None and row[:2] != (request.order_id, contents):
            return _OTHER
        if row is not None and row[3] is not None:
            return _pack_standing(call, request.tenant, request.key)
        looks = 1 if row is None else row[2] + 1
        check = self._look(request, looks)
        due_at = format_instant(call.due_at) if check.passed else None
        call.db.execute(
            "REPLACE INTO packs VALUES (?, ?, ?, ?, ?, ?)",
            (request.tenant, request.key, request.order_id, contents, looks, due_at),
        )
        if not check.passed:
            return NotPacked(check=check)
        return _pack_standing(call, request.tenant, request.key)

    def _look(self, request: PackRequest, look: int) -> QualityCheck:
        scoped = f"{request.tenant}/{request.key}"
        if self._faults.fate("quality", scoped, look) not in _MISSING:
            return QualityCheck()
        place = self._faults.draw("defect", scoped, str(look), below=len(request.contents))
        item = request.contents[place].item
        return QualityCheck(defects=(Defect(item=item, quantity=1, reason="a broken seal"),))


def _pick_standing(call: Call, tenant: str, key: str) -> PickOutcome:
    row = call.db.execute(
        "SELECT quantity, picked, due_at, back_at FROM picks WHERE tenant = ? AND key = ?",
        (tenant, key),
    ).fetchone()
    if row is None or row[3] is not None:
        return Absent()
    if row[2] > format_instant(call.at):
        return Accepted()
    return Picked(result=PickResult(picked=row[1], missing=row[0] - row[1]))


def _put_back(call: Call, tenant: str, pick_key: str) -> PutBackOutcome:
    back_at = _back_at(call.db, tenant, pick_key)
    if back_at is None:
        back_at = format_instant(call.due_at)
        # A pick that was never made leaves a row as well: should it arrive late, it takes nothing.
        call.db.execute(
            "INSERT INTO picks VALUES (?, ?, '', '', '', 0, 0, 0, ?, ?) "
            "ON CONFLICT (tenant, key) DO UPDATE SET back_at = excluded.back_at",
            (tenant, pick_key, format_instant(call.at), back_at),
        )
    return Accepted() if back_at > format_instant(call.at) else Succeeded()


def _back_at(db: sqlite3.Connection, tenant: str, key: str) -> str | None:
    row = db.execute(
        "SELECT back_at FROM picks WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    return None if row is None else row[0]


def _pack_standing(call: Call, tenant: str, key: str) -> PackOutcome:
    row = call.db.execute(
        "SELECT order_id, contents, due_at FROM packs WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    if row is None or row[2] is None:
        return Absent()
    if row[2] > format_instant(call.at):
        return Accepted()
    contents = tuple(
        PackedUnits(item=ItemId(item), quantity=quantity) for item, quantity in json.loads(row[1])
    )
    weight_g = _BOX_G + _UNIT_G * sum(units.quantity for units in contents)
    return Packed(parcels=(Parcel(id=f"{row[0]}/1", weight_g=weight_g, contents=contents),))
