"""The laws of what banks do hold of sound books, and bite."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.domain.processes import CHARGED_BACK, DISPUTE
from ordercore.engine.messaging import DeadLetter
from ordercore.kernel.ids import SagaId, TenantId
from ordercore.kernel.money import Money
from ordercore.testing.builders import an_order, money_in, moved
from ordercore.testing.dispute_laws import (
    BankBook,
    bank_agrees,
    disputes_are_seen_to,
)
from ordercore.testing.fakes import START
from tests.unit.app.retail_shop import Store

PAYMENT = money_in(1000).key


def entry(kind: EntryKind, minor: int, key: str, source: str = PAYMENT) -> LedgerEntry:
    """Return an entry of a later day."""
    at = START + timedelta(days=1)
    return LedgerEntry(kind=kind, amount=Money(minor, "EUR"), key=key, at=at, source=source)


TAKEN = entry(EntryKind.CHARGED_BACK, 1000, "case")
WON = entry(EntryKind.WON_BACK, 600, "case")
ASKED = entry(EntryKind.REFUND_REQUESTED, 400, "back")
REFUNDED = entry(EntryKind.REFUNDED, 400, "back")
RETURNED = entry(EntryKind.REFUND_RETURNED, 400, "back")


def paid(*more: LedgerEntry) -> Order:
    """Return an order of services that was paid, and what came after that."""
    order = moved(moved(an_order(), "submit"), "confirm_payment", postings=(money_in(1000),))
    return evolve(order, ledger=(*order.ledger, *more))


def letter(
    order: Order, reference: str, step: str = DISPUTE, code: str = CHARGED_BACK
) -> DeadLetter:
    """Return what asks an operator about a case."""
    return DeadLetter(
        id=f"letter-{reference}",
        tenant=TenantId(order.tenant),
        order_id=order.id,
        saga_id=SagaId(""),
        branch="",
        step=step,
        forward=True,
        code=code,
        reason="the bank took it back",
        attempts=0,
        payload=json.dumps({"reference": reference}),
        at=START,
    )


BOOK = BankBook(taken={"case": (PAYMENT, 1000)}, won={"case": 600}, returned={"back": 400})


def test_what_was_booked_as_it_happened_agrees() -> None:
    """Nothing, and all of it."""
    assert bank_agrees(paid(), BankBook()) == []
    assert bank_agrees(paid(ASKED, REFUNDED, RETURNED, TAKEN, WON), BOOK) == []


@pytest.mark.parametrize(
    ("missing", "found"),
    [
        (TAKEN, f"under case the bank took back ('{PAYMENT}', 1000), the ledger says nothing"),
        (WON, "under case the bank gave back 600, the ledger says nothing"),
        (RETURNED, "under back the bank returned 400, the ledger says nothing"),
    ],
)
def test_what_was_never_booked_is_found(missing: LedgerEntry, found: str) -> None:
    """Whichever it is."""
    booked = (each for each in (ASKED, REFUNDED, RETURNED, TAKEN, WON) if each is not missing)
    assert bank_agrees(paid(*booked), BOOK) == [found]


def test_what_the_bank_never_did_is_found() -> None:
    """Nor is another amount the same."""
    (text,) = bank_agrees(paid(TAKEN), BankBook())
    assert text == f"under case the bank took back nothing, the ledger says ('{PAYMENT}', 1000)"
    other = BankBook(taken={"case": (PAYMENT, 999)})
    assert len(bank_agrees(paid(TAKEN), other)) == 1


def test_what_is_about_no_payment_of_the_ledger_cannot_be_booked() -> None:
    """It is unknown, or an operator took it out; but if it is booked, it is booked right."""
    unknown = BankBook(taken={"case": ("another", 1000)}, won={"case": 600})
    assert bank_agrees(paid(), unknown) == []
    reversed_one = entry(EntryKind.REVERSED, 1000, PAYMENT)
    assert bank_agrees(paid(reversed_one), evolve(BOOK, returned={})) == []
    wrong = evolve(TAKEN, amount=Money(5, "EUR"))
    assert len(bank_agrees(paid(reversed_one, wrong), evolve(BOOK, returned={}))) == 1


def test_an_operator_is_asked_about_each_case() -> None:
    """By a letter that names it; another task is not that."""
    order = paid(TAKEN)
    assert disputes_are_seen_to(order, [letter(order, "case")]) == []
    (text,) = disputes_are_seen_to(order, [letter(order, "another")])
    assert text == f"the bank took {TAKEN.amount} back under case, and nobody was asked"
    assert len(disputes_are_seen_to(order, [letter(order, "case", "refund")])) == 1
    won = letter(order, "case", code="dispute-won")
    assert len(disputes_are_seen_to(order, [won])) == 1
    assert disputes_are_seen_to(paid(), ()) == []


def test_goods_that_were_called_off_need_nobody() -> None:
    """They are for sale again."""
    order = Store().confirmed("debit_card")
    (came,) = (e for e in order.ledger if e.kind is EntryKind.CAPTURED)
    taken = evolve(TAKEN, source=came.reference or came.key)
    disputed = evolve(order, ledger=(*order.ledger, taken))
    assert len(disputes_are_seen_to(disputed, ())) == 1
    called_off = evolve(disputed, life=evolve(disputed.life, state=RetailState.CANCELLED))
    assert disputes_are_seen_to(called_off, ()) == []


def test_goods_that_were_called_off_after_their_money_had_gone_back_need_somebody() -> None:
    """It is gone twice, and only a person can get it back."""
    order = Store().confirmed("debit_card")
    (came,) = (e for e in order.ledger if e.kind is EntryKind.CAPTURED)
    name = came.reference or came.key
    back = evolve(ASKED, amount=came.amount, source=name)
    taken = evolve(TAKEN, amount=came.amount, source=name)
    life = evolve(order.life, state=RetailState.CANCELLED)
    called_off = evolve(order, ledger=(*order.ledger, back, taken), life=life)
    assert len(disputes_are_seen_to(called_off, ())) == 1
    assert disputes_are_seen_to(called_off, [letter(called_off, "case")]) == []
