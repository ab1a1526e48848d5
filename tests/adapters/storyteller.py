"""Has a story with secrets told by a process of its own, and keeps what it says."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from ordercore_adapters.crypto import KEYS_VARIABLE
from tests.adapters.haystacks import Haystack, Place

__all__ = ["Said", "card_number", "tell_elsewhere"]

_ROOT = Path(__file__).parents[2]


@frozen
class Said:
    """What a process said aloud.

    Attributes:
        haystacks: Its output and its errors.
        key: What it sealed with.
    """

    haystacks: tuple[Haystack, Haystack]
    key: bytes


def tell_elsewhere(
    story: str, place: Place, hidden: Mapping[str, str], *, reference: str, leaky: bool
) -> Said:
    """Have a story told.

    Args:
        story: Name of its module in `tests.adapters`.
        place: Where it takes place.
        hidden: What must not be found, by what it is; ``card`` and ``trouble`` are among it.
        reference: What must be found.
        leaky: Whether what should be sealed is stored as it is.
    """
    key = secrets.token_bytes(32)
    telling = {
        **hidden,
        "url": place.url,
        "worker_url": place.worker_url,
        "folder": str(place.folder),
        "reference": reference,
        "leaky": leaky,
    }
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-m", f"tests.adapters.{story}"],
        input=json.dumps(telling).encode(),
        capture_output=True,
        cwd=_ROOT,
        env={**os.environ, KEYS_VARIABLE: f"sentinel:{base64.b64encode(key).decode()}"},
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-4000:]
    said = Haystack("standard output", ran.stdout), Haystack("standard error", ran.stderr)
    return Said(haystacks=said, key=key)


def card_number() -> str:
    """Return a number that could be a card's."""
    digits = [4, *(secrets.randbelow(10) for _ in range(14))]
    doubled = sum(d * 2 - 9 * (d > 4) if not place % 2 else d for place, d in enumerate(digits))
    return "".join(map(str, digits)) + str(-doubled % 10)
