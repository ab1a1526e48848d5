"""One contract suite per port, for every adapter, ours or foreign, sync or async.

A suite is a class of tests; a binding is a subclass in a test module that says how to get the ports
under test, see `Contract`. An adapter that passes keeps what the docstrings of the ports promise.
What it does not keep is told in plain words, see `BrokenPromise`.
"""

from __future__ import annotations

import ordercore.testing.contracts._rewrite  # noqa: F401 - before the suites are imported
from ordercore.testing.contracts.commits import CommitContract
from ordercore.testing.contracts.fulfilment import (
    CarrierContract,
    LettersContract,
    Patient,
    WarehouseContract,
)
from ordercore.testing.contracts.gateway import GatewayContract
from ordercore.testing.contracts.leases import LeaseContract
from ordercore.testing.contracts.locks import LocksContract, LocksSubject
from ordercore.testing.contracts.lookups import LookupsContract
from ordercore.testing.contracts.paid_once import PaymentReferencesContract
from ordercore.testing.contracts.promises import BrokenPromise
from ordercore.testing.contracts.rate_limits import RateLimitsContract, RateLimitsSubject
from ordercore.testing.contracts.readers import (
    AuditContract,
    CacheContract,
    DeadLettersContract,
    IdempotencyContract,
    InboxContract,
    OrdersContract,
    OutboxContract,
    ReadModelsContract,
    SagasContract,
    VaultContract,
)
from ordercore.testing.contracts.series import FencesContract, NumbersContract
from ordercore.testing.contracts.services import (
    CapacityContract,
    ClockContract,
    IdsContract,
    MailerContract,
    NotificationsContract,
    PaymentsContract,
    ProvisionerContract,
    PublisherContract,
    SealerContract,
)
from ordercore.testing.contracts.stock import StockContract
from ordercore.testing.contracts.store import StoreContract
from ordercore.testing.contracts.subject import Contract, Run, Subject, drive
from ordercore.testing.contracts.sweeping import SweeperContract
from ordercore.testing.contracts.telemetry import TelemetryContract
from ordercore.testing.contracts.updates import UpdateContract
from ordercore.testing.contracts.users import UsersContract

__all__ = [
    "AuditContract",
    "BrokenPromise",
    "CacheContract",
    "CapacityContract",
    "CarrierContract",
    "ClockContract",
    "CommitContract",
    "Contract",
    "DeadLettersContract",
    "FencesContract",
    "GatewayContract",
    "IdempotencyContract",
    "IdsContract",
    "InboxContract",
    "LeaseContract",
    "LettersContract",
    "LocksContract",
    "LocksSubject",
    "LookupsContract",
    "MailerContract",
    "NotificationsContract",
    "NumbersContract",
    "OrdersContract",
    "OutboxContract",
    "Patient",
    "PaymentReferencesContract",
    "PaymentsContract",
    "ProvisionerContract",
    "PublisherContract",
    "RateLimitsContract",
    "RateLimitsSubject",
    "ReadModelsContract",
    "Run",
    "SagasContract",
    "SealerContract",
    "StockContract",
    "StoreContract",
    "Subject",
    "SweeperContract",
    "TelemetryContract",
    "UpdateContract",
    "UsersContract",
    "VaultContract",
    "WarehouseContract",
    "drive",
]
