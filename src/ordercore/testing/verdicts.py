"""What a broken law of the simulator means, for whoever wrote the adapter under test.

A law names an order and what is wrong with it. This module says what was promised, and which port
methods such a thing comes from as a rule; the contract suites then tell which of them it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from ordercore.testing.simulation.watch import Violation

__all__ = ["LAWS", "Law", "verdict"]


@frozen
class Law:
    """A law of the simulator.

    Attributes:
        promise: What is promised, in one sentence.
        look_at: The port methods to look at first when it is broken.
    """

    promise: str
    look_at: tuple[str, ...]


_VERSIONS = "Store.commit, where it compares OrderWrite.read_version with what is stored"
_UPDATE = "Store.update, which has to read, decide and write under one lock"
_ATOMIC = "Store.commit, which has to write all of a batch or nothing"
_WORK = "Store.commit, where it schedules Batch.work and the streams of Batch.outbox"
_RELEASE = "Store.release and Batch.releases, which keep work that was asked for meanwhile"
_CLAIM = "Store.claim, which gives work to one worker at a time"
_SAGAS = "SagasPort.get and of_order, which show a saga as it was written last"
_ORDERS = "OrdersPort.get, which shows an order as it was written last"
_OUTBOX = "OutboxPort.pending, which shows every unpublished event of a stream, in order"
_EVENTS = "Store.commit, where it stores Batch.outbox and the marks in Batch.published"
_TRAIL = "AuditPort.history, which shows every record of an order, in order"
_ANSWERS = "Store.commit, where it stores Batch.idempotency; IdempotencyPort.get"
_VAULT = "Store.commit, where it stores Batch.credentials and deletes Batch.forgotten"
_STOCK = "Store.commit, where it compares Batch.stock with what there is"
_NUMBERS = "Store.commit, where it compares Batch.numbers with the last one taken"
_RULES = "the tables of your rules: sagas, lifecycle, time-outs"

_MONEY = (_VERSIONS, _UPDATE, _ANSWERS)
_BUILT = (_VERSIONS, _SAGAS, _RULES)
_WAITING = (_WORK, _RELEASE, _CLAIM, _RULES)

LAWS: Mapping[str, Law] = MappingProxyType(
    {
        # History
        "history_only_grows": Law(
            "Nobody writes over an order that has changed since it was read.",
            (_VERSIONS, _UPDATE, _ATOMIC),
        ),
        "row_as_written": Law(
            "An order is read back as it was written, down to the microsecond.",
            (_ORDERS, "Store.commit, where it stores Batch.orders"),
        ),
        "fold_equals_row": Law("An order is what its audit trail adds up to.", (_TRAIL, _ATOMIC)),
        "audit_chain_whole": Law(
            "Every record of the audit trail is there and unchanged.", (_TRAIL, _ATOMIC)
        ),
        "items_as_ordered": Law("An order has the items that were ordered.", (_ORDERS, _TRAIL)),
        "hidden_when_cancelled": Law(
            "An order is hidden exactly while it is cancelled.", (_ORDERS, _RULES)
        ),
        # Requests
        "one_order_per_reference": Law(
            "One reference of a customer is one order.",
            ("Store.commit, where it refuses a reference that is taken", _ANSWERS),
        ),
        "same_key_same_answer": Law(
            "A request that is repeated under its key gets the answer it got.", (_ANSWERS,)
        ),
        "no_surprise": Law(
            "Use cases and workers end only in ways they announce.",
            ("the method whose fault is told below",),
        ),
        # Work
        "order_moves_on": Law("Where the next step is not a person's, work is due.", _WAITING),
        "targets_are_watched": Law(
            "Where an order should not stay for long, somebody is told once it does.", _WAITING
        ),
        "saga_has_a_timer": Law("A saga that waits is claimed when its wait ends.", _WAITING),
        "work_ends": Law("Work that is claimed comes to its end.", (_CLAIM, _RELEASE, _ATOMIC)),
        "comes_to_rest": Law(
            "When everything is done nothing is left to do, and nothing was forgotten.", _WAITING
        ),
        # Events
        "published_has_arrived": Law(
            "An event is marked as published after it has arrived.",
            ("PublisherPort.publish, which counts only what is safely there", _EVENTS),
        ),
        "events_published_once": Law(
            "Consumers that drop repeats see every event once, in order.", (_OUTBOX, _EVENTS)
        ),
        # Money
        "ledger_never_overdrawn": Law("No more goes back than came in.", _MONEY),
        "refund_never_above_payment": Law("No payment is paid back more than once.", _MONEY),
        "refunds_arrive": Law("What is to be paid back arrives.", _WAITING),
        "refunds_match_provider": Law(
            "The ledger says what the provider's books say.",
            ("PaymentsPort.refund and find, by the key of the request", *_MONEY),
        ),
        "payments_match_provider": Law("What counts as paid was paid.", _MONEY),
        # What was built
        "resources_match_items": Law(
            "What runs belongs to an item that is active, one to one.",
            ("Provisioner.provision, find and deprovision, by the key of the request", *_BUILT),
        ),
        "credentials_of_active_items": Law(
            "Credentials are kept of active items, and of nothing else.", (_VAULT,)
        ),
        "deliveries_were_mailed": Law(
            "What counts as delivered was mailed.", ("MailerPort.send", *_BUILT)
        ),
        "active_items_were_mailed": Law(
            "A customer has the credentials of all that runs.", ("MailerPort.send", *_BUILT)
        ),
        # Orders of goods
        "units_add_up": Law("Every unit ordered is where its order says.", (_STOCK, _VERSIONS)),
        "stock_is_its_ledger": Law(
            "What there is adds up from the movements, and no unit is promised twice.",
            (_STOCK, "StockPort.levels and movements"),
        ),
        "tenants_are_apart": Law(
            "Nobody sees or changes an order of another tenant.",
            ("OrdersPort.get and Store.update, which look among the rows of one tenant",),
        ),
        "never_oversold": Law("No unit is promised to two orders.", (_STOCK, _ATOMIC)),
        "gives_back_what_it_has": Law(
            "An order gives back and sends what it holds, and no unit twice.",
            (_STOCK, _VERSIONS, _ATOMIC),
        ),
        "numbers_gapless": Law(
            "Invoices are numbered without gaps and without repeats.",
            (_NUMBERS, "NumbersPort.next", _ATOMIC),
        ),
        "attempts_never_overdrawn": Law("No more is captured than was authorised.", _MONEY),
        "gateway_agrees": Law(
            "The ledger says what the payment provider's books say.",
            ("GatewayPort, by the key of the request", *_MONEY),
        ),
        "nothing_is_held": Law("No customer's money is left hanging at the end.", _MONEY),
        "asks_for_what_is_there": Law(
            "Nothing is asked of a payment provider that cannot be.", (_SAGAS, *_MONEY)
        ),
        "documents_follow_goods": Law("Goods leave with an invoice.", (_NUMBERS, _VERSIONS)),
        "credited_at_rest": Law("What was invoiced and not sold is credited.", _WAITING),
        "letters_sent_once": Law(
            "A customer is told the same thing once.",
            ("LettersPort.send, by the key of the letter", _SAGAS),
        ),
        "parcels_follow_orders": Law(
            "One parcel leaves for an order that is shipped.",
            ("CarrierPort and WarehousePort, by the key of the request", *_BUILT),
        ),
    }
)

_ANY = Law("A law of your own, or one this table does not know.", ("the ports that it reads",))


def verdict(violation: Violation) -> str:
    """Return what is broken, in plain words, on a few lines.

    Args:
        violation: As a run of the simulator ends with it.
    """
    law = LAWS.get(violation.law, _ANY)
    order = f", order {violation.tag}" if violation.tag else ""
    lines = [
        f"Broken promise: {law.promise}",
        f"Seen: {violation.text}",
        f"Found by: the law {violation.law}{order}, after {violation.at_ms / 1000:.1f} virtual s",
        "Look first at:",
        *(f"    {each}" for each in law.look_at),
    ]
    return "\n".join(lines)
