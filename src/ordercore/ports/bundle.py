"""All ports as one value: what a host hands to `OrderCore` or `AsyncOrderCore`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, cast

from attrs import Factory, field, frozen
from attrs.validators import instance_of

from ordercore.domain.orders import Order
from ordercore.domain.processes import OrderRules, ProvisioningRules, RetailRules
from ordercore.ports.audit import AuditPort
from ordercore.ports.cache import CachePort
from ordercore.ports.capacity import CapacityPort
from ordercore.ports.carrier import CarrierPort
from ordercore.ports.clock import Clock
from ordercore.ports.dead_letters import DeadLettersPort
from ordercore.ports.gateway import GatewayPort
from ordercore.ports.idempotency import IdempotencyPort
from ordercore.ports.ids import Ids
from ordercore.ports.inbox import InboxPort
from ordercore.ports.letters import LettersPort
from ordercore.ports.locks import LocksPort
from ordercore.ports.lookups import LookupsPort
from ordercore.ports.mailer import MailerPort
from ordercore.ports.notifications import NotificationsPort
from ordercore.ports.numbers import NumbersPort
from ordercore.ports.orders import OrdersPort
from ordercore.ports.outbox import OutboxPort
from ordercore.ports.payments import PaymentsPort
from ordercore.ports.provisioner import Provisioner
from ordercore.ports.publisher import PublisherPort
from ordercore.ports.rate_limits import RateLimitsPort
from ordercore.ports.read_models import ReadModelsPort
from ordercore.ports.sagas import SagasPort
from ordercore.ports.sealer import SealerPort
from ordercore.ports.stock import StockPort
from ordercore.ports.store import Store
from ordercore.ports.sweeper import SweeperPort
from ordercore.ports.telemetry import NoTelemetry, TelemetryPort
from ordercore.ports.unconfigured import unconfigured
from ordercore.ports.users import UsersPort
from ordercore.ports.vault import VaultPort
from ordercore.ports.warehouse import WarehousePort

__all__ = ["Mode", "Ports"]


class Mode(StrEnum):
    """How the bundle's ports behave when awaited.

    ``neutral`` ones never suspend and never block for long (in memory), ``blocking`` ones never
    suspend but wait for I/O, ``async`` ones suspend.
    """

    NEUTRAL = "neutral"
    BLOCKING = "blocking"
    ASYNC = "async"


async def _holds_nothing() -> None:
    """Do nothing: a bundle in memory has no connections."""


@frozen(kw_only=True)
class Ports:
    """Everything ordercore needs from its host.

    Attributes:
        mode: Which face may drive the bundle.
        lookups: Data that others keep, such as address books.
        users: Accounts, for hosts whose users log in through this library.
        rate_limits: How often one may ask; needed for that too.
        locks: One holder at a time for the calls of an order that move money. None: such calls are
            guarded by their keys and by the leases on work alone.
        provisioning: The tables that govern provisioning orders.
        retail: The tables that govern retail orders.
        close: Closes the connections of the bundle; `OrderCore.close` and `AsyncOrderCore.close`
            call it. A bundle with other ports put in their place (``evolve``) closes as before.

    Raises:
        TypeError: the rules are no rules of that kind of order, which would be followed as another.
    """

    mode: Mode
    store: Store
    orders: OrdersPort
    sagas: SagasPort
    audit: AuditPort
    outbox: OutboxPort
    idempotency: IdempotencyPort
    inbox: InboxPort
    sweeper: SweeperPort
    dead_letters: DeadLettersPort
    vault: VaultPort
    numbers: NumbersPort
    read_models: ReadModelsPort
    stock: StockPort
    cache: CachePort
    clock: Clock
    ids: Ids
    provisioner: Provisioner
    payments: PaymentsPort
    gateway: GatewayPort
    capacity: CapacityPort
    carrier: CarrierPort
    letters: LettersPort
    notifications: NotificationsPort
    mailer: MailerPort
    sealer: SealerPort
    publisher: PublisherPort
    warehouse: WarehousePort
    lookups: LookupsPort = Factory(lambda: cast(LookupsPort, unconfigured("lookups")))
    users: UsersPort = Factory(lambda: cast(UsersPort, unconfigured("users")))
    rate_limits: RateLimitsPort = Factory(lambda: cast(RateLimitsPort, unconfigured("rate_limits")))
    locks: LocksPort | None = None
    telemetry: TelemetryPort = Factory(NoTelemetry)
    provisioning: ProvisioningRules = field(
        factory=ProvisioningRules, validator=instance_of(ProvisioningRules)
    )
    retail: RetailRules = field(factory=RetailRules, validator=instance_of(RetailRules))
    close: Callable[[], Coroutine[Any, Any, None]] = _holds_nothing

    def rules(self, order: Order) -> OrderRules:
        """Return the tables that govern this kind of order."""
        return self.provisioning if order.sale is None else self.retail

    def routes(self, event_type: str) -> tuple[str, ...]:
        """Return the consumers of an event of no order: by the first kind that lists its type."""
        tables = (self.provisioning.routes, self.retail.routes)
        matrix = next((table for table in tables if event_type in table.rows), tables[0])
        return matrix.routes(event_type)
