"""Run a plan to its end, or to the first broken law."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from attrs import evolve, field, frozen

from ordercore.engine.messaging import DeadLetter
from ordercore.testing.simulation.actors import act, close_letters, put_down
from ordercore.testing.simulation.faults import Injected
from ordercore.testing.simulation.housekeeping import sweep
from ordercore.testing.simulation.judge import judge
from ordercore.testing.simulation.plan import Plan
from ordercore.testing.simulation.watch import Change, Violation
from ordercore.testing.simulation.world import MakePorts, World, make_world

__all__ = ["Progress", "Run", "run_plan"]

_DAY_MS = 24 * 3600 * 1000
_LONGEST_MS = 60 * _DAY_MS
_EVERY = 5000

Progress = Callable[[int, int], None]
"""Told now and then: how many orders are at rest, and virtual milliseconds since the beginning."""


@frozen(kw_only=True)
class Run:
    """What happened.

    Attributes:
        violation: The first law that was broken; None when all held to the end.
        digest: Of the whole trace; equal plans give equal digests.
        steps: How often one flow went on.
        virtual_ms: How long it took in virtual time.
        states: Orders by the state they rest in; ``refused`` are those that never came to be.
        ends: What came of each kind of request.
        injected: Every fault with its instant.
        checked: How often each law was checked.
        changes: Every change of state.
        story: Instant, order and text of what happened; empty unless it was asked for.
    """

    plan: Plan
    violation: Violation | None
    digest: str
    steps: int
    virtual_ms: int
    states: Mapping[str, int] = field(hash=False)
    ends: Mapping[str, int] = field(hash=False)
    injected: tuple[tuple[int, Injected], ...] = field(hash=False)
    checked: Mapping[str, int] = field(hash=False)
    changes: tuple[Change, ...] = field(hash=False)
    story: tuple[tuple[int, str, str], ...] = field(hash=False)

    @property
    def as_listed(self) -> Plan:
        """The same run, with every fault named instead of drawn."""
        return evolve(self.plan, faults=tuple(fault for _, fault in self.injected))


def run_plan(
    plan: Plan,
    make_ports: MakePorts,
    *,
    keep_story: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Run a plan until nothing is left to do, or until a law is broken.

    Args:
        plan: What happens.
        make_ports: Makes the ports that are put to the test, over an empty store.
        keep_story: Keep the lines that tell what happened.
        progress: Told now and then how far it is.

    Raises:
        WrongFace: the factory makes an asynchronous bundle.
    """
    world = make_world(plan, make_ports, keep_story=keep_story)
    try:
        _begin(world)
        _go_on(world, progress)
        if not world.watch.violations:
            judge(world)
    finally:
        world.scheduler.close()
    return _result(world)


def _begin(world: World) -> None:
    for process in range(1, world.plan.processes + 1):
        for number in range(1, world.plan.workers + 1):
            world.start_worker(process, number)
    for delivery in world.plan.deliveries:
        name = f"{delivery.tag}.delivery"
        world.scheduler.spawn(name, put_down(world, delivery), after_ms=delivery.at_ms)
    for number, at_ms in enumerate(world.plan.sweeps):
        world.scheduler.spawn(f"sweep{number}", sweep(world, f"sweep{number}"), after_ms=at_ms)
    for script in world.plan.scripts:
        for action in script.actions:
            world.scheduler.spawn(
                f"{script.tag}.{action.kind}{action.number}.actor",
                act(world, script, action),
                after_ms=script.start_ms + action.at_ms,
            )


def _go_on(world: World, progress: Progress | None) -> None:
    scheduler, watch = world.scheduler, world.watch
    longest = max(script.start_ms for script in world.plan.scripts) + _LONGEST_MS
    while not watch.violations and scheduler.step():
        watch.now_ms = scheduler.now_ms
        while watch.fresh:
            _call_operator(world, watch.fresh.pop(0))
        if progress is not None and scheduler.steps % _EVERY == 0:
            progress(sum(1 for change in watch.changes if change.before == ""), scheduler.now_ms)
        if scheduler.now_ms > longest:
            world.blame("comes_to_rest", "", "it goes on and on")


def _call_operator(world: World, letter: DeadLetter) -> None:
    tag = world.watch.tag(letter.order_id)
    world.tell(tag, f"{letter.step} of {letter.branch} is given up: {letter.code}")
    world.scheduler.spawn(f"{tag}.operator", close_letters(world, letter))


def _result(world: World) -> Run:
    watch = world.watch
    states = Counter(stored.order.state for stored in watch.rows.values())
    refused = len(world.plan.scripts) - len(watch.rows)
    return Run(
        plan=world.plan,
        violation=watch.violations[0] if watch.violations else None,
        digest=world.trace.digest,
        steps=world.scheduler.steps,
        virtual_ms=world.scheduler.now_ms,
        states=dict(sorted(states.items())) | ({"refused": refused} if refused else {}),
        ends=dict(sorted(world.ends.items())),
        injected=tuple(world.gate.injected),
        checked=dict(sorted(watch.checked.items())),
        changes=tuple(watch.changes),
        story=tuple(world.trace.lines),
    )
