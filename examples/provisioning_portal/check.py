"""Check the books with nothing of ordercore: the standard library, plain SQL, and hashing.

Whoever trusts the library least reads this file and ``check.sql``. Run alone it checks a folder:
``python -m examples.provisioning_portal.check demo``.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

SQL = Path(__file__).with_name("check.sql")

ATTACHED = {
    "cloud": "cloud.sqlite3",
    "gateway": "gateway.sqlite3",
    "broker": "events.sqlite3",
    "mail": "mail.sqlite3",
}
COVERED = (
    "id, tenant, order_id, seq, at, actor, correlation_id, "
    "kind, trigger, source, dest, reason, data"
)


def check(db: Path, providers: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what breaks each law, by law; a list is empty where nothing does."""
    connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    try:
        for name, file in ATTACHED.items():
            connection.execute(
                "ATTACH DATABASE ? AS " + name, (f"file:{providers / file}?mode=ro",)
            )
        found = {law: connection.execute(query).fetchall() for law, query in laws()}
        found["every audit chain verifies to its last record"] = list(broken_chains(connection))
    finally:
        connection.close()
    return found


def laws() -> Iterator[tuple[str, str]]:
    """Yield each law of ``check.sql`` with its query."""
    _, *parts = SQL.read_text(encoding="utf-8").split("-- law: ")
    for part in parts:
        law, _, query = part.partition("\n")
        yield law.strip(), query


def broken_chains(connection: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    """Yield each order whose audit records are not the ones that were written."""
    orders = connection.execute("SELECT tenant, id, reference, chain FROM orders").fetchall()
    for tenant, order_id, reference, chain in orders:
        previous = "0" * 64
        rows = connection.execute(
            f"SELECT previous, digest, personal, salt, personal_digest, {COVERED} "  # noqa: S608
            "FROM audit_records WHERE tenant = ? AND order_id = ? ORDER BY seq",
            (tenant, order_id),
        )
        for before, digest, personal, salt, personal_digest, *covered in rows:
            public = json.dumps(covered, separators=(",", ":"), ensure_ascii=False).encode()
            hashed = sha256(previous.encode() + len(public).to_bytes(8, "big") + public)
            hashed.update(personal_digest.encode())
            whole = before == previous and hashed.hexdigest() == digest
            if personal is not None:
                said = sha256(salt.encode() + b"\0" + personal.encode()).hexdigest()
                whole = whole and said == personal_digest
            if not whole:
                yield tenant, reference, "a record was changed"
                break
            previous = digest
        else:
            if previous != chain:
                yield tenant, reference, "the last records are missing"


def report(found: dict[str, list[tuple[object, ...]]]) -> int:
    """Print each law with what breaks it; return how many are broken."""
    for law, broken in found.items():
        print(f"  {'holds' if not broken else 'BROKEN'}  {law}")
        for row in broken[:5]:
            print(f"          {row}")
        if len(broken) > 5:
            print(f"          and {len(broken) - 5} more")
    return sum(1 for broken in found.values() if broken)


if __name__ == "__main__":
    demo = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    sys.exit(1 if report(check(demo / "portal.sqlite3", demo / "portal.providers")) else 0)
