"""What a simulated gateway writes down about money it holds, and what time makes of it.

Nothing runs in the background: whoever looks at the books brings them up to date first, so a page
that was not paid in time, an authorisation nobody captured and money that was late are settled at
the instant they are due, whenever they are looked at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from attrs import evolve, frozen

from ordercore.domain.payments import PaymentFailure, PaymentKind, payment_terms
from ordercore.kernel.money import Money
from ordercore.kernel.time import format_instant, parse_instant
from ordercore_adapters.simulated.faults import Fate, FaultPlan

__all__ = [
    "Authorisation",
    "PAYMENT_BOOKS",
    "authorisation",
    "bring_up_to_date",
    "captured",
    "digest",
    "end",
    "grant",
    "held",
    "is_voided",
    "notify",
    "put",
    "take",
]

PAYMENT_BOOKS = """
CREATE TABLE IF NOT EXISTS authorisations (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    reference TEXT NOT NULL,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    token TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    due_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS authorisations_due ON authorisations (status, due_at);
CREATE INDEX IF NOT EXISTS authorisations_ending ON authorisations (status, expires_at);
CREATE INDEX IF NOT EXISTS pages ON authorisations (reference);
CREATE TABLE IF NOT EXISTS captures (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    authorisation_key TEXT NOT NULL,
    reference TEXT NOT NULL,
    order_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    arrived_at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS captures_of ON captures (tenant, authorisation_key);
CREATE TABLE IF NOT EXISTS voids (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    authorisation_key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    released_minor INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS voids_of ON voids (tenant, authorisation_key);
CREATE TABLE IF NOT EXISTS notices (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    order_id TEXT NOT NULL,
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0
)
"""
_LOST_NOTICE = frozenset({Fate.TRANSIENT, Fate.STUBBORN, Fate.REJECTED, Fate.LOST_UNDONE})
_LATE_NOTICE = frozenset({Fate.DELAYED, Fate.LATE_FAILURE})


@frozen(kw_only=True)
class Authorisation:
    """A row of ``authorisations``.

    Attributes:
        status: ``waiting`` for its page to be paid, ``pending`` until ``due_at``, ``granted``,
            ``declined``, ``expired``, ``voided``, or ``done`` when it ended wholly captured.
        token: Digest of what was to be charged.
        code: Why it was declined; of a pending one, why it will be.
        due_at: When a pending one is decided, or a page closes.
        expires_at: Until when a granted one can be captured.
    """

    tenant: str
    key: str
    reference: str
    order_id: str
    kind: PaymentKind
    amount: Money
    token: str
    status: str
    code: str
    due_at: datetime
    expires_at: datetime

    @property
    def sale(self) -> bool:
        """True where granting it takes the money."""
        return payment_terms(self.kind).sale


def authorisation(db: sqlite3.Connection, tenant: str, key: str) -> Authorisation | None:
    """Return an attempt; None when it never arrived."""
    row = db.execute(
        "SELECT * FROM authorisations WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    return None if row is None else _read(row)


def put(db: sqlite3.Connection, attempt: Authorisation) -> None:
    """Write an attempt down, in place of what was there about it."""
    db.execute(
        "INSERT OR REPLACE INTO authorisations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            attempt.tenant,
            attempt.key,
            attempt.reference,
            attempt.order_id,
            attempt.kind.value,
            attempt.amount.amount_minor,
            attempt.amount.currency,
            attempt.token,
            attempt.status,
            attempt.code,
            format_instant(attempt.due_at),
            format_instant(attempt.expires_at),
        ),
    )


def captured(db: sqlite3.Connection, attempt: Authorisation) -> Money:
    """Return what was taken of an authorisation, on its way or arrived."""
    minor = db.execute(
        "SELECT coalesce(sum(amount_minor), 0) FROM captures "
        "WHERE tenant = ? AND authorisation_key = ?",
        (attempt.tenant, attempt.key),
    ).fetchone()[0]
    return Money(minor, attempt.amount.currency)


def held(db: sqlite3.Connection, attempt: Authorisation) -> Money:
    """Return what can still be captured or let go."""
    if attempt.status != "granted":
        return Money.zero(attempt.amount.currency)
    return attempt.amount - captured(db, attempt)


def is_voided(db: sqlite3.Connection, tenant: str, key: str) -> bool:
    """Return whether an attempt was let go, perhaps before it arrived."""
    found = db.execute(
        "SELECT 1 FROM voids WHERE tenant = ? AND authorisation_key = ? LIMIT 1", (tenant, key)
    ).fetchone()
    return found is not None


def take(
    db: sqlite3.Connection,
    attempt: Authorisation,
    *,
    key: str,
    reference: str,
    amount: Money,
    at: datetime,
) -> None:
    """Move money that was held; from ``at`` on it is a payment that can be given back."""
    arrived = format_instant(at)
    minor, currency = amount.amount_minor, amount.currency
    db.execute(
        "INSERT INTO captures VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (attempt.tenant, key, attempt.key, reference, attempt.order_id, minor, currency, arrived),
    )
    db.execute(
        "INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?)",
        (attempt.tenant, reference, key, attempt.order_id, minor, currency, arrived),
    )


def grant(
    db: sqlite3.Connection, faults: FaultPlan, attempt: Authorisation, *, at: datetime
) -> None:
    """Hold the money from ``at`` on, or take it where the kind of payment says so."""
    put(db, evolve(attempt, status="granted", code="", expires_at=at + _life(faults, attempt)))
    if attempt.sale:
        take(
            db, attempt, key=attempt.key, reference=attempt.reference, amount=attempt.amount, at=at
        )
    notify(db, faults, "payment.authorised", attempt=attempt, key=attempt.key, at=at)


def end(
    db: sqlite3.Connection,
    faults: FaultPlan,
    attempt: Authorisation,
    status: str,
    *,
    at: datetime,
    code: str | None = None,
) -> None:
    """Bring an attempt to an end; ``status`` says to which."""
    code = attempt.code if code is None else code
    if status == "expired":
        code = PaymentFailure.AUTHORISATION_EXPIRED
    put(db, evolve(attempt, status=status, code=code))
    notify(db, faults, f"payment.{status}", attempt=attempt, key=attempt.key, at=at)


def bring_up_to_date(db: sqlite3.Connection, faults: FaultPlan, now: datetime) -> None:
    """Decide what is due: pending attempts, pages nobody paid, authorisations nobody captured."""
    rows = db.execute(
        "SELECT * FROM authorisations WHERE (status IN ('pending', 'waiting') AND "
        "due_at <= ?) OR (status = 'granted' AND expires_at <= ?) ORDER BY due_at, tenant, key",
        (format_instant(now), format_instant(now)),
    ).fetchall()
    for attempt in map(_read, rows):
        if attempt.status == "pending" and not attempt.code:
            grant(db, faults, attempt, at=attempt.due_at)
        elif attempt.status == "pending":
            end(db, faults, attempt, "declined", at=attempt.due_at)
        elif attempt.status == "waiting":
            end(db, faults, attempt, "expired", at=attempt.due_at)
        elif held(db, attempt).is_positive:
            end(db, faults, attempt, "expired", at=attempt.expires_at)
        else:
            put(db, evolve(attempt, status="done"))


def notify(
    db: sqlite3.Connection,
    faults: FaultPlan,
    kind: str,
    *,
    attempt: Authorisation,
    key: str,
    at: datetime,
) -> None:
    """Put a notice in the queue; by plan it is late, there twice, or lost."""
    tenant, order_id = attempt.tenant, attempt.order_id
    name = f"evt-{digest(tenant, key, kind)}"
    fate = faults.fate("webhook", f"{tenant}/{name}", 1)
    if fate in _LOST_NOTICE:
        return
    late = fate in _LATE_NOTICE
    delay = timedelta(seconds=faults.delay_s("webhook", f"{tenant}/{name}", 1))
    dues = [at + delay if late else at]
    if fate in (Fate.DUPLICATED, Fate.LOST_DONE):  # a lost receipt makes the provider send again
        dues.append(at + delay)
    for due in dues:
        db.execute(
            "INSERT INTO notices (id, tenant, order_id, key, type, at, due_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (name, tenant, order_id, key, kind, format_instant(at), format_instant(due)),
        )


def digest(*parts: str) -> str:
    """Return a short text that follows from the parts."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def _life(faults: FaultPlan, attempt: Authorisation) -> timedelta:
    """Return how long an authorisation is good: a week, or by plan only minutes."""
    short = faults.fate("expiry", f"{attempt.tenant}/{attempt.key}", 1) is Fate.REJECTED
    return timedelta(minutes=10) if short else timedelta(days=7)


def _read(row: Sequence[object]) -> Authorisation:
    tenant, key, reference, order_id, kind, minor, currency, token, status, code, due, ends = row
    assert isinstance(minor, int)
    return Authorisation(
        tenant=str(tenant),
        key=str(key),
        reference=str(reference),
        order_id=str(order_id),
        kind=PaymentKind(str(kind)),
        amount=Money(minor, str(currency)),
        token=str(token),
        status=str(status),
        code=str(code),
        due_at=parse_instant(str(due)),
        expires_at=parse_instant(str(ends)),
    )
