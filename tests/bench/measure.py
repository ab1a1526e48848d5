"""Measure variants of the same work side by side and print them as ratios.

The variants run in turn, several rounds, so that noise of the machine hits all of them alike. A
figure means nothing by itself; only the ratio to the first variant of the same run is quoted.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from tests.bench.results import judge, keep

__all__ = ["Goals", "ROUNDS", "compare", "compare_prepared", "told"]

P = TypeVar("P")

Goals = Mapping[str, tuple[str, str]]
"""Goals by name, each with the variant that has to reach it and the one it is measured beside."""

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "0.2"))


def compare(
    title: str,
    variants: Mapping[str, Callable[[], object]],
    *,
    per_call: int = 1,
    goals: Goals = MappingProxyType({}),
) -> dict[str, float]:
    """Time every variant and print a table; the first one is the yardstick.

    Args:
        title: What is compared.
        variants: By name, a function that does the work once.
        per_call: How many pieces of work one call does.
        goals: Names of goals, each with the variant that has to reach it and the one beside it.

    Returns:
        Median seconds per piece of work, by name.
    """
    samples: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, work in variants.items():
            samples[name].append(_seconds_per_call(work) / per_call)
    return told(title, samples, goals)


def compare_prepared(
    title: str,
    variants: Mapping[str, Callable[[P], object]],
    *,
    prepare: Callable[[int], list[P]],
    pieces: int,
    goals: Goals = MappingProxyType({}),
) -> dict[str, float]:
    """Time variants of work that can be done only once per piece, such as an insert.

    Args:
        title: What is compared.
        variants: By name, a function that does one prepared piece of work.
        prepare: Makes that many fresh pieces; not timed.
        pieces: How many pieces each variant does in each round.
        goals: As for `compare`.
    """
    samples: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, work in variants.items():
            prepared = prepare(pieces)
            gc.collect()
            begun = time.perf_counter()
            for piece in prepared:
                work(piece)
            samples[name].append((time.perf_counter() - begun) / pieces)
    return told(title, samples, goals)


def told(
    title: str, samples: Mapping[str, list[float]], goals: Goals = MappingProxyType({})
) -> dict[str, float]:
    """Print and keep what was measured.

    Args:
        title: What is compared.
        samples: Seconds per piece of work, one for each round, by name; the yardstick first.
        goals: As for `compare`.

    Returns:
        Median seconds, by name.
    """
    medians = {name: statistics.median(times) for name, times in samples.items()}
    yardstick = next(iter(samples))
    print(f"\n{title}  (median of {len(samples[yardstick])} interleaved rounds)")
    in_ms = title.endswith("percentile")
    for name, times in samples.items():
        ratios = [t / y for t, y in zip(times, samples[yardstick], strict=True)]
        print(
            f"  {name:<52} {_shown(medians[name], in_ms=in_ms)}"
            f"   time x{statistics.median(ratios):7.2f}  ({min(ratios):.2f}..{max(ratios):.2f})"
        )
        if name != yardstick:
            keep(title, name, yardstick, [1 / ratio for ratio in ratios])
    if not goals:
        print("  no goal: for orientation")
    for goal, (ours, peer) in goals.items():
        judge(goal, [p / o for o, p in zip(samples[ours], samples[peer], strict=True)])
    return medians


def _shown(seconds: float, *, in_ms: bool) -> str:
    return f"{seconds * 1000:>11,.1f} ms" if in_ms else f"{1 / seconds:>12,.0f}/s"


def _seconds_per_call(work: Callable[[], object]) -> float:
    calls = 1
    while True:
        gc.collect()
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        took = time.perf_counter() - begun
        if took >= SECONDS or (took >= SECONDS / 4 and calls > 1):
            return took / calls
        calls = max(calls * 2, int(calls * SECONDS / max(took, 1e-9)))
