"""The hash chain under the audit trail, over bytes.

Each record's digest covers the digest before it, the record's public bytes and the digest of its
personal part. Erasing a person removes the personal part and its salt; the digest stays, so the
chain still verifies and no longer says anything about the person.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

__all__ = ["GENESIS", "first_broken", "link", "personal_digest"]

GENESIS = "0" * 64


def link(previous: str, public: bytes, personal: str) -> str:
    """Return the digest of a record that follows ``previous``.

    Args:
        previous: Digest of the record before, `GENESIS` for the first.
        public: The record without its personal part, in its one canonical form.
        personal: `personal_digest` of the personal part, or empty when there is none.
    """
    digest = sha256(previous.encode())
    digest.update(len(public).to_bytes(8, "big"))
    digest.update(public)
    digest.update(personal.encode())
    return digest.hexdigest()


def personal_digest(personal: bytes, salt: str) -> str:
    """Return the digest that stands for a personal part; the salt is erased together with it."""
    return sha256(salt.encode() + b"\0" + personal).hexdigest()


def first_broken(records: Iterable[tuple[str, str, bytes, str]]) -> int | None:
    """Return the position of the first record that does not verify, or None.

    Args:
        records: (previous, digest, public bytes, personal digest) of each, in order.
    """
    expected = GENESIS
    for position, (previous, digest, public, personal) in enumerate(records):
        if previous != expected or link(previous, public, personal) != digest:
            return position
        expected = digest
    return None
