"""What has to be said of each fault: by the suites, and by the simulator where it can see it.

The simulator looks at orders from outside. What a store does wrong in a place that no story goes
to, or where a second check makes up for it, only the suites can see.
"""

from __future__ import annotations

from attrs import frozen

from tests.thirdparty.faults import Fault

__all__ = ["EXPECTED", "Expected"]


@frozen
class Expected:
    """What has to be said.

    Attributes:
        promise: The beginning of the promise, in a suite's words.
        blame: The method that is to blame.
        seen: What was seen, or part of it.
        wanted: What was expected, or part of it.
        laws: Laws of the simulator of which one breaks; none where it cannot see the fault.
    """

    promise: str
    blame: str
    seen: str
    wanted: str
    laws: tuple[str, ...] = ()


_ACCEPTED = "it was accepted"
_CONFLICT = "it is refused with ConcurrencyConflict, and nothing is written"
_LOST = "it is refused with LeaseLost, and nothing is written"

EXPECTED: dict[Fault, Expected] = {
    Fault.LOST_UPDATE: Expected(
        "Writers of one version exclude each other.",
        "Store.commit, by OrderWrite.read_version",
        _ACCEPTED,
        _CONFLICT,
        ("history_only_grows",),
    ),
    Fault.LOST_SAGA_UPDATE: Expected(
        "A saga is written over the version that was read.",
        "Store.commit, by SagaWrite.read_version",
        _ACCEPTED,
        _CONFLICT,
    ),
    Fault.NO_LOCK: Expected(
        "Many writers of one order all get their turn.",
        "Store.update",
        "the fault ConcurrencyConflict was raised: order 'order-1' was expected at version",
        "an answer, and no fault",
    ),
    Fault.HALF_A_BATCH: Expected(
        "A lease cannot be ended twice.",
        "Store.commit, by Batch.releases",
        "afterwards, outbox.pending: Envelope(",
        "afterwards, outbox.pending: none",
        ("history_only_grows", "comes_to_rest", "order_moves_on"),
    ),
    Fault.REPEATED_HISTORY: Expected(
        "History is not written twice.",
        "Store.commit, by Batch.audit",
        _ACCEPTED,
        _CONFLICT,
    ),
    Fault.FORGOTTEN_EVENT: Expected(
        "Pending events come in the order of their stream.",
        "OutboxPort.pending",
        "positions of the events: 1, 4, 7",
        "positions of the events: 1, 2, 4, 7, 10, 11",
        ("events_published_once",),
    ),
    Fault.ENDLESS_EVENTS: Expected(
        "Published events are no longer pending.",
        "OutboxPort.pending",
        "positions of the events: 1, 2",
        "positions of the events: 7, 10",
    ),
    Fault.JUMBLED_EVENTS: Expected(
        "Pending events come in the order of their stream.",
        "OutboxPort.pending",
        "positions of the events: 1, 10, 11, 2, 4, 7",
        "positions of the events: 1, 2, 4, 7, 10, 11",
        ("events_published_once",),
    ),
    Fault.SHARED_LEASE: Expected(
        "Claimed work is not given out again while leased.",
        "Store.claim",
        "work given out: Claim(",
        "work given out: none",
        ("work_ends",),
    ),
    Fault.IMMORTAL_LEASE: Expected(
        "A worker paused beyond its lease cannot write.",
        "Store.commit, by Batch.releases",
        _ACCEPTED,
        _LOST,
    ),
    Fault.REUSED_FENCE: Expected(
        "Claimed work is not given out again while leased.",
        "Store.claim",
        "0 > 0",
        "second.fence > first.fence",
    ),
    Fault.FORGOTTEN_TIMER: Expected(
        "Kinds of work do not mix.", "Store.claim", "none", "timer", ("comes_to_rest",)
    ),
    Fault.FORGOTTEN_REQUEST: Expected(
        "Work asked for meanwhile survives its worker.",
        "Store.release",
        "pieces of work given out: 0",
        "pieces of work given out: 1",
        ("comes_to_rest", "order_moves_on", "saga_has_a_timer"),
    ),
    Fault.IGNORED_FENCES: Expected(
        "Once a later holder has written an earlier one cannot.",
        "Store.commit, by Batch.fences",
        _ACCEPTED,
        _LOST,
    ),
    Fault.FORGOTTEN_ANSWER: Expected(
        "A live record is not replaced (fingerprint = other",
        "Store.commit, by Batch.idempotency",
        _ACCEPTED,
        _CONFLICT,
        ("same_key_same_answer", "no_surprise"),
    ),
    Fault.FORGOTTEN_MARK: Expected(
        "Each consumer has marks of its own.", "InboxPort.seen", "no", "yes"
    ),
    Fault.TAKEN_REFERENCE: Expected(
        "A refused batch writes nothing at all (spoiler = reference: taken).",
        "Store.commit",
        _ACCEPTED,
        _CONFLICT,
        ("one_order_per_reference",),
    ),
    Fault.LEAKED_ROWS: Expected(
        "No reader shows another tenants rows.",
        "the reading ports, by their tenant argument",
        "orders.by_reference: StoredOrder(",
        "orders.by_reference: nothing",
    ),
    Fault.OVERSOLD_STOCK: Expected(
        "The same item on two lines is summed before it is checked.",
        "Store.commit, by Batch.stock",
        _ACCEPTED,
        "it is refused with StockShort, and nothing is written",
        ("never_oversold", "units_add_up", "stock_is_its_ledger"),
    ),
    Fault.REUSED_NUMBER: Expected(
        "Only the next number may be taken (wrong = 2).",
        "Store.commit, by Batch.numbers",
        _ACCEPTED,
        _CONFLICT,
    ),
    Fault.SHARED_PAYMENT: Expected(
        "A payment pays one order.",
        "Store.commit, by Batch.payments",
        _ACCEPTED,
        _CONFLICT,
        ("payment_pays_one_order",),
    ),
    Fault.REMEMBERED_ROWS: Expected(
        "What was read before is read anew.",
        "the reading ports, which show what is stored now",
        "readers that show no difference: 'orders.get'",
        "readers that show no difference: none",
        ("row_as_written",),
    ),
    Fault.ROUNDED_INSTANTS: Expected(
        "An order in full bloom survives storage.",
        "OrdersPort.get",
        "order.life.entered_at: 2026-01-05T12:00:00+00:00",
        "order.life.entered_at: 2026-01-05T12:00:00.123457+00:00",
        ("row_as_written",),
    ),
    Fault.NAIVE_INSTANTS: Expected(
        "An order in full bloom survives storage.",
        "OrdersPort.get",
        "(without a time zone)",
        "order.life.entered_at: 2026-01-05T12:00:00.123457+00:00",
        ("no_surprise",),
    ),
    Fault.KEPT_CREDENTIALS: Expected(
        "Forgotten credentials are gone.",
        "Store.commit",
        "item='1'",
        "item='2'",
        ("credentials_of_active_items",),
    ),
}
