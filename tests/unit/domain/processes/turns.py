"""Orders on their way and requests that turn them, in one line each."""

from __future__ import annotations

from datetime import datetime, timedelta

from ordercore.domain.orders import Event, Order, Posted, Transitioned
from ordercore.domain.payments import Payment
from ordercore.domain.processes import ItemRequest, ProvisioningRules, open_turn
from ordercore.domain.processes.provisioning.fulfilment import begin_validation, conclude_validation
from ordercore.domain.processes.turn import Turn
from ordercore.domain.validation import LiveFacts
from ordercore.engine.messaging import WorkKind
from ordercore.engine.saga import Answer, Outcome, SagaState
from ordercore.kernel.ids import ActorId
from ordercore.kernel.money import Money
from ordercore.kernel.party import Actor
from ordercore.testing.builders import a_vps, an_order, an_order_request, money_in, moved
from ordercore.testing.fakes import START

LATER = START + timedelta(hours=1)
PRICE = 1000
"""What one virtual server costs a month, in cents."""


def somebody(role: str) -> Actor:
    """Return an actor in a role."""
    return Actor(ActorId("someone"), role)


def a_turn(
    order: Order,
    role: str = "operator",
    *,
    rules: ProvisioningRules | None = None,
    at: datetime = LATER,
    draw: int = 0,
) -> Turn:
    """Return a request about an order, made an hour after the start."""
    return open_turn(rules or ProvisioningRules(), order, at=at, actor=somebody(role), draw=draw)


def paid(*items: ItemRequest) -> Order:
    """Return an order of these items, or of one virtual server, that was paid exactly."""
    order = an_order(an_order_request(*(items or (a_vps(),))))
    money = money_in(order.total.amount_minor)
    return moved(order, "submit", "confirm_payment", postings=(money,))


def under_way(
    *items: ItemRequest, rules: ProvisioningRules | None = None
) -> tuple[Order, SagaState]:
    """Return an order whose fulfilment has just started, and the saga."""
    turn = a_turn(paid(*items), "system", rules=rules, at=START)
    assert begin_validation(turn) is None
    assert conclude_validation(turn, LiveFacts()) is None
    (change,) = turn.sagas
    return turn.order, change.state


def answer(
    saga: SagaState, step: str, outcome: Outcome, *, branch: str = "1", forward: bool = True
) -> Answer:
    """Return the answer to the current attempt of a step."""
    attempt = saga.branch(branch).run(step).attempt
    return Answer(branch=branch, step=step, attempt=attempt, forward=forward, outcome=outcome)


def events(turn: Turn) -> list[Event]:
    """Return what the request recorded."""
    return [recorded.event for recorded in turn.recorded]


def eur(cents: int) -> Money:
    """Return an amount in euro."""
    return Money(cents, "EUR")


def first(turn: Turn) -> Transitioned:
    """Return the transition that a request began with."""
    event = events(turn)[0]
    assert isinstance(event, Transitioned)
    return event


def posted(turn: Turn) -> Posted:
    """Return the one posting without a transition that a request made."""
    (event,) = [event for event in events(turn) if isinstance(event, Posted)]
    return event


def payment(cents: int = PRICE, reference: str = "pay-9") -> Payment:
    """Return a payment that arrives later."""
    return Payment(reference=reference, amount=eur(cents), at=LATER)


def timers(turn: Turn) -> dict[str, datetime | None]:
    """Return the clocks a request starts, and those it stops as None."""
    return {work.subject: work.due_at for work in turn.work if work.kind is WorkKind.TIMER}
