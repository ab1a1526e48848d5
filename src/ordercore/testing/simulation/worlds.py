"""Many small worlds instead of one large: each lives on its own seed and is forgotten at its end.

What remains of a world is a tally, and tallies add up; so a million orders take no more memory than
a few hundred, any range of seeds can be lived again, and two processes share the work by ranges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import reduce
from hashlib import sha256

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.testing.simulation.plan import Kinds, Plan, make_plan
from ordercore.testing.simulation.run import Run, run_plan
from ordercore.testing.simulation.watch import Violation
from ordercore.testing.simulation.world import MakePorts

__all__ = ["Tally", "Worlds", "run_worlds", "tally_of"]

_BEGINNING = sha256(b"worlds").hexdigest()


@frozen(kw_only=True)
class Worlds:
    """A range of worlds that differ in nothing but their seeds.

    Attributes:
        first: The first seed.
        last: The last seed, included.
        orders: In each world.

    Raises:
        InvalidInput: the range is empty.
    """

    first: int
    last: int
    orders: int = 50
    profile: str = "hostile"
    kinds: Kinds = Kinds.ALL

    def __attrs_post_init__(self) -> None:
        if self.first > self.last:
            raise InvalidInput(
                field="worlds", problem=f"{self.first}..{self.last}", allowed="first..last"
            )

    def __len__(self) -> int:
        return self.last - self.first + 1

    def plan(self, seed: int) -> Plan:
        """Return the plan of one world."""
        return make_plan(seed=seed, orders=self.orders, profile=self.profile, kinds=self.kinds)

    def parts(self, size: int) -> Iterator[Worlds]:
        """Return the same worlds in ranges of at most ``size``, in order."""
        for first in range(self.first, self.last + 1, size):
            yield Worlds(
                first=first,
                last=min(first + size - 1, self.last),
                orders=self.orders,
                profile=self.profile,
                kinds=self.kinds,
            )


@frozen(kw_only=True)
class Tally:
    """What is kept of worlds that were lived through.

    Attributes:
        steps: How often one flow went on.
        virtual_ms: Virtual time, all worlds together.
        states: Orders by the state they rest in.
        ends: What came of each kind of request.
        faults: How often each fault was injected.
        checked: How often each law was checked.
        digest: Of the digests of the worlds, in the order of their seeds.
        broken: Seed and violation of the first world in which a law was broken.
    """

    worlds: int = 0
    orders: int = 0
    steps: int = 0
    virtual_ms: int = 0
    states: Mapping[str, int] = field(factory=dict, hash=False)
    ends: Mapping[str, int] = field(factory=dict, hash=False)
    faults: Mapping[str, int] = field(factory=dict, hash=False)
    checked: Mapping[str, int] = field(factory=dict, hash=False)
    digests: tuple[str, ...] = field(default=(), repr=False)
    digest: str = _BEGINNING
    broken: tuple[int, Violation] | None = None

    def __add__(self, other: Tally) -> Tally:
        """Return both together; ``other`` comes later, and its digests are worked in."""
        return Tally(
            worlds=self.worlds + other.worlds,
            orders=self.orders + other.orders,
            steps=self.steps + other.steps,
            virtual_ms=self.virtual_ms + other.virtual_ms,
            states=_sum(self.states, other.states),
            ends=_sum(self.ends, other.ends),
            faults=_sum(self.faults, other.faults),
            checked=_sum(self.checked, other.checked),
            digest=reduce(_after, other.digests, self.digest),
            broken=self.broken or other.broken,
        )


def tally_of(run: Run) -> Tally:
    """Return what is kept of one world."""
    broken = run.violation
    return Tally(
        worlds=1,
        orders=len(run.plan.scripts),
        steps=run.steps,
        virtual_ms=run.virtual_ms,
        states=run.states,
        ends=run.ends,
        faults=Counter(str(injected.fault) for _, injected in run.injected),
        checked=run.checked,
        digests=(run.digest,),
        broken=None if broken is None else (run.plan.seed, broken),
    )


def run_worlds(worlds: Worlds, make_ports: MakePorts) -> Iterator[Tally]:
    """Live through the worlds, one after the other, until a law is broken.

    Yields:
        The tally of each world, in the order of their seeds; add them up.

    Raises:
        InvalidInput: there is no such profile, or no order.
        WrongFace: the factory makes an asynchronous bundle.
    """
    for seed in range(worlds.first, worlds.last + 1):
        tally = tally_of(run_plan(worlds.plan(seed), make_ports))
        yield tally
        if tally.broken is not None:
            return


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    both = Counter(one)
    both.update(other)
    return dict(sorted(both.items()))


def _after(digest: str, next_one: str) -> str:
    return sha256(f"{digest}{next_one}".encode()).hexdigest()
