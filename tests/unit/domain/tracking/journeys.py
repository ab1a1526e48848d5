"""A short vocabulary for timelines of retail orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ordercore.domain.orders.lifecycles import RETAIL, RETAIL_GUARDS, RetailFacts, RetailState
from ordercore.domain.tracking import Claim, Observation, ObservationKind, Timeline, Track, track

S = RetailState
HELD = RetailFacts(
    authorised=True,
    collected=True,
    stock_reserved=True,
    invoice_issued=True,
    money_received=True,
    undeliverable=True,
    return_open=True,
)
SEEN = (S.CREATED, S.CONFIRMED, S.SHIPPED, S.DELIVERED)
TRACK: Track = track(RETAIL, facts=HELD, guards=RETAIL_GUARDS, witnessed=SEEN)
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def hour(number: int) -> datetime:
    """Return an instant so many hours after the start."""
    return START + timedelta(hours=number)


def seen(state: str, at: int, source: str = "") -> Observation:
    """Return that ``state`` was reached at an hour."""
    return Observation(state=state, at=hour(at), source=source or f"{state}_at")


def promised(state: str, at: int) -> Observation:
    """Return that ``state`` was promised for an hour."""
    kind = ObservationKind.PROMISED
    return Observation(state=state, at=hour(at), source=f"{state}_by", kind=kind)


def claimed(state: str) -> Claim:
    """Return that the source says the order is in ``state``."""
    return Claim(state=state, source="status", said=f"its {state}")


def triggers(timeline: Timeline) -> list[str]:
    """Return the triggers of the path."""
    return [str(leg.row.trigger) for leg in timeline.path]


def found(timeline: Timeline) -> list[tuple[str, str, str]]:
    """Return code and the two sources of every contradiction."""
    return [
        (str(each.code), each.what.split(" = ")[0], each.against.split(" = ")[0])
        for each in timeline.contradictions
    ]
