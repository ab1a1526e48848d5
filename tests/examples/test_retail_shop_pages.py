from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy

import pytest

from examples.retail_shop.goods import GOODS
from examples.retail_shop.papers import PAPERS_ARE_MADE
from examples.retail_shop.selling import order_of
from examples.retail_shop.shop import Shop
from examples.retail_shop.users import user_id
from examples.retail_shop.wording import EVENTS, PAYMENTS
from ordercore import Order, OrderFeed, StockLevels
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind
from ordercore_adapters.simulated import VirtualClock
from tests.examples.shopper import ADDRESS, ANA, Shopper

HOUR_S = 3600
PAGES = [kind for kind, terms in PAYMENT_KINDS.items() if terms.page]


def arrive(ana: Shopper, clock: VirtualClock) -> None:
    """Let everything happen until the parcel is there."""
    ana.background.until_idle()
    clock.advance(HOUR_S)
    ana.background.until_idle()


def test_the_catalogue_shows_what_there_is(visitor: Callable[[], Shopper]) -> None:
    """Every article with its price, tax included, and a word when few are left."""
    html = visitor().page("/").html

    for each in GOODS:
        assert each.name in html
    assert "€14.40" in html
    assert "Only 2 left" in html


def test_the_basket_adds_changes_removes_and_sums_up(ana: Shopper) -> None:
    """The sums are those of the order: tax by rate, on the sum of the lines."""
    ana.put("mug").put("mug").put("tea", 3)
    basket = ana.page("/basket").html
    assert [part in basket for part in ("€38.39", "9.5 % VAT on €14.79", "€44.99")] == [True] * 3

    change = next(f for f in ana.page("/basket").forms if f.fields.get("sku") == "mug")
    ana.client.post("/basket", data={**change.fields, "quantity": "0"})
    assert "Stoneware mug" not in ana.page("/basket").html
    assert ana.client.post("/basket", data={**change.fields, "sku": "gold"}).status_code == 404
    assert ana.client.post("/basket", data={**change.fields, "quantity": "-1"}).status_code == 422


def test_an_empty_basket_cannot_be_checked_out(ana: Shopper) -> None:
    """The way leads back to the basket."""
    answer = ana.client.get("/checkout", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/basket")


@pytest.mark.parametrize("payment", PAYMENTS)
def test_a_purchase_goes_all_the_way(
    ana: Shopper, shop: Shop, clock: VirtualClock, payment: str
) -> None:
    """Whatever it is paid with: reserved, paid, packed, invoiced, brought, and completed."""
    answer = ana.put("tea", 2).buy(payment)
    if payment in PAGES:
        assert answer.url.path.startswith("/provider/")
        assert "Pay €10.80" in answer.text
        ana.background.until_idle()
        answer = ana.decide(str(answer.url), "pay")
    assert answer.url.path == "/orders/R-1001"
    arrive(ana, clock)
    page = ana.page("/orders/R-1001")

    assert page.state == "Completed"
    assert "INV-2026-" in page.html
    assert "17 November 2026" in page.html or "18 November 2026" in page.html
    levels = shop.core.handle(StockLevels(caller=shop.somebody("operator"), skus=("tea",)))
    assert (levels[0].on_hand, levels[0].reserved) == (58, 0)
    subjects = [mail.subject for mail in shop.post.of_order(order(shop, "R-1001").id)]
    waiting = ["Your order R-1001 waits for its payment"] if payment in PAGES else []
    told = ["Your order R-1001 is confirmed", "Your order R-1001 is on its way"]
    assert sorted(subjects) == sorted(waiting + told)


def order(shop: Shop, reference: str) -> Order:
    """Return an order."""
    ana = shop.user(user_id(ANA))
    assert ana is not None
    return order_of(shop, ana, reference)


@pytest.mark.parametrize("token", ["tok-insufficient-funds", "tok-invalid-details", "tok-declined"])
def test_a_declined_card_can_be_replaced(ana: Shopper, clock: VirtualClock, token: str) -> None:
    """The order waits for another try; with a card that pays it goes on."""
    ana.put("mug").buy("credit_card", token=token)
    ana.background.until_idle()
    failed = ana.page("/orders/R-1001")
    assert failed.state == "Payment failed"

    ana.send(failed, "/orders/R-1001/pay-again", token="tok-test-card")
    arrive(ana, clock)
    assert ana.page("/orders/R-1001").state == "Completed"


def test_whoever_declines_on_the_page_may_try_again(ana: Shopper) -> None:
    """The provider sends the customer back to an order whose payment failed, and then to a page."""
    page = ana.put("mug").buy("wallet")
    back = ana.decide(str(page.url), "decline")
    assert 'id="state">Payment failed<' in back.text

    ana.background.until_idle()
    again = ana.send(ana.page("/orders/R-1001"), "/orders/R-1001/pay-again")
    assert again.url.path.startswith("/provider/")
    assert again.url != page.url
    paid = ana.decide(str(again.url), "pay")
    assert 'id="state">Confirmed<' in paid.text


def test_a_page_that_nobody_pays_closes(ana: Shopper, shop: Shop, clock: VirtualClock) -> None:
    """The customer walks away: the order waits, then expires, and the goods are free again."""
    page = ana.put("chair", 2).buy("bank_transfer")
    assert ana.page("/orders/R-1001").state == "Waiting for payment"
    assert "Sold out" in ana.page("/").html
    clock.advance(HOUR_S + 60)
    ana.background.until_idle()

    assert ana.page("/orders/R-1001").state == "Payment expired"
    assert "Sold out" not in ana.page("/").html
    closed = ana.client.get(str(page.url))
    assert (closed.status_code, "Nothing to pay here" in closed.text) == (410, True)
    assert ana.decide(str(page.url), "pay").status_code == 410


def test_the_same_page_sent_twice_orders_once(ana: Shopper) -> None:
    """Whoever presses the button twice has one order."""
    page = ana.put("mug").page("/checkout")
    given = {**ADDRESS, "payment": "cash_on_delivery"}
    first = ana.send(page, "/checkout", **given)
    ana.put("mug")
    second = ana.send(page, "/checkout", **given)

    assert first.url == second.url
    assert ana.numbers() == ["R-1001"]


def test_more_than_there_is_cannot_be_bought(ana: Shopper) -> None:
    """Nothing is ordered, and the page says how many there are."""
    answer = ana.put("chair", 3).buy("credit_card")

    assert answer.status_code == 409
    assert "3 of chair requested, 2 available" in answer.text
    assert ana.numbers() == []
    assert "Mill Lane 4" in answer.text  # what was filled in is still there


def test_another_price_than_was_shown_is_not_charged(ana: Shopper) -> None:
    """The total of the page goes with the order, and is compared."""
    answer = ana.put("mug").buy("cash_on_delivery", total="1")
    assert (answer.status_code, "Price changed" in answer.text) == (409, True)
    assert ana.numbers() == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("token", "4111 1111 1111 1111", "is a card number"),
        ("token", "", "needs a token"),
        ("city", "", "empty"),
        ("street", "", "empty"),
        ("country", "slovenia", "two capital letters"),
        ("payment", "barter", "is no way to pay"),
        ("name", "x" * 201, "at most 200 characters"),
    ],
)
def test_what_is_filled_in_wrong_is_named(ana: Shopper, field: str, value: str, said: str) -> None:
    """The answer is 422, nothing is ordered, and a card number is not shown again."""
    answer = ana.put("mug").buy(**{"payment": "credit_card", field: value})

    assert answer.status_code == 422
    assert said in answer.text
    assert "4111" not in answer.text
    assert ana.numbers() == []


def test_what_a_customer_writes_is_shown_as_text(ana: Shopper) -> None:
    """A name may be anything, a script too; no page runs it."""
    ana.put("mug").buy("cash_on_delivery", name="<script>alert(1)</script>")
    html = ana.page("/orders/R-1001").html
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


def test_an_order_can_be_cancelled_before_it_leaves(
    ana: Shopper, shop: Shop, clock: VirtualClock
) -> None:
    """What was paid goes back, the goods are free, and it cannot be done twice."""
    number = ana.order("debit_card", "chair", 2)
    page = ana.page(f"/orders/{number}")
    ana.send(page, f"/orders/{number}/cancel", reason="too many chairs")
    ana.background.until_idle()

    cancelled = ana.page(f"/orders/{number}")
    assert cancelled.state == "Cancelled"
    assert "€159.99" in cancelled.html.partition("Paid back")[2]
    assert "Sold out" not in ana.page("/").html
    again = ana.send(page, f"/orders/{number}/cancel", reason="again")
    assert (again.status_code, "Transition not allowed" in again.text) == (409, True)


def test_a_parcel_that_was_brought_can_be_sent_back(ana: Shopper, clock: VirtualClock) -> None:
    """Within fourteen days: a credit note, and the money."""
    number = ana.order("cash_on_delivery")
    ana.background.until_idle()
    assert f"/orders/{number}/send-back" not in ana.page(f"/orders/{number}").html  # not there yet
    arrive(ana, clock)
    page = ana.page(f"/orders/{number}")
    ana.send(page, f"/orders/{number}/send-back", reason="too heavy")
    ana.background.until_idle()

    back = ana.page(f"/orders/{number}")
    assert back.state == "Sent back"
    assert "Credit note" in back.html


def test_nothing_is_sent_back_after_fourteen_days(ana: Shopper, clock: VirtualClock) -> None:
    """The refusal says so."""
    number = ana.order("debit_card")
    arrive(ana, clock)
    page = ana.page(f"/orders/{number}")
    clock.advance(14 * 24 * HOUR_S + 1)
    answer = ana.send(page, f"/orders/{number}/send-back", reason="too heavy")
    assert (answer.status_code, "Return window closed" in answer.text) == (409, True)


def test_mail_can_be_read_and_sent_again(ana: Shopper, shop: Shop, clock: VirtualClock) -> None:
    """Each mail a few times; every one that was sent lies in the folder."""
    number = ana.order("voucher")
    ana.background.until_idle()
    (mail,) = shop.post.of_order(order(shop, number).id)
    address = f"/orders/{number}/mail/{mail.about}"
    text = ana.page(address).html
    assert "http://testserver/provider/" in text
    assert "17.02" not in text

    page, statuses = ana.page(f"/orders/{number}"), []
    for _ in range(4):
        statuses.append(ana.send(page, address).status_code)
        ana.background.until_idle()
    assert statuses == [200, 200, 200, 429]
    assert "sent 4 times" in ana.page(f"/orders/{number}").html
    unknown = ana.client.post(f"/orders/{number}/mail/x", data=page.form(address).fields)
    assert unknown.status_code == 404
    assert len({path.read_bytes() for path in shop.post.folder.glob("*.eml")}) == 1
    assert len(list(shop.post.folder.glob("*.eml"))) == 4


def test_a_mail_that_asks_for_a_payment_is_not_sent_again_once_it_is_called_off(
    ana: Shopper, shop: Shop
) -> None:
    """Nobody is asked to pay for nothing."""
    number = ana.order("voucher")
    ana.background.until_idle()
    page = ana.page(f"/orders/{number}")
    ana.send(page, f"/orders/{number}/cancel", reason="changed my mind")
    answer = ana.send(page, f"/orders/{number}/mail/awaiting-payment")
    assert (answer.status_code, "is cancelled by now" in answer.text) == (409, True)


@pytest.mark.skipif(not PAPERS_ARE_MADE, reason="the extra 'documents' is not installed")
def test_the_invoice_lies_in_the_mail_that_the_parcel_has_left(
    ana: Shopper, shop: Shop, clock: VirtualClock
) -> None:
    """The same file as on the page of the order."""
    number = ana.order("debit_card")
    arrive(ana, clock)
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in shop.post.folder.glob("*.eml")
    ]
    (enclosed,) = [part for mail in mails for part in mail.iter_attachments()]
    assert enclosed.get_content_type() == "application/pdf"
    assert enclosed.get_content() == ana.client.get(f"/orders/{number}/invoice.pdf").content


@pytest.mark.skipif(not PAPERS_ARE_MADE, reason="the extra 'documents' is not installed")
def test_invoice_and_credit_note_can_be_printed(ana: Shopper, clock: VirtualClock) -> None:
    """They are there when they were issued, and not before."""
    number = ana.order("debit_card")
    assert ana.client.get(f"/orders/{number}/invoice.pdf").status_code == 409
    arrive(ana, clock)
    invoice = ana.client.get(f"/orders/{number}/invoice.pdf")
    assert invoice.headers["content-type"] == "application/pdf"
    assert invoice.content.startswith(b"%PDF-")
    assert ana.client.get(f"/orders/{number}/credit-note.pdf").status_code == 409

    ana.send(ana.page(f"/orders/{number}"), f"/orders/{number}/send-back", reason="too heavy")
    ana.background.until_idle()
    assert ana.client.get(f"/orders/{number}/credit-note.pdf").content.startswith(b"%PDF-")


def test_the_script_of_the_page_learns_that_something_changed(ana: Shopper) -> None:
    """The version is that of the page until something happens."""
    number = ana.order("cash_on_delivery")
    page = ana.page(f"/orders/{number}")
    script = next(has for tag, has in page.tags if tag == "script")
    asked = str(script["data-address"])
    assert ana.client.get(asked).text == script["data-version"]
    ana.background.until_idle()
    assert ana.client.get(asked).text != script["data-version"]


def test_every_event_has_words(ana: Shopper, shop: Shop, clock: VirtualClock) -> None:
    """Nothing that happens to an order is shown by its name alone."""
    for payment in (PaymentKind.CREDIT_CARD, PaymentKind.CASH_ON_DELIVERY, PaymentKind.WALLET):
        answer = ana.put("mug").buy(payment)
        if payment in PAGES:
            ana.decide(str(answer.url), "pay")
    ana.put("mug").buy("credit_card", token="tok-declined")
    arrive(ana, clock)
    for number in ana.numbers():
        for action in ("cancel", "send-back"):
            address = f"/orders/{number}/{action}"
            ana.client.post(address, data={"csrf": ana.csrf(), "reason": "all of it"})
    ana.background.until_idle()

    told = {
        event.type
        for number in ana.numbers()
        for event in shop.core.handle(
            OrderFeed(caller=shop.somebody("operator"), order_id=order(shop, number).id)
        )
    }
    assert told - EVENTS.keys() == set()
    assert len(told) > 20


def test_pages_can_be_used_without_seeing_them(ana: Shopper, clock: VirtualClock) -> None:
    """A language, one first heading, and a label for every field; no picture without a text."""
    ana.put("tea").buy("credit_card", token="tok-declined")
    ana.order("cash_on_delivery")
    arrive(ana, clock)
    ana.put("mug")
    addresses = ["/", "/basket", "/checkout", "/orders", "/orders/R-1001", "/orders/R-1002"]
    waiting = ana.buy("wallet").url.path
    for address in [*addresses, waiting, "/login", "/problems/out_of_stock"]:
        tags = ana.page(address).tags
        names = [tag for tag, _ in tags]
        labelled = {has["for"] for tag, has in tags if tag == "label" and "for" in has}
        fields = [
            has
            for tag, has in tags
            if tag in ("input", "select") and has.get("type") not in ("hidden", "radio")
        ]
        assert ("html", {"lang": "en"}) in tags
        assert names.count("h1") == 1, address
        assert {field.get("id") for field in fields} - labelled == set(), address
        assert all("alt" in has for tag, has in tags if tag == "img"), address
        assert "main" in names
