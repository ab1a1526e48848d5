"""Redirect, notice and look-up confirm the same payments at once, from processes of their own.

However many tell of a payment, its order is confirmed once, its money taken once, its goods held
once, its letter written once; and nobody is told of a fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ordercore.app import (
    Caller,
    CheckOut,
    GetOrder,
    GetPaymentPage,
    NextDue,
    OrderCore,
    OrderHistory,
    Placed,
    ReceiveStock,
    StockLevels,
    VerifyAudit,
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import EntryKind, PaymentToken
from ordercore.domain.processes.retail import RETAIL_FULFILMENT
from ordercore.kernel.ids import OrderId
from ordercore.testing import laws
from ordercore.testing.payment_laws import captures_never_overdrawn
from ordercore.testing.stock_laws import stock_violations
from ordercore_adapters.simulated import EPOCH, World
from tests.adapters.payment_parties import (
    CUSTOMER,
    Market,
    Party,
    all_at_once,
    cancels,
    comes_back,
    looks_up,
    sends_notices,
)
from tests.adapters.postgres_server import Server
from tests.kill.clock import SharedClock
from tests.unit.app.retail_shop import a_basket
from tests.unit.app.shop import OPERATOR, TENANT

pytestmark = pytest.mark.slow

_KINDS = ("wallet", "credit_card", "bank_transfer", "debit_card", "voucher", "tokenized_card")
_ORDERS = 24
_MUGS, _TEAS = 2, 3
_LEARN: list[Party] = [comes_back, sends_notices, comes_back, looks_up, looks_up]
_LATER = timedelta(minutes=2)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Market:
    """Return a market on each kind of database."""
    SharedClock.make(tmp_path / "clock", EPOCH)
    if request.param == "sqlite":
        return Market(f"sqlite:///{tmp_path / 'orders.db'}", None, tmp_path)
    server: Server = request.getfixturevalue("postgres_server")
    made = server.database()
    return Market(made.app, made.worker, tmp_path)


@pytest.fixture
def made(market: Market) -> Iterator[World]:
    """Return the providers, as the test sees them."""
    made = market.world()
    yield made
    made.close()


@pytest.fixture
def core(market: Market, made: World) -> Iterator[OrderCore]:
    """Return a core of the test's own."""
    with market.core(made) as core:
        yield core


@pytest.fixture
def paid(market: Market, made: World, core: OrderCore) -> list[OrderId]:
    """Return orders that are paid at the provider, of which nobody here knows it yet."""
    core.handle(ReceiveStock(caller=OPERATOR, sku="mug", quantity=_MUGS * _ORDERS))
    core.handle(ReceiveStock(caller=OPERATOR, sku="tea", quantity=_TEAS * _ORDERS))
    orders = []
    for number in range(_ORDERS):
        basket = a_basket(_KINDS[number % len(_KINDS)], reference=f"R-{number}")
        token = PaymentToken(f"tok-{number}")
        placed = core.handle(CheckOut(caller=CUSTOMER, basket=basket, token=token))
        assert isinstance(placed, Placed), placed
        assert placed.order.state == S.AWAITING_PAYMENT, "the provider's answer was lost"
        page = core.handle(GetPaymentPage(caller=CUSTOMER, order_id=placed.order.id))
        if page is not None:
            made.gateway.pages.pay(page.url)
        orders.append(placed.order.id)
    market.clock().advance(int(_LATER.total_seconds()))  # every look-up is due
    return orders


def _now(core: OrderCore, order_id: OrderId) -> Order:
    return core.handle(GetOrder(caller=CUSTOMER, order_id=order_id))


def _lawful(core: OrderCore, order_id: OrderId) -> None:
    order, auditor = _now(core, order_id), Caller.of(TENANT, "auditor", role="operator")
    history = core.handle(OrderHistory(caller=auditor, order_id=order_id))
    assert laws.fold_equals_row(order, history) == []
    assert captures_never_overdrawn(order.ledger) == []
    assert core.handle(VerifyAudit(caller=auditor, order_id=order_id)).whole


def _confirmations(core: OrderCore, order_id: OrderId) -> int:
    history = core.handle(OrderHistory(caller=CUSTOMER, order_id=order_id))
    return sum(record.trigger == "confirm" for record in history)


def _stock_is_lawful(core: OrderCore) -> None:
    for level in core.handle(StockLevels(caller=OPERATOR, skus=("mug", "tea"))):
        ledger = drive(core.ports.stock.movements(TENANT, level.sku, limit=10_000))
        assert stock_violations(level, ledger) == []


def test_whoever_tells_of_a_payment_it_counts_once(
    market: Market, made: World, core: OrderCore, paid: list[OrderId]
) -> None:
    """Five processes, every payment told of eight times or more, one outcome each."""
    assert all_at_once(market, _LEARN, paid) == []
    looks_up(core, made, paid)  # whatever the last process to end has begun
    for order_id in paid:
        order = _now(core, order_id)
        assert _confirmations(core, order_id) == 1
        entries = Counter(entry.kind for entry in order.ledger)
        assert entries[EntryKind.AUTHORISATION_REQUESTED] == entries[EntryKind.AUTHORISED] == 1
        ledger = [entry.key for entry in order.ledger if entry.kind is EntryKind.CAPTURED]
        assert sorted(ledger) == sorted(made.gateway.taken(TENANT, order_id))
        assert len(ledger) <= 1
        assert sum(ref.definition == RETAIL_FULFILMENT.name for ref in order.sagas) == 1
        _lawful(core, order_id)
    _stock_is_lawful(core)
    confirmed = made.post.books.rows("SELECT order_id FROM letters WHERE kind = 'confirmed'")
    assert Counter(confirmed) == Counter((order_id,) for order_id in paid)


def test_who_pays_and_cancels_at_once_has_money_and_goods_put_right(
    market: Market, made: World, core: OrderCore, paid: list[OrderId]
) -> None:
    """Cancelling goes through beside all who tell of the payment; whatever was taken goes back."""
    assert all_at_once(market, [*_LEARN, cancels], paid) == []
    _come_to_rest(market, core)
    gone = 0
    for order_id in paid:
        order = _now(core, order_id)
        assert order.state in (S.CANCELLED, S.SHIPPED)
        gone += order.state == S.SHIPPED
        assert _confirmations(core, order_id) <= 1
        assert made.gateway.held(TENANT, order_id) == {}
        taken = sum(each.amount_minor for each in made.gateway.taken(TENANT, order_id).values())
        back = sum(each.amount_minor for each in made.gateway.given_back(TENANT, order_id).values())
        assert taken - back == (order.total.amount_minor if order.state == S.SHIPPED else 0)
        assert order.balance.captured.amount_minor == taken
        assert order.balance.refunded.amount_minor == back
        _lawful(core, order_id)
    assert gone < len(paid), "nobody came in time to cancel: there was no race"
    _stock_is_lawful(core)
    levels = core.handle(StockLevels(caller=OPERATOR, skus=("mug", "tea")))
    assert [(each.on_hand, each.reserved) for each in levels] == [
        (_MUGS * (_ORDERS - gone), 0),
        (_TEAS * (_ORDERS - gone), 0),
    ]


def _come_to_rest(market: Market, core: OrderCore) -> None:
    for _ in range(10_000):
        if core.handle(WorkOnce()) is not None:
            continue
        due = core.handle(NextDue())
        if due is None:
            return
        market.clock().advance_to(due)
    raise AssertionError("work without end")
