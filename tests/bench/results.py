"""What was measured: printed, compared with its goal, and kept for the page of figures.

With ``BENCH_RESULTS`` naming a file, every ratio is added to it as a line of JSON; the page is made
of that file by ``python -m tests.bench.report``, so that nobody copies figures by hand.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.goals import GOALS

__all__ = ["judge", "keep", "span"]


def span(ratios: Sequence[float]) -> str:
    """Return the median of the rounds, with the least and the most."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"


def judge(name: str, ratios: Sequence[float]) -> None:
    """Print whether a goal was met, and keep it.

    Args:
        name: Of the goal.
        ratios: How many times as fast the library was, one for each round.
    """
    goal = GOALS[name]
    met = statistics.median(ratios) >= goal.at_least
    print(
        f"  goal {name}: at least {goal.at_least:.2f} times as fast as {goal.beside}: "
        f"{span(ratios)}, {'met' if met else 'NOT MET'}"
    )
    _write({"goal": name, "ratios": list(ratios)})


def keep(title: str, variant: str, beside: str, ratios: Sequence[float]) -> None:
    """Keep a ratio that is no goal.

    Args:
        title: What was compared.
        variant: Whose.
        beside: The yardstick.
        ratios: How many times as fast as the yardstick it was, one for each round.
    """
    row = {"title": title, "variant": variant, "beside": beside, "ratios": list(ratios)}
    _write(row)


def _write(row: Mapping[str, object]) -> None:
    path = os.environ.get("BENCH_RESULTS")
    if path:
        dated = {"date": datetime.now(UTC).date().isoformat(), **row}
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(dated) + "\n")
