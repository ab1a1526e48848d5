"""What a host supplies: one Protocol per file, and the batch and bundle that tie them together."""

from ordercore.ports.audit import AuditPort
from ordercore.ports.batch import Batch, OrderWrite, SagaWrite, StoredOrder
from ordercore.ports.bundle import Mode, Ports
from ordercore.ports.cache import CachePort
from ordercore.ports.capacity import CapacityPort
from ordercore.ports.carrier import (
    CarrierPort,
    HandOver,
    HandOverOutcome,
    Labelled,
    LabelOutcome,
    LabelRequest,
    VoidLabelOutcome,
)
from ordercore.ports.clock import Clock
from ordercore.ports.dead_letters import DeadLettersPort
from ordercore.ports.effects import RepeatableEffect
from ordercore.ports.fences import LOCK, Fence, highest_fences, lost_fence
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
from ordercore.ports.letters import (
    Document,
    Enclosure,
    Letter,
    LetterKind,
    LetterLine,
    LettersPort,
    Printer,
)
from ordercore.ports.locks import Lease, LocksPort, lease_end, next_fence
from ordercore.ports.lookups import (
    LookedUp,
    LookupsPort,
    LookupTimedOut,
    LookupUnreachable,
    NothingFound,
    RecipientLookup,
    RecipientQuery,
)
from ordercore.ports.mailer import CredentialMail, MailerPort
from ordercore.ports.notifications import Notification, NotificationOutcome, NotificationsPort
from ordercore.ports.numbers import NumberRun, NumbersPort, TakenNumber, number_runs
from ordercore.ports.orders import OrdersPort
from ordercore.ports.outbox import OutboxPort
from ordercore.ports.outcomes import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.ports.passwords import Password, PasswordCheck, PasswordsPort
from ordercore.ports.payment_references import PaymentReference
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
from ordercore.ports.stock import StockPort
from ordercore.ports.store import Decide, Store
from ordercore.ports.sweeper import SweeperPort
from ordercore.ports.telemetry import (
    OTHER_CODE,
    NoTelemetry,
    TelemetryPort,
    TraceError,
    TraceErrorKind,
    TraceEvent,
    TraceName,
    TraceOutcome,
)
from ordercore.ports.unconfigured import unconfigured
from ordercore.ports.users import User, UsersPort
from ordercore.ports.vault import VaultPort
from ordercore.ports.warehouse import (
    NotPacked,
    Packed,
    PackOutcome,
    PackRequest,
    Picked,
    PickOutcome,
    PickRequest,
    PutBackOutcome,
    WarehousePort,
)

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
    "CarrierPort",
    "Clock",
    "CredentialMail",
    "DeadLettersPort",
    "Decide",
    "Document",
    "EXPIRES_AT",
    "Enclosure",
    "Failed",
    "Fence",
    "GatewayOutcome",
    "GatewayPort",
    "HandOver",
    "HandOverOutcome",
    "IdempotencyPort",
    "Ids",
    "InboxPort",
    "LOCK",
    "LabelOutcome",
    "LabelRequest",
    "Labelled",
    "Lease",
    "Letter",
    "LetterKind",
    "LetterLine",
    "LettersPort",
    "Limited",
    "LocksPort",
    "LookedUp",
    "LookupTimedOut",
    "LookupUnreachable",
    "LookupsPort",
    "MailerPort",
    "Mode",
    "NoTelemetry",
    "NotPacked",
    "NothingFound",
    "Notification",
    "NotificationOutcome",
    "NotificationsPort",
    "NumberRun",
    "NumbersPort",
    "OTHER_CODE",
    "OrderWrite",
    "OrdersPort",
    "OutboxPort",
    "Outgoing",
    "PackOutcome",
    "PackRequest",
    "Packed",
    "Password",
    "PasswordCheck",
    "PasswordsPort",
    "PaymentNotice",
    "PaymentPage",
    "PaymentReference",
    "PaymentsPort",
    "PickOutcome",
    "PickRequest",
    "Picked",
    "Ports",
    "Printer",
    "ProvisionOutcome",
    "ProvisionRequest",
    "Provisioned",
    "Provisioner",
    "PublisherPort",
    "PutBackOutcome",
    "REFERENCE",
    "RateLimit",
    "RateLimitsPort",
    "RateVerdict",
    "ReadModelsPort",
    "RecipientLookup",
    "RecipientQuery",
    "RefundOutcome",
    "RefundRequest",
    "Rejected",
    "RemovalOutcome",
    "RepeatableEffect",
    "SagaWrite",
    "SagasPort",
    "SealerPort",
    "StockPort",
    "Store",
    "StoredOrder",
    "Succeeded",
    "SweeperPort",
    "TakenNumber",
    "TelemetryPort",
    "TraceError",
    "TraceErrorKind",
    "TraceEvent",
    "TraceName",
    "TraceOutcome",
    "Unclear",
    "User",
    "UsersPort",
    "VaultPort",
    "VoidLabelOutcome",
    "VoidRequest",
    "WarehousePort",
    "highest_fences",
    "lease_end",
    "lost_fence",
    "next_fence",
    "number_runs",
    "unconfigured",
]
