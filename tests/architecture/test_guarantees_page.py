"""The page of guarantees names proofs that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "guarantees.md"


def test_every_proof_that_is_named_is_there() -> None:
    """A file that was renamed or removed must not go on proving something."""
    named = re.findall(r"`((?:tests|src|examples)/[^`]+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []
