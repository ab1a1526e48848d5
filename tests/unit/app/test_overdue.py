"""An order of goods that stays where it is for too long: said, then given to an operator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore import (
    Basket,
    BasketLine,
    Caller,
    CheckOut,
    GetOrder,
    ListDeadLetters,
    OrderCore,
    OrderHistory,
    Placed,
    ReceiveStock,
    RetailRules,
    WorkOnce,
)
from ordercore.app import CloseDeadLetter, WorkOn
from ordercore.app._drive import drive
from ordercore.domain.billing import Party
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.orders import Order, Recipient
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus, WorkKind
from ordercore.engine.saga import Accepted
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import PickOutcome, PickRequest, WarehousePort
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory

TENANT = TenantId("shop")
CUSTOMER = Caller.of(TENANT, "ann")
OPERATOR = Caller.of(TENANT, "olga", role="operator")
ADDRESS = PostalAddress(lines=("Ringstrasse 1",), postcode="1010", city="Wien", country="AT")
RULES = RetailRules(
    assortment=Assortment(
        version="1", articles=(Article(sku="mug", name="Mug", unit_price=Money(1000, "EUR")),)
    ),
    seller=Party(name="Seller", address=ADDRESS, vat_id="ATU12345678"),
)


class Busy(memory.InstantWarehouse):
    """A warehouse that is at it and never gets done."""

    async def pick(self, request: PickRequest) -> PickOutcome:
        """Take it on."""
        return Accepted()

    async def find_pick(self, tenant: TenantId, key: str) -> PickOutcome:
        """Still at it."""
        return Accepted()


class Store:
    """A shop in memory, its clock in the hand."""

    def __init__(self, warehouse: WarehousePort) -> None:
        self.clock = ManualClock()
        self.core = OrderCore(
            memory.ports(clock=self.clock, ids=CountingIds(), retail=RULES, warehouse=warehouse)
        )
        self.core.handle(ReceiveStock(caller=OPERATOR, sku="mug", quantity=5))
        placed = self.core.handle(
            CheckOut(
                caller=CUSTOMER,
                basket=Basket(
                    reference="R-1",
                    customer="ann@example.org",
                    currency="EUR",
                    payment="cash_on_delivery",
                    lines=(BasketLine(sku="mug", quantity=1),),
                    deliver_to=Recipient(name="Ann", address=ADDRESS),
                ),
            )
        )
        assert isinstance(placed, Placed), placed
        self.id = placed.order.id

    def wait(self, span: timedelta) -> None:
        """Let time pass, an hour at a time, and the workers do what is due."""
        end = self.clock.now() + span
        while True:
            while self.core.handle(WorkOnce()) is not None:
                pass
            if self.clock.now() >= end:
                return
            self.clock.advance(min(timedelta(hours=1), end - self.clock.now()))

    def order(self) -> Order:
        """Return the order."""
        return self.core.handle(GetOrder(caller=OPERATOR, order_id=self.id))

    def kinds(self) -> list[str]:
        """Return what the trail says of its being overdue."""
        history = self.core.handle(OrderHistory(caller=OPERATOR, order_id=self.id))
        told = ("order.overdue", "order.needs-operator", "order.operator-task-done")
        return [record.kind for record in history if record.kind in told]

    def letters(self) -> tuple[DeadLetter, ...]:
        """Return the open letters about it."""
        found = self.core.handle(ListDeadLetters(caller=OPERATOR))
        assert not isinstance(found, Refusal)
        return found


@pytest.fixture
def unpaid() -> Store:
    """Return a shop whose parcel was handed over for cash and never reported delivered."""
    return Store(memory.InstantWarehouse())


def test_an_order_in_good_time_is_not_spoken_of(unpaid: Store) -> None:
    """Shipped may last a week."""
    unpaid.wait(timedelta(days=6))
    assert unpaid.order().state == "shipped"
    assert unpaid.kinds() == []


def test_it_is_said_once_and_then_given_to_an_operator_once(unpaid: Store) -> None:
    """However long it goes on."""
    unpaid.wait(timedelta(days=8))
    assert unpaid.kinds() == ["order.overdue"]
    assert unpaid.letters() == ()
    unpaid.wait(timedelta(days=30))
    assert unpaid.kinds() == ["order.overdue", "order.needs-operator"]
    (letter,) = unpaid.letters()
    assert (letter.code, letter.order_id) == ("overdue", unpaid.id)
    assert "shipped since" in letter.reason


def test_a_clock_that_is_put_back_does_not_say_it_twice(unpaid: Store) -> None:
    """Taken when an operator was to be called; by the clock that counts it is too early."""
    unpaid.wait(timedelta(days=8))
    task_at = unpaid.order().life.entered_at + timedelta(days=14)
    store = unpaid.core.ports.store
    (claim,) = drive(store.claim(WorkKind.TIMER, now=task_at, tenant=TENANT))
    unpaid.clock.set(task_at - timedelta(seconds=2))
    unpaid.core.handle(WorkOn(claim=claim))
    assert unpaid.kinds() == ["order.overdue"]
    unpaid.wait(timedelta(seconds=2))
    assert unpaid.kinds() == ["order.overdue", "order.needs-operator"]


def test_an_operator_who_has_seen_to_it_closes_the_letter(unpaid: Store) -> None:
    """There is no step to try again, so that is refused; the note goes on record."""
    unpaid.wait(timedelta(days=20))
    (letter,) = unpaid.letters()
    again = unpaid.core.handle(
        CloseDeadLetter(
            caller=OPERATOR, letter_id=letter.id, how=DeadLetterStatus.RETRIED, note="x"
        )
    )
    assert isinstance(again, Refusal)
    assert again.code == "not_a_way_to_close"
    closed = unpaid.core.handle(
        CloseDeadLetter(
            caller=OPERATOR, letter_id=letter.id, how=DeadLetterStatus.RESOLVED, note="called them"
        )
    )
    assert isinstance(closed, DeadLetter)
    assert closed.status is DeadLetterStatus.RESOLVED
    assert unpaid.letters() == ()
    assert unpaid.kinds()[-1] == "order.operator-task-done"


def test_a_state_that_is_left_in_time_says_nothing_later() -> None:
    """A pick that never ends is given up long before anybody has to be told; so is the order."""
    store = Store(Busy())
    store.wait(timedelta(days=9))
    assert store.order().state == "cancelled"
    assert store.kinds() == []
