"""Values with no business opinion: money, time, ids, faults and the answers a decision gives."""

from __future__ import annotations

from ordercore.kernel.address import PostalAddress, address_text
from ordercore.kernel.allocate import (
    allocate,
    allocate_with_limits,
)
from ordercore.kernel.calendar import (
    BusinessCalendar,
    OpeningHours,
    Weekday,
)
from ordercore.kernel.currency import (
    CURRENCIES,
    LIST_PUBLISHED_ON,
    WITHOUT_MINOR_UNIT,
    exponent,
)
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    CurrencyMismatch,
    DefinitionError,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    InvalidInput,
    LeaseLost,
    LockHeld,
    LocksAway,
    NotConfigured,
    NotFound,
    OrderCoreError,
    StockShort,
    Suspended,
    TransitionNotAllowed,
    UnknownCurrency,
    UnknownState,
    UnreadableRecord,
    WrongFace,
)
from ordercore.kernel.ids import (
    ActorId,
    EventId,
    ItemId,
    OrderId,
    SagaId,
    TenantId,
    derive_key,
    personal_text,
    text_id,
)
from ordercore.kernel.legal_party import Party
from ordercore.kernel.money import (
    Money,
    Rounding,
    decimal_ratio,
    round_ratio,
)
from ordercore.kernel.party import (
    SYSTEM,
    TIMER,
    Actor,
)
from ordercore.kernel.result import (
    Finding,
    Refusal,
    Report,
    Unknown,
)
from ordercore.kernel.shortage import Shortage
from ordercore.kernel.text import LONGEST_NOTE, readable
from ordercore.kernel.time import (
    Instant,
    add_months,
    day_of,
    format_instant,
    instant,
    parse_instant,
    start_of_day,
    start_of_month,
    start_of_week,
)

__all__ = [
    "Actor",
    "ActorId",
    "BusinessCalendar",
    "CURRENCIES",
    "ConcurrencyConflict",
    "CurrencyMismatch",
    "DefinitionError",
    "EventId",
    "Finding",
    "IdempotencyInFlight",
    "IdempotencyKeyReused",
    "Instant",
    "InvalidInput",
    "ItemId",
    "LIST_PUBLISHED_ON",
    "LONGEST_NOTE",
    "LeaseLost",
    "LockHeld",
    "LocksAway",
    "Money",
    "NotConfigured",
    "NotFound",
    "OpeningHours",
    "OrderCoreError",
    "OrderId",
    "Party",
    "PostalAddress",
    "Refusal",
    "Report",
    "Rounding",
    "SYSTEM",
    "SagaId",
    "Shortage",
    "StockShort",
    "Suspended",
    "TIMER",
    "TenantId",
    "TransitionNotAllowed",
    "Unknown",
    "UnknownCurrency",
    "UnknownState",
    "UnreadableRecord",
    "WITHOUT_MINOR_UNIT",
    "Weekday",
    "WrongFace",
    "add_months",
    "address_text",
    "allocate",
    "allocate_with_limits",
    "day_of",
    "decimal_ratio",
    "derive_key",
    "exponent",
    "format_instant",
    "instant",
    "parse_instant",
    "personal_text",
    "readable",
    "round_ratio",
    "start_of_day",
    "start_of_month",
    "start_of_week",
    "text_id",
]
