"""Make a failing run small: take away orders, goods, faults, actions and more while it fails.

The same law has to break each time. What is taken away is named, not drawn, so the rest of the run
stays what it was; and since no fate depends on another order's, most of a run can go at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from attrs import evolve

from ordercore.testing.simulation.plan import Plan, Script
from ordercore.testing.simulation.run import Run, run_plan
from ordercore.testing.simulation.script import Action
from ordercore.testing.simulation.world import MakePorts

__all__ = ["minimise", "shrink", "story"]

_MOST_RUNS = 400
_MOST_ALONE = 60

T = TypeVar("T")


def minimise(items: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Return a part of ``items`` that still fails and from which no single one can be taken.

    This is delta debugging: larger parts are tried first.
    """
    kept = tuple(items)
    if kept and fails(()):
        return ()
    size = max(len(kept) // 2, 1)
    while kept:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if fewer and fails(fewer):
                kept = fewer
            else:
                at += size
        if size == 1:
            break
        size = max(size // 2, 1)
    return kept


def shrink(failed: Run, make_ports: MakePorts, *, runs: int = _MOST_RUNS) -> Run:
    """Return a much smaller run that breaks the same law, with its story.

    Args:
        failed: A run with a violation.
        make_ports: What it was run with.
        runs: How many runs may be spent on it.

    Raises:
        ValueError: the run broke no law.
    """
    if failed.violation is None:
        raise ValueError("only a run that broke a law can be made smaller")
    small = _Smaller(failed, make_ports, runs)
    small.one_of(failed.violation.tag)
    for _ in range(2):  # what could not go at first may go when the rest has gone
        small.scripts()
        small.deliveries()
        small.sweeps()
        small.faults()
        small.actions()
        small.items()
    small.workers()
    return run_plan(small.plan, make_ports, keep_story=True)


def story(run: Run) -> list[str]:
    """Return the run as lines for a person: instant, and what happened."""
    lines = [f"{at / 1000:12.3f} s  {text}" for at, _, text in run.story]
    if run.violation is not None:
        broken = run.violation
        lines.append(f"{broken.at_ms / 1000:12.3f} s  {broken.law} is broken: {broken.text}")
    return lines


class _Smaller:
    def __init__(self, failed: Run, make_ports: MakePorts, runs: int) -> None:
        assert failed.violation is not None
        self._law = failed.violation.law
        self._make_ports = make_ports
        self._left = runs
        self.plan = failed.as_listed

    def fails(self, plan: Plan) -> bool:
        if self._left <= 0:
            return False
        self._left -= 1
        found = run_plan(plan, self._make_ports).violation
        return found is not None and found.law == self._law

    def _try(self, plan: Plan) -> bool:
        if self.fails(plan):
            self.plan = plan
            return True
        return False

    def one_of(self, first: str) -> None:
        """Keep a single order if one is enough: the one that was blamed, or any other."""
        others = [script.tag for script in self.plan.scripts if script.tag != first]
        any(self._only(tag) for tag in [first, *others[:_MOST_ALONE]])

    def _only(self, tag: str) -> bool:
        scripts = tuple(script for script in self.plan.scripts if script.tag == tag)
        faults = tuple(fault for fault in self.plan.faults or () if _about(fault.site, tag))
        alone = evolve(self.plan, scripts=scripts)
        return bool(scripts) and (self._try(evolve(alone, faults=faults)) or self._try(alone))

    def scripts(self) -> None:
        self._part(self.plan.scripts, lambda kept: evolve(self.plan, scripts=kept), least=1)

    def faults(self) -> None:
        self._part(self.plan.faults or (), lambda kept: evolve(self.plan, faults=kept))

    def deliveries(self) -> None:
        self._part(self.plan.deliveries, lambda kept: evolve(self.plan, deliveries=kept))

    def sweeps(self) -> None:
        self._part(self.plan.sweeps, lambda kept: evolve(self.plan, sweeps=kept))

    def actions(self) -> None:
        for place, script in enumerate(self.plan.scripts):

            def made(kept: tuple[Action, ...], at: int = place) -> Plan:
                return self._with(at, evolve(self.plan.scripts[at], actions=kept))

            self._part(script.actions, made)

    def items(self) -> None:
        for place, script in enumerate(self.plan.scripts):

            def made(kept: tuple[Any, ...], at: int = place) -> Plan:
                script: Any = self.plan.scripts[at]  # either kind has items, each its own
                return self._with(at, evolve(script, items=kept))

            self._part(script.items, made, least=1)

    def workers(self) -> None:
        for processes, workers in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1)):
            if self._try(evolve(self.plan, processes=processes, workers=workers)):
                return

    def _with(self, place: int, script: Script) -> Plan:
        scripts = self.plan.scripts
        return evolve(self.plan, scripts=(*scripts[:place], script, *scripts[place + 1 :]))

    def _part(
        self, items: Sequence[T], made: Callable[[tuple[T, ...]], Plan], *, least: int = 0
    ) -> None:
        def fails(kept: tuple[T, ...]) -> bool:
            return len(kept) >= least and self.fails(made(kept))

        self.plan = made(minimise(items, fails))


def _about(site: str, tag: str) -> bool:
    return site.partition(":")[2].partition("/")[0].partition(".")[0] == tag
