"""How a retail order leaves: invoiced, handed over, written about; and what is credited (R5)."""

from __future__ import annotations

from ordercore.domain.billing import NumberFormat
from ordercore.domain.orders import (
    CreditNoteIssued,
    InvoiceIssued,
    IssuedDocument,
    LetterSent,
)
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.processes.following import must
from ordercore.domain.processes.retail import stock
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import CREDIT, HAND_OVER, INVOICE, SEND
from ordercore.domain.processes.retail.starting import LETTER_KIND, write
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import ORDER_BRANCH, Note, NoteKind, SagaState, recall
from ordercore.kernel.party import SYSTEM

__all__ = [
    "SEQ",
    "YEAR",
    "follow_credit_note",
    "follow_letter",
    "follow_shipping",
]

SEQ = "seq"
"""What issuing a document remembers: its place in the series."""

YEAR = "year"
"""... and the year of the series."""


def follow_shipping(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow its invoice and its parcel."""
    if note.kind is not NoteKind.STEP_DONE:
        return
    if note.step == INVOICE:
        document = _take_number(turn, turn.rules.invoice_numbers, note)
        turn.record(InvoiceIssued(document=document))
    elif note.step == HAND_OVER and turn.order.state == S.READY:
        must(turn.fire(T.SHIP, actor=SYSTEM))
        stock.send_out(turn)
        write(turn, "shipped")


def follow_credit_note(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Let the order follow its credit note."""
    if note.kind is NoteKind.STEP_DONE and note.step == CREDIT:
        document = _take_number(turn, turn.rules.credit_note_numbers, note)
        turn.record(CreditNoteIssued(document=document))


def follow_letter(turn: Turn[RetailRules], saga: SagaState, note: Note) -> None:
    """Write down that the customer was written to."""
    if note.kind is NoteKind.STEP_DONE and note.step == SEND:
        about = recall(saga.branch(ORDER_BRANCH).data, LETTER_KIND) or ""
        turn.record(LetterSent(letter=about))


def _take_number(turn: Turn[RetailRules], numbers: NumberFormat, note: Note) -> IssuedDocument:
    seq, year = recall(note.memory, SEQ), recall(note.memory, YEAR)
    assert seq is not None, "whoever issues remembers the number"
    assert year is not None, "and its year"
    number = numbers.number(seller=turn.rules.series, year=int(year), seq=int(seq))
    turn.numbers.append(number)
    return IssuedDocument(
        series=number.series,
        seq=number.seq,
        number=number.text,
        issued_on=turn.rules.handling.calendar.local_date(turn.at),
    )
