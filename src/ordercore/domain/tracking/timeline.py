"""Fold what is told about an order into where it has been and where it is.

Everything is folded by its own time (R7): the order in which it arrives, and how often, changes
nothing. Nothing told is ever refused. What cannot be true together becomes a `Contradiction`, and
the order still ends in the state that the source claims.

The path is walked through the lifecycle from its beginning. A state that lies between two that were
seen is passed without a time. An observation that the status rules out, or that would lead
backwards, is set aside; it is named by a contradiction and the path is walked without it. So the
path is one that the lifecycle allows, and the times along it never go back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import combinations

from attrs import frozen

from ordercore.domain.tracking.evidence import (
    Claim,
    Contradiction,
    ContradictionCode,
    Observation,
    ObservationKind,
)
from ordercore.domain.tracking.track import Track
from ordercore.engine.lifecycle import Row
from ordercore.kernel.time import Instant

__all__ = ["Leg", "Timeline", "fold_timeline"]

_Code = ContradictionCode


@frozen(kw_only=True)
class Leg:
    """One step of a path.

    Attributes:
        row: The row of the lifecycle that was taken.
        at: When its destination was seen; None where nobody saw it.
    """

    row: Row
    at: Instant | None = None


@frozen(kw_only=True)
class Timeline:
    """Where an order has been and where it is.

    Attributes:
        state: The claimed state; where the path ends when nothing is claimed.
        began_at: When the initial state was seen; None where nobody saw it.
        path: The steps, in order, each of which the lifecycle allows.
        contradictions: What cannot be true together, always in the same order.
        late_by: How long after the latest promise the promised state was seen; negative when it was
            early, None when nothing was promised or the state was not seen.
    """

    state: str
    began_at: Instant | None
    path: tuple[Leg, ...]
    contradictions: tuple[Contradiction, ...]
    late_by: timedelta | None


def fold_timeline(
    track: Track, observations: Iterable[Observation], *, claim: Claim | None = None
) -> Timeline:
    """Fold ``observations``, in whatever order and however often each is told.

    Args:
        track: The lifecycle, compiled.
        observations: What was seen and promised.
        claim: The state that the source says the order is in; it is believed.

    Raises:
        UnknownState: an observation or the claim is about a state that the lifecycle lacks.
    """
    # The source is part of the key, so that even what is equal but for it has one order.
    told = sorted(
        set(observations),
        key=lambda each: (each.at, track.rank(track.require(each.state)), each.source),
    )
    seen = [each for each in told if each.kind is ObservationKind.REACHED]
    promised = [each for each in told if each.kind is ObservationKind.PROMISED]
    first: dict[str, Observation] = {}
    for each in seen:
        first.setdefault(each.state, each)
    if claim is not None:
        track.require(claim.state)
    walk = _Walk(track, claim)
    walk.along(seen)
    return Timeline(
        state=walk.state if claim is None else claim.state,
        began_at=walk.began_at,
        path=tuple(walk.path),
        contradictions=(
            *_between_times(track, seen, first),
            *_against_status(track, first, claim),
            *_missing(track, first, claim),
            *_promises(track, first, promised),
            *walk.stuck,
        ),
        late_by=_late_by(first, promised),
    )


class _Walk:
    """The way through the lifecycle while it is being walked."""

    def __init__(self, track: Track, claim: Claim | None) -> None:
        self.state = track.lifecycle.initial
        self.began_at: Instant | None = None
        self.path: list[Leg] = []
        self.stuck: list[Contradiction] = []
        self._track = track
        self._claim = claim
        self._last = "the beginning of the lifecycle"

    def along(self, seen: list[Observation]) -> None:
        """Walk to each state that was seen, by its time, and on to the claimed one."""
        initial = self.state
        for each in seen:
            if self._rules_out(each.state):
                continue
            if each.state == initial and not self.path:
                self.began_at = self.began_at or each.at
            elif self._track.can_follow(self.state, each.state) and each.state != self.state:
                self._to(each.state, each.at, str(each))
        if self._claim is not None and self._claim.state != self.state:
            self._to(self._claim.state, None, str(self._claim))

    def _rules_out(self, state: str) -> bool:
        return self._claim is not None and _beyond(self._track, state, self._claim.state)

    def _to(self, state: str, at: Instant | None, why: str) -> None:
        way = self._track.way(self.state, state)
        if way is None:
            self.stuck.append(Contradiction(code=_Code.NO_WAY, what=why, against=self._last))
            return
        self.path.extend(Leg(row=row) for row in way[:-1])
        self.path.append(Leg(row=way[-1], at=at))
        self.state, self._last = state, why


def _beyond(track: Track, state: str, claimed: str) -> bool:
    return state != claimed and not track.can_follow(state, claimed)


def _between_times(
    track: Track, seen: list[Observation], first: dict[str, Observation]
) -> Iterator[Contradiction]:
    for each in seen:
        known, once = first[each.state], track.is_entered_once(each.state)
        if once and each.at != known.at:
            yield Contradiction(code=_Code.TWO_TIMES, what=str(each), against=str(known))
        if once and each is not known:
            continue
        for early in first.values():
            if early.at < each.at and track.comes_before(each.state, early.state):
                yield Contradiction(code=_Code.OUT_OF_ORDER, what=str(early), against=str(each))
    for one, other in combinations(first.values(), 2):
        if track.excludes(one.state, other.state):
            yield Contradiction(code=_Code.EXCLUSIVE, what=str(other), against=str(one))


def _against_status(
    track: Track, first: dict[str, Observation], claim: Claim | None
) -> Iterator[Contradiction]:
    if claim is None:
        return
    for each in first.values():
        if _beyond(track, each.state, claim.state):
            yield Contradiction(code=_Code.BEYOND_STATUS, what=str(each), against=str(claim))


def _missing(
    track: Track, first: dict[str, Observation], claim: Claim | None
) -> Iterator[Contradiction]:
    reasons: dict[str, Claim | Observation] = {}
    for each in (*([claim] if claim else ()), *first.values()):
        for state in track.needs(each.state):
            if state not in first:
                reasons.setdefault(state, each)
    for state in track.witnessed:
        if state in reasons:
            what = f"no time at all (reached {state})"
            yield Contradiction(code=_Code.NO_TIME, what=what, against=str(reasons[state]))


def _promises(
    track: Track, first: dict[str, Observation], promised: list[Observation]
) -> Iterator[Contradiction]:
    began = first.get(track.lifecycle.initial)
    for each in promised:
        if began is not None and each.at < began.at:
            yield Contradiction(code=_Code.PROMISED_TOO_EARLY, what=str(each), against=str(began))


def _late_by(first: dict[str, Observation], promised: list[Observation]) -> timedelta | None:
    if not promised or promised[-1].state not in first:
        return None
    return first[promised[-1].state].at - promised[-1].at
