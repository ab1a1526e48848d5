"""What the end of a hold means: every state of an order, every standing of its money."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from attrs import evolve as changed

from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.orders import Order, Recipient, evolve
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import (
    AttemptState,
    LedgerEntry,
    record_authorised,
    record_captured,
    record_voided,
    request_authorisation,
    request_capture,
    request_void,
)
from ordercore.domain.processes import RetailRules, RetailTurn, open_turn, timer_subject
from ordercore.domain.processes.retail import (
    EXPIRED,
    HOLD_ENDS,
    LETTER,
    LETTER_KIND,
    Basket,
    BasketLine,
    check_out,
    hold_ended,
)
from ordercore.engine.saga import ORDER_BRANCH, recall
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.party import TIMER
from ordercore.kernel.result import Refusal
from ordercore.testing.fakes import START

END = START + timedelta(days=7)
PRICE = Money(1190, "EUR")
RULES = RetailRules(
    assortment=Assortment(
        version="1",
        articles=(
            Article(sku="mug", name="Mug", unit_price=Money(1000, "EUR"), vat_basis_points=1900),
        ),
    )
)
ADDRESS = PostalAddress(lines=("Ringstrasse 1",), postcode="1010", city="Wien", country="AT")
Ledger = tuple[LedgerEntry, ...]


def grown(ledger: Ledger, told: Ledger | LedgerEntry | Refusal | None) -> Ledger:
    """Return the ledger with what was decided."""
    assert told is not None
    assert not isinstance(told, Refusal), told
    return (*ledger, *(told if isinstance(told, tuple) else (told,)))


def held() -> Ledger:
    """Granted until the end."""
    asked = grown((), request_authorisation((), amount=PRICE, price=PRICE, key="try", at=START))
    return grown(asked, record_authorised(asked, key="try", at=START, until=END))


def capturing(minor: int = 1190) -> Ledger:
    """A capture is under way."""
    amount = Money(minor, "EUR")
    return grown(held(), request_capture(held(), amount=amount, key="take", at=START))


def taken(minor: int = 1190) -> Ledger:
    """So much was captured."""
    ledger = capturing(minor)
    return grown(ledger, record_captured(ledger, key="take", at=START))


def voiding() -> Ledger:
    """A void is under way."""
    return grown(held(), request_void(held(), attempt="try", key="back", at=START))


STANDINGS: dict[str, tuple[Ledger, bool]] = {
    "nothing": ((), False),
    "held": (held(), True),
    "a part taken": (taken(500), True),
    "all taken": (taken(), False),
    "being taken": (capturing(), False),
    "being let go": (voiding(), False),
    "let go": (grown(voiding(), record_voided(voiding(), key="back", at=START)), False),
}
"""How the money stands, and whether the end of the hold means anything then."""


def an_order(state: S, ledger: Ledger) -> Order:
    """Return an order of one mug in a state, with its money as it stands."""
    basket = Basket(
        reference="R-1",
        customer="ann@example.org",
        currency="EUR",
        payment="credit_card",
        lines=(BasketLine(sku="mug", quantity=1),),
        deliver_to=Recipient(name="Ann", address=ADDRESS),
    )
    created = check_out(basket, tenant=TenantId("t"), order_id=OrderId("o"), rules=RULES)
    assert not isinstance(created, Refusal), created
    order = evolve(None, created, START)
    return changed(order, life=changed(order.life, state=str(state)), ledger=ledger)


def a_turn(order: Order, *, late: timedelta = timedelta()) -> RetailTurn:
    """Return the turn of a timer that fires so much too late."""
    return open_turn(RULES, order, at=END + late, actor=TIMER)


def written(turn: RetailTurn) -> list[str | None]:
    """Return what the customer is written about."""
    letters = [change.state for change in turn.sagas if change.state.definition == LETTER.name]
    return [recall(saga.branch(ORDER_BRANCH).data, LETTER_KIND) for saga in letters]


@pytest.mark.parametrize(("state", "standing"), tuple(product(S, STANDINGS)))
def test_in_every_state_the_end_of_a_hold_means_one_thing(state: S, standing: str) -> None:
    """Goods that rely on the money are not sent; everything else is a matter of the books."""
    ledger, means_something = STANDINGS[standing]
    turn = a_turn(an_order(state, ledger))
    assert hold_ended(turn) is None
    over = means_something and state in (S.CONFIRMED, S.IN_FULFILMENT)

    assert turn.order.state == (S.CANCELLED if over else state)
    assert written(turn) == ([EXPIRED] if over else [])
    if means_something:
        (attempt,) = turn.order.balance.attempts
        assert (attempt.state, attempt.held.is_zero) == (AttemptState.LAPSED, True)
        assert turn.recorded[0].event.type == "payment.lapsed"  # type: ignore[union-attr]
    else:
        assert turn.recorded == []


@pytest.mark.parametrize("state", S)
def test_before_its_end_a_hold_stands(state: S) -> None:
    """A timer that fires too early waits for the rest."""
    turn = a_turn(an_order(state, held()), late=-timedelta(microseconds=1))

    assert hold_ended(turn) == END
    assert (turn.recorded, turn.order.state) == ([], state)


@pytest.mark.parametrize("state", [S.CONFIRMED, S.IN_FULFILMENT])
def test_an_order_that_is_paid_otherwise_goes_on(state: S) -> None:
    """A surplus attempt ends; the one that pays is still held, and waited for next."""
    asked = request_authorisation((), amount=PRICE, price=PRICE, key="new", at=START)
    newer = grown((), asked)
    newer = grown(
        newer,
        record_authorised(newer, key="new", at=START, until=END + timedelta(days=1)),
    )
    turn = a_turn(an_order(state, held() + newer))

    assert hold_ended(turn) == END + timedelta(days=1)
    assert (turn.order.state, written(turn)) == (state, [])
    assert [entry.key for entry in turn.order.ledger if entry.kind == "lapsed"] == ["try"]


def test_the_timer_is_named_by_order_and_purpose() -> None:
    """So that it stands beside those of the lifecycle and never in their place."""
    triggers = {row.trigger for row in RULES.lifecycle.rows}

    assert HOLD_ENDS not in triggers
    assert timer_subject(OrderId("o"), HOLD_ENDS) == "o/hold-ends"
