"""Write the tables of the page of figures from the results of a run of the benchmarks.

make bench                                          measures, and keeps bench-results.jsonl
python -m tests.bench.report --machine "2 cores"    puts it into docs/reference/performance.md

What stands between the two marks of the page is replaced, everything else is left alone.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.goals import GOALS

__all__ = ["main", "rendered", "tables"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "performance.md"
RESULTS = ROOT / "bench-results.jsonl"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

Row = Mapping[str, Any]


def tables(rows: Sequence[Row], *, machine: str) -> str:
    """Return the tables of a run.

    Args:
        rows: As the benchmarks kept them; of a goal that was measured twice the last one counts.
        machine: What it ran on, in words.
    """
    return "\n".join(
        [
            f"Measured {_days(rows)} on: {machine}. Median (least..most) of the rounds.",
            "",
            *_goals(rows),
            "",
            *_ratios(rows),
        ]
    )


def rendered(page: str, text: str) -> str:
    """Return the page with other tables between its marks.

    Raises:
        ValueError: the page has no such marks.
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs the marks {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}"


def _days(rows: Iterable[Row]) -> str:
    return " and ".join(sorted({row["date"] for row in rows})) or "not yet"


def _goals(rows: Iterable[Row]) -> Iterator[str]:
    measured = {row["goal"]: row["ratios"] for row in rows if "goal" in row}
    yield "| goal | beside | wanted | measured | |"
    yield "| --- | --- | --- | --- | --- |"
    for name, goal in GOALS.items():
        ratios = measured.get(name)
        shown = _span(ratios) if ratios else "not in this run"
        met = "" if not ratios else _verdict(statistics.median(ratios), goal.at_least)
        yield f"| {goal.work} | {goal.beside} | {goal.at_least:.2f} | {shown} | {met} |"


def _ratios(rows: Iterable[Row]) -> Iterator[str]:
    yield "| what was compared | who | beside | times as fast |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        if "title" in row:
            title = re.sub(r" \([^()]*\)", "", str(row["title"]))
            shown = _span(row["ratios"])
            yield f"| {title} | {row['variant']} | {row['beside']} | {shown} |"


def _span(ratios: Sequence[float]) -> str:
    middle = statistics.median(ratios)
    digits = 2 if middle >= 0.1 else 4
    if len(ratios) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({min(ratios):.{digits}f}..{max(ratios):.{digits}f})"


def _verdict(measured: float, wanted: float) -> str:
    return "met" if measured >= wanted else "**not met**"


def main() -> None:
    """Read the results and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", nargs="?", type=Path, default=RESULTS)
    parser.add_argument("--machine", required=True, help="what it ran on, in words")
    given = parser.parse_args()
    lines = given.results.read_text(encoding="utf-8").splitlines()
    text = tables([json.loads(line) for line in lines if line], machine=given.machine)
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
