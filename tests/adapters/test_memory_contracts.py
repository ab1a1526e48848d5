"""The reference implementation keeps every contract."""

from __future__ import annotations

import pytest

from ordercore.ports import Mode
from ordercore.testing.contracts import (
    AuditContract,
    CacheContract,
    CapacityContract,
    CarrierContract,
    ClockContract,
    Contract,
    DeadLettersContract,
    FencesContract,
    IdempotencyContract,
    IdsContract,
    InboxContract,
    LettersContract,
    LocksContract,
    LocksSubject,
    MailerContract,
    NotificationsContract,
    NumbersContract,
    OrdersContract,
    OutboxContract,
    PaymentReferencesContract,
    PaymentsContract,
    ProvisionerContract,
    PublisherContract,
    RateLimitsContract,
    RateLimitsSubject,
    ReadModelsContract,
    SagasContract,
    SealerContract,
    StockContract,
    StoreContract,
    Subject,
    SweeperContract,
    TelemetryContract,
    VaultContract,
    WarehouseContract,
    drive,
)
from ordercore_adapters import memory


class InMemory(Contract):
    """Binds a suite to the memory adapter."""

    @pytest.fixture
    def subject(self) -> Subject:
        """Return an empty bundle."""
        return Subject(memory.ports(), drive)


class TestStore(InMemory, StoreContract):
    """Batches, decisions under a lock, leases."""


class TestStock(InMemory, StockContract):
    """Moving and reading stock."""


class TestNumbers(InMemory, NumbersContract):
    """Numbers without gaps."""


class TestPaymentReferences(InMemory, PaymentReferencesContract):
    """A payment pays one order."""


class TestFences(InMemory, FencesContract):
    """Holders of locks that were overtaken."""


class TestOrders(InMemory, OrdersContract):
    """Reading orders."""


class TestSagas(InMemory, SagasContract):
    """Reading sagas."""


class TestAudit(InMemory, AuditContract):
    """Reading the audit trail."""


class TestOutbox(InMemory, OutboxContract):
    """Reading events."""


class TestIdempotency(InMemory, IdempotencyContract):
    """Reading idempotency records."""


class TestInbox(InMemory, InboxContract):
    """Reading inbox marks."""


class TestSweeper(InMemory, SweeperContract):
    """Removing old records."""


class TestDeadLetters(InMemory, DeadLettersContract):
    """Reading dead letters."""


class TestVault(InMemory, VaultContract):
    """Reading sealed credentials."""


class TestReadModels(InMemory, ReadModelsContract):
    """Counting orders."""


class TestCache(InMemory, CacheContract):
    """Text that expires."""


class TestSealer(InMemory, SealerContract):
    """Sealing credentials."""


class TestProvisioner(InMemory, ProvisionerContract):
    """Building and removing."""


class TestPayments(InMemory, PaymentsContract):
    """Giving money back."""


class TestCapacity(InMemory, CapacityContract):
    """What is possible right now."""


class TestWarehouse(InMemory, WarehouseContract):
    """Picking and packing."""


class TestCarrier(InMemory, CarrierContract):
    """Labels and hand-overs."""


class TestLetters(InMemory, LettersContract):
    """Writing to customers."""


class TestNotifications(InMemory, NotificationsContract):
    """Telling people."""


class TestMailer(InMemory, MailerContract):
    """Handing credentials over."""


class TestPublisher(InMemory, PublisherContract):
    """Sending events out."""


class TestTelemetry(InMemory, TelemetryContract):
    """Nobody looks on."""


class TestCollectedTraces(TelemetryContract):
    """Events in a list."""

    @pytest.fixture
    def subject(self) -> Subject:
        """Return a bundle that keeps what it is told."""
        return Subject(memory.ports(telemetry=memory.CollectedTraces()), drive)


class TestClock(InMemory, ClockContract):
    """The system's clock."""


class TestIds(InMemory, IdsContract):
    """The system's ids and draws."""


class TestLocks(LocksContract):
    """One holder at a time."""

    @pytest.fixture
    def subject(self) -> LocksSubject:
        """Return free locks."""
        return LocksSubject(locks=memory.MemoryLocks(), run=drive, mode=Mode.NEUTRAL)


class TestRateLimits(RateLimitsContract):
    """Token buckets."""

    @pytest.fixture
    def subject(self) -> RateLimitsSubject:
        """Return full buckets."""
        return RateLimitsSubject(limits=memory.MemoryRateLimits(), run=drive, mode=Mode.NEUTRAL)
