"""One byte form for everything that is hashed, compared or stored."""

from __future__ import annotations

import json
from hashlib import sha256

__all__ = ["canonical_json", "fingerprint"]

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical_json(value: object) -> str:
    """Return plain data as JSON text in its one form: sorted keys, no spaces, no NaN.

    Raises:
        ValueError: when the data holds a number that JSON does not have.
        TypeError: when it holds anything but plain data.
    """
    return _ENCODER.encode(value)


def fingerprint(value: object) -> str:
    """Return a digest of plain data: equal for equal content, whatever the order of keys."""
    return sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
