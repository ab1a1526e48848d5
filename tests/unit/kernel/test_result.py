from __future__ import annotations

from ordercore.kernel.result import Finding, Report


def test_a_finding_is_moved_below_a_prefix_with_all_else_kept() -> None:
    """Paths grow from the inside out, as an order reports its items."""
    finding = Finding(field="workers", code="out_of_range", message="too many", allowed="3 to 50")
    expected = Finding(
        field="items[0].config.workers", code="out_of_range", message="too many", allowed="3 to 50"
    )

    assert expected == finding.under("config").under("items[0]")


def test_a_finding_about_the_whole_takes_the_prefix_as_its_path() -> None:
    """An empty field leaves no dangling dot."""
    finding = Finding(field="", code="wrong_type", message="not a mapping")

    assert finding.under("config").field == "config"


def test_a_report_is_ok_only_without_findings() -> None:
    """One finding is enough to say no."""
    assert Report().ok
    assert not Report(findings=(Finding(field="a", code="b", message="c"),)).ok
