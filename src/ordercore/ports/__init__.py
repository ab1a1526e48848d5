"""What a host supplies: one Protocol per file, and the batch and bundle that tie them together."""

from ordercore.ports.audit import AuditPort
from ordercore.ports.batch import Batch, OrderWrite, SagaWrite, StoredOrder
from ordercore.ports.bundle import Mode, Ports
from ordercore.ports.cache import CachePort
from ordercore.ports.capacity import CapacityPort
from ordercore.ports.clock import Clock
from ordercore.ports.dead_letters import DeadLettersPort
from ordercore.ports.gateway import (
    EXPIRES_AT,
    REFERENCE,
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    GatewayPort,
    PaymentNotice,
    PaymentPage,
    VoidRequest,
)
from ordercore.ports.idempotency import IdempotencyPort
from ordercore.ports.ids import Ids
from ordercore.ports.inbox import InboxPort
from ordercore.ports.locks import Lease, LocksPort, lease_end, next_fence
from ordercore.ports.mailer import CredentialMail, MailerPort
from ordercore.ports.notifications import Notification, NotificationOutcome, NotificationsPort
from ordercore.ports.orders import OrdersPort
from ordercore.ports.outbox import OutboxPort
from ordercore.ports.outcomes import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.ports.payments import PaymentsPort, RefundOutcome, RefundRequest
from ordercore.ports.provisioner import (
    Provisioned,
    Provisioner,
    ProvisionOutcome,
    ProvisionRequest,
    RemovalOutcome,
)
from ordercore.ports.publisher import Outgoing, PublisherPort
from ordercore.ports.rate_limits import (
    Admitted,
    Limited,
    RateLimit,
    RateLimitsPort,
    RateVerdict,
)
from ordercore.ports.read_models import ReadModelsPort
from ordercore.ports.sagas import SagasPort
from ordercore.ports.sealer import SealerPort
from ordercore.ports.store import Decide, Store
from ordercore.ports.unconfigured import unconfigured
from ordercore.ports.vault import VaultPort

__all__ = [
    "Absent",
    "Accepted",
    "Admitted",
    "AuditPort",
    "AuthoriseRequest",
    "Batch",
    "CachePort",
    "CapacityPort",
    "CaptureRequest",
    "Clock",
    "CredentialMail",
    "DeadLettersPort",
    "Decide",
    "EXPIRES_AT",
    "Failed",
    "GatewayOutcome",
    "GatewayPort",
    "IdempotencyPort",
    "Ids",
    "InboxPort",
    "Lease",
    "Limited",
    "LocksPort",
    "MailerPort",
    "Mode",
    "Notification",
    "NotificationOutcome",
    "NotificationsPort",
    "OrderWrite",
    "OrdersPort",
    "OutboxPort",
    "Outgoing",
    "PaymentNotice",
    "PaymentPage",
    "PaymentsPort",
    "Ports",
    "ProvisionOutcome",
    "ProvisionRequest",
    "Provisioned",
    "Provisioner",
    "PublisherPort",
    "REFERENCE",
    "RateLimit",
    "RateLimitsPort",
    "RateVerdict",
    "ReadModelsPort",
    "RefundOutcome",
    "RefundRequest",
    "Rejected",
    "RemovalOutcome",
    "SagaWrite",
    "SagasPort",
    "SealerPort",
    "Store",
    "StoredOrder",
    "Succeeded",
    "Unclear",
    "VaultPort",
    "VoidRequest",
    "lease_end",
    "next_fence",
    "unconfigured",
]
