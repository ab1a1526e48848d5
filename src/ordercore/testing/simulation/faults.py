"""What goes wrong, where and how often, as tables; and who decides it: a seed or a list.

A fault belongs to a *site*: what is called and for which order, such as ``commit:o7``, and the
number of the call there. So the fate of one order's calls does not depend on what other orders do,
and a run from which orders or faults were taken away still tells the same story about the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import blake2b
from typing import Final, Protocol

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput

__all__ = [
    "CALM",
    "FAULT_LIMIT",
    "Fault",
    "FaultProfile",
    "FaultSource",
    "HOSTILE",
    "Injected",
    "ListedFaults",
    "NONE",
    "PROFILES",
    "ROUGH",
    "Roll",
    "SeededFaults",
    "roll",
]

FAULT_LIMIT: Final = 12
"""From this call on nothing goes wrong at a site any more, so that every run ends."""
_STUBBORN_CALLS = 8
_PER = 10_000


class Fault(StrEnum):
    """What can go wrong at one call."""

    CRASH_BEFORE = "crash_before"  # the process dies before the call arrives
    CRASH_AFTER = "crash_after"  # the process dies when the call has had its effect
    DELAY = "delay"  # the call takes long, perhaps longer than a lease
    DUPLICATE = "duplicate"  # the call arrives twice
    LOST_REQUEST = "lost_request"  # no effect and no answer
    LOST_ANSWER = "lost_answer"  # the effect is there, the answer never arrives
    HIDDEN_SUCCESS = "hidden_success"  # the effect is there, the answer says it is not
    TRANSIENT = "transient"  # no effect, and the answer says so
    STUBBORN = "stubborn"  # no effect, again and again, until an operator steps in
    REJECTED = "rejected"  # no, for good
    LATE = "late"  # accepted, done later; has to be asked for
    REPORTED = "reported"  # accepted, done later, and reported then, perhaps twice
    LATE_FAILURE = "late_failure"  # accepted, fails later
    STALE = "stale"  # a reader answers with the version before
    CONFLICT = "conflict"  # a commit is refused although nobody else wrote
    PARTIAL = "partial"  # only some of several events or units are taken
    SHORT_LIVED = "short_lived"  # granted, and no longer good minutes later
    CLOCK_FORWARD = "clock_forward"  # the clock of the process runs ahead
    CLOCK_BACK = "clock_back"  # the clock of the process is put back a little


_OF_KEYS = frozenset({Fault.STUBBORN, Fault.REJECTED})


@frozen(kw_only=True)
class FaultProfile:
    """How often calls of each kind meet each fault, in ten-thousandths.

    ``stubborn`` and ``rejected`` are shares of the sites, the others shares of the calls.
    """

    name: str
    rates: Mapping[str, Mapping[Fault, int]] = field(hash=False)


def _profile(name: str, scale: int) -> FaultProfile:
    """Return a profile: ``scale`` times the rates of a middling day."""
    f = Fault
    crashes = {f.CRASH_BEFORE: 6 * scale, f.CRASH_AFTER: 6 * scale}
    slow = {f.DELAY: 40 * scale}
    store = {f.LOST_REQUEST: 15 * scale, f.LOST_ANSWER: 15 * scale}
    calls = {**crashes, **slow, f.DUPLICATE: 25 * scale, f.TRANSIENT: 100 * scale}
    unsure = {f.LOST_REQUEST: 40 * scale, f.LOST_ANSWER: 40 * scale, f.HIDDEN_SUCCESS: 20 * scale}
    late = {f.LATE: 200 * scale, f.LATE_FAILURE: 20 * scale}
    never = {f.STUBBORN: 40 * scale, f.REJECTED: 20 * scale}
    told = {f.STUBBORN: 15 * scale}
    rates: dict[str, dict[Fault, int]] = {
        "request": {f.DUPLICATE: 100 * scale},
        "read": {**crashes, **slow, f.STALE: 60 * scale, f.LOST_REQUEST: 10 * scale},
        "commit": {**crashes, **slow, **store, f.CONFLICT: 60 * scale},
        "update": {**crashes, **slow, **store, f.CONFLICT: 60 * scale},
        "release": {**crashes, **store},
        "claim": {
            f.CRASH_AFTER: 6 * scale,
            **slow,
            f.LOST_ANSWER: 10 * scale,
            f.CLOCK_FORWARD: 5 * scale,
            f.CLOCK_BACK: 15 * scale,
        },
        "provision": {**calls, **unsure, **late, **never, f.REPORTED: 250 * scale},
        "find": {**crashes, **slow, f.LOST_REQUEST: 60 * scale},
        "deprovision": {**calls, **unsure, f.LATE: 150 * scale, f.STUBBORN: 60 * scale},
        "refund": {**calls, **unsure, f.LATE: 150 * scale, **never},
        "find_refund": {**crashes, **slow, f.LOST_REQUEST: 60 * scale},
        "notify": {**calls, **unsure, **told},
        "mail": {**calls, **unsure, **told},
        "publish": {
            **crashes,
            **slow,
            f.PARTIAL: 60 * scale,
            f.DUPLICATE: 40 * scale,
            f.LOST_REQUEST: 40 * scale,
            f.LOST_ANSWER: 40 * scale,
        },
        "authorise": {**calls, **unsure, **late, **never, f.SHORT_LIVED: 150 * scale},
        "capture": {**calls, **unsure, f.LATE: 100 * scale, **never},
        "void": {**calls, **unsure, f.STUBBORN: 40 * scale},
        "give_back": {**calls, **unsure, f.LATE: 150 * scale, **never},
        "find_payment": {**crashes, **slow, f.LOST_REQUEST: 60 * scale},
        "page": {f.LOST_REQUEST: 60 * scale},
        "pick": {**calls, **unsure, **late, **never, f.PARTIAL: 150 * scale},
        "find_pick": {**crashes, **slow, f.LOST_REQUEST: 60 * scale},
        "put_back": {**calls, **unsure, f.LATE: 150 * scale, f.STUBBORN: 40 * scale},
        "pack": {**calls, **unsure, f.LATE: 150 * scale, f.PARTIAL: 150 * scale},
        "find_pack": {**crashes, **slow, f.LOST_REQUEST: 60 * scale},
        "label": {**calls, **unsure, f.LATE: 150 * scale, **never},
        "find_label": {**crashes, **slow, f.LOST_REQUEST: 60 * scale},
        "void_label": {**calls, **unsure, f.LATE: 100 * scale, f.STUBBORN: 40 * scale},
        "hand_over": {**calls, **unsure, f.LATE: 150 * scale, f.STUBBORN: 40 * scale},
        "find_hand_over": {**crashes, **slow, f.LOST_REQUEST: 60 * scale},
        "letter": {**calls, **unsure, **told},
        "capacity": {**slow, f.LOST_REQUEST: 100 * scale, f.REJECTED: 15 * scale},
        "seal": {**crashes},
    }
    return FaultProfile(name=name, rates=rates)


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


@frozen(kw_only=True)
class Injected:
    """One fault that was made to happen.

    Attributes:
        number: Of the call at the site, from 1.
        amount: Milliseconds, where the fault has a length.
    """

    site: str
    number: int
    fault: Fault
    amount: int = 0


Roll = tuple[int, int, int, int]
"""Four numbers for one call: for its fault, for the length of it, for the two pauses around it."""


def roll(seed: int, site: str, number: int) -> Roll:
    """Return what the seed says about one call; the same wherever and whenever it is asked."""
    text = f"{seed}\x1f{site}\x1f{number}"
    digest = blake2b(text.encode(), digest_size=16).digest()
    made: Roll = struct.unpack(">IIII", digest)
    return made


class FaultSource(Protocol):
    """Decides about one call."""

    def at(self, kind: str, site: str, number: int, dice: Roll) -> Injected | None:
        """Return what goes wrong at call ``number`` of a site, or None."""
        ...


class SeededFaults:
    """Draws faults by a profile."""

    def __init__(self, seed: int, profile: FaultProfile) -> None:
        self._seed = seed
        self._calls: dict[str, list[tuple[int, Fault]]] = {}
        self._keys: dict[str, list[tuple[int, Fault]]] = {}
        for kind, rates in profile.rates.items():
            self._calls[kind] = _ladder((f, r) for f, r in rates.items() if f not in _OF_KEYS)
            self._keys[kind] = _ladder((f, r) for f, r in rates.items() if f in _OF_KEYS)

    def at(self, kind: str, site: str, number: int, dice: Roll) -> Injected | None:
        """Return what goes wrong, drawn from the seed, the site and the number alone."""
        calls = self._calls.get(kind)
        if calls is None or number > FAULT_LIMIT:
            return None
        fault = None
        if self._keys[kind]:
            fault = _rung(self._keys[kind], roll(self._seed, site, 0)[0])
            if fault is Fault.STUBBORN and number > _STUBBORN_CALLS:
                fault = None
        fault = fault or _rung(calls, dice[0])
        if fault is None:
            return None
        return Injected(site=site, number=number, fault=fault, amount=_amount(fault, dice[1]))


class ListedFaults:
    """Injects exactly what is listed: for replaying and shrinking."""

    def __init__(self, faults: Iterable[Injected]) -> None:
        self._faults = {(each.site, each.number): each for each in faults}

    def at(self, kind: str, site: str, number: int, dice: Roll) -> Injected | None:
        """Return what is listed for this call."""
        return self._faults.get((site, number))


def _ladder(rates: Iterable[tuple[Fault, int]]) -> list[tuple[int, Fault]]:
    ladder = []
    height = 0
    for fault, rate in rates:
        height += rate
        ladder.append((height, fault))
    if height > _PER:
        raise InvalidInput(field="rates", problem=f"add up to {height}", allowed=f"0 to {_PER}")
    return ladder


def _rung(ladder: list[tuple[int, Fault]], number: int) -> Fault | None:
    drawn = number % _PER
    return next((fault for height, fault in ladder if drawn < height), None)


def _amount(fault: Fault, number: int) -> int:
    match fault:
        case Fault.DELAY:  # evenly over the orders of magnitude from 0.1 s to 50 s
            return 100 * (1 << (number % 10)) * (100 + number // 16 % 100) // 200
        case Fault.LATE | Fault.REPORTED | Fault.LATE_FAILURE:
            return 1000 + number % 90_000
        case Fault.SHORT_LIVED:
            return 1000 + number % 300_000
        case Fault.CLOCK_FORWARD:
            return 1000 + number % 60_000
        case Fault.CLOCK_BACK:
            return 1 + number % 5000
        case _:
            return number % 2
