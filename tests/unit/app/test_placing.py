"""Placing orders: findings, quotes, snapshots, references."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import AsyncOrderCore, Caller, GetOrder, ListOrders, Placed, PlaceOrder
from ordercore.domain.catalog import default_catalogue
from ordercore.domain.processes import ItemRequest, ProvisioningRules
from ordercore.kernel.errors import IdempotencyKeyReused, InvalidInput, NotConfigured, NotFound
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_kubernetes, a_vps, an_order_request
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT, Shop, fault_of
from tests.unit.app.tables import DOLLARS, RATE, costing


def test_an_order_is_placed_as_a_draft_with_a_price(shop: Shop) -> None:
    """State, total and version are those of a new order."""
    order = shop.place(a_vps(), a_kubernetes())

    assert (order.state, order.version, order.total) == ("draft", 1, Money(51000, "EUR"))
    assert shop.order(order) == order


def test_every_finding_is_reported_at_once_and_nothing_is_stored(shop: Shop) -> None:
    """All items are checked before the answer, and no row is left behind."""
    request = an_order_request(
        a_vps(region="mars"), a_kubernetes(workers="3"), billing_cycle="weekly"
    )
    refused = shop.handle(PlaceOrder(caller=CUSTOMER, request=request))

    assert isinstance(refused, Refusal)
    assert refused.code == "validation_failed"
    assert {finding.field for finding in refused.findings} == {
        "items[0].config.region",
        "items[1].config.workers",
        "billing_cycle",
    }
    assert shop.handle(ListOrders(caller=OPERATOR, hidden=True)) == ()
    assert shop.next_due() is None


@pytest.mark.parametrize(
    "odd",
    [Decimal(3), float("nan"), {3}, b"3", 3 + 0j, object()],
    ids=lambda odd: type(odd).__name__,
)
def test_a_value_that_json_cannot_say_is_a_finding_and_not_a_crash(shop: Shop, odd: object) -> None:
    """Hosts hand in Python objects; what is not plain data is reported like any wrong value."""
    request = an_order_request(a_kubernetes(workers=odd))
    refused = shop.handle(PlaceOrder(caller=CUSTOMER, request=request))

    assert isinstance(refused, Refusal)
    assert [finding.field for finding in refused.findings] == ["items[0].config.workers"]


def test_keys_of_several_types_are_findings_and_not_a_crash(shop: Shop) -> None:
    """Such a mapping cannot even be sorted."""
    odd = ItemRequest(type="vps", config={1: 2, "region": "lj-1"})
    refused = shop.handle(PlaceOrder(caller=CUSTOMER, request=an_order_request(odd)))
    assert isinstance(refused, Refusal)
    assert refused.code == "validation_failed"


def test_what_the_checks_accept_but_no_store_could_keep_is_a_fault(
    open_shop: Callable[..., Shop],
) -> None:
    """A host that switched the checks off is told, instead of storing half a request."""
    shop = open_shop(rules=ProvisioningRules(placement_checks=()))
    request = an_order_request(a_vps(note=float("inf")))
    fault = fault_of(lambda: shop.handle(PlaceOrder(caller=CUSTOMER, request=request)))
    assert isinstance(fault, InvalidInput)
    assert shop.handle(ListOrders(caller=OPERATOR)) == ()


def test_read_only_mappings_are_configurations_too(shop: Shop) -> None:
    """At the top and one level below, and they are the same request as plain dictionaries."""
    sizes = {"min": 3, "max": 10}
    plain = a_kubernetes(autoscaling=sizes)
    assert isinstance(plain.config, dict)
    frozen = ItemRequest(
        type="kubernetes",
        config=MappingProxyType({**plain.config, "autoscaling": MappingProxyType(sizes)}),
    )
    first = shop.place(plain)
    again = shop.handle(PlaceOrder(caller=CUSTOMER, request=an_order_request(frozen)))
    assert again == Placed(order=first, repeated=True)


@pytest.mark.parametrize("field", ["reference", "customer"])
@pytest.mark.parametrize("text", ["", "  ", "a\nb", "x" * 201, "\ud800"])
def test_reference_and_customer_are_printable_text(shop: Shop, field: str, text: str) -> None:
    """Anything else is a fault that names the field."""
    changes: dict[str, Any] = {field: text}
    request = evolve(an_order_request(), **changes)
    fault = fault_of(lambda: shop.handle(PlaceOrder(caller=CUSTOMER, request=request)))
    assert isinstance(fault, InvalidInput)
    assert fault.field == field


# -- quotes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [-100, -1, 0, 1, 100])
def test_a_quote_within_one_euro_is_accepted_at_our_price(shop: Shop, off: int) -> None:
    """The tolerance is inclusive on both sides, and our price stands."""
    order = shop.place(quoted_total_minor=1000 + off)
    assert order.total == Money(1000, "EUR")


@pytest.mark.parametrize("off", [-101, 101])
def test_a_quote_beyond_one_euro_is_refused_with_both_amounts(shop: Shop, off: int) -> None:
    """One cent beyond is beyond; nothing is stored."""
    request = an_order_request(quoted_total_minor=1000 + off)
    refused = shop.handle(PlaceOrder(caller=CUSTOMER, request=request))

    assert isinstance(refused, Refusal)
    assert refused.code == "quote_outside_tolerance"
    assert str(Money(1000, "EUR")) in refused.reason
    assert str(Money(1000 + off, "EUR")) in refused.reason
    assert shop.handle(ListOrders(caller=OPERATOR)) == ()


@pytest.mark.parametrize(("off", "accepted"), [(-110, True), (110, True), (-111, False)])
def test_in_another_currency_the_tolerance_is_converted_and_the_rate_is_stored(
    open_shop: Callable[..., Shop], off: int, accepted: bool
) -> None:
    """One euro at 1.10 is 1.10 dollars, inclusively."""
    shop = open_shop(rules=DOLLARS)
    request = an_order_request(currency="USD", quoted_total_minor=1000 + off)
    placed = shop.handle(PlaceOrder(caller=CUSTOMER, request=request))

    assert isinstance(placed, Placed) is accepted
    if isinstance(placed, Placed):
        assert placed.order.quote_rate == "EUR/USD 1.10 (test table)"


def test_without_a_price_book_the_currency_is_a_finding(shop: Shop) -> None:
    """Nothing is converted silently."""
    request = an_order_request(currency="USD")
    refused = shop.handle(PlaceOrder(caller=CUSTOMER, request=request))
    assert isinstance(refused, Refusal)
    assert [finding.field for finding in refused.findings] == ["currency"]


# -- snapshots -----------------------------------------------------------------------------------


def test_a_later_price_change_never_alters_an_order(shop: Shop) -> None:
    """Total, version of the price book and the amount due stay those of the placement."""
    order = shop.submit(shop.place())
    shop.under(costing(7))

    assert shop.order(order).total == Money(1000, "EUR")
    assert shop.pay(order, 1000).state == "payment_confirmed"
    shop.run()
    done = shop.order(order)
    assert (done.state, done.total) == ("fulfilled", Money(1000, "EUR"))
    assert done.items[0].snapshot.price_book_version != "times-7"
    assert shop.place(reference="REF-2").total == Money(7000, "EUR")


def test_a_type_that_leaves_the_catalogue_stays_in_orders_that_have_it(shop: Shop) -> None:
    """The snapshot says what was bought; only validation, run again later, looks at the offer."""
    order = shop.place()
    whole = default_catalogue()
    smaller = evolve(whole, products=tuple(p for p in whole.products if p.type != "vps"))
    shop.under(ProvisioningRules(catalogue=smaller))
    item = shop.order(order).items[0].snapshot
    assert (item.product_type, item.config["plan"]) == ("vps", "core")


def test_changing_the_request_afterwards_changes_nothing(shop: Shop) -> None:
    """The configuration is copied, not referred to."""
    config = {"region": "lj-1", "plan": "core", "os_image": "debian-12"}
    order = shop.place(ItemRequest(type="vps", config=config))
    config["plan"] = "enterprise"
    order.items[0].snapshot.config["plan"] = "business"
    assert shop.order(order).items[0].snapshot.config["plan"] == "core"


# -- references ----------------------------------------------------------------------------------


def test_the_same_request_again_returns_the_first_order(shop: Shop) -> None:
    """Also after the order has moved on: a reference names one order for good."""
    order = shop.pay(shop.submit(shop.place()))
    again = shop.handle(PlaceOrder(caller=CUSTOMER, request=an_order_request()))
    assert again == Placed(order=order, repeated=True)
    assert len(shop.handle(ListOrders(caller=OPERATOR))) == 1


def test_a_reference_stays_taken_long_after_a_stored_answer_has_expired(shop: Shop) -> None:
    """The day of the idempotency key limits only how long an answer is replayed."""
    order = shop.place(caller=evolve(CUSTOMER, idempotency_key="k"))
    shop.clock.advance(days=400)
    again = shop.handle(PlaceOrder(caller=CUSTOMER, request=an_order_request()))
    assert again == Placed(order=order, repeated=True)


@pytest.mark.parametrize(
    "changes",
    [{"customer": "bob"}, {"quoted_total_minor": 1000}, {"express_request": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_reference_with_other_content_is_a_fault(shop: Shop, changes: dict[str, Any]) -> None:
    """Whatever part of the request differs."""
    shop.place()
    request = evolve(an_order_request(), **changes)
    fault = fault_of(lambda: shop.handle(PlaceOrder(caller=CUSTOMER, request=request)))
    assert isinstance(fault, IdempotencyKeyReused)
    assert fault.key == "REF-1"


def test_a_reference_is_free_in_another_tenant(shop: Shop) -> None:
    """Tenants know nothing of each other: not the reference, and not the order."""
    order = shop.place()
    other = Caller.of("tenant-b", "bob")
    placed = shop.handle(PlaceOrder(caller=other, request=an_order_request()))
    assert isinstance(placed, Placed)
    assert not placed.repeated
    assert isinstance(
        fault_of(lambda: shop.handle(GetOrder(caller=other, order_id=order.id))), NotFound
    )
    assert shop.handle(ListOrders(caller=CUSTOMER)) == (order,)


def test_identical_requests_at_the_same_moment_make_one_order() -> None:
    """Browser and webhook, say: every caller gets the one order, none gets an error."""
    shop = Shop()
    core = AsyncOrderCore(shop.suspending())

    async def storm() -> list[Placed | Refusal]:
        request = an_order_request()
        callers = [CUSTOMER, evolve(CUSTOMER, idempotency_key="k")] * 10
        return await asyncio.gather(
            *(core.handle(PlaceOrder(caller=caller, request=request)) for caller in callers)
        )

    placed = asyncio.run(storm())
    assert len({p.order.id for p in placed if isinstance(p, Placed)}) == 1
    assert [p.repeated for p in placed if isinstance(p, Placed)].count(False) == 1
    assert len(shop.tables.of(TENANT).orders) == 1


# -- listing -------------------------------------------------------------------------------------


def test_orders_are_listed_a_page_at_a_time(shop: Shop) -> None:
    """The last id of a page is where the next one begins."""
    orders = tuple(shop.place(reference=f"R{n}") for n in range(5))
    first = shop.handle(ListOrders(caller=CUSTOMER, limit=3))
    rest = shop.handle(ListOrders(caller=CUSTOMER, limit=3, after=first[-1].id))
    assert (first, rest) == (orders[:3], orders[3:])


def test_orders_are_listed_by_state(shop: Shop) -> None:
    """Only those that are in it now."""
    shop.place(reference="R1")
    waiting = shop.submit(shop.place(reference="R2"))
    assert shop.handle(ListOrders(caller=CUSTOMER, state="pending_payment")) == (waiting,)


def test_the_rate_of_the_test_table_is_what_the_tests_say() -> None:
    """One euro is 1.10 dollars."""
    assert RATE.convert(Money(100, "EUR")) == Money(110, "USD")


@pytest.mark.parametrize("config", [None, 5, "vps", ["region"]])
def test_a_configuration_that_is_no_mapping_is_a_finding(shop: Shop, config: object) -> None:
    """Of whatever kind it is."""
    request = an_order_request(ItemRequest(type="vps", config=config))
    refused = shop.handle(PlaceOrder(caller=CUSTOMER, request=request))
    assert isinstance(refused, Refusal)
    assert refused.findings[0].field == "items[0].config"


def test_a_missing_price_book_is_a_fault_when_nobody_checks_for_it(
    open_shop: Callable[..., Shop],
) -> None:
    """A host that switched the check off is told what it lacks."""
    shop = open_shop(rules=ProvisioningRules(placement_checks=()))
    request = PlaceOrder(caller=CUSTOMER, request=an_order_request(currency="USD"))
    fault = fault_of(lambda: shop.handle(request))
    assert isinstance(fault, NotConfigured)
    assert fault.port == "price book for USD"
