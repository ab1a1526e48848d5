"""The warehouse that picks, checks and packs."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from ordercore.domain.fulfilment import PackedUnits, Parcel, PickResult, QualityCheck
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.ids import ItemId, OrderId, TenantId

__all__ = [
    "NotPacked",
    "PackOutcome",
    "PackRequest",
    "Packed",
    "PickOutcome",
    "PickRequest",
    "Picked",
    "PutBackOutcome",
    "WarehousePort",
]


@frozen(kw_only=True)
class PickRequest:
    """Units to take from the shelf into the order's tray.

    Attributes:
        key: The same for every attempt; all attempts together never pick more than ``quantity``.
        attempt: Number of the call, to be echoed when the answer comes later.
        sku: The warehouse's article.
        quantity: Whole units, 1 or more.
    """

    key: str
    attempt: int
    tenant: TenantId
    order_id: OrderId
    item: ItemId
    sku: str
    quantity: int


@frozen(kw_only=True)
class Picked:
    """It was picked, or as much of it as there was.

    What is missing may turn up: the same request again looks for the missing units only.
    """

    result: PickResult


@frozen(kw_only=True)
class PackRequest:
    """What is in the order's tray, to be checked and packed.

    Attributes:
        key: The same for every attempt; the same key packs once.
        attempt: Number of the call, to be echoed when the answer comes later.
        contents: The units that were picked.
    """

    key: str
    attempt: int
    tenant: TenantId
    order_id: OrderId
    contents: tuple[PackedUnits, ...]


@frozen(kw_only=True)
class Packed:
    """Everything passed the check and is in parcels, which hold exactly what was asked for."""

    parcels: tuple[Parcel, ...]


@frozen(kw_only=True)
class NotPacked:
    """The check found defects and nothing was packed; the same request again checks anew."""

    check: QualityCheck


PickOutcome = Picked | Accepted | Failed | Rejected | Unclear | Absent
PackOutcome = Packed | NotPacked | Accepted | Failed | Rejected | Unclear | Absent
PutBackOutcome = Succeeded | Accepted | Failed | Rejected | Unclear


class WarehousePort(Protocol):
    """Picks, checks and packs; every call may be repeated under its key.

    Expected troubles are answers, not exceptions. An exception is taken for an unclear outcome.
    """

    async def pick(self, request: PickRequest) -> PickOutcome:
        """Take units from the shelf, or say why not; `Accepted` when it will take a while."""
        ...

    async def find_pick(self, tenant: TenantId, key: str) -> PickOutcome:
        """Say what became of the pick under ``key``; `Absent` when nothing did or will."""
        ...

    async def put_back(self, tenant: TenantId, *, key: str, pick_key: str) -> PutBackOutcome:
        """Put whatever was or ever will be picked under ``pick_key`` back on the shelf.

        Also out of a parcel that was packed meanwhile; a pick that arrives later takes nothing.

        Args:
            tenant: Whose.
            key: The same for every attempt to put it back.
            pick_key: Key of the request that may have picked it.
        """
        ...

    async def pack(self, request: PackRequest) -> PackOutcome:
        """Look at the units, and pack them if all of them may go out."""
        ...

    async def find_pack(self, tenant: TenantId, key: str) -> PackOutcome:
        """Say what became of the packing under ``key``; `Absent` when nothing did or will."""
        ...
