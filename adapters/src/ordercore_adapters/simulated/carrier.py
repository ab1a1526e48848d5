"""A carrier that makes labels and takes parcels, and keeps its own books about it.

Who receives a parcel and where is in no table: only a digest of the shipment is kept, to tell a
repeated request from another one.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded
from ordercore.kernel.ids import TenantId
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    Clock,
    HandOver,
    HandOverOutcome,
    Labelled,
    LabelOutcome,
    LabelRequest,
    VoidLabelOutcome,
)
from ordercore_adapters.simulated._calls import Call, Desk
from ordercore_adapters.simulated.books import Books
from ordercore_adapters.simulated.faults import FAULT_FREE, FaultPlan

__all__ = ["SimulatedCarrier"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS labels (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    shipment TEXT NOT NULL,
    tracking TEXT NOT NULL,
    due_at TEXT NOT NULL,
    void_at TEXT,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hand_overs (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    label_key TEXT NOT NULL,
    tracking TEXT NOT NULL,
    due_at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hand_overs_of_label ON hand_overs (tenant, label_key)
"""
_NO_ADDRESS = Rejected(code="undeliverable", reason="the carrier does not go there")
_OTHER = Rejected(code="key_reused", reason="the key stands for something else")
_VOIDED = Rejected(code="voided", reason="what this key stands for was voided")
_NO_LABEL = Rejected(code="no_label", reason="there is no such shipment")
_GONE = Rejected(code="handed_over", reason="the shipment has left")
_NOT_READY = Failed(code="label_pending", reason="the label is not made yet")


class SimulatedCarrier:
    """A `CarrierPort` that never suspends, with a file of its own.

    Attributes:
        books: What really was announced, voided and handed over, and every call.
    """

    def __init__(self, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock) -> None:
        """Keep the books in ``path``, made when missing."""
        self.books = Books(path, _SCHEMA)
        self._desk = Desk(self.books, faults, clock)

    async def label(self, request: LabelRequest) -> LabelOutcome:
        """Announce the shipment once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _announce(call, request),
            tenant=request.tenant,
            kind="label",
            key=request.key,
            busy="carrier_busy",
            no=_NO_ADDRESS,
        )

    async def find_label(self, tenant: TenantId, key: str) -> LabelOutcome:
        """Say what became of the shipment under ``key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _label_standing(call, tenant, key),
            tenant=tenant,
            kind="find_label",
            key=key,
            busy=None,
        )

    async def void_label(
        self, tenant: TenantId, *, key: str, label_key: str, label: str | None
    ) -> VoidLabelOutcome:
        """Take back whatever label was or ever will be made under ``label_key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _void(call, tenant, label_key),
            tenant=tenant,
            kind="void_label",
            key=key,
            busy="carrier_busy",
        )

    async def hand_over(self, request: HandOver) -> HandOverOutcome:
        """Take the parcels once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _take_over(call, request),
            tenant=request.tenant,
            kind="hand_over",
            key=request.key,
            busy="carrier_busy",
        )

    async def find_hand_over(self, tenant: TenantId, key: str) -> HandOverOutcome:
        """Say whether the carrier has taken what was handed over under ``key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _hand_over_standing(call, tenant, key),
            tenant=tenant,
            kind="find_hand_over",
            key=key,
            busy=None,
        )

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()


def _announce(call: Call, request: LabelRequest) -> LabelOutcome:
    shipment = _digest(request)
    row = call.db.execute(
        "SELECT shipment, void_at FROM labels WHERE tenant = ? AND key = ?",
        (request.tenant, request.key),
    ).fetchone()
    if row is not None and row[1] is not None:
        return _VOIDED
    if row is not None and row[0] != shipment:
        return _OTHER
    if row is None:
        number = sha256(f"{request.tenant}\x1f{request.key}".encode()).hexdigest()[:16]
        call.db.execute(
            "INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (
                request.tenant,
                request.key,
                request.order_id,
                shipment,
                f"SIM{number.upper()}",
                format_instant(call.due_at),
            ),
        )
    return _label_standing(call, request.tenant, request.key)


def _label_standing(call: Call, tenant: str, key: str) -> LabelOutcome:
    row = call.db.execute(
        "SELECT tracking, due_at, void_at FROM labels WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    if row is None or row[2] is not None:
        return Absent()
    if row[1] > format_instant(call.at):
        return Accepted()
    return Labelled(tracking=row[0], label=f"label-{row[0].lower()}")


def _void(call: Call, tenant: str, label_key: str) -> VoidLabelOutcome:
    gone = call.db.execute(
        "SELECT 1 FROM hand_overs WHERE tenant = ? AND label_key = ?", (tenant, label_key)
    ).fetchone()
    if gone is not None:
        return _GONE
    row = call.db.execute(
        "SELECT void_at FROM labels WHERE tenant = ? AND key = ?", (tenant, label_key)
    ).fetchone()
    void_at = None if row is None else row[0]
    if void_at is None:
        void_at = format_instant(call.due_at)
        # A label that was never made leaves a row as well: asked for late, it is not made.
        call.db.execute(
            "INSERT INTO labels VALUES (?, ?, '', '', '', ?, ?) "
            "ON CONFLICT (tenant, key) DO UPDATE SET void_at = excluded.void_at",
            (tenant, label_key, format_instant(call.at), void_at),
        )
    return Accepted() if void_at > format_instant(call.at) else Succeeded()


def _take_over(call: Call, request: HandOver) -> HandOverOutcome:
    wanted = (request.order_id, request.label_key, request.tracking)
    earlier = call.db.execute(
        "SELECT order_id, label_key, tracking FROM hand_overs WHERE tenant = ? AND key = ?",
        (request.tenant, request.key),
    ).fetchone()
    if earlier is not None:
        same = earlier == wanted
        return _hand_over_standing(call, request.tenant, request.key) if same else _OTHER
    label = _label_standing(call, request.tenant, request.label_key)
    if isinstance(label, Accepted):
        return _NOT_READY
    if not isinstance(label, Labelled) or label.tracking != request.tracking:
        return _NO_LABEL
    call.db.execute(
        "INSERT INTO hand_overs VALUES (?, ?, ?, ?, ?, ?)",
        (request.tenant, request.key, *wanted, format_instant(call.due_at)),
    )
    return _hand_over_standing(call, request.tenant, request.key)


def _hand_over_standing(call: Call, tenant: str, key: str) -> HandOverOutcome:
    row = call.db.execute(
        "SELECT due_at FROM hand_overs WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    if row is None:
        return Absent()
    return Accepted() if row[0] > format_instant(call.at) else Succeeded()


def _digest(request: LabelRequest) -> str:
    place = request.address
    parts = (
        request.order_id,
        request.service,
        request.name,
        *place.lines,
        place.postcode,
        place.city,
        place.country,
        *(f"{parcel!r}" for parcel in request.parcels),
    )
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
