"""What is told of an order of goods: each failure of its payment as what it was, no token ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ordercore.app import Caller, CheckOut, GetOrder, OrderCore, Placed, ReceiveStock, WorkOnce
from ordercore.domain.billing import Party
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.orders import Order, Recipient
from ordercore.domain.payments import PaymentToken
from ordercore.domain.processes import retail
from ordercore.engine.saga import Failed, Rejected, Unclear
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.money import Money
from ordercore.ports import AuthoriseRequest, GatewayOutcome, TraceName
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory

CUSTOMER = Caller.of("tenant-a", "alice", correlation_id="req-1")
OPERATOR = Caller.of("tenant-a", "olga", role="operator")
TOKEN = "tok-5e7a-of-a-card"
TOWN = PostalAddress(lines=("Main Street 1",), postcode="1000", city="Ljubljana", country="SI")


class MoodyGateway(memory.InstantGateway):
    """Answers the first attempt as it is told, and all others well."""

    def __init__(self, first: GatewayOutcome | Exception | None) -> None:
        super().__init__()
        self._first = [first]

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold the money; where the answer is not clear it is held all the same."""
        first = self._first.pop() if self._first else None
        if not isinstance(first, (Rejected, Failed)):
            held = await super().authorise(request)
        if isinstance(first, Exception):
            raise first
        return first or held


class Store:
    """A shop for goods over memory, with telemetry that is kept."""

    def __init__(self, first: GatewayOutcome | Exception | None = None) -> None:
        self.clock, self.traces = ManualClock(), memory.CollectedTraces()
        self.gateway = MoodyGateway(first)
        article = Article(sku="mug", name="Mug", unit_price=Money(900, "EUR"))
        self.core = OrderCore(
            memory.ports(
                clock=self.clock,
                ids=CountingIds(),
                gateway=self.gateway,
                telemetry=self.traces,
                retail=retail.RetailRules(
                    assortment=Assortment(version="1", articles=(article,)),
                    seller=Party(name="Shop", address=TOWN, vat_id="DE123456789"),
                ),
            )
        )
        self.core.handle(ReceiveStock(caller=OPERATOR, sku="mug", quantity=5))

    def check_out(self) -> Order:
        """Order one mug, paid by card."""
        basket = retail.Basket(
            reference="REF-1",
            customer="alice@example.com",
            currency="EUR",
            payment="credit_card",
            lines=(retail.BasketLine(sku="mug", quantity=1),),
            deliver_to=Recipient(name="Alice", address=TOWN),
        )
        token = PaymentToken(TOKEN)
        placed = self.core.handle(CheckOut(caller=CUSTOMER, basket=basket, token=token))
        assert isinstance(placed, Placed), placed
        return placed.order

    def work(self) -> None:
        """Work until nothing is due within the hour."""
        for _ in range(60):
            while self.core.handle(WorkOnce()) is not None:
                pass
            self.clock.advance(timedelta(minutes=1))

    def state(self, order: Order) -> str:
        """Return where it stands."""
        return str(self.core.handle(GetOrder(caller=CUSTOMER, order_id=order.id)).state)


def first_error(store: Store, operation: str) -> tuple[str, str]:
    """Return kind and code of the first event of an operation."""
    event = next(event for event in store.traces.events if event.operation == operation)
    assert event.error is not None
    return event.error.kind, event.error.code


def test_a_sale_is_told_from_the_basket_to_the_parcel() -> None:
    """The payment inside the check-out first, since it ends first; then the check-out itself."""
    store = Store()
    order = store.check_out()
    store.work()
    assert store.state(order) == "shipped"
    told = [event for event in store.traces.events if event.order_id == order.id]
    assert {event.outcome for event in told} == {"success"}
    assert [(event.name, event.operation) for event in told[:2]] == [
        ("payment_processing", "authorise.do"),
        ("order_creation", "CheckOut"),
    ]
    steps = {event.operation for event in store.traces.named(TraceName.ORDER_FULFILLMENT)}
    assert {"pick.do", "pack.do", "label.do", "hand-over.do"} <= steps
    assert TOKEN not in repr(store.traces.events)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            Rejected(code="insufficient_funds", reason=f"{TOKEN} is empty"),
            ("refusal", "insufficient_funds"),
        ),
        (
            Rejected(code="invalid_details", reason=f"{TOKEN} is no card"),
            ("refusal", "invalid_details"),
        ),
        (Failed(code="gateway_down", reason=TOKEN), ("no_effect", "gateway_down")),
        (Unclear(reason=f"gateway time-out, {TOKEN}"), ("unknown", "unclear")),
        (TimeoutError(f"no answer about {TOKEN}"), ("unknown", "TimeoutError")),
        (ConnectionError(f"https://gateway/{TOKEN}"), ("unknown", "ConnectionError")),
    ],
    ids=["no funds", "no card", "down", "time-out", "raised time-out", "no connection"],
)
def test_each_failure_of_a_payment_is_told_as_what_it_was(
    answer: Any, error: tuple[str, str]
) -> None:
    """The order is there all the same; what nobody knows is looked up, and then paid."""
    store = Store(answer)
    order = store.check_out()
    assert first_error(store, "authorise.do") == error
    store.work()
    unclear = error[0] == "unknown"
    assert any(event.operation == "authorise.find" for event in store.traces.events) is unclear
    assert (store.state(order) == "shipped") is unclear
    assert TOKEN not in repr(store.traces.events)


def test_memory_that_runs_out_while_paying_leaves_an_order_that_is_paid_later() -> None:
    """The fault reaches the customer; the order was stored before, and asking again finds it."""
    store = Store(MemoryError())
    with pytest.raises(MemoryError):
        store.check_out()
    assert first_error(store, "CheckOut") == ("unexpected", "MemoryError")
    order = store.check_out()
    store.work()
    assert store.state(order) == "shipped"
    assert len(store.gateway.authorised) == 1
