"""What goes on while nobody looks: ordercore's work, the provider's notices, and the parcels.

A thread of the web process is enough for one machine. More machines run more of them, or the
``ordercore worker`` command: work is leased, so nothing is done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from examples.retail_shop.shop import Shop
from ordercore import ConfirmCash, ListOrders, OrderCoreError, ReportDelivery, WorkOnce
from ordercore.domain.orders import Order
from ordercore.domain.payments import PAYMENT_KINDS, Payment
from ordercore_adapters.simulated import Delivery

__all__ = ["Background", "Deliver"]

Deliver = Callable[[Delivery], object]
"""Brings a notice of the provider to the shop's endpoint."""

_log = logging.getLogger(__name__)
_PAUSE_S = 0.1
_MOST_PIECES = 1000


class Background:
    """Everything that happens by itself."""

    def __init__(self, shop: Shop, deliver: Deliver) -> None:
        """Work for ``shop``; ``deliver`` is the way the provider's notices take."""
        self._shop = shop
        self._deliver = deliver

    def round(self) -> int:
        """Do what is due now; return how many pieces that was."""
        return self._work() + self._notices() + self._parcels()

    def until_idle(self) -> None:
        """Do what is due until nothing is."""
        for _ in range(_MOST_PIECES):
            if not self.round():
                return

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work in a thread until the block ends."""
        stop = Event()

        def run() -> None:
            while not stop.is_set():
                try:
                    idle = self.round() == 0
                except Exception:  # whatever it was, the next round tries again
                    _log.exception("a round of background work broke off")
                    idle = True
                if idle:
                    stop.wait(_PAUSE_S)

        thread = Thread(target=run, name="shop-background", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _work(self) -> int:
        done = 0
        while done < _MOST_PIECES:
            try:
                if self._shop.core.handle(WorkOnce()) is None:
                    break
            except OrderCoreError:  # it is put off by a minute; the others go on
                _log.exception("a piece of work could not be done")
            done += 1
        return done

    def _notices(self) -> int:
        deliveries = self._shop.gateway.webhooks.drain(self._shop.signer.sign)
        for delivery in deliveries:
            try:
                self._deliver(delivery)
            except Exception:  # a lost notice is made good by ordercore's own look-ups
                _log.warning("a notice could not be delivered", exc_info=True)
        return len(deliveries)

    def _parcels(self) -> int:
        """Play the carrier: report what has arrived, and hand over what was paid at the door."""
        shop, done = self._shop, 0
        carrier, now = shop.somebody("carrier"), shop.clock.now()
        for order in self._orders("shipped"):
            if order.life.entered_at + shop.parcel_takes <= now:
                shop.core.handle(ReportDelivery(caller=carrier, order_id=order.id))
                done += 1
        for order in self._orders("delivered"):
            if _pays_at_the_door(order):
                cash = Payment(reference=f"cash {order.reference}", amount=order.total, at=now)
                shop.core.handle(ConfirmCash(caller=carrier, order_id=order.id, payment=cash))
                done += 1
        return done

    def _orders(self, state: str) -> tuple[Order, ...]:
        caller = self._shop.somebody("carrier")
        return self._shop.core.handle(ListOrders(caller=caller, state=state, limit=100))


def _pays_at_the_door(order: Order) -> bool:
    return order.sale is not None and not PAYMENT_KINDS[order.sale.payment].by_gateway
