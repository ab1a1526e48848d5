"""How each deed of a shop's campaign is done; done a second time, it changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from ordercore.app import (
    AdjustStock,
    Caller,
    CancelOrder,
    CheckOut,
    CheckPayment,
    ConfirmCash,
    GetPaymentPage,
    OrderCore,
    Placed,
    ProlongReservation,
    ReceiveStock,
    ReportDelivery,
    RetryPayment,
    SendBack,
    StockLevels,
)
from ordercore.app._drive import drive
from ordercore.domain.inventory import StockMove
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PAYMENT_KINDS, Payment
from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput, TransitionNotAllowed
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore_adapters.simulated import SimulatedGateway
from tests.kill.goods import FRAGILE, Deed, Kind, basket, token

_ENDED = frozenset({S.CANCELLED, S.RETURNED})
_ARRIVED = frozenset({S.DELIVERED, S.COMPLETED})


@frozen(kw_only=True)
class Doer:
    """Does deeds.

    Attributes:
        is_done: Whether a deed of that name is known to be done.
    """

    core: OrderCore
    gateway: SimulatedGateway
    is_done: Callable[[str], bool]

    def do(self, deed: Deed) -> bool:
        """Do a deed; False when its time has not come yet."""
        try:
            return self._do(deed)
        except ConcurrencyConflict:
            return False  # a worker was faster; the same deed is done again

    def _do(self, deed: Deed) -> bool:
        caller = Caller.of(deed.tenant, "customer", idempotency_key=deed.name)
        if deed.kind is Kind.RECEIVE:
            self._receive(deed)
            return True
        if deed.kind is Kind.CHECK_OUT:
            charged = token(deed) if PAYMENT_KINDS[deed.payment].synchronous else None
            placed = self.core.handle(CheckOut(caller=caller, basket=basket(deed), token=charged))
            assert isinstance(placed, Placed) or placed.code == "out_of_stock", placed
            return True
        order = self._order(deed)
        if order is None:  # refused, or not placed yet
            return self.is_done(f"{deed.reference} {Kind.CHECK_OUT}")
        return _DEEDS[deed.kind](self, deed, caller, order)

    def _receive(self, deed: Deed) -> None:
        store = Caller.of(deed.tenant, "warehouse", role="system", idempotency_key=deed.name)
        made = self.core.handle(ReceiveStock(caller=store, sku=deed.sku, quantity=deed.amount))
        assert isinstance(made, StockMove), made

    def _order(self, deed: Deed) -> Order | None:
        stored = drive(self.core.ports.orders.by_reference(deed.tenant, deed.reference))
        return None if stored is None else stored.order

    def pay(self, deed: Deed, caller: Caller, order: Order) -> bool:
        page = self.core.handle(GetPaymentPage(caller=caller, order_id=order.id))
        if page is None:
            return order.state != S.AWAITING_PAYMENT
        at_page = self.gateway.pages.pay if deed.kind is Kind.PAY else self.gateway.pages.decline
        try:
            at_page(page.url)
        except InvalidInput:
            return False  # it has closed at this moment
        return True

    def come_back(self, deed: Deed, caller: Caller, order: Order) -> bool:
        self.core.handle(CheckPayment(caller=caller, order_id=order.id))
        return True

    def retry(self, deed: Deed, caller: Caller, order: Order) -> bool:
        if order.state not in (S.PAYMENT_FAILED, S.PAYMENT_EXPIRED):
            return order.state != S.AWAITING_PAYMENT
        charged = token(deed) if PAYMENT_KINDS[deed.payment].synchronous else None
        again = self.core.handle(RetryPayment(caller=caller, order_id=order.id, token=charged))
        return not isinstance(again, Refusal) or again.code == "out_of_stock"

    def prolong(self, deed: Deed, caller: Caller, order: Order) -> bool:
        self.core.handle(ProlongReservation(caller=caller, order_id=order.id))
        return True

    def drop(self, deed: Deed, caller: Caller, order: Order) -> bool:
        if order.sale is not None and order.sale.reserved:
            return order.state != S.AWAITING_PAYMENT
        shelf = Caller.of(deed.tenant, "warehouse", role="operator", idempotency_key=deed.name)
        (level,) = self.core.handle(StockLevels(caller=shelf, skus=(FRAGILE,)))
        if level.available:
            there = -level.available
            self.core.handle(
                AdjustStock(caller=shelf, sku=FRAGILE, quantity=there, reason="dropped")
            )
        return True

    def cancel(self, deed: Deed, caller: Caller, order: Order) -> bool:
        try:
            told = self.core.handle(
                CancelOrder(caller=caller, order_id=order.id, reason="changed my mind")
            )
            assert isinstance(told, Order) or told.code == "leaving", told
        except TransitionNotAllowed:
            pass  # it has left already
        return True

    def deliver(self, deed: Deed, caller: Caller, order: Order) -> bool:
        if order.state != S.SHIPPED:
            return order.state in _ENDED or order.state in _ARRIVED
        carrier = _carrier(deed)
        self.core.handle(ReportDelivery(caller=carrier, order_id=order.id))
        return True

    def take_cash(self, deed: Deed, caller: Caller, order: Order) -> bool:
        if order.state in _ENDED or order.state == S.COMPLETED:
            return True
        if order.state not in (S.SHIPPED, S.DELIVERED):
            return False
        reference = self.gateway.pay(deed.name, order.tenant, order.reference, order.total)
        paid = Payment(reference=reference, amount=order.total, at=order.life.updated_at)
        for carrier in (_carrier(deed), Caller.of(deed.tenant, "post", role="carrier")):
            told = self.core.handle(ConfirmCash(caller=carrier, order_id=order.id, payment=paid))
            assert isinstance(told, Order), told
        return True

    def send_back(self, deed: Deed, caller: Caller, order: Order) -> bool:
        undeliverable = deed.kind is Kind.UNDELIVERABLE
        wanted = {S.SHIPPED} if undeliverable else {S.COMPLETED}
        if order.state not in wanted:
            return order.state in _ENDED
        back = self.core.handle(
            SendBack(
                caller=_carrier(deed) if undeliverable else caller,
                order_id=order.id,
                reason="nobody is at home" if undeliverable else "not as expected",
                undeliverable=undeliverable,
            )
        )
        return isinstance(back, Order) or back.code == "return_window_closed"

    def notice(self, tenant: TenantId, order_id: OrderId) -> None:
        """Take in what the provider tells about an order, twice."""
        provider = Caller.of(tenant, "gateway", role="system")
        for _ in range(2):
            self.core.handle(CheckPayment(caller=provider, order_id=order_id))


def _carrier(deed: Deed) -> Caller:
    return Caller.of(deed.tenant, "post", role="carrier", idempotency_key=deed.name)


_DEEDS: dict[Kind, Callable[[Doer, Deed, Caller, Order], bool]] = {
    Kind.PAY: Doer.pay,
    Kind.DECLINE: Doer.pay,
    Kind.COME_BACK: Doer.come_back,
    Kind.RETRY: Doer.retry,
    Kind.PROLONG: Doer.prolong,
    Kind.DROP: Doer.drop,
    Kind.CANCEL: Doer.cancel,
    Kind.DELIVER: Doer.deliver,
    Kind.CASH: Doer.take_cash,
    Kind.SEND_BACK: Doer.send_back,
    Kind.UNDELIVERABLE: Doer.send_back,
}
