"""A PostgreSQL database keeps every contract of a store, under either face."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

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
from tests.adapters.postgres_server import Database

pytestmark = pytest.mark.postgres


class OnPostgres(Contract):
    """Binds a suite to an empty database, as the plain roles."""

    @pytest.fixture(params=["blocking", "async"])
    def subject(self, request: pytest.FixtureRequest, postgres: Database) -> Iterator[Subject]:
        """Return a bundle over empty tables."""
        if request.param == "blocking":
            bundle = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
            yield Subject(bundle, drive)
            drive(sqlalchemy.close(bundle))
            return
        bundle = sqlalchemy.async_ports(postgres.app, worker_url=postgres.worker)
        with asyncio.Runner() as runner:
            yield Subject(bundle, runner.run)
            runner.run(sqlalchemy.close(bundle))


class TestStore(OnPostgres, StoreContract):
    """Batches, decisions under a lock, leases."""


class TestStock(OnPostgres, StockContract):
    """Moving and reading stock."""


class TestNumbers(OnPostgres, NumbersContract):
    """Numbers without gaps."""


class TestPaymentReferences(OnPostgres, PaymentReferencesContract):
    """A payment pays one order."""


class TestFences(OnPostgres, FencesContract):
    """Holders of locks that were overtaken."""


class TestOrders(OnPostgres, OrdersContract):
    """Reading orders."""


class TestSagas(OnPostgres, SagasContract):
    """Reading sagas."""


class TestAudit(OnPostgres, AuditContract):
    """Reading the audit trail."""


class TestOutbox(OnPostgres, OutboxContract):
    """Reading events."""


class TestIdempotency(OnPostgres, IdempotencyContract):
    """Reading idempotency records."""


class TestInbox(OnPostgres, InboxContract):
    """Reading inbox marks."""


class TestSweeper(OnPostgres, SweeperContract):
    """Removing old records."""


class TestDeadLetters(OnPostgres, DeadLettersContract):
    """Reading dead letters."""


class TestVault(OnPostgres, VaultContract):
    """Reading sealed credentials."""


class TestReadModels(OnPostgres, ReadModelsContract):
    """Counting orders."""


class TestCache(OnPostgres, CacheContract):
    """Text that expires."""
