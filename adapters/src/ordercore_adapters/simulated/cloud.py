"""A cloud that builds and removes resources, and keeps its own books about it.

A row of ``resources`` is what became of one request: ``building`` until its due time, then ``live``
(or ``failed``); ``removing``, then ``removed``; or ``tombstoned`` when it was withdrawn before it
was ever there, so that a request which arrives late builds nothing. Passwords are in no table: they
are derived from a secret of the cloud, so a repeated call answers with the same ones.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sqlite3
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ordercore.domain.delivery import Credentials
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded
from ordercore.kernel.ids import TenantId
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    Clock,
    Provisioned,
    ProvisionOutcome,
    ProvisionRequest,
    RemovalOutcome,
)
from ordercore_adapters.simulated._calls import Call, Desk
from ordercore_adapters.simulated.books import Books
from ordercore_adapters.simulated.faults import FAULT_FREE, Fate, FaultPlan

__all__ = ["SimulatedCloud"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    item TEXT NOT NULL,
    resource TEXT NOT NULL,
    product_type TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    fails INTEGER NOT NULL,
    due_at TEXT,
    created_at TEXT,
    removed_at TEXT,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resources_under_way ON resources (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS secret (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), value BLOB)
"""
_GONE = frozenset({"removing", "removed", "tombstoned"})
_NO_CAPACITY = Rejected(code="no_capacity", reason="there is no room for this resource")
_WITHDRAWN = Rejected(code="withdrawn", reason="what this key stands for was removed")
_OTHER_REQUEST = Rejected(code="key_reused", reason="the key stands for another request")
_OTHER_RESOURCE = Rejected(code="wrong_resource", reason="the key stands for another resource")
_NOT_BUILT = Failed(code="build_failed", reason="the build was begun and failed")


class SimulatedCloud:
    """A `Provisioner` that never suspends, with a file of its own.

    Attributes:
        books: What really was built and removed, and every call.
    """

    def __init__(self, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock) -> None:
        """Keep the books in ``path``, made when missing."""
        self.books = Books(path, _SCHEMA)
        self._desk = Desk(self.books, faults, clock)
        self._clock = clock
        self._secret = self._own_secret()

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build it once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: self._build(call, request),
            tenant=request.tenant,
            kind="provision",
            key=request.key,
            busy="provider_busy",
            no=_NO_CAPACITY,
        )

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Say what became of the request under ``key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: self._look(call, tenant, key),
            tenant=tenant,
            kind="find",
            key=key,
            busy=None,
        )

    async def deprovision(
        self, tenant: TenantId, *, key: str, provision_key: str, resource: str | None
    ) -> RemovalOutcome:
        """Remove whatever was or ever will be built under ``provision_key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: self._remove(call, tenant, provision_key, resource),
            tenant=tenant,
            kind="deprovision",
            key=key,
            busy="provider_busy",
        )

    def settle(self) -> None:
        """Write down what has come due, for somebody who is going to read the books."""
        with self.books.transaction() as db:
            _settle(db, self._clock.now())

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()

    def _build(self, call: Call, request: ProvisionRequest) -> ProvisionOutcome:
        _settle(call.db, call.at)
        digest = _digest(request)
        row = _row(call.db, request.tenant, request.key)
        if row is not None and row["state"] in _GONE:
            return _WITHDRAWN
        if row is not None and row["request"] != digest:
            return _OTHER_REQUEST
        if row is None or row["state"] == "failed":
            delayed = call.due_at > call.at
            call.db.execute(
                "REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    request.tenant,
                    request.key,
                    request.order_id,
                    request.item,
                    _resource(request.product_type, request.tenant, request.key),
                    request.product_type,
                    digest,
                    "building" if delayed else "live",
                    call.fate is Fate.LATE_FAILURE,
                    format_instant(call.due_at) if delayed else None,
                    None if delayed else format_instant(call.at),
                ),
            )
        return self._standing(call.db, request.tenant, request.key)

    def _look(self, call: Call, tenant: str, key: str) -> ProvisionOutcome:
        _settle(call.db, call.at)
        return self._standing(call.db, tenant, key)

    def _standing(self, db: sqlite3.Connection, tenant: str, key: str) -> ProvisionOutcome:
        row = _row(db, tenant, key)
        if row is None or row["state"] in _GONE:
            return Absent()
        if row["state"] == "building":
            return Accepted()
        if row["state"] == "failed":
            return _NOT_BUILT
        product_type, resource = str(row["product_type"]), str(row["resource"])
        return Provisioned(
            resource=resource,
            credentials=self._credentials(product_type, resource, tenant, key),
        )

    def _remove(
        self, call: Call, tenant: str, provision_key: str, resource: str | None
    ) -> RemovalOutcome:
        _settle(call.db, call.at)
        row = _row(call.db, tenant, provision_key)
        if row is None:
            call.db.execute(
                "INSERT INTO resources VALUES "
                "(?, ?, '', '', '', '', '', 'tombstoned', 0, NULL, NULL, ?)",
                (tenant, provision_key, format_instant(call.at)),
            )
            return Succeeded()
        if resource is not None and row["resource"] not in ("", resource):
            return _OTHER_RESOURCE
        if row["state"] == "live":
            delayed = call.due_at > call.at
            call.db.execute(
                "UPDATE resources SET state = ?, due_at = ?, removed_at = ? "
                "WHERE tenant = ? AND key = ?",
                (
                    "removing" if delayed else "removed",
                    format_instant(call.due_at) if delayed else None,
                    None if delayed else format_instant(call.at),
                    tenant,
                    provision_key,
                ),
            )
            return Accepted() if delayed else Succeeded()
        if row["state"] in ("building", "failed"):
            call.db.execute(
                "UPDATE resources SET state = 'tombstoned', due_at = NULL, removed_at = ? "
                "WHERE tenant = ? AND key = ?",
                (format_instant(call.at), tenant, provision_key),
            )
            return Succeeded()
        return Accepted() if row["state"] == "removing" else Succeeded()

    def _own_secret(self) -> bytes:
        with self.books.transaction() as db:
            db.execute("INSERT OR IGNORE INTO secret VALUES (1, ?)", (secrets.token_bytes(32),))
            value = db.execute("SELECT value FROM secret").fetchone()[0]
        return bytes(value)

    def _credentials(self, product_type: str, resource: str, tenant: str, key: str) -> Credentials:
        def derived(use: str) -> str:
            message = f"{use}\x1f{tenant}\x1f{key}".encode()
            return hmac.new(self._secret, message, sha256).hexdigest()[:32]

        host = f"{resource}.cloud.example"
        password = derived("password")
        address = sha256(resource.encode()).hexdigest()
        values = {"hostname": host, "ip_address": f"2001:db8::{address[:4]}:{address[4:8]}"}
        match product_type:
            case "database":
                values["connection_string"] = f"postgresql://app:{password}@{host}:5432/app"
            case "storage":
                values["api_endpoint"] = f"https://{host}/"
                values["access_key"] = derived("access_key")
                values["secret_key"] = password
            case "vps":
                values["username"] = "root"
                values["password"] = password
            case _:
                values["api_endpoint"] = f"https://{host}:6443/"
                values["token"] = password
        return Credentials(values=values)


def _settle(db: sqlite3.Connection, now: datetime) -> None:
    at = format_instant(now)
    db.execute(
        "UPDATE resources SET "
        "state = CASE WHEN state = 'removing' THEN 'removed' WHEN fails THEN 'failed' "
        "ELSE 'live' END, "
        "created_at = CASE WHEN state = 'building' AND NOT fails THEN due_at ELSE created_at END, "
        "removed_at = CASE WHEN state = 'removing' THEN due_at ELSE removed_at END, "
        "due_at = NULL WHERE due_at <= ?",
        (at,),
    )


def _row(db: sqlite3.Connection, tenant: str, key: str) -> dict[str, object] | None:
    found = db.execute(
        "SELECT state, request, product_type, resource FROM resources WHERE tenant = ? AND key = ?",
        (tenant, key),
    ).fetchone()
    if found is None:
        return None
    return dict(zip(("state", "request", "product_type", "resource"), found, strict=True))


def _digest(request: ProvisionRequest) -> str:
    config = json.dumps(request.config, sort_keys=True, default=repr)
    parts = (request.order_id, request.item, request.product_type, config)
    return sha256("\x1f".join(parts).encode()).hexdigest()


def _resource(product_type: str, tenant: str, key: str) -> str:
    digest = sha256(f"{tenant}\x1f{key}".encode()).hexdigest()
    return f"{product_type.replace('_', '-')}-{digest[:16]}"
