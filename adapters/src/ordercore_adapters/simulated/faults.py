"""What goes wrong, decided by a seed.

The fate of a call follows from (seed, kind of call, key, number of the call under that key) by
hashing, and from nothing else: no generator is shared, so it does not matter in which order calls
arrive, which process makes them, or what else is going on. Rates are in thousandths.

Some fates belong to a key and not to a call: a key that is *rejected* is rejected every time, and a
*stubborn* one fails the first eight times, which is more than the retries of one step survive, so
it ends with an operator; when the operator tries again it works.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from attrs import Factory, field, frozen

from ordercore.kernel.errors import InvalidInput

__all__ = [
    "CALM",
    "FAULT_FREE",
    "Fate",
    "FaultPlan",
    "HOSTILE",
    "PROFILES",
    "ROUGH",
    "Rates",
    "STUBBORN_CALLS",
]

STUBBORN_CALLS = 8
"""How often a stubborn key fails before it works."""
_PER_MILLE = 1000


class Fate(StrEnum):
    """How a call ends."""

    FINE = "fine"
    DELAYED = "delayed"  # accepted; finished at a later instant
    LATE_FAILURE = "late_failure"  # accepted; fails at a later instant, without effect
    DUPLICATED = "duplicated"  # reaches the provider twice
    TRANSIENT = "transient"  # fails without effect
    LOST_DONE = "lost_done"  # has its effect, but the answer never arrives
    LOST_UNDONE = "lost_undone"  # never arrives, so there is no answer either
    STUBBORN = "stubborn"  # fails without effect, again and again
    REJECTED = "rejected"  # refused for good


@frozen(kw_only=True)
class Rates:
    """How often calls of one kind meet each fate, in thousandths.

    ``rejected`` and ``stubborn`` are shares of the keys, the others shares of the calls.
    """

    rejected: int = 0
    stubborn: int = 0
    transient: int = 0
    lost_done: int = 0
    lost_undone: int = 0
    delayed: int = 0
    late_failure: int = 0
    duplicated: int = 0

    def __attrs_post_init__(self) -> None:
        of_keys = (self.rejected, self.stubborn)
        of_calls = tuple(rate for _, rate in self.by_call)
        if min(of_keys + of_calls) < 0 or max(sum(of_keys), sum(of_calls)) > _PER_MILLE:
            raise InvalidInput(
                field="rates", problem="do not add up", allowed="0 to 1000 thousandths in all"
            )

    @property
    def by_call(self) -> tuple[tuple[Fate, int], ...]:
        """The fates that are drawn anew for every call."""
        return (
            (Fate.TRANSIENT, self.transient),
            (Fate.LOST_DONE, self.lost_done),
            (Fate.LOST_UNDONE, self.lost_undone),
            (Fate.DELAYED, self.delayed),
            (Fate.LATE_FAILURE, self.late_failure),
            (Fate.DUPLICATED, self.duplicated),
        )


_NO_FAULTS = Rates()

CALM: Mapping[str, Rates] = {
    "provision": Rates(transient=20, delayed=200),
    "notify": Rates(transient=10),
    "mail": Rates(transient=10),
    "publish": Rates(transient=10),
    "pick": Rates(transient=10, delayed=200),
    "shelf": Rates(transient=10),
    "pack": Rates(transient=10, delayed=200),
    "label": Rates(transient=10),
    "letter": Rates(transient=10),
}
"""A good day: most calls work, some take their time."""

ROUGH: Mapping[str, Rates] = {
    "provision": Rates(
        rejected=20,
        stubborn=20,
        transient=100,
        lost_done=30,
        lost_undone=30,
        delayed=300,
        late_failure=20,
        duplicated=20,
    ),
    "find": Rates(transient=20, lost_undone=20),
    "deprovision": Rates(
        stubborn=50, transient=100, lost_done=30, lost_undone=30, delayed=200, duplicated=20
    ),
    "refund": Rates(
        stubborn=30, transient=100, lost_done=40, lost_undone=40, delayed=200, duplicated=20
    ),
    "find_refund": Rates(transient=20, lost_undone=20),
    "authorise": Rates(
        rejected=60, transient=50, lost_done=40, lost_undone=30, delayed=50, late_failure=10
    ),
    "capture": Rates(
        stubborn=20, transient=80, lost_done=40, lost_undone=30, delayed=100, duplicated=20
    ),
    "void": Rates(transient=80, lost_done=40, lost_undone=30, duplicated=20),
    "find_payment": Rates(transient=20, lost_undone=20),
    "settle": Rates(delayed=300, late_failure=30),
    "expiry": Rates(rejected=20),
    "webhook": Rates(lost_undone=50, lost_done=30, delayed=200, duplicated=50),
    "notify": Rates(transient=50, lost_done=20, lost_undone=20, duplicated=20),
    "mail": Rates(transient=50, lost_done=20, lost_undone=20, duplicated=20),
    "publish": Rates(transient=50, lost_done=30, duplicated=30),
    "capacity": Rates(transient=50),
    "pick": Rates(transient=50, lost_done=30, lost_undone=30, delayed=300, duplicated=20),
    "find_pick": Rates(transient=20, lost_undone=20),
    "shelf": Rates(rejected=20, transient=50),
    "put_back": Rates(
        stubborn=30, transient=50, lost_done=30, lost_undone=30, delayed=200, duplicated=20
    ),
    "pack": Rates(transient=50, lost_done=30, lost_undone=30, delayed=300, duplicated=20),
    "find_pack": Rates(transient=20, lost_undone=20),
    "quality": Rates(transient=50),
    "label": Rates(
        rejected=20, transient=50, lost_done=30, lost_undone=30, delayed=100, duplicated=20
    ),
    "find_label": Rates(transient=20, lost_undone=20),
    "void_label": Rates(stubborn=30, transient=50, lost_done=30, lost_undone=30, duplicated=20),
    "hand_over": Rates(transient=50, lost_done=30, lost_undone=30, delayed=200, duplicated=20),
    "find_hand_over": Rates(transient=20, lost_undone=20),
    "letter": Rates(rejected=10, transient=50, lost_done=20, lost_undone=20, duplicated=20),
}
"""A bad day: everything happens, most of it seldom."""

HOSTILE: Mapping[str, Rates] = {
    "provision": Rates(
        rejected=80,
        stubborn=120,
        transient=200,
        lost_done=120,
        lost_undone=100,
        delayed=250,
        late_failure=80,
        duplicated=80,
    ),
    "find": Rates(transient=100, lost_undone=100),
    "deprovision": Rates(
        stubborn=250, transient=200, lost_done=120, lost_undone=100, delayed=200, duplicated=80
    ),
    "refund": Rates(
        rejected=50,
        stubborn=150,
        transient=200,
        lost_done=150,
        lost_undone=100,
        delayed=200,
        duplicated=80,
    ),
    "find_refund": Rates(transient=100, lost_undone=100),
    "authorise": Rates(
        rejected=150,
        stubborn=80,
        transient=150,
        lost_done=150,
        lost_undone=100,
        delayed=150,
        late_failure=50,
        duplicated=80,
    ),
    "capture": Rates(
        rejected=30,
        stubborn=120,
        transient=200,
        lost_done=150,
        lost_undone=100,
        delayed=200,
        duplicated=80,
    ),
    "void": Rates(stubborn=120, transient=200, lost_done=150, lost_undone=100, duplicated=80),
    "find_payment": Rates(transient=100, lost_undone=100),
    "settle": Rates(delayed=400, late_failure=100),
    "expiry": Rates(rejected=100),
    "webhook": Rates(lost_undone=150, lost_done=100, delayed=300, duplicated=150),
    "notify": Rates(stubborn=50, transient=200, lost_done=100, lost_undone=100, duplicated=50),
    "mail": Rates(stubborn=50, transient=200, lost_done=100, lost_undone=100, duplicated=50),
    "publish": Rates(transient=200, lost_done=100, duplicated=100),
    "capacity": Rates(rejected=30, transient=200),
    "pick": Rates(transient=200, lost_done=120, lost_undone=100, delayed=250, duplicated=80),
    "find_pick": Rates(transient=100, lost_undone=100),
    "shelf": Rates(rejected=80, stubborn=50, transient=150),
    "put_back": Rates(
        stubborn=150, transient=200, lost_done=120, lost_undone=100, delayed=200, duplicated=80
    ),
    "pack": Rates(transient=200, lost_done=120, lost_undone=100, delayed=250, duplicated=80),
    "find_pack": Rates(transient=100, lost_undone=100),
    "quality": Rates(rejected=30, transient=150),
    "label": Rates(
        rejected=80, transient=200, lost_done=120, lost_undone=100, delayed=200, duplicated=80
    ),
    "find_label": Rates(transient=100, lost_undone=100),
    "void_label": Rates(
        stubborn=150, transient=200, lost_done=120, lost_undone=100, delayed=200, duplicated=80
    ),
    "hand_over": Rates(transient=200, lost_done=120, lost_undone=100, delayed=250, duplicated=80),
    "find_hand_over": Rates(transient=100, lost_undone=100),
    "letter": Rates(
        rejected=50, stubborn=50, transient=200, lost_done=100, lost_undone=100, duplicated=50
    ),
}
"""No day anybody ever had; every path is walked within a few hundred orders."""

PROFILES: Mapping[str, Mapping[str, Rates]] = {"calm": CALM, "rough": ROUGH, "hostile": HOSTILE}
"""The presets by name."""


@frozen(kw_only=True)
class FaultPlan:
    """Decides the fate of every call.

    Attributes:
        rates: By kind of call; a kind that is not listed never fails.
        longest_delay_s: Delays are whole seconds from 1 to this.
    """

    seed: int = 0
    rates: Mapping[str, Rates] = field(default=Factory(dict), hash=False)
    longest_delay_s: int = 90

    @classmethod
    def profile(cls, name: str, *, seed: int) -> FaultPlan:
        """Return one of the presets ``calm``, ``rough`` and ``hostile``.

        Raises:
            InvalidInput: there is no such preset.
        """
        if name not in PROFILES:
            raise InvalidInput(
                field="profile", problem=f"there is no {name!r}", allowed=", ".join(PROFILES)
            )
        return cls(seed=seed, rates=PROFILES[name])

    def fate(self, kind: str, key: str, attempt: int) -> Fate:
        """Return how call number ``attempt`` (from 1) of this kind under ``key`` ends."""
        rates = self.rates.get(kind, _NO_FAULTS)
        if rates is _NO_FAULTS:
            return Fate.FINE
        of_key = self.draw("key", kind, key)
        if of_key < rates.rejected:
            return Fate.REJECTED
        if of_key < rates.rejected + rates.stubborn and attempt <= STUBBORN_CALLS:
            return Fate.STUBBORN
        drawn = self.draw("call", kind, key, str(attempt))
        for fate, rate in rates.by_call:
            if drawn < rate:
                return fate
            drawn -= rate
        return Fate.FINE

    def delay_s(self, kind: str, key: str, attempt: int) -> int:
        """Return how many seconds a delayed call takes."""
        drawn = self.draw("delay", kind, key, str(attempt), below=self.longest_delay_s)
        return 1 + drawn

    def window(self, at: datetime, seconds: int) -> str:
        """Return a name for the stretch of ``seconds`` that ``at`` lies in, to draw by."""
        return str(int(at.timestamp()) // seconds)

    def draw(self, *parts: str, below: int = _PER_MILLE) -> int:
        """Return a number below ``below`` that follows from the seed and ``parts`` alone."""
        joined = "\x1f".join((str(self.seed), *parts))
        return int.from_bytes(sha256(joined.encode()).digest()[:8], "big") % below


FAULT_FREE = FaultPlan()
"""Nothing ever goes wrong."""
