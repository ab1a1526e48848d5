"""A customer at the example shop who reads pages and fills in forms, as a browser would."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from attrs import Factory, define
from starlette.testclient import TestClient

from examples.retail_shop.background import Background
from examples.retail_shop.serving import ACCOUNTS
from examples.retail_shop.shop import Shop

ANA, BEN = ACCOUNTS
CARD = "tok-test-card"
ADDRESS = {
    "name": "Ana Novak",
    "street": "Mill Lane 4",
    "postcode": "1000",
    "city": "Ljubljana",
    "country": "SI",
}


@define
class Form:
    """A form of a page."""

    action: str
    method: str
    fields: dict[str, str] = Factory(dict)


@define
class Page(HTMLParser):
    """What a page is made of."""

    html: str
    forms: list[Form] = Factory(list)
    tags: list[tuple[str, dict[str, str | None]]] = Factory(list)

    def __attrs_post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag in."""
        has = dict(attrs)
        self.tags.append((tag, has))
        if tag == "form":
            self.forms.append(Form(action=has.get("action") or "", method=has["method"] or ""))
        elif tag in ("input", "select") and self.forms and has.get("name"):
            unchecked = has.get("type") == "radio" and "checked" not in has
            if not unchecked:
                self.forms[-1].fields[str(has["name"])] = has.get("value") or ""

    def form(self, action: str) -> Form:
        """Return the form that is sent to an address."""
        return next(form for form in self.forms if form.action == action)

    @property
    def state(self) -> str:
        """Return what the page of an order says about its state."""
        found = re.search(r'id="state">([^<]*)<', self.html)
        assert found is not None, "no page of an order"
        return found[1]


class Shopper:
    """A browser, more or less."""

    def __init__(self, shop: Shop, app: Any) -> None:
        self.shop = shop
        self.client = TestClient(app, raise_server_exceptions=False)
        self.background = Background(shop, self._deliver)

    def _deliver(self, delivery: Any) -> None:
        answer = self.client.post(
            "/webhooks/payments", content=delivery.body, headers=dict(delivery.headers)
        )
        assert answer.status_code == 204, answer.text

    def page(self, address: str, status: int = 200) -> Page:
        """Open a page."""
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return Page(answer.text)

    def send(self, page: Page, action: str, **fields: str) -> Any:
        """Fill a form of a page in, send it, and follow to where it leads."""
        form = page.form(action)
        return self.client.post(form.action, data={**form.fields, **fields})

    def log_in(self, email: str = ANA) -> Shopper:
        """Log in."""
        password = ACCOUNTS[email][1]
        answer = self.send(self.page("/login"), "/login", email=email, password=password)
        assert answer.status_code == 200, answer.text
        return self

    def put(self, sku: str, quantity: int = 1) -> Shopper:
        """Put something into the basket."""
        forms = (form for form in self.page("/").forms if form.fields.get("sku") == sku)
        fields = {**next(forms).fields, "quantity": str(quantity)}
        assert self.client.post("/basket", data=fields).status_code == 200
        return self

    def buy(self, payment: str, **fields: str) -> Any:
        """Check out; the answer is where that leads."""
        given = {**ADDRESS, "payment": payment, "token": CARD, **fields}
        return self.send(self.page("/checkout"), "/checkout", **given)

    def order(self, payment: str, sku: str = "mug", quantity: int = 1) -> str:
        """Order something and return its number; what is paid on a page is not paid yet."""
        self.put(sku, quantity).buy(payment)
        return self.numbers()[0]

    def numbers(self) -> list[str]:
        """Return the numbers of the orders, newest first."""
        return re.findall(r'href="/orders/(R-\d+)"', self.page("/orders").html)

    def csrf(self) -> str:
        """Return what the forms of this session carry."""
        return self.page("/basket").form("/logout").fields["csrf"]

    def decide(self, address: str, decision: str) -> Any:
        """Decide on the provider's page."""
        return self.client.post(address, data={"decision": decision})
