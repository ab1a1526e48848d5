"""The suites as a host binds them, to the store with the fault named in the environment.

Not collected with the rest of the tests: `test_faulty_store` runs them on one fault after another.
"""

from __future__ import annotations

import os

import pytest

from ordercore.testing import contracts
from ordercore.testing.contracts import Subject, drive
from ordercore_adapters.system import SystemClock, SystemIds
from tests.thirdparty.faults import Fault
from tests.thirdparty.faulty_readers import faulty_ports


class Outsider:
    """Binds a suite to the outsider's store."""

    @pytest.fixture
    def subject(self) -> Subject:
        """Return empty shelves."""
        fault = Fault[os.environ.get("OUTSIDER_FAULT", "NONE")]
        return Subject(faulty_ports(SystemClock(), SystemIds(), fault=fault), drive)


class TestStore(Outsider, contracts.StoreContract):
    """Batches, decisions under a lock, leases."""


class TestStock(Outsider, contracts.StockContract):
    """Moving and reading stock."""


class TestNumbers(Outsider, contracts.NumbersContract):
    """Numbers without gaps."""


class TestPaymentReferences(Outsider, contracts.PaymentReferencesContract):
    """A payment pays one order."""


class TestFences(Outsider, contracts.FencesContract):
    """Holders of locks that were overtaken."""


class TestOrders(Outsider, contracts.OrdersContract):
    """Reading orders."""


class TestSagas(Outsider, contracts.SagasContract):
    """Reading sagas."""


class TestAudit(Outsider, contracts.AuditContract):
    """Reading the audit trail."""


class TestOutbox(Outsider, contracts.OutboxContract):
    """Reading events."""


class TestIdempotency(Outsider, contracts.IdempotencyContract):
    """Reading idempotency records."""


class TestInbox(Outsider, contracts.InboxContract):
    """Reading inbox marks."""


class TestDeadLetters(Outsider, contracts.DeadLettersContract):
    """Reading dead letters."""


class TestVault(Outsider, contracts.VaultContract):
    """Reading sealed credentials."""


class TestReadModels(Outsider, contracts.ReadModelsContract):
    """Counting orders."""
