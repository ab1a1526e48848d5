from __future__ import annotations

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from examples.retail_shop.shop import Shop
from ordercore import GetOrder, Order
from ordercore.domain.payments import EntryKind
from ordercore_adapters.simulated import Delivery, VirtualClock
from tests.examples.shopper import Shopper

HOOK = "/webhooks/payments"


def paid_on_page(ana: Shopper) -> str:
    """Order something, pay on the provider's page without coming back; return its address."""
    page = ana.put("mug").buy("wallet")
    ana.client.post(str(page.url), data={"decision": "pay"}, follow_redirects=False)
    return str(page.url)


def order_of(shop: Shop, page: str) -> Order:
    """Return the order that a page was for."""
    order_id = shop.gateway.order_behind(page.rpartition("/")[2])
    assert order_id is not None
    return shop.core.handle(GetOrder(caller=shop.somebody("operator"), order_id=order_id))


def notices(shop: Shop) -> tuple[Delivery, ...]:
    """Return what the provider has to tell."""
    return shop.gateway.webhooks.drain(shop.signer.sign)


def deliver(ana: Shopper, delivery: Delivery, body: bytes | None = None, **headers: str) -> Any:
    """Bring a notice to the shop."""
    return ana.client.post(
        HOOK, content=body or delivery.body, headers={**delivery.headers, **headers}
    )


def test_a_notice_confirms_the_order_without_the_customer(ana: Shopper, shop: Shop) -> None:
    """Whoever closes the browser on the provider's page has paid all the same."""
    page = paid_on_page(ana)
    assert order_of(shop, page).state == "awaiting_payment"
    told = notices(shop)

    assert [deliver(ana, each).status_code for each in told] == [204] * len(told)
    assert len(told) == 1
    assert order_of(shop, page).state == "confirmed"


def test_coming_back_confirms_the_order_without_a_notice(ana: Shopper, shop: Shop) -> None:
    """The notice may be late; when it comes it changes nothing, however often."""
    page = paid_on_page(ana)
    order = order_of(shop, page)
    ana.page(f"/payments/back/{order.id}")
    confirmed = order_of(shop, page)
    assert confirmed.state == "confirmed"

    for each in notices(shop) * 3:
        assert deliver(ana, each).status_code == 204
    assert order_of(shop, page) == confirmed


def test_polling_confirms_the_order_without_either(
    ana: Shopper, shop: Shop, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the notice is lost and the customer gone, the next look-up finds the money."""
    page = paid_on_page(ana)
    assert notices(shop)  # fetched, and lost on the way
    clock.advance(61)
    ana.background.until_idle()
    assert order_of(shop, page).state == "shipped"


def test_all_at_once_is_one_payment(
    ana: Shopper, visitor: Callable[[], Shopper], shop: Shop, clock: VirtualClock
) -> None:
    """Notice, redirect and look-up at the same moment: one order, captured once."""
    page = paid_on_page(ana)
    order, told = order_of(shop, page), notices(shop)
    clock.advance(61)
    others = [visitor().log_in() for _ in range(2)]
    answers: list[int] = []
    racing: list[Callable[[], int]] = [
        lambda: deliver(others[0], told[0]).status_code,
        lambda: others[1].client.get(f"/payments/back/{order.id}").status_code,
        lambda: ana.background.round() * 0 + 200,
    ]
    threads = [Thread(target=lambda go=go: answers.append(go())) for go in racing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(answers) == [200, 200, 204]
    ana.background.until_idle()
    after = order_of(shop, page)
    captured = [entry for entry in after.ledger if entry.kind is EntryKind.CAPTURED]
    assert (after.state, len(captured)) == ("shipped", 1)
    books = shop.gateway.books.rows("SELECT count(*), sum(amount_minor) FROM captures")
    assert books == [(1, after.total.amount_minor)]


def test_only_the_provider_is_listened_to(ana: Shopper, shop: Shop, clock: VirtualClock) -> None:
    """Changed, unsigned, old: turned away as a problem, and nothing is looked up."""
    page = paid_on_page(ana)
    told = notices(shop)[0]
    before = order_of(shop, page)

    changed = deliver(ana, told, told.body.replace(b"wallet", b"x").replace(b" ", b"  ", 1))
    unsigned = ana.client.post(HOOK, content=told.body)
    other = deliver(ana, told, **{"webhook-id": "another"})
    clock.advance(301)
    old = deliver(ana, told)

    answers = (changed, unsigned, other, old)
    assert [answer.status_code for answer in answers] == [400] * 4
    assert [answer.json()["code"] for answer in answers] == [
        "signature_mismatch",
        "signature_missing",
        "signature_mismatch",
        "timestamp_outside_tolerance",
    ]
    assert changed.headers["content-type"] == "application/problem+json"
    assert order_of(shop, page) == before


@pytest.mark.parametrize(("tenant", "order_id"), [("corner-shop", "nobody's"), ("other", "order")])
def test_notices_about_others_are_taken_in_and_dropped(
    ana: Shopper, shop: Shop, tenant: str, order_id: str
) -> None:
    """They are signed and no error of the provider's, so it must not repeat them."""
    data = {"tenant": tenant, "key": "some key", "order_id": order_id}
    body = json.dumps({"data": data}).encode()
    headers = shop.signer.sign("event-1", shop.clock.now(), body)
    assert ana.client.post(HOOK, content=body, headers=dict(headers)).status_code == 204


def test_the_provider_shows_what_is_to_be_paid(ana: Shopper, shop: Shop) -> None:
    """To whoever has the address, logged in or not; an address that never was leads nowhere."""
    page = ana.put("tea").buy("voucher")
    address = str(page.url)
    assert "Pay €5.40" in page.text
    assert "by voucher" in page.text
    assert ana.decide(address, "think about it").url.path == "/orders/R-1001"
    assert order_of(shop, address).state == "awaiting_payment"

    unknown = ana.client.get("/provider/auth-0000")
    assert unknown.status_code == 404
    assert "auth-0000" not in unknown.text
