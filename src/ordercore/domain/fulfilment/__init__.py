"""From the shelf to the customer's door: picks, parcels and delivery dates."""

from ordercore.domain.fulfilment.delivery_date import (
    DeliveryWindow,
    delivery_window,
    estimated_delivery,
)
from ordercore.domain.fulfilment.packing import (
    Defect,
    PackedUnits,
    Parcel,
    QualityCheck,
    hold_exactly,
)
from ordercore.domain.fulfilment.picking import PickResult

__all__ = [
    "Defect",
    "DeliveryWindow",
    "PackedUnits",
    "Parcel",
    "PickResult",
    "QualityCheck",
    "delivery_window",
    "estimated_delivery",
    "hold_exactly",
]
