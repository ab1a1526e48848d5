"""Plain data and short words for values of the library: what is printed, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ordercore import Finding

__all__ = ["FindingRow", "finding_row", "finding_rows", "finding_text"]

FindingRow = dict[str, str | None]
"""A finding as plain data: field, code, message, allowed."""


def finding_row(finding: Finding) -> FindingRow:
    """Return a finding as plain data, with all four keys."""
    return {
        "field": finding.field,
        "code": finding.code,
        "message": finding.message,
        "allowed": finding.allowed,
    }


def finding_rows(findings: Iterable[Finding]) -> list[FindingRow]:
    """Return findings as plain data."""
    return [finding_row(finding) for finding in findings]


def finding_text(row: Mapping[str, str | None]) -> str:
    """Return a finding as one line for a person."""
    where = f"{row['field']}: " if row["field"] else ""
    hint = f" (allowed: {row['allowed']})" if row["allowed"] else ""
    return f"{where}{row['message']}{hint}"
