"""Every way to pay, from the basket to the parcel and back again (R1, R2, R5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind
from ordercore.domain.processes.retail import Handling
from ordercore.engine.saga import Rejected
from ordercore.kernel.calendar import BusinessCalendar
from ordercore.kernel.money import Money
from tests.unit.app.retail_shop import CARRIER, RULES, TOKEN, TOTAL, Store

KINDS = list(PaymentKind)
CASH = [kind for kind in KINDS if not PAYMENT_KINDS[kind].by_gateway]
CARDS = [kind for kind in KINDS if PAYMENT_KINDS[kind].synchronous]
PAGES = [kind for kind in KINDS if PAYMENT_KINDS[kind].page]


def completed(store: Store, kind: str) -> Order:
    """Sell a basket and have it delivered and paid."""
    order = store.sold(kind)
    store.deliver(order)
    if kind in CASH:
        assert store.order(order).state == S.DELIVERED
        store.cash(order)
    order = store.order(order)
    assert order.state == S.COMPLETED
    return order


@pytest.mark.parametrize("kind", KINDS)
def test_an_order_is_paid_picked_packed_invoiced_sent_delivered_and_completed(
    store: Store, kind: str
) -> None:
    """The goods leave the shelf once and the money comes in once."""
    order = completed(store, kind)
    store.settle()

    assert order.total == TOTAL
    assert store.available() == store.on_hand() == {"mug": 3, "tea": 7}
    assert store.violations_at_rest(order) == []
    assert store.letters() == ()
    sums = store.order(order).balance
    assert sums.refundable == TOTAL
    assert (sums.confirmed if kind in CASH else sums.captured) == TOTAL


@pytest.mark.parametrize("kind", KINDS)
def test_a_return_brings_goods_and_money_back_and_credits_the_invoice(
    store: Store, kind: str
) -> None:
    """Within the window; once."""
    order = completed(store, kind)
    store.send_back(order)
    store.settle()

    order = store.order(order)
    assert order.state == S.RETURNED
    assert order.balance.refunded == TOTAL
    assert store.available() == store.on_hand() == {"mug": 5, "tea": 10}
    assert order.sale is not None
    assert order.sale.invoice is not None
    assert order.sale.invoice.number == "INV-2026-000001"
    assert [note.number for note in order.sale.credit_notes] == ["CN-2026-000001"]
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_customer_is_written_to_once_about_each_thing(store: Store, kind: str) -> None:
    """Awaiting payment only where a page is open, then confirmed and shipped."""
    order = store.bought(kind)
    store.settle()
    if kind in PAGES:
        store.pay_page(order)
        store.check(order)
        store.settle()

    expected = ["awaiting-payment"] if kind in PAGES else []
    assert sorted(store.written(order)) == [*expected, "confirmed", "shipped"]
    assert [k for k in store.kinds(order) if k == "order.letter-sent"] == ["order.letter-sent"] * (
        len(expected) + 2
    )


def test_a_letter_says_what_is_known_when_it_goes_out(store: Store) -> None:
    """Where to pay, when it arrives, how to follow it."""
    order = store.bought("wallet")
    store.settle()
    store.pay_page(order)
    store.check(order)
    store.settle()

    awaiting, confirmed, shipped = store.mailbox.letters.values()
    assert awaiting.pay_at is not None
    assert awaiting.pay_at.startswith("https://pay.example/")
    assert awaiting.total == confirmed.total == TOTAL
    assert confirmed.pay_at is None
    assert confirmed.arrival is not None
    assert shipped.tracking is not None
    assert shipped.tracking.startswith("TRK-")
    assert [line.amount for line in shipped.lines] == [Money(2000, "EUR"), Money(1065, "EUR")]
    assert awaiting.recipient == order.customer


def test_a_letter_that_asks_for_a_payment_is_not_sent_once_that_is_there(store: Store) -> None:
    """The customer was faster than the post; being asked again would make nobody pay twice."""
    order = store.confirmed("wallet")
    store.settle()

    assert store.written(order) == ["confirmed", "shipped"]


def test_a_letter_that_asks_for_a_payment_waits_for_its_page(store: Store) -> None:
    """Written before the provider had one, it would tell nobody where to pay."""
    store.script.plan("page", lambda: None)
    store.till.books.page, honest = _no_page, store.till.books.page  # type: ignore[method-assign]
    order = store.bought("wallet")
    store.work()
    assert store.written(order) == []

    store.till.books.page = honest  # type: ignore[method-assign]
    store.settle()
    assert store.written(order) == ["awaiting-payment"]


async def _no_page(_tenant: str, _key: str) -> None:
    return None


@pytest.mark.parametrize("kind", CASH)
def test_cash_that_comes_before_the_carrier_reports_completes_the_order_with_the_delivery(
    store: Store, kind: str
) -> None:
    """Either may be reported first."""
    order = store.sold(kind)
    store.cash(order)
    assert store.order(order).state == S.SHIPPED
    store.deliver(order)

    assert store.order(order).state == S.COMPLETED


@pytest.mark.parametrize("kind", KINDS)
def test_a_parcel_that_cannot_be_delivered_comes_back_and_only_money_received_goes_back(
    store: Store, kind: str
) -> None:
    """Whoever was to pay at the door has paid nothing."""
    order = store.sold(kind)
    store.send_back(order, caller=CARRIER, undeliverable=True)
    store.settle()

    order = store.order(order)
    assert order.state == S.RETURNED
    nothing = Money.zero("EUR")
    assert order.balance.refunded == (nothing if kind in CASH else TOTAL)
    assert store.on_hand() == {"mug": 5, "tea": 10}
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["cash_on_delivery", "credit_card", "wallet"])
def test_a_parcel_that_is_lost_does_not_come_back_to_the_shelf(store: Store, kind: str) -> None:
    """The money goes back; nobody is sold what the carrier cannot find."""
    order = store.sold(kind)
    store.send_back(order, caller=CARRIER, lost=True)
    store.settle()

    order = store.order(order)
    assert order.state == S.RETURNED
    assert store.available() == store.on_hand() == {"mug": 3, "tea": 7}
    assert order.balance.refunded == order.balance.confirmed + order.balance.captured
    assert store.violations_at_rest(order) == []


def test_an_order_that_costs_nothing_is_confirmed_without_a_payment(store: Store) -> None:
    """No token is needed or kept, nobody is asked for money."""
    order = store.confirmed("credit_card", wanted=(("card", 3),), token=None)
    store.settle()
    store.deliver(order)

    assert store.order(order).state == S.COMPLETED
    assert not [verb for verb in store.script.verbs() if verb in ("authorise", "capture")]
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", [*CASH, *PAGES, *CARDS])
def test_a_token_is_kept_for_no_longer_than_it_is_charged(store: Store, kind: str) -> None:
    """And not at all where nobody is going to charge it."""
    order = store.bought(kind, token=TOKEN)

    vault = store.tables.of(order.tenant).vault
    assert not any(vault.values())


def test_documents_are_numbered_without_gaps_by_seller_and_year(
    open_store: Callable[..., Store],
) -> None:
    """Whatever became of the orders in between, and anew in a new year."""
    store = open_store()
    numbers = []
    for place in range(1, 4):
        if place == 2:
            store.script.plan("authorise", Rejected(code="declined", reason="no"))
            store.bought(reference="declined")
        order = store.sold("debit_card", reference=f"R-{place}", wanted=(("mug", 1),))
        numbers.append(store.order(order).sale.invoice.number)  # type: ignore[union-attr]
    store.clock.set(datetime(2027, 1, 1, 12, tzinfo=store.clock.now().tzinfo))
    order = store.sold("debit_card", reference="R-2027", wanted=(("mug", 1),))
    numbers.append(store.order(order).sale.invoice.number)  # type: ignore[union-attr]

    assert numbers == [
        "INV-2026-000001",
        "INV-2026-000002",
        "INV-2026-000003",
        "INV-2027-000001",
    ]


def test_a_number_asked_for_before_midnight_is_of_the_old_year_with_its_invoice(
    store: Store,
) -> None:
    """Year of the number and date of the document agree."""
    store.clock.set(datetime(2026, 12, 31, 12, tzinfo=store.clock.now().tzinfo))
    order = store.confirmed("debit_card")
    midnight = datetime(2027, 1, 1, tzinfo=store.clock.now().tzinfo)
    original = store.ports.numbers.next

    class Slow:
        async def next(self, tenant: str, series: str) -> int:
            number = await original(tenant, series)
            store.clock.set(midnight)
            return number

    store.ports = evolve(store.ports, numbers=Slow())
    store.work()

    sale = store.order(order).sale
    assert sale is not None
    assert sale.invoice is not None
    assert (sale.invoice.number, sale.invoice.issued_on) == (
        "INV-2026-000001",
        date(2026, 12, 31),
    )


def test_the_days_of_arrival_skip_weekends_and_holidays_and_begin_after_the_cut_off(
    open_store: Callable[..., Store],
) -> None:
    """Confirmed on a Thursday afternoon, a quarter of an hour too late."""
    calendar = BusinessCalendar(
        zone="Europe/Berlin", cut_off=time(14), holidays=frozenset({date(2026, 1, 12)})
    )
    handling = Handling(calendar=calendar, handling_days=1, transit_days=(1, 2))
    rules = evolve(RULES, handling=handling)
    for clock, earliest, latest in (
        (time(13, 59), date(2026, 1, 13), date(2026, 1, 14)),
        (time(14, 15), date(2026, 1, 14), date(2026, 1, 15)),
    ):
        store = open_store(selling=rules)
        store.clock.set(datetime.combine(date(2026, 1, 8), clock, tzinfo=ZoneInfo("Europe/Berlin")))
        sale = store.confirmed("cash_on_delivery").sale
        assert sale is not None
        assert (sale.arrives_from, sale.arrives_by) == (earliest, latest)


def test_the_trail_tells_every_event_in_order(store: Store) -> None:
    """From the creation to the credit note, as a card pays; the outbox carries the same."""
    order = completed(store, "credit_card")
    store.send_back(order)
    store.settle()

    assert store.kinds(order) == [
        "order.created",
        "order.stock-reserved",
        "order.awaiting-payment",
        "payment.requested",
        "payment.authorized",
        "order.confirmed",
        "order.stock-reserved",
        "order.delivery-estimated",
        "order.letter-sent",
        "order.fulfilment-started",
        "order.item-picked",
        "order.item-picked",
        "order.parcel-packed",
        "order.parcel-labelled",
        "payment.capture-requested",
        "payment.captured",
        "order.ready",
        "invoice.created",
        "order.shipped",
        "order.stock-left",
        "order.letter-sent",
        "order.delivered",
        "order.completed",
        "order.returned",
        "order.stock-returned",
        "billing.refund-requested",
        "invoice.credited",
        "billing.refund-settled",
    ]
    assert store.types(order) == store.kinds(order)
