"""Every code with which a rule says no, and every code of a finding, read from the source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from generators.markdown import section, table
from generators.source import ADAPTERS, LIBRARY, Said, said
from ordercore.domain.pricing import AmountKind

__all__ = ["codes_of", "page"]

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
    """Return the page: refusals, then findings, each of the library and of the adapters."""
    return "\n".join(
        [
            _INTRODUCTION,
            section(2, "Refusals"),
            *_tables("Refusal", ("code", "reason", "decided in")),
            section(2, "Findings"),
            _FINDINGS,
            *_tables("Finding", ("code", "message", "found in")),
        ]
    )


def _tables(name: str, header: tuple[str, str, str]) -> Iterator[str]:
    for title, package in (("Of the library", LIBRARY), ("Of the adapters", ADAPTERS)):
        yield section(3, title)
        yield table(header, _rows(package, name, header[1]))


def _rows(package: Path, name: str, text: str) -> list[tuple[str, ...]]:
    words: dict[str, set[str]] = defaultdict(set)
    places: dict[str, set[str]] = defaultdict(set)
    for each in said(package, name, "code", text):
        codes, texts = codes_of(each), [each.words.get(text, "")]
        if len(texts[0].split(" / ")) == len(codes):
            texts = texts[0].split(" / ")
        for place, code in enumerate(codes):
            words[code].add(texts[place % len(texts)])
            places[code].add(f"`{each.module.removeprefix(f'{package.name}.')}`")
    return [
        (f"`{code}`", " / ".join(sorted(words[code])), ", ".join(sorted(places[code])))
        for code in sorted(words)
    ]


def codes_of(each: Said) -> list[str]:
    """Return the codes that what is said may have; none where it is that of something else.

    Raises:
        ValueError: a code is computed, and its family is not listed here.
    """
    if "code" in each.copied:
        return []
    written = each.words["code"]
    codes = _FAMILIES.get(written, written.split(" / "))
    if any("{" in code for code in codes):
        raise ValueError(f"{each.module} computes the code {written!r}: list its family here")
    return codes
