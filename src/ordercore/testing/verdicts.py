"""What a broken law of the simulator means, for whoever wrote the adapter under test.

A law names an order and what is wrong with it. This module says what was promised, and which port
methods such a thing comes from as a rule; the contract suites then tell which of them it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from ordercore.testing.simulation.watch import Violation

__all__ = ["LAWS", "Law", "Verdict", "verdict"]


@frozen
class Law:
    """A law of the simulator.

    Attributes:
        promise: What is promised, in one sentence.
        expected: What is there while it holds.
        look_at: The port methods to look at first when it is broken.
    """

    promise: str
    expected: str
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
_FENCES = "Store.commit, where it compares Batch.fences with the highest it has seen"
_PAYMENTS = "Store.commit, where it compares Batch.payments with what they pay already"
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
            "one version more for each record, and a conflict for whoever read an older one",
            (_VERSIONS, _UPDATE, _ATOMIC),
        ),
        "row_as_written": Law(
            "An order is read back as it was written, down to the microsecond.",
            "the very row that was written last",
            (_ORDERS, "Store.commit, where it stores Batch.orders"),
        ),
        "fold_equals_row": Law(
            "An order is what its audit trail adds up to.",
            "the same order, whether it is read or folded from its events",
            (_TRAIL, _ATOMIC),
        ),
        "audit_chain_whole": Law(
            "Every record of the audit trail is there and unchanged.",
            "every record's digest follows from it and the one before, up to the order's own",
            (_TRAIL, _ATOMIC),
        ),
        "items_as_ordered": Law(
            "An order has the items that were ordered.",
            "the items of its first event, as they were ordered",
            (_ORDERS, _TRAIL),
        ),
        "hidden_when_cancelled": Law(
            "An order is hidden exactly while it is cancelled.",
            "cancelled and hidden, or neither",
            (_ORDERS, _RULES),
        ),
        # Requests
        "one_order_per_reference": Law(
            "One reference of a customer is one order.",
            "the order that was placed first, or a refusal",
            ("Store.commit, where it refuses a reference that is taken", _ANSWERS),
        ),
        "same_key_same_answer": Law(
            "A request that is repeated under its key gets the answer it got.",
            "the first answer again, and nothing done",
            (_ANSWERS,),
        ),
        "answers_are_ones_own": Law(
            "Whoever asks is answered about their own order, whatever key others chose.",
            "the order that was asked about",
            (_ANSWERS,),
        ),
        "no_surprise": Law(
            "Use cases and workers end only in ways they announce.",
            "an answer, a refusal, or a fault that ports are allowed to raise",
            ("the port method whose fault was seen; without one it is the library",),
        ),
        # Work
        "order_moves_on": Law(
            "Where the next step is not a person's, work is due.",
            "work that is scheduled or leased for whatever comes next",
            _WAITING,
        ),
        "targets_are_watched": Law(
            "Where an order should not stay for long, somebody is told once it does.",
            "a timer for as long as it stays, until an operator was called once",
            _WAITING,
        ),
        "saga_has_a_timer": Law(
            "A saga that waits is claimed when its wait ends.",
            "work of its own, due when it wants to go on",
            _WAITING,
        ),
        "work_ends": Law(
            "Work that is claimed comes to its end.",
            "after a few claims the work is done and gone, or due at a later time",
            (_CLAIM, _RELEASE, _ATOMIC),
        ),
        "comes_to_rest": Law(
            "When everything is done nothing is left to do, and nothing was forgotten.",
            "every order in an end state, no work in the store, no letter that waits",
            _WAITING,
        ),
        # Locks
        "one_holder": Law(
            "A lock has one holder, and every holder a higher fence than all before.",
            "nothing is given while a lease of the name runs, and fences that rise",
            ("LocksPort.acquire, which gives a name once",),
        ),
        "later_holder_wins": Law(
            "A holder who has been overtaken writes nothing any more.",
            "a lost lease, and nothing written",
            (_FENCES, "Store.update, likewise"),
        ),
        "money_is_guarded": Law(
            "Whoever moves money of an order has its lock.",
            "a lock of the order, taken before and let go after the call",
            ("the library, or a table of your own that names other steps",),
        ),
        # Events
        "published_has_arrived": Law(
            "An event is marked as published after it has arrived.",
            "the broker has it before the mark is written",
            ("PublisherPort.publish, which counts only what is safely there", _EVENTS),
        ),
        "events_published_once": Law(
            "Consumers that drop repeats see every event once, in order.",
            "the events of the audit trail, one after the other and with its data",
            (_OUTBOX, _EVENTS),
        ),
        "outbox_is_the_trail": Law(
            "What is published is what is recorded.",
            "an event in the outbox for each record of the trail, until it may be swept",
            (_OUTBOX, _EVENTS),
        ),
        "events_leave": Law(
            "Events that wait are sent.", "work for the stream they are in", _WAITING
        ),
        # Money
        "ledger_never_overdrawn": Law(
            "No more goes back than came in.", "refunds of at most what was paid", _MONEY
        ),
        "refund_never_above_payment": Law(
            "No payment is paid back more than once.",
            "refunds of each payment of at most what it was",
            _MONEY,
        ),
        "payment_pays_one_order": Law(
            "A payment pays one order.",
            "a conflict of kind payment, and nothing written",
            (_PAYMENTS, "Store.update, likewise"),
        ),
        "refunds_arrive": Law(
            "What is to be paid back arrives.",
            "for each refund that was asked for, that it was made",
            _WAITING,
        ),
        "refunds_match_provider": Law(
            "The ledger says what the provider's books say.",
            "the same refunds in both, key by key",
            ("PaymentsPort.refund and find, by the key of the request", *_MONEY),
        ),
        "payments_match_provider": Law(
            "What counts as paid was paid.",
            "each payment of the ledger in the provider's books, with its amount",
            _MONEY,
        ),
        "bank_agrees": Law(
            "What a bank took back, gave back or returned is booked, once.",
            "an entry in the ledger for each report, with its amount",
            _MONEY,
        ),
        "disputes_are_seen_to": Law(
            "Somebody is asked about every payment that a bank took back.",
            "a letter to an operator, or an order that was called off",
            ("Store.commit, where it stores Batch.dead_letters", _ATOMIC),
        ),
        "services_keep_their_price": Law(
            "An order of services keeps the price of what runs, and nothing of what does not.",
            "refunds of all that was not delivered, of overpayments and of late payments",
            _MONEY,
        ),
        # What was built
        "resources_match_items": Law(
            "What runs belongs to an item that is active, one to one.",
            "something that runs for each active item, and nothing else",
            ("Provisioner.provision, find and deprovision, by the key of the request", *_BUILT),
        ),
        "credentials_of_active_items": Law(
            "Credentials are kept of active items, and of nothing else.",
            "one sealed record for each active item",
            (_VAULT,),
        ),
        "deliveries_were_mailed": Law(
            "What counts as delivered was mailed.",
            "a mail that carried those credentials",
            ("MailerPort.send", *_BUILT),
        ),
        "active_items_were_mailed": Law(
            "A customer has the credentials of all that runs.",
            "each active item in one of the mails",
            ("MailerPort.send", *_BUILT),
        ),
        # Orders of goods
        "units_add_up": Law(
            "Every unit ordered is where its order says.",
            "reserved, sent or free by the order's state, as the ledger of the stock has it",
            (_STOCK, _VERSIONS),
        ),
        "stock_is_its_ledger": Law(
            "What there is adds up from the movements, and no unit is promised twice.",
            "a level that is the sum of its movements, which are numbered without gaps",
            (_STOCK, "StockPort.levels and movements"),
        ),
        "tenants_are_apart": Law(
            "Nobody sees or changes an order of another tenant.",
            "not found, as if there were no such order",
            ("OrdersPort.get, which looks among the rows of one tenant",),
        ),
        "never_oversold": Law(
            "No unit is promised to two orders.",
            "a refusal for want of stock, and nothing written",
            (_STOCK, _ATOMIC),
        ),
        "gives_back_what_it_has": Law(
            "An order gives back and sends what it holds, and no unit twice.",
            "a move that is refused, since the order does not hold it",
            (_STOCK, _VERSIONS, _ATOMIC),
        ),
        "numbers_gapless": Law(
            "Invoices are numbered without gaps and without repeats.",
            "the number after the last one of its series",
            (_NUMBERS, "NumbersPort.next", _ATOMIC),
        ),
        "attempts_never_overdrawn": Law(
            "No more is captured than was authorised.",
            "captured and let go together at most what was granted, each key once",
            _MONEY,
        ),
        "gateway_agrees": Law(
            "The ledger says what the payment provider's books say.",
            "the same captures and refunds in both, key by key",
            ("GatewayPort, by the key of the request", *_MONEY),
        ),
        "cash_is_booked": Law(
            "What was paid at a door is in the books.",
            "an entry for the cash that a carrier has reported, whatever became of the order",
            _MONEY,
        ),
        "nothing_is_held": Law(
            "No customer's money is left hanging at the end.",
            "the price, or nothing at all",
            _MONEY,
        ),
        "holds_are_watched": Law(
            "When held money is held no longer, its order knows.",
            "a timer until then, for as long as money is held",
            _WAITING,
        ),
        "asks_for_what_is_there": Law(
            "Nothing is asked of a payment provider that cannot be.",
            "requests for what is still held or was taken, each under a key of its own",
            (_SAGAS, *_MONEY),
        ),
        "documents_follow_goods": Law(
            "Goods leave with an invoice.",
            "an invoice before the parcel, a credit note only for what was not sold",
            (_NUMBERS, _VERSIONS),
        ),
        "credited_at_rest": Law(
            "What was invoiced and not sold is credited.", "a credit note", _WAITING
        ),
        "papers_add_up": Law(
            "Invoice and credit notes say what a customer owes.",
            "the invoice less its notes is the price, or nothing where the sale was undone",
            (_RULES, _NUMBERS, _TRAIL),
        ),
        "prices_only_fall": Law(
            "Nobody pays more than was agreed.",
            "the price it had, or a lower one",
            (_ORDERS, _VERSIONS),
        ),
        "letters_sent_once": Law(
            "A customer is told the same thing once.",
            "one letter for each that the trail says was written",
            ("LettersPort.send, by the key of the letter", _SAGAS),
        ),
        "parcels_follow_orders": Law(
            "One parcel leaves for an order that is shipped.",
            "picked, labelled and handed over is what was sold, once",
            ("CarrierPort and WarehousePort, by the key of the request", *_BUILT),
        ),
    }
)

_ANY = Law("A law of your own, or one this table does not know.", "", ("the ports that it reads",))


@frozen(kw_only=True)
class Verdict:
    """What is broken, in plain words; as text on a few lines.

    Attributes:
        law: Name of the law that found it.
        promise: What was promised.
        blame: The port method that did it, where that is known; else empty.
        look_at: The port methods to look at first, the likeliest first.
        expected: What would have been right.
        seen: What was seen instead.
        order: Which order it is about; empty when it is about none.
        at_ms: When it was noticed, in virtual milliseconds.
    """

    law: str
    promise: str
    blame: str
    look_at: tuple[str, ...]
    expected: str
    seen: str
    order: str
    at_ms: int

    def __str__(self) -> str:
        """Return it as the contract suites put it: promise, blame, expected, seen."""
        order = f", order {self.order}" if self.order else ""
        found_by = f"the law {self.law}{order}, after {self.at_ms / 1000:.1f} virtual s"
        parts = {
            "Broken promise": self.promise,
            "To blame": self.blame,
            "Expected": self.expected,
            "Seen": self.seen,
            "Found by": found_by,
        }
        lines = [f"{label}: {text}" for label, text in parts.items() if text]
        if not self.blame:
            lines += ["Look first at:", *(f"    {each}" for each in self.look_at)]
        return "\n".join(lines)


def verdict(violation: Violation) -> Verdict:
    """Return what a broken law means.

    Args:
        violation: As a run of the simulator ends with it.
    """
    law = LAWS.get(violation.law, _ANY)
    method = violation.method
    known = (each for each in law.look_at if method and each.startswith(method))
    return Verdict(
        law=violation.law,
        promise=law.promise,
        blame=next(known, method),
        look_at=law.look_at,
        expected=law.expected,
        seen=violation.text,
        order=violation.tag,
        at_ms=violation.at_ms,
    )
