"""How often what goes wrong, as tables: from days without any fault to days nobody ever had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ordercore.testing.simulation.faults import Fault, FaultProfile

__all__ = ["CALM", "HOSTILE", "NONE", "PROFILES", "ROUGH"]


def _profile(name: str, scale: int) -> FaultProfile:
    """Return a profile: ``scale`` times the rates of a middling day."""
    rates = {**_inside(scale), **_of_services(scale), **_of_goods(scale)}
    return FaultProfile(name=name, rates=rates)


_Rates = dict[str, dict[Fault, int]]


def _crashes(scale: int) -> dict[Fault, int]:
    return {Fault.CRASH_BEFORE: 6 * scale, Fault.CRASH_AFTER: 6 * scale}


def _disturbed(scale: int) -> dict[Fault, int]:
    """Return the rates of any call: crashes, and how long it takes."""
    return {**_crashes(scale), Fault.DELAY: 40 * scale}


def _unsure(scale: int) -> dict[Fault, int]:
    """Return the rates of a call to somebody who keeps books about it."""
    f = Fault
    calls = {**_disturbed(scale), f.DUPLICATE: 25 * scale, f.TRANSIENT: 100 * scale}
    lost = {f.LOST_REQUEST: 40 * scale, f.LOST_ANSWER: 40 * scale, f.HIDDEN_SUCCESS: 20 * scale}
    return {**calls, **lost}


def _looked_up(scale: int) -> dict[Fault, int]:
    return {**_disturbed(scale), Fault.LOST_REQUEST: 60 * scale}


def _inside(scale: int) -> _Rates:
    """Return the rates of the host's own storage, and of those who ask."""
    f = Fault
    store = {f.LOST_REQUEST: 15 * scale, f.LOST_ANSWER: 15 * scale}
    written = {**_disturbed(scale), **store, f.CONFLICT: 60 * scale}
    return {
        "request": {f.DUPLICATE: 100 * scale},
        "read": {**_disturbed(scale), f.STALE: 60 * scale, f.LOST_REQUEST: 10 * scale},
        "look": {**_disturbed(scale), f.LOST_REQUEST: 10 * scale},
        "commit": written,
        "update": written,
        "release": {**_crashes(scale), **store},
        "claim": {
            f.CRASH_AFTER: 6 * scale,
            f.DELAY: 40 * scale,
            f.LOST_ANSWER: 10 * scale,
            f.CLOCK_FORWARD: 5 * scale,
            f.CLOCK_BACK: 15 * scale,
        },
        "publish": {
            **_disturbed(scale),
            f.PARTIAL: 60 * scale,
            f.DUPLICATE: 40 * scale,
            f.LOST_REQUEST: 40 * scale,
            f.LOST_ANSWER: 40 * scale,
        },
        "seal": _crashes(scale),
        "sweep": {**_disturbed(scale), f.LOST_REQUEST: 15 * scale},
        "lock": {**_disturbed(scale), **store, f.PAUSED: 40 * scale, f.FORGOTTEN: 40 * scale},
        "unlock": {**_disturbed(scale), **store},
    }


def _of_services(scale: int) -> _Rates:
    """Return the rates of cloud, bank, post and capacity."""
    f, unsure, looked_up = Fault, _unsure(scale), _looked_up(scale)
    late = {f.LATE: 200 * scale, f.LATE_FAILURE: 20 * scale}
    never = {f.STUBBORN: 40 * scale, f.REJECTED: 20 * scale}
    told = {f.STUBBORN: 15 * scale}
    return {
        "provision": {**unsure, **late, **never, f.REPORTED: 250 * scale},
        "find": looked_up,
        "deprovision": {**unsure, f.LATE: 150 * scale, f.STUBBORN: 60 * scale},
        "refund": {**unsure, f.LATE: 150 * scale, **never, f.PAUSED: 40 * scale},
        "find_refund": looked_up,
        "notify": {**unsure, **told},
        "mail": {**unsure, **told},
        "capacity": {
            f.DELAY: 40 * scale,
            f.LOST_REQUEST: 100 * scale,
            f.REJECTED: 15 * scale,
        },
    }


def _of_goods(scale: int) -> _Rates:
    """Return the rates of payment provider, warehouse, carrier and letters."""
    f, unsure, looked_up = Fault, _unsure(scale), _looked_up(scale)
    late = {f.LATE: 200 * scale, f.LATE_FAILURE: 20 * scale}
    never = {f.STUBBORN: 40 * scale, f.REJECTED: 20 * scale}
    slow = {f.LATE: 150 * scale, f.STUBBORN: 40 * scale}
    paused = {f.PAUSED: 40 * scale}
    return {
        "authorise": {**unsure, **late, **never, f.SHORT_LIVED: 150 * scale, **paused},
        "capture": {**unsure, f.LATE: 100 * scale, **never, **paused},
        "void": {**unsure, f.STUBBORN: 40 * scale, **paused},
        "give_back": {**unsure, f.LATE: 150 * scale, **never, **paused},
        "find_payment": looked_up,
        "page": {f.LOST_REQUEST: 60 * scale},
        "pick": {**unsure, **late, **never, f.PARTIAL: 150 * scale},
        "find_pick": looked_up,
        "put_back": {**unsure, **slow},
        "pack": {**unsure, f.LATE: 150 * scale, f.PARTIAL: 150 * scale},
        "find_pack": looked_up,
        "label": {**unsure, f.LATE: 150 * scale, **never},
        "find_label": looked_up,
        "void_label": {**unsure, f.LATE: 100 * scale, f.STUBBORN: 40 * scale},
        "hand_over": {**unsure, **slow},
        "find_hand_over": looked_up,
        "letter": {**unsure, f.STUBBORN: 15 * scale},
    }


NONE: Final = FaultProfile(name="none", rates={})
"""Nothing ever goes wrong."""
CALM: Final = FaultProfile(
    name="calm",
    rates={
        "request": {Fault.DUPLICATE: 50},
        "provision": {Fault.TRANSIENT: 100, Fault.LATE: 1000, Fault.REPORTED: 1000},
        "refund": {Fault.LATE: 500},
        "authorise": {Fault.LATE: 500},
        "pick": {Fault.LATE: 1000, Fault.PARTIAL: 100},
        "publish": {Fault.PARTIAL: 50},
        "commit": {Fault.DELAY: 20},
    },
)
"""A good day: most calls work, some take their time."""
ROUGH: Final = _profile("rough", 1)
"""A bad day: everything happens, most of it seldom."""
HOSTILE: Final = _profile("hostile", 4)
"""No day anybody ever had: every path is walked within a few hundred orders."""
PROFILES: Final[Mapping[str, FaultProfile]] = {p.name: p for p in (NONE, CALM, ROUGH, HOSTILE)}
"""The presets by name."""
