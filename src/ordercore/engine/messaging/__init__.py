"""Values for everything that waits, repeats or leaves: envelopes, keys, leases, dead letters."""

from ordercore.engine.messaging.dead_letter import DeadLetter, DeadLetterStatus, dead_letter_id
from ordercore.engine.messaging.envelope import Envelope, as_cloudevent, event_id
from ordercore.engine.messaging.idempotency import (
    IN_FLIGHT_FOR,
    KEPT_FOR,
    IdempotencyRecord,
    Replay,
    judge,
)
from ordercore.engine.messaging.inbox import InboxMark
from ordercore.engine.messaging.matrix import RoutingMatrix
from ordercore.engine.messaging.retention import (
    LONGEST_KEPT,
    SHORTEST_KEPT,
    Cutoffs,
    Retention,
    Swept,
)
from ordercore.engine.messaging.work import LEASE, Claim, Release, Work, WorkKind

__all__ = [
    "Claim",
    "Cutoffs",
    "DeadLetter",
    "DeadLetterStatus",
    "Envelope",
    "IN_FLIGHT_FOR",
    "IdempotencyRecord",
    "InboxMark",
    "KEPT_FOR",
    "LEASE",
    "LONGEST_KEPT",
    "Release",
    "Replay",
    "Retention",
    "RoutingMatrix",
    "SHORTEST_KEPT",
    "Swept",
    "Work",
    "WorkKind",
    "as_cloudevent",
    "dead_letter_id",
    "event_id",
    "judge",
]
