"""How a retail order leaves: invoiced, handed over, written about; and what is credited (R5)."""

from __future__ import annotations

import json
from datetime import date

from attrs import evolve

from ordercore.domain.billing import NumberFormat
from ordercore.domain.orders import (
    CreditNoteIssued,
    InvoiceIssued,
    IssuedDocument,
    LetterSent,
)
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.processes.retail import stock
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import CREDIT, HAND_OVER, INVOICE, SEND
from ordercore.domain.processes.retail.starting import (
    CREDIT_LINES,
    CREDIT_REASON,
    LETTER_KIND,
    write,
)
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import ORDER_BRANCH, Note, NoteKind, SagaState, recall
from ordercore.kernel.errors import NotConfigured
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.text import readable

__all__ = [
    "SEQ",
    "UNSENT",
    "YEAR",
    "follow_credit_note",
    "follow_letter",
    "follow_shipping",
    "is_overtaken",
]

SEQ = "seq"
"""What issuing a document remembers: its place in the series."""

YEAR = "year"
"""... and the year of the series."""

UNSENT = "unsent"
"""What a letter remembers that events overtook: why it was not sent."""

_HANDED_OVER = (NoteKind.STEP_DONE, NoteKind.STEP_RESOLVED)
"""Also what an operator has handed over by hand; without an invoice the lifecycle says no."""

_OF_WHAT_IS_SOLD = frozenset({"confirmed", "shipped"})
_UNDONE = frozenset({S.CANCELLED, S.RETURNED})


def follow_shipping(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow its invoice and its parcel."""
    if saga.branch(ORDER_BRANCH).back:
        return  # called off meanwhile: an invoice now would be one that nobody credits
    if note.step == INVOICE and note.kind is NoteKind.STEP_DONE:
        document = _take_number(turn, turn.rules.invoice_numbers, note)
        turn.record(InvoiceIssued(document=document))
    elif note.step == HAND_OVER and note.kind in _HANDED_OVER and turn.order.state == S.READY:
        refused = turn.fire(T.SHIP, actor=SYSTEM)
        if refused is None:
            stock.send_out(turn)
            write(turn, "shipped")


def follow_credit_note(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow its credit note."""
    if note.kind is NoteKind.STEP_DONE and note.step == CREDIT:
        reason = recall(saga.branch(ORDER_BRANCH).data, CREDIT_REASON) or ""
        lines = _lines(turn, recall(saga.branch(ORDER_BRANCH).data, CREDIT_LINES) or "[]")
        document = _take_number(turn, turn.rules.credit_note_numbers, note, reason=reason)
        turn.record(CreditNoteIssued(document=evolve(document, lines=lines)))


def _lines(turn: Turn[RetailRules], text: str) -> tuple[tuple[ItemId, Money], ...]:
    currency = turn.order.currency
    return tuple((ItemId(item), Money(minor, currency)) for item, minor in json.loads(text))


def follow_letter(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Write down that the customer was written to."""
    sent = note.kind is NoteKind.STEP_DONE and recall(note.memory, UNSENT) is None
    if sent and note.step == SEND:
        about = recall(saga.branch(ORDER_BRANCH).data, LETTER_KIND) or ""
        turn.record(LetterSent(letter=about))


def is_overtaken(letter: str, state: str) -> bool:
    """Return whether what a letter says is no longer so in a state of its order."""
    if letter == "awaiting-payment":
        return state != S.AWAITING_PAYMENT
    return letter in _OF_WHAT_IS_SOLD and state in _UNDONE  # others tell what is over anyway


def _take_number(
    turn: Turn[RetailRules], numbers: NumberFormat, note: Note, *, reason: str = ""
) -> IssuedDocument:
    seq, year = recall(note.memory, SEQ), recall(note.memory, YEAR)
    assert seq is not None, "whoever issues remembers the number"
    assert year is not None, "and its year"
    number = numbers.number(seller=turn.rules.series, year=int(year), seq=int(seq))
    turn.numbers.append(number)
    today = turn.rules.handling.calendar.local_date(turn.at)
    # A number asked for just before midnight on the last day of a year is of that day.
    issued_on = min(today, date(int(year), 12, 31))
    sale = turn.order.sale
    if sale is not None and sale.invoice is not None:
        # A clock may go back, but nothing is credited on a day before it was invoiced.
        issued_on = max(issued_on, sale.invoice.issued_on)
    if turn.rules.seller is None:  # there was one when it was checked out
        raise NotConfigured(port="retail.seller")
    return IssuedDocument(
        seller=turn.rules.seller,
        series=number.series,
        seq=number.seq,
        number=number.text,
        issued_on=issued_on,
        reason=readable(reason).strip(),
    )
