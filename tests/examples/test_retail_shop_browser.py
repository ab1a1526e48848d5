from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from examples.retail_shop.serving import ACCOUNTS, served
from examples.retail_shop.shop import Shop
from examples.retail_shop.wording import PAYMENTS
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind
from tests.examples.browser import browser, picture
from tests.examples.shopper import ANA

__all__ = ["browser", "picture"]

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
SIZE = {"width": 1000, "height": 640}

# Every text against what is painted behind it, by the formula of WCAG 2; 4.5 is what AA asks for.
TOO_FAINT = """() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (text) => parts(text).slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.body.querySelectorAll("*")]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .filter((e) => e.offsetParent && !["SCRIPT", "OPTION"].includes(e.tagName))
    .map((e) => [light(getComputedStyle(e).color), light(behind(e)), e.textContent.trim()])
    .map(([a, b, text]) => [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), text])
    .filter(([ratio]) => ratio < 4.5);
}"""

STICKS_OUT = """() => [...document.querySelectorAll(".card, td, th, li")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => box.textContent.trim())"""


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory, quick: PasswordHasher) -> Iterator[Shop]:
    """Open a shop on the loopback interface whose carrier is fast."""
    folder = tmp_path_factory.mktemp("browser") / "shop"
    with served(folder, hasher=quick, parcel_takes=timedelta(0)) as shop:
        yield shop


@pytest.fixture
def page(browser: Any, open_shop: Shop) -> Iterator[Any]:
    """Return a page of a browser with no past; scripts that fail fail the test."""
    context = browser.new_context(base_url=open_shop.base_url, viewport=SIZE)
    context.set_default_timeout(PATIENCE_MS)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def put(page: Any, *names: str) -> None:
    """Put articles into the basket."""
    for name in names:
        page.goto("/")
        card = page.locator("li.card", has_text=name)
        card.get_by_role("button", name=f"Add {name} to the basket").click()
        page.get_by_role("heading", name="Basket").wait_for()


def log_in(page: Any) -> None:
    """Fill in the form that is shown."""
    page.get_by_label("Mail address").fill(ANA)
    page.get_by_label("Password").fill(ACCOUNTS[ANA][1])
    page.get_by_role("button", name="Log in").click()


def go_to_the_till(page: Any, payment: str) -> None:
    """Go from the basket to the form that is filled in, logging in on the way."""
    page.goto("/basket")
    page.get_by_role("link", name="Check out").click()
    log_in(page)
    for label, value in {
        "Street and number": "Mill Lane 4",
        "Postcode": "1000",
        "Town": "Ljubljana",
    }.items():
        page.get_by_label(label).fill(value)
    page.get_by_label(PAYMENTS[payment], exact=True).check()
    if PAYMENT_KINDS[PaymentKind(payment)].synchronous:
        page.get_by_label("Token of the card").fill("tok-test-card")


def wait_for(page: Any, state: str) -> None:
    """Wait until the page of an order says so; it follows the order by itself."""
    page.locator("#state", has_text=state).wait_for()


@pytest.mark.parametrize("payment", PAYMENTS)
def test_a_customer_buys_and_follows_the_parcel(page: Any, payment: str) -> None:
    """From the goods to the invoice, in every way to pay; nobody has to press reload."""
    put(page, "Mountain herb tea")
    go_to_the_till(page, payment)
    assert page.get_by_label("Token of the card").is_visible() == (
        PAYMENT_KINDS[PaymentKind(payment)].synchronous
    )
    page.get_by_role("button", name="Buy now").click()
    if PAYMENT_KINDS[PaymentKind(payment)].page:
        page.get_by_role("heading", name="Pay €5.40").wait_for()
        page.get_by_role("button", name="Pay now").click()
    wait_for(page, "Completed")

    assert page.get_by_text("INV-").is_visible()
    assert page.locator(".steps li.done").count() == page.locator(".steps li").count()
    assert page.locator(".mails li").count() in (2, 3)


def test_a_declined_card_is_replaced(page: Any) -> None:
    """The order tells, and takes another card."""
    put(page, "Ruled notebook")
    go_to_the_till(page, "credit_card")
    page.get_by_label("Token of the card").fill("tok-declined")
    page.get_by_role("button", name="Buy now").click()
    wait_for(page, "Payment failed")
    for _ in range(50):
        page.get_by_label("Token of the card").fill("tok-test-card")
        page.get_by_role("button", name="Pay once more").click()
        if page.get_by_role("heading", level=1).inner_text() != "Attempt open":
            break
        page.go_back()  # what is left of the first attempt is being put right
    wait_for(page, "Completed")


def test_whoever_walks_away_finds_the_way_back(page: Any) -> None:
    """Go back without paying, pay later; then send it back."""
    put(page, "Travel umbrella")
    go_to_the_till(page, "bank_transfer")
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("link", name="Go back without paying").click()
    wait_for(page, "Waiting for payment")
    page.get_by_role("link", name="Pay now").click()
    page.get_by_role("button", name="Pay now").click()
    wait_for(page, "Completed")
    page.get_by_label("Reason").fill("it does not rain any more")
    page.get_by_role("button", name="Send it back").click()
    wait_for(page, "Sent back")
    page.get_by_text("€29.90").last.wait_for()


def test_pages_look_as_they_should(page: Any, picture: Any) -> None:
    """The pictures of the tutorial; text on them can be read and stays in its place."""
    page.goto("/")
    picture(page, "shop-goods")
    assert page.evaluate(TOO_FAINT) == page.evaluate(STICKS_OUT) == []
    put(page, "Stoneware mug", "Mountain herb tea")
    assert page.evaluate(TOO_FAINT) == page.evaluate(STICKS_OUT) == []
    go_to_the_till(page, "wallet")
    page.locator("h1").click()  # no field is marked as the one that is being filled in
    picture(page, "shop-checkout")
    assert page.evaluate(TOO_FAINT) == page.evaluate(STICKS_OUT) == []
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("button", name="Pay now").wait_for()
    picture(page, "shop-provider")
    assert page.evaluate(TOO_FAINT) == page.evaluate(STICKS_OUT) == []
    page.get_by_role("button", name="Pay now").click()
    wait_for(page, "Completed")
    picture(page, "shop-order")
    page.locator("summary").click()
    assert page.evaluate(TOO_FAINT) == page.evaluate(STICKS_OUT) == []


def test_on_a_small_screen_nothing_is_cut_off(page: Any) -> None:
    """No page is wider than a telephone."""
    page.set_viewport_size({"width": 375, "height": 700})
    put(page, "Stoneware mug")
    widths = {"/basket": page.evaluate("document.documentElement.scrollWidth")}
    go_to_the_till(page, "cash_on_delivery")
    widths["/checkout"] = page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="Buy now").click()
    wait_for(page, "Completed")
    widths["/order"] = page.evaluate("document.documentElement.scrollWidth")
    page.goto("/")
    widths["/"] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in widths.items() if width > 375} == {}
