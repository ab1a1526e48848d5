"""What goes wrong, and who decides where: a seed, by the rates of a profile, or a list.

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
    "FAULT_LIMIT",
    "Fault",
    "FaultProfile",
    "FaultSource",
    "Injected",
    "ListedFaults",
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
    PAUSED = "paused"  # the caller stands still with the answer in hand, longer than it is good
    FORGOTTEN = "forgotten"  # what was given is given to the next who asks
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
        case Fault.SHORT_LIVED | Fault.PAUSED:
            return 1000 + number % 300_000
        case Fault.CLOCK_FORWARD:
            return 1000 + number % 60_000
        case Fault.CLOCK_BACK:
            return 1 + number % 5000
        case Fault.REJECTED:
            return number % 6
        case _:
            return number % 2
