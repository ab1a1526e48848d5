"""What every call of a run passes: its fate is looked up, it pauses, it is written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from attrs import define, field, frozen

from ordercore.kernel.errors import OrderCoreError
from ordercore.testing.simulation.faults import Fault, FaultSource, Injected, Roll, roll
from ordercore.testing.simulation.scheduler import Scheduler, die, pause

__all__ = ["Gate", "Outage", "Passage", "Trace", "outage"]

_CALL_MS = 6
_SERVICE_MS = 300
_SERVICES = frozenset(
    {
        "authorise",
        "capture",
        "deprovision",
        "give_back",
        "hand_over",
        "label",
        "letter",
        "mail",
        "notify",
        "pack",
        "pick",
        "provision",
        "publish",
        "put_back",
        "refund",
        "void",
        "void_label",
    }
)


class Outage(OrderCoreError):
    """The other side did not answer; whether it did anything is unknown."""

    code = "outage"

    def __init__(self) -> None:
        super().__init__("no answer")


def outage(fault: Injected) -> Exception:
    """Return how a caller is told that nothing came back: adapters differ in that."""
    return Outage() if fault.amount % 2 else ConnectionError("no answer")


@define
class Trace:
    """All that happens, as one line each: their digest, and on demand the lines that tell a story.

    Attributes:
        lines: Instant, order and text of what a reader wants to know; kept only when asked for.
    """

    keep: bool = False
    lines: list[tuple[int, str, str]] = field(factory=list)
    _digest: Any = field(factory=sha256)

    def note(self, at_ms: int, text: str) -> None:
        """Write a line that only counts for the digest."""
        self._digest.update(f"{at_ms} {text}\n".encode())

    def tell(self, at_ms: int, tag: str, text: str) -> None:
        """Write a line that belongs to the story."""
        self.note(at_ms, f"{tag}: {text}")
        if self.keep:
            self.lines.append((at_ms, tag, text))

    @property
    def digest(self) -> str:
        """What the whole run comes down to."""
        return str(self._digest.hexdigest())


@frozen
class Passage:
    """One call on its way through.

    Attributes:
        fault: What goes wrong with it, or None.
    """

    site: str
    number: int
    fault: Fault | None
    injected: Injected | None
    after_ms: int

    @property
    def amount(self) -> int:
        """Milliseconds that belong to the fault."""
        return self.injected.amount if self.injected else 0


@define
class Gate:
    """Lets calls through, one pause before and one after.

    Attributes:
        injected: Every fault so far, with its instant.
    """

    seed: int
    scheduler: Scheduler
    source: FaultSource
    trace: Trace
    on_clock: Callable[[int, int], None]
    injected: list[tuple[int, Injected]] = field(factory=list)
    _numbers: Counter[str] = field(factory=Counter)

    async def enter(self, kind: str, site: str) -> Passage:
        """Pause, perhaps for long, perhaps for ever; return what happens to the call."""
        passage, dice = self._fate(kind, site)
        await pause(dice[2] % (_SERVICE_MS if kind in _SERVICES else _CALL_MS))
        if passage.fault is Fault.DELAY:
            await pause(passage.amount)
        elif passage.fault is Fault.CRASH_BEFORE:
            await die()
        return passage

    async def leave(self, passage: Passage, outcome: object = "") -> None:
        """Pause once more; what came of the call is written down."""
        self.trace.note(self.scheduler.now_ms, f"{passage.site}#{passage.number} = {outcome}")
        await pause(passage.after_ms)
        if passage.fault is Fault.CRASH_AFTER:
            await die()

    def fate_of(self, kind: str, site: str) -> Passage:
        """Return what happens to a call that is known only when it has been made."""
        return self._fate(kind, site)[0]

    def _fate(self, kind: str, site: str) -> tuple[Passage, Roll]:
        self._numbers[site] += 1
        number = self._numbers[site]
        dice = roll(self.seed, site, number)
        injected = self.source.at(kind, site, number, dice)
        now, flow = self.scheduler.now_ms, self.scheduler.current
        who = flow.name if flow else "-"
        fault = injected.fault if injected else None
        if injected is not None:
            self.injected.append((now, injected))
            tag = site.partition(":")[2].partition("/")[0]
            self.trace.tell(now, tag, f"{who}: {site}#{number} meets {injected.fault}")
            if fault in (Fault.CLOCK_FORWARD, Fault.CLOCK_BACK) and flow and flow.process:
                ahead = injected.amount if fault is Fault.CLOCK_FORWARD else -injected.amount
                self.on_clock(flow.process, ahead)
        else:
            self.trace.note(now, f"{who}: {site}#{number}")
        return Passage(site, number, fault, injected, dice[3] % _CALL_MS), dice
