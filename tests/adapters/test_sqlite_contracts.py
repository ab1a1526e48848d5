"""A SQLite file keeps every contract of a store, under either face."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ordercore.testing.contracts import (
    AuditContract,
    CacheContract,
    Contract,
    DeadLettersContract,
    FencesContract,
    IdempotencyContract,
    InboxContract,
    NumbersContract,
    OrdersContract,
    OutboxContract,
    PaymentReferencesContract,
    ReadModelsContract,
    SagasContract,
    StockContract,
    StoreContract,
    Subject,
    SweeperContract,
    VaultContract,
    drive,
)
from ordercore_adapters import sqlalchemy


class OnSqlite(Contract):
    """Binds a suite to a fresh database file."""

    @pytest.fixture(params=["blocking", "async"])
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
        """Return a bundle over an empty file."""
        url = f"sqlite:///{tmp_path / 'orders.db'}"
        if request.param == "blocking":
            bundle = sqlalchemy.ports(url)
            yield Subject(bundle, drive)
            drive(sqlalchemy.close(bundle))
            return
        bundle = sqlalchemy.async_ports(url)
        with asyncio.Runner() as runner:
            yield Subject(bundle, runner.run)
            runner.run(sqlalchemy.close(bundle))


class TestStore(OnSqlite, StoreContract):
    """Batches, decisions under a lock, leases."""


class TestStock(OnSqlite, StockContract):
    """Moving and reading stock."""


class TestNumbers(OnSqlite, NumbersContract):
    """Numbers without gaps."""


class TestPaymentReferences(OnSqlite, PaymentReferencesContract):
    """A payment pays one order."""


class TestFences(OnSqlite, FencesContract):
    """Holders of locks that were overtaken."""


class TestOrders(OnSqlite, OrdersContract):
    """Reading orders."""


class TestSagas(OnSqlite, SagasContract):
    """Reading sagas."""


class TestAudit(OnSqlite, AuditContract):
    """Reading the audit trail."""


class TestOutbox(OnSqlite, OutboxContract):
    """Reading events."""


class TestIdempotency(OnSqlite, IdempotencyContract):
    """Reading idempotency records."""


class TestInbox(OnSqlite, InboxContract):
    """Reading inbox marks."""


class TestSweeper(OnSqlite, SweeperContract):
    """Removing old records."""


class TestDeadLetters(OnSqlite, DeadLettersContract):
    """Reading dead letters."""


class TestVault(OnSqlite, VaultContract):
    """Reading sealed credentials."""


class TestReadModels(OnSqlite, ReadModelsContract):
    """Counting orders."""


class TestCache(OnSqlite, CacheContract):
    """Text that expires."""
