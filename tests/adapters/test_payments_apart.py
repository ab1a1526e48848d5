"""The payment part as a service of its own: its events confirm orders here, each once (R3, R6).

The service is another process with books of its own: asked over its API, which is the gateway port
here, and telling over a topic what became of each attempt. What it tells is a reason to ask it, as
a notice or a redirect is; so an event that is repeated, late or wrong does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from attrs import evolve

from ordercore.app import (
    Caller,
    CheckOut,
    CheckPayment,
    GetOrder,
    OrderCore,
    Placed,
    ReceiveStock,
    WithoutMark,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.messaging import Envelope
from ordercore.engine.retry import RetryPolicy
from ordercore.kernel.ids import EventId, OrderId, TenantId
from ordercore.ports import GatewayOutcome, Outgoing, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory
from ordercore_adapters.kafka import KafkaConsumer, Outcome, Received, Taken
from tests.adapters.kafka_desk import consuming, published, take
from tests.adapters.kafka_server import topic_name
from tests.unit.app.retail_shop import RULES, a_basket
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT


class PaymentService(memory.InstantGateway):
    """Another process: asked over its API, telling over a topic; `away` is an outage of the API."""

    def __init__(self, address: str, topic: str, clock: ManualClock) -> None:
        super().__init__()
        self.address, self.topic, self.clock = address, topic, clock
        self.away = False
        self.told = 0

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Say what became of an attempt."""
        if self.away:
            raise ConnectionError
        return await super().find(tenant, key)

    def paid(self, order: Order) -> None:
        """The customer pays: the outcome and the event are one transaction over there."""
        attempt = order.balance.open_attempt
        assert attempt is not None
        self.settle(order.tenant, attempt.key)
        self.tell(order)

    def tell(self, order: Order, *, times: int = 1, order_id: str | None = None) -> None:
        """Publish that the attempt was authorised."""
        self.told += 1
        envelope = Envelope(
            id=EventId(f"attempt.{self.told}"),
            type="payment.authorized",
            tenant=order.tenant,
            stream=order_id or order.id,
            seq=self.told,
            at=self.clock.now(),
            correlation_id="",
            data=json.dumps({"amount_minor": order.total.amount_minor}),
        )
        event = Outgoing(envelope=envelope, topic=self.topic, consumers=())
        published(self.address, (event,) * times)


async def confirming(event: Received) -> WithoutMark | None:
    """Look at an order's payment when it is said to be authorised; this is all a host writes."""
    if event.type != "payment.authorized" or event.stream is None:
        return None
    caller = evolve(
        Caller.of(event.tenant, "payment-service", role="system"),
        correlation_id=event.correlation_id,
    )
    return WithoutMark(CheckPayment(caller=caller, order_id=OrderId(event.stream)))


class Orders:
    """The order service: a core, a consumer of what payments tell, and the client of their API."""

    def __init__(self, address: str) -> None:
        self.clock, topic = ManualClock(), topic_name()
        self.payments = PaymentService(address, topic, self.clock)
        self.ports: Ports = memory.ports(
            clock=self.clock, ids=CountingIds(), retail=RULES, gateway=self.payments
        )
        self.core = OrderCore(self.ports)
        self.topic = topic
        for sku in ("mug", "tea"):
            self.core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=9))

    def bought(self) -> Order:
        """Check out; the customer pays at the other service."""
        placed = self.core.handle(CheckOut(caller=CUSTOMER, basket=a_basket("wallet")))
        assert isinstance(placed, Placed), placed
        assert placed.order.state == S.AWAITING_PAYMENT
        return placed.order

    def now(self, order: Order) -> Order:
        """Return it as it is."""
        return self.core.handle(GetOrder(caller=CUSTOMER, order_id=order.id))

    def events(self, order: Order) -> list[Envelope]:
        """Return what this service tells of it."""
        return list(drive(self.ports.outbox.feed(order.tenant, order.id)))

    def types(self, order: Order) -> list[str]:
        """Return the types of that."""
        return [event.type for event in self.events(order)]


@pytest.fixture
def orders(kafka_stand_in: str) -> Orders:
    """Return an order service with goods on the shelf."""
    return Orders(kafka_stand_in)


@pytest.fixture
def consumer(orders: Orders, kafka_stand_in: str) -> Iterator[KafkaConsumer]:
    """Return its consumer."""
    with consuming(
        kafka_stand_in,
        orders.ports,
        orders.topic,
        handler=confirming,
        name="orders",
        retries=RetryPolicy(name="none", delays_s=()),
    ) as running:
        yield running


def _outcomes(taken: list[Taken]) -> list[Outcome]:
    return [each.outcome for each in taken]


def test_an_authorisation_over_there_confirms_the_order_here_once(
    orders: Orders, consumer: KafkaConsumer
) -> None:
    """However often it is told; the order's own events name it as the cause."""
    order = orders.bought()
    orders.payments.paid(order)
    orders.payments.tell(order, times=3)
    assert _outcomes(take(consumer, count=4)) == [Outcome.DONE] * 4
    assert orders.now(order).state == S.CONFIRMED
    events = {event.type: event for event in orders.events(order)}
    assert orders.types(order).count("payment.authorized") == 1
    assert orders.types(order).count("order.confirmed") == 1
    assert events["order.confirmed"].causation_id == events["payment.authorized"].id
    assert not drive(orders.ports.inbox.seen(TENANT, "orders", "/ordercore attempt.1"))


def test_what_is_told_and_is_not_so_confirms_nothing(
    orders: Orders, consumer: KafkaConsumer
) -> None:
    """The event is a reason to ask; the service's own books say no."""
    order = orders.bought()
    orders.payments.tell(order)
    assert _outcomes(take(consumer, count=1)) == [Outcome.DONE]
    assert orders.now(order).state == S.AWAITING_PAYMENT
    assert "payment.authorized" not in orders.types(order)


def test_an_event_that_is_lost_delays_and_loses_nothing(orders: Orders) -> None:
    """Nobody consumes at all: the look-up that was due finds the money."""
    order = orders.bought()
    orders.payments.paid(order)
    for _ in range(20):
        while orders.core.handle(WorkOnce()) is not None:
            pass
        orders.clock.advance(seconds=60)
    assert orders.now(order).state == S.SHIPPED
    assert orders.types(order).count("payment.authorized") == 1


def test_a_service_that_is_away_when_asked_is_asked_again(
    orders: Orders, consumer: KafkaConsumer
) -> None:
    """The event came through and the answer does not; the order waits, and is confirmed later."""
    order = orders.bought()
    orders.payments.paid(order)
    orders.payments.away = True
    assert _outcomes(take(consumer, count=1)) == [Outcome.DONE]
    assert orders.now(order).state == S.AWAITING_PAYMENT
    orders.payments.away = False
    orders.clock.advance(seconds=60)
    while orders.core.handle(WorkOnce()) is not None:
        pass
    assert orders.now(order).state == S.SHIPPED


def test_an_event_of_nobodys_order_is_put_aside(orders: Orders, consumer: KafkaConsumer) -> None:
    """It goes to the dead letters with the reason, and the next event counts."""
    order = orders.bought()
    orders.payments.tell(order, order_id="nobodys")
    orders.payments.paid(order)
    (lost, found) = sorted(take(consumer, count=2), key=lambda taken: taken.outcome != "dead")
    assert (lost.outcome, lost.reason) == (Outcome.DEAD, "not_found")
    assert found.outcome is Outcome.DONE
    assert orders.now(order).state == S.CONFIRMED


def test_a_late_event_is_nothing_to_ask_about(orders: Orders, consumer: KafkaConsumer) -> None:
    """The outcome is known by then: nothing is asked, nothing is written."""
    order = orders.bought()
    orders.payments.paid(order)
    take(consumer, count=1)
    before = orders.now(order)
    orders.payments.away = True
    orders.payments.tell(order)
    assert _outcomes(take(consumer, count=1)) == [Outcome.DONE]
    assert orders.now(order) == before
