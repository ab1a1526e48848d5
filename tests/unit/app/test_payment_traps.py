"""Traps that order systems have fallen into with payments and refunds, each in its small form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import AsyncOrderCore, ConfirmPayment, WithdrawOrder
from ordercore.domain.orders import Order
from ordercore.kernel.errors import ConcurrencyConflict
from ordercore.ports import RefundRequest
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.providers import Bank
from tests.unit.app.reading import BUSY, NEVER, entries, eur
from tests.unit.app.shop import CUSTOMER, SYSTEM, Shop


class Speechless(Bank):
    """A gateway that pays, and says nothing of use about it the first time."""

    said: list[Any]

    async def refund(self, request: RefundRequest) -> Any:
        """Pay once per key."""
        paid = await super().refund(request)
        return self.said.pop() if self.said else paid


@pytest.mark.parametrize("answer", [None, "", {}, False], ids=repr)
def test_an_empty_answer_of_the_gateway_is_looked_up_and_not_paid_again(
    open_shop: Callable[..., Shop], answer: object
) -> None:
    """Neither success nor failure: the money may have gone."""
    shop = open_shop()
    bank = Speechless(shop.script)
    bank.said = [answer]
    shop.bank, shop.ports = bank, evolve(shop.ports, payments=bank)
    order = shop.cancel(shop.paid())
    shop.work()
    assert shop.order(order).balance.outstanding == order.total
    shop.run()

    assert shop.script.verbs() == ["refund", "find refund"]
    assert shop.order(order).balance.refunded == order.total
    assert shop.violations(order.id) == []


def test_an_item_that_was_paid_back_is_not_paid_back_again_on_withdrawal(shop: Shop) -> None:
    """Only what the other items cost is left to return."""
    shop.script.plan("provision 1", NEVER)
    order = shop.paid(a_vps(), a_database())
    shop.run()
    kept = shop.order(order).items[1].price
    shop.handle(WithdrawOrder(caller=CUSTOMER, order_id=order.id, reason="not needed"))
    shop.run()

    assert [movement.amount for movement in shop.bank.movements] == [eur(1000), kept]
    assert shop.order(order).balance.refundable.is_zero
    assert shop.violations(order.id) == []


def test_an_order_all_of_whose_money_is_on_its_way_back_can_still_be_cancelled(shop: Shop) -> None:
    """Every item is lost and waits to be cleaned up; that nothing is left to ask back is fine."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 1", NEVER)
    shop.script.plan("provision 2", NEVER)
    shop.script.plan("deprovision -", BUSY, BUSY)
    shop.work()
    lost = shop.order(order)
    assert (lost.state, lost.balance.refundable) == ("provisioning", eur(0))

    assert shop.cancel(order).state == "cancelled"
    shop.run()
    assert [movement.amount for movement in shop.bank.movements] == [eur(1000)] * 2
    assert shop.order(order).balance.outstanding.is_zero
    assert shop.violations(order.id) == []


@pytest.mark.parametrize("keys", [("browser", "webhook"), (None, None)], ids=["keyed", "bare"])
def test_browser_and_webhook_reporting_one_payment_at_once_are_one_payment(
    keys: tuple[str | None, str | None],
) -> None:
    """Under keys of their own: whoever is second is told to look again, and then agrees."""
    shop = Shop()
    order = shop.submit(shop.place())
    core = AsyncOrderCore(shop.suspending())
    reports = [
        ConfirmPayment(
            caller=evolve(SYSTEM, idempotency_key=key),
            order_id=order.id,
            reference="P1",
            amount=order.total,
        )
        for key in keys
    ]

    async def both() -> list[Order | Any]:
        return await asyncio.gather(*map(core.handle, reports), return_exceptions=True)

    answers = asyncio.run(both())
    assert {type(answer) for answer in answers} == {Order, ConcurrencyConflict}
    paid = shop.order(order)
    assert entries(paid) == [("confirmed", 1000, "P1")]
    assert [shop.handle(report) for report in reports] == [paid, paid]
    assert shop.order(order) == paid


def test_the_last_of_many_part_refunds_carries_what_the_others_left(shop: Shop) -> None:
    """Seven items share a payment that does not divide; each is lost for another reason."""
    items = [a_vps()] * 7
    order = shop.pay(shop.submit(shop.place(*items)), 6999)
    for number in range(1, 8):
        shop.script.plan(f"provision {number}", NEVER)
    shop.run()
    back = sorted(movement.amount.amount_minor for movement in shop.bank.movements)
    assert back == [999] + [1000] * 6
    assert shop.order(order).balance.refundable.is_zero
    assert shop.violations(order.id) == []
