"""A warehouse and a carrier that do what they are asked while the caller waits.

For first steps, examples and tests. Each keeps the promise of its port that a key counts once, and
lets a test look at what arrived.
"""

from __future__ import annotations

from hashlib import sha256

from ordercore.domain.fulfilment import PackedUnits, Parcel, PickResult
from ordercore.engine.saga import Absent, Rejected, Succeeded
from ordercore.kernel.ids import TenantId
from ordercore.ports import (
    HandOver,
    HandOverOutcome,
    Labelled,
    LabelOutcome,
    LabelRequest,
    Packed,
    PackOutcome,
    PackRequest,
    Picked,
    PickOutcome,
    PickRequest,
    PutBackOutcome,
    VoidLabelOutcome,
)

__all__ = ["InstantCarrier", "InstantWarehouse"]

_Key = tuple[TenantId, str]

_BOX_G = 200
_UNIT_G = 300
_OTHER = Rejected(code="key_reused", reason="the key stands for something else")
_PUT_BACK = Rejected(code="put_back", reason="what this key stands for was put back")
_VOIDED = Rejected(code="voided", reason="what this key stands for was voided")
_NO_LABEL = Rejected(code="no_label", reason="there is no such shipment")
_GONE = Rejected(code="handed_over", reason="the shipment has left")


class InstantWarehouse:
    """Finds everything on the shelf and packs it into one parcel.

    Attributes:
        picks: The first request under each tenant and key.
        put_back_keys: Tenant and key of picks that were put back; never picked again.
        packs: The first request under each tenant and key.
    """

    def __init__(self) -> None:
        self.picks: dict[_Key, PickRequest] = {}
        self.put_back_keys: set[_Key] = set()
        self.packs: dict[_Key, PackRequest] = {}

    async def pick(self, request: PickRequest) -> PickOutcome:
        """Pick all of it, unless it has been put back before."""
        key = (request.tenant, request.key)
        if key in self.put_back_keys:
            return _PUT_BACK
        first = self.picks.setdefault(key, request)
        if _wanted(first) != _wanted(request):
            return _OTHER
        return Picked(result=PickResult(picked=request.quantity))

    async def find_pick(self, tenant: TenantId, key: str) -> PickOutcome:
        """Say whether it was picked."""
        request = self.picks.get((tenant, key))
        if request is None or (tenant, key) in self.put_back_keys:
            return Absent()
        return Picked(result=PickResult(picked=request.quantity))

    async def put_back(self, tenant: TenantId, *, key: str, pick_key: str) -> PutBackOutcome:
        """Put it back and refuse to pick it later."""
        self.put_back_keys.add((tenant, pick_key))
        return Succeeded()

    async def pack(self, request: PackRequest) -> PackOutcome:
        """Pack everything, in one parcel."""
        first = self.packs.setdefault((request.tenant, request.key), request)
        if (first.order_id, first.contents) != (request.order_id, request.contents):
            return _OTHER
        return _packed(request)

    async def find_pack(self, tenant: TenantId, key: str) -> PackOutcome:
        """Say whether it was packed."""
        request = self.packs.get((tenant, key))
        return Absent() if request is None else _packed(request)


class InstantCarrier:
    """Prints every label and takes every parcel.

    Attributes:
        labels: The first request under each tenant and key.
        voided: Tenant and key of labels that were taken back; never made again.
        handed_over: The first hand-over under each tenant and key.
    """

    def __init__(self) -> None:
        self.labels: dict[_Key, LabelRequest] = {}
        self.voided: set[_Key] = set()
        self.handed_over: dict[_Key, HandOver] = {}

    async def label(self, request: LabelRequest) -> LabelOutcome:
        """Announce it, unless it has been voided before."""
        key = (request.tenant, request.key)
        if key in self.voided:
            return _VOIDED
        first = self.labels.setdefault(key, request)
        if _shipment(first) != _shipment(request):
            return _OTHER
        return _labelled(request.tenant, request.key)

    async def find_label(self, tenant: TenantId, key: str) -> LabelOutcome:
        """Say whether it was announced."""
        if (tenant, key) in self.labels and (tenant, key) not in self.voided:
            return _labelled(tenant, key)
        return Absent()

    async def void_label(
        self, tenant: TenantId, *, key: str, label_key: str, label: str | None
    ) -> VoidLabelOutcome:
        """Take it back and refuse to make it later, unless it has left."""
        if any(t == tenant and o.label_key == label_key for (t, _), o in self.handed_over.items()):
            return _GONE
        self.voided.add((tenant, label_key))
        return Succeeded()

    async def hand_over(self, request: HandOver) -> HandOverOutcome:
        """Take the parcels, if they have a label."""
        label = (request.tenant, request.label_key)
        if label not in self.labels or label in self.voided:
            return _NO_LABEL
        if _labelled(*label).tracking != request.tracking:
            return _NO_LABEL
        first = self.handed_over.setdefault((request.tenant, request.key), request)
        return Succeeded() if first == request else _OTHER

    async def find_hand_over(self, tenant: TenantId, key: str) -> HandOverOutcome:
        """Say whether it has left."""
        return Succeeded() if (tenant, key) in self.handed_over else Absent()


def _wanted(request: PickRequest) -> tuple[object, ...]:
    return request.order_id, request.item, request.sku, request.quantity


def _shipment(request: LabelRequest) -> tuple[object, ...]:
    return request.order_id, request.service, request.name, request.address, request.parcels


def _packed(request: PackRequest) -> Packed:
    contents: tuple[PackedUnits, ...] = request.contents
    weight = _BOX_G + _UNIT_G * sum(units.quantity for units in contents)
    parcel = Parcel(id=f"{request.order_id}/1", weight_g=weight, contents=contents)
    return Packed(parcels=(parcel,))


def _labelled(tenant: TenantId, key: str) -> Labelled:
    digest = sha256(f"{tenant}/{key}".encode()).hexdigest()
    return Labelled(tracking=f"TRK-{digest[:16].upper()}", label=f"label-{digest[:16]}")
