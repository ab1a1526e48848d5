"""Remember in which world a database lives, so that later commands stay in it.

A run with a seed takes place in virtual time with faults by that seed; whoever cancels an order or
works off a dead letter afterwards has to be in the same time. The note is a small file in the
folder of the providers; `ordercore run` alone decides the world anew.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from attrs import frozen

from ordercore import OrderCoreError
from ordercore.kernel.time import format_instant, parse_instant

__all__ = ["WorldNote", "read_note", "write_note"]

_NAME = "world.json"


@frozen(kw_only=True)
class WorldNote:
    """What is remembered.

    Attributes:
        seed: Of the faults; None without faults and in real time.
        at: What the time was when the database was last used; virtual time goes on from here.
    """

    seed: int | None
    at: datetime


def read_note(folder: Path) -> WorldNote | None:
    """Return the note in ``folder``, or None when there is none that can be read."""
    try:
        found = json.loads((folder / _NAME).read_text(encoding="ascii"))
        seed = found["seed"]
        return WorldNote(seed=None if seed is None else int(seed), at=parse_instant(found["at"]))
    except (OSError, ValueError, KeyError, TypeError, OrderCoreError):
        return None


def write_note(folder: Path, note: WorldNote) -> None:
    """Put the note into ``folder``, in one piece."""
    text = json.dumps({"seed": note.seed, "at": format_instant(note.at)})
    beside = folder / f"{_NAME}.{os.getpid()}"
    beside.write_text(text, encoding="ascii")
    beside.replace(folder / _NAME)
