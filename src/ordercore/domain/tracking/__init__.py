"""Where an order has been, put together from what others say about it."""

from __future__ import annotations

from ordercore.domain.tracking.evidence import (
    Claim,
    Contradiction,
    ContradictionCode,
    Observation,
    ObservationKind,
)
from ordercore.domain.tracking.timeline import Leg, Timeline, fold_timeline
from ordercore.domain.tracking.track import Track, track

__all__ = [
    "Claim",
    "Contradiction",
    "ContradictionCode",
    "Leg",
    "Observation",
    "ObservationKind",
    "Timeline",
    "Track",
    "fold_timeline",
    "track",
]
