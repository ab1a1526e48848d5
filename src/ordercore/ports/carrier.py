"""The carrier that prints labels and takes parcels."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from ordercore.domain.fulfilment import Parcel
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import OrderId, TenantId

__all__ = [
    "CarrierPort",
    "HandOver",
    "HandOverOutcome",
    "LabelOutcome",
    "LabelRequest",
    "Labelled",
    "VoidLabelOutcome",
]


@frozen(kw_only=True)
class LabelRequest:
    """A shipment to announce.

    Attributes:
        key: The same for every attempt; the same key is one shipment.
        attempt: Number of the call, to be echoed when the answer comes later.
        service: Which of the carrier's services, such as ``standard``.
        name: Who receives it; personal, hidden from repr.
        address: Where; personal.
    """

    key: str
    attempt: int
    tenant: TenantId
    order_id: OrderId
    service: str
    name: str = field(repr=False)
    address: PostalAddress
    parcels: tuple[Parcel, ...]


@frozen(kw_only=True)
class Labelled:
    """The shipment is announced and its label can be printed.

    Attributes:
        tracking: The carrier's number, under which the shipment can be followed.
        label: The carrier's reference of the label.
    """

    tracking: str
    label: str


@frozen(kw_only=True)
class HandOver:
    """A labelled shipment that leaves the warehouse.

    Attributes:
        key: The same for every attempt.
        label_key: Key of the request that made the label.
        tracking: The number it got.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    label_key: str
    tracking: str


LabelOutcome = Labelled | Accepted | Failed | Rejected | Unclear | Absent
VoidLabelOutcome = Succeeded | Accepted | Failed | Rejected | Unclear
HandOverOutcome = Succeeded | Accepted | Failed | Rejected | Unclear | Absent


class CarrierPort(Protocol):
    """Announces shipments and takes them; every call may be repeated under its key.

    Expected troubles are answers, not exceptions. An exception is taken for an unclear outcome.
    """

    async def label(self, request: LabelRequest) -> LabelOutcome:
        """Announce the shipment, or say why not; `Accepted` when it will take a while."""
        ...

    async def find_label(self, tenant: TenantId, key: str) -> LabelOutcome:
        """Say what became of the shipment under ``key``; `Absent` when nothing did or will."""
        ...

    async def void_label(
        self, tenant: TenantId, *, key: str, label_key: str, label: str | None
    ) -> VoidLabelOutcome:
        """Take back whatever label was or ever will be made under ``label_key``.

        `Rejected` when the shipment has been handed over.

        Args:
            tenant: Whose.
            key: The same for every attempt to take it back.
            label_key: Key of the request that may have made it.
            label: The reference, where it is known.
        """
        ...

    async def hand_over(self, request: HandOver) -> HandOverOutcome:
        """Give the parcels to the carrier, or say why not."""
        ...

    async def find_hand_over(self, tenant: TenantId, key: str) -> HandOverOutcome:
        """Say whether the carrier has taken what was handed over under ``key``."""
        ...
