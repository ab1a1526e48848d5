"""Old records are swept while everything goes on: from the first minutes to the last day.

What is swept too early is missed by somebody: an event that has not left, the answer under a key
that is about to be repeated, the mark of a message that comes once more.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, cast

from ordercore.app import SweepRecords
from ordercore.engine.messaging import Swept
from ordercore.kernel.errors import OrderCoreError
from ordercore.testing.simulation.faults import roll
from ordercore.testing.simulation.raising import raised_by
from ordercore.testing.simulation.scheduler import pause

if TYPE_CHECKING:
    from ordercore.testing.simulation.world import World

__all__ = ["sweep", "sweeps"]

_MINUTE_MS, _DAY_MS = 60_000, 24 * 3_600_000
_AT_ONCE = 50
_TRIES = 200


def sweeps(seed: int) -> tuple[int, ...]:
    """Return when somebody begins to sweep: three times soon, and three times weeks later."""
    dice = Random(f"{seed}/sweeps")
    soon = (dice.randrange(10 * _MINUTE_MS) for _ in range(3))
    late = (dice.randrange(7 * _DAY_MS, 26 * _DAY_MS) for _ in range(3))
    return (*sorted(soon), *sorted(late))


async def sweep(world: World, name: str) -> None:
    """Sweep until nothing is old any more."""
    for attempt in range(_TRIES):
        process = 1 + roll(world.plan.seed, name, attempt)[0] % world.plan.processes
        asked = SweepRecords(limit=_AT_ONCE)
        ended = await world.request(f"{name}.{attempt}", asked, process=process)
        error = ended.error
        if error is not None and not isinstance(error, ConnectionError | OrderCoreError):
            world.blame("no_surprise", "", f"{name} met {error!r}", method=raised_by(error))
        if not ended.lost and error is None:
            swept = cast("Swept", ended.value)
            world.tell("", f"{name}: {swept.events} events, {swept.answers} answers")
            if swept.total == 0:
                return
        await pause(1000)
