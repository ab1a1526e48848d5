"""The page of figures is written from results, and knows every goal that a benchmark decides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench.goals import GOALS
from tests.bench.report import PAGE, rendered, tables

BENCHMARKS = Path(__file__).parents[1] / "bench"
ROWS = [
    {"date": "2026-01-05", "goal": "sqlite-one-peer", "ratios": [1.3, 1.2, 1.4]},
    {"date": "2026-01-05", "goal": "transition-peer", "ratios": [3.9, 9.0, 3.0]},
    {
        "date": "2026-01-05",
        "title": "count (by hand = 1)",
        "variant": "ours",
        "beside": "by hand",
        "ratios": [0.0041],
    },
]


def test_a_goal_is_met_by_the_median_and_shown_with_its_range() -> None:
    """Not by the best round."""
    text = tables(ROWS, machine="two cores")
    assert "Measured 2026-01-05 on: two cores." in text
    assert "| store an order, SQLite | SQLAlchemy Core | 1.20 | 1.30 (1.20..1.40) | met |" in text
    assert "| 4.00 | 3.90 (3.00..9.00) | **not met** |" in text
    assert "| count | ours | by hand | 0.0041 |" in text
    assert text.count("not in this run") == len(GOALS) - 2


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    """And a page without marks is not touched."""
    page = PAGE.read_text(encoding="utf-8")
    once = rendered(page, "NEW")
    assert rendered(once, "NEW") == once
    assert once.startswith(page.partition("<!--")[0])
    assert once.endswith(page.rpartition("-->")[2])
    with pytest.raises(ValueError, match="marks"):
        rendered("a page", "NEW")


def test_every_goal_is_decided_by_a_benchmark() -> None:
    """And no benchmark names a goal that there is not."""
    sources = "".join(p.read_text(encoding="utf-8") for p in BENCHMARKS.glob("bench_*.py"))
    assert [name for name in GOALS if f'"{name}"' not in sources] == []
    named = re.findall(r'"([a-z]+(?:-[a-z]+)+)": \(', sources)
    assert sorted(set(named) - set(GOALS)) == []


def test_the_page_lists_every_goal() -> None:
    """As it was decided last."""
    page = PAGE.read_text(encoding="utf-8")
    rows = [f"| {goal.work} | {goal.beside} | {goal.at_least:.2f} |" for goal in GOALS.values()]
    assert [row for row in rows if row not in page] == []
