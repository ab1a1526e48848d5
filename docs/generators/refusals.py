"""Every code with which a rule says no, and every code of a finding, read from the source."""

from __future__ import annotations

from collections import defaultdict

from generators.docstrings import calls_to
from generators.markdown import section, table
from ordercore.domain.pricing import AmountKind

__all__ = ["page"]

_INTRODUCTION = """\
# Refusals and findings

A rule that says no answers with a `Refusal`: a code that is stable, a reason for a person, and
findings where several things are wrong at once. Nothing was changed or stored. In the texts below
`{...}` stands for what is filled in.
"""

_FINDINGS = """\
A finding names a field by its path (`items[0].config.workers`), and what would be allowed there.
The checks that produce findings are listed under [Checks](checks.md).
"""

# The one family of codes that is put together from a value.
_FAMILIES = {"{kind}_outside_tolerance": [f"{kind}_outside_tolerance" for kind in AmountKind]}


def page() -> str:
    """Return the page: refusals, then findings."""
    return "\n".join(
        [
            _INTRODUCTION,
            section(2, "Refusals"),
            table(("code", "reason", "decided in"), _rows("Refusal", "reason")),
            section(2, "Findings"),
            _FINDINGS,
            table(("code", "message", "found in"), _rows("Finding", "message")),
        ]
    )


def _rows(name: str, text: str) -> list[tuple[str, ...]]:
    words: dict[str, set[str]] = defaultdict(set)
    places: dict[str, set[str]] = defaultdict(set)
    for module, given in calls_to(name):
        if "code" not in given or given["code"].startswith("{code"):
            continue  # a copy of another one
        for code in _FAMILIES.get(given["code"], [given["code"]]):
            if "{" in code:
                raise ValueError(f"{module} computes the code {code!r}: list its family here")
            words[code].add(given.get(text, ""))
            places[code].add(f"`{module.removeprefix('ordercore.')}`")
    return [
        (f"`{code}`", " / ".join(sorted(words[code])), ", ".join(sorted(places[code])))
        for code in sorted(words)
    ]
