"""Series and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from ordercore.domain.billing import (
    CREDIT_NOTE_NUMBERS,
    INVOICE_NUMBERS,
    DocumentKind,
    NumberFormat,
)
from ordercore.kernel import InvalidInput


def test_every_seller_year_and_kind_has_a_series() -> None:
    """No two of them share numbers."""
    names = {
        numbers.series(seller=seller, year=year)
        for numbers in (INVOICE_NUMBERS, CREDIT_NOTE_NUMBERS)
        for seller in ("a", "b", "2026/a")
        for year in (2026, 2027)
    }
    assert len(names) == 12


def test_numbers_are_written_by_the_pattern() -> None:
    """Padded as it says; longer numbers are not cut."""
    written = [
        numbers.number(seller="a", year=2026, seq=seq).text
        for numbers, seq in (
            (INVOICE_NUMBERS, 1),
            (INVOICE_NUMBERS, 1_234_567),
            (CREDIT_NOTE_NUMBERS, 7),
            (NumberFormat(kind=DocumentKind.INVOICE, pattern="{seq}/{year}"), 12),
            (NumberFormat(kind=DocumentKind.INVOICE, pattern="{{R}}{year}-{seq:03d}"), 4),
        )
    ]
    assert (written) == [
        "INV-2026-000001",
        "INV-2026-1234567",
        "CN-2026-000007",
        "12/2026",
        "{R}2026-004",
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        "INV-{seq}",  # two years would share texts
        "INV-{year}",
        "INV-{year}-{seq}-{seq}",
        "{year}{seq}{tenant}",
        "{year.__class__}{seq}",
        "{year!r}{seq}",
        "{year}{seq:x}",
        "{year}{seq:{year}d}",
        "{year}{seq:9999999999d}",
        "{year:02d}{seq}",
        "{year}{seq:3d}",
        "{year}{seq:019d}",
        "{}{year}{seq}",
        "{year}{seq",
    ],
)
def test_a_pattern_has_year_and_place_once_each(pattern: str) -> None:
    """Anything else could write two documents alike, or reach into objects."""
    with pytest.raises(InvalidInput, match="pattern"):
        NumberFormat(kind=DocumentKind.INVOICE, pattern=pattern)


_PATTERN = "text with {year} and {seq} once each, such as INV-{year}-{seq:06d}"


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("INV-{seq}", "'INV-{seq}' lacks a part"),
        ("{year}{seq", "cannot be read"),
        (None, "cannot be read"),
        ("{year}{seq:x}", "'{year}{seq:x}' formats seq in another way"),
        ("{year:02d}{seq}", "'{year:02d}{seq}' formats year in another way"),
        ("{year!s}{seq}", "'{year!s}{seq}' formats year in another way"),
    ],
)
def test_a_wrong_pattern_is_told_with_a_right_one(pattern: Any, problem: str) -> None:
    """Whoever sets up a seller sees what to write instead."""
    with pytest.raises(InvalidInput) as fault:
        NumberFormat(kind=DocumentKind.INVOICE, pattern=pattern)
    assert (fault.value.field, fault.value.problem, fault.value.allowed) == (
        "pattern",
        problem,
        _PATTERN,
    )


@pytest.mark.parametrize("seq", [0, -1, True])
def test_places_begin_at_one(seq: int) -> None:
    """And are whole numbers."""
    with pytest.raises(InvalidInput) as fault:
        INVOICE_NUMBERS.number(seller="a", year=2026, seq=seq)
    assert (fault.value.field, fault.value.problem, fault.value.allowed) == (
        "seq",
        f"got {seq!r}",
        "1 or above",
    )


def test_a_series_belongs_to_somebody() -> None:
    """A seller without a name would share numbers with the next one."""
    with pytest.raises(InvalidInput) as fault:
        INVOICE_NUMBERS.series(seller=" ", year=2026)
    assert fault.value.field == "seller"
