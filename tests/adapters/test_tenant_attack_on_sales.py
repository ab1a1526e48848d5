"""Somebody reaches for another tenant's sales: its addresses, tokens, payments, stock and numbers.

`test_tenant_attack` tries every table; here real orders stand in them, and the thief also has the
use cases, under an operator's name of its own, with every id it could have overheard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import frozen

from ordercore.app import (
    AdjustStock,
    Caller,
    CancelOrder,
    CheckOut,
    CheckPayment,
    ConfirmCash,
    GetOrder,
    GetPaymentPage,
    OrderCore,
    OrderFeed,
    OrderHistory,
    Placed,
    ProlongReservation,
    ReceiveStock,
    ReportDelivery,
    ResendLetter,
    RetryPayment,
    SendBack,
    StockLevels,
    UseCase,
    VerifyAudit,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.payments import Payment, PaymentToken
from ordercore.kernel.errors import NotFound
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.fakes import START, ManualClock
from ordercore_adapters import memory, sqlalchemy
from ordercore_adapters.sqlalchemy.tables import TABLES, VIEWS
from tests.adapters.postgres_server import Database
from tests.adapters.test_tenant_attack import Attacker
from tests.unit.app.retail_shop import MAIL, RULES, a_basket
from tests.unit.app.shop import OPERATOR, TENANT

pytestmark = pytest.mark.postgres

_OTHER = TenantId("tenant-of-the-thief")
_THIEF = Caller.of(_OTHER, "thief", role="operator")
_CARRIER = Caller.of(_OTHER, "thief", role="carrier")
_HOME = Caller.of(TENANT, "alice")
_TOKEN = PaymentToken("tok_of_the_victim")


class _Slow(memory.InstantGateway):
    """A gateway that counts who asks it, and for a card has no answer yet."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> Any:
        if name in ("authorise", "capture", "find", "page", "refund", "void"):
            super().__getattribute__("asked")[name] += 1
        return super().__getattribute__(name)


@frozen(kw_only=True)
class Victim:
    """What there is to steal.

    Attributes:
        orders: One that waits on a page, one on its way, one to be paid on delivery.
        words: What would give it away.
    """

    database: Database
    core: OrderCore
    gateway: _Slow
    orders: tuple[Order, ...]
    words: tuple[str, ...]

    def rows(self) -> dict[str, list[str]]:
        """Return every row of the victim."""
        admin = Attacker(self.database.admin)
        mine = f"WHERE tenant = '{TENANT}'"
        return {
            name: sorted(
                str(row) for row in admin.rows(f"SELECT * FROM {name} {mine}", tenant=None)
            )
            for name in TABLES
        }


@pytest.fixture
def victim(postgres: Database) -> Iterator[Victim]:
    """Return a tenant with sales of every kind."""
    gateway = _Slow()
    ports = sqlalchemy.ports(
        postgres.app,
        worker_url=postgres.worker,
        clock=ManualClock(),
        retail=RULES,
        gateway=gateway,
        warehouse=memory.InstantWarehouse(),
        carrier=memory.InstantCarrier(),
        letters=memory.CollectedLetters(),
        notifications=memory.CollectedNotifications(),
        publisher=memory.CollectedEvents(),
        sealer=memory.PlainlessSealer(),
    )
    with OrderCore(ports) as core:
        core.handle(ReceiveStock(caller=OPERATOR, sku="mug", quantity=20))
        core.handle(ReceiveStock(caller=OPERATOR, sku="tea", quantity=20))
        placed = []
        for number, payment in enumerate(("credit_card", "cash_on_delivery", "wallet")):
            basket = a_basket(payment, reference=f"R-{number}")
            token = _TOKEN if payment == "credit_card" else None
            made = core.handle(CheckOut(caller=_HOME, basket=basket, token=token))
            assert isinstance(made, Placed), made
            placed.append(made.order.id)
        while core.handle(WorkOnce()) is not None:
            pass
        orders = tuple(core.handle(GetOrder(caller=_HOME, order_id=each)) for each in placed)
        assert [order.state for order in orders] == ["shipped", "shipped", "awaiting_payment"]
        yield Victim(
            database=postgres,
            core=core,
            gateway=gateway,
            orders=orders,
            words=tuple(_words(orders)),
        )


def _words(orders: tuple[Order, ...]) -> Iterator[str]:
    yield from (MAIL, "Ann Sentinel", "Lime Street 7")
    for order in orders:
        assert order.sale is not None
        yield order.id
        yield from (entry.key for entry in order.ledger)
        yield from (entry.reference for entry in order.ledger if entry.reference)
        if order.sale.invoice is not None:
            yield order.sale.tracking


def test_the_victims_words_are_in_the_rows_that_the_thief_is_after(victim: Victim) -> None:
    """Every address, key, reference and parcel number is stored, or nothing could be stolen."""
    everything = "\n".join(row for rows in victim.rows().values() for row in rows)
    assert len(victim.words) > 10
    assert [word for word in victim.words if word not in everything] == []


@pytest.mark.parametrize("tenant", [_OTHER, "", None])
def test_no_word_of_a_sale_is_read_under_another_tenant(victim: Victim, tenant: str | None) -> None:
    """From no table and no view, with no filter at all."""
    thief = Attacker(victim.database.app)
    for name in (*TABLES, *VIEWS):
        assert thief.rows(f"SELECT * FROM {name}", tenant=tenant) == []


@pytest.mark.parametrize("kind", ["receive", "reserve", "release", "ship", "return", "adjust"])
def test_the_function_that_moves_stock_moves_nobody_elses(victim: Victim, kind: str) -> None:
    """Called by its name with the victim's, it is walled in like any statement."""
    before, thief = victim.rows(), Attacker(victim.database.app)
    on_hand = {"receive": 1, "ship": -1, "return": 1, "adjust": -1}.get(kind, 0)
    reserved = {"reserve": 1, "release": -1, "ship": -1}.get(kind, 0)
    move = (
        f'[{{"sku": "mug", "kind": "{kind}", "quantity": 1, "on_hand": {on_hand}, '
        f'"reserved": {reserved}, "order_id": "{victim.orders[0].id}", "reason": ""}}]'
    )
    call = f"SELECT ordercore_move_stock('{TENANT}', now(), '{move}', 1000000)"
    with pytest.raises(sa.exc.DBAPIError):
        thief.rows(call, tenant=_OTHER)
    assert victim.rows() == before


_ASKED: list[Callable[[OrderId], UseCase[Any]]] = [
    lambda order: GetOrder(caller=_THIEF, order_id=order),
    lambda order: OrderHistory(caller=_THIEF, order_id=order),
    lambda order: VerifyAudit(caller=_THIEF, order_id=order),
    lambda order: GetPaymentPage(caller=_THIEF, order_id=order),
    lambda order: CheckPayment(caller=_THIEF, order_id=order),
    lambda order: RetryPayment(caller=_THIEF, order_id=order, token=_TOKEN),
    lambda order: ProlongReservation(caller=_THIEF, order_id=order),
    lambda order: CancelOrder(caller=_THIEF, order_id=order, reason="mine"),
    lambda order: ReportDelivery(caller=_CARRIER, order_id=order),
    lambda order: SendBack(caller=_THIEF, order_id=order, reason="mine"),
    lambda order: ResendLetter(caller=_THIEF, order_id=order, letter="confirmed"),
    lambda order: SendBack(caller=_CARRIER, order_id=order, reason="mine", undeliverable=True),
    lambda order: ConfirmCash(
        caller=_CARRIER,
        order_id=order,
        payment=Payment(reference="cash", amount=Money(3520, "EUR"), at=START),
    ),
]


@pytest.mark.parametrize("asked", _ASKED, ids=lambda make: type(make(OrderId("x"))).__name__)
def test_no_use_case_finds_a_sale_of_another_tenant(
    victim: Victim, asked: Callable[[OrderId], UseCase[Any]]
) -> None:
    """It is not there, no provider is asked about it, and not a row is touched."""
    before, calls = victim.rows(), victim.gateway.asked.copy()
    for order in victim.orders:
        with pytest.raises(NotFound) as fault:
            victim.core.handle(asked(order.id))
        assert not [word for word in victim.words if word in str(fault.value) and word != order.id]
    assert victim.rows() == before
    assert victim.gateway.asked == calls


def test_the_feed_of_another_tenants_sale_is_empty(victim: Victim) -> None:
    """As that of an order that does not exist."""
    for order in victim.orders:
        assert victim.core.handle(OrderFeed(caller=_HOME, order_id=order.id)) != ()
        assert victim.core.handle(OrderFeed(caller=_THIEF, order_id=order.id)) == ()


def test_neither_stock_nor_reference_nor_number_is_shared(victim: Victim) -> None:
    """The thief has no stock, may use the same reference, and counts its papers from one."""
    before, core = victim.rows(), victim.core
    assert core.handle(StockLevels(caller=_THIEF, skus=("mug", "tea"))) == ()
    less = core.handle(AdjustStock(caller=_THIEF, sku="mug", quantity=-1, reason="mine"))
    assert isinstance(less, Refusal)
    bought = core.handle(CheckOut(caller=_THIEF, basket=a_basket("cash_on_delivery")))
    assert isinstance(bought, Refusal)
    assert bought.code == "out_of_stock"
    for sku in ("mug", "tea"):
        core.handle(ReceiveStock(caller=_THIEF, sku=sku, quantity=5))
    basket = a_basket("cash_on_delivery", reference=victim.orders[0].reference)
    placed = core.handle(CheckOut(caller=_THIEF, basket=basket))
    assert isinstance(placed, Placed)
    assert not placed.repeated
    while core.handle(WorkOnce(tenant=_OTHER)) is not None:
        pass
    own = core.handle(GetOrder(caller=_THIEF, order_id=placed.order.id))
    assert own.sale is not None
    assert own.sale.invoice is not None
    assert own.sale.invoice.seq == 1
    assert victim.rows() == before


def test_a_file_has_walls_of_the_same_height(tmp_path: Path) -> None:
    """SQLite has no policies: there every statement of the library names its tenant."""
    ports = sqlalchemy.ports(
        f"sqlite:///{tmp_path / 'orders.db'}", clock=ManualClock(), retail=RULES
    )
    with OrderCore(ports) as core:
        for sku in ("mug", "tea"):
            core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=5))
        placed = core.handle(CheckOut(caller=_HOME, basket=a_basket("cash_on_delivery")))
        assert isinstance(placed, Placed)
        for asked in _ASKED:
            with pytest.raises(NotFound):
                core.handle(asked(placed.order.id))
        assert core.handle(StockLevels(caller=_THIEF, skus=("mug",))) == ()
        assert core.handle(WorkOnce(tenant=_OTHER)) is None
