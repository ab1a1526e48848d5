"""Replay the public Olist set of orders through the retail lifecycle.

The set's own files, columns and status words stay in this package. None of its data is shipped.
"""

from __future__ import annotations

from ordercore_adapters.olist.files import DamagedFile, Problem, SetFile, find_files
from ordercore_adapters.olist.layout import CURRENCY
from ordercore_adapters.olist.replaying import Arrival, Orphan, Replayed, load, replay
from ordercore_adapters.olist.shelf import Shelf
from ordercore_adapters.olist.tally import Example, MoneyMatch, Tally, flags_of, match_of

__all__ = [
    "Arrival",
    "CURRENCY",
    "DamagedFile",
    "Example",
    "MoneyMatch",
    "Orphan",
    "Problem",
    "Replayed",
    "SetFile",
    "Shelf",
    "Tally",
    "find_files",
    "flags_of",
    "load",
    "match_of",
    "replay",
]
