from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from attrs import evolve
from fastapi.routing import APIRoute

from examples.retail_shop.app import PARTS, make_app
from examples.retail_shop.files import kept_secret
from examples.retail_shop.sessions import local_path
from examples.retail_shop.shop import Shop
from ordercore.ports import TraceEvent, TraceName, TraceOutcome
from ordercore_adapters.passwords import Argon2Passwords
from ordercore_adapters.simulated import VirtualClock
from tests.examples.shopper import ANA, BEN, Shopper

OPEN_TO_OTHERS = ("/provider/", "/webhooks/", "/api/")


def test_nobody_orders_without_logging_in(visitor: Callable[[], Shopper]) -> None:
    """The basket may be filled; the way to the till leads past the login, and back."""
    somebody = visitor().put("mug")
    login = somebody.client.get("/checkout")
    assert (login.url.path, login.url.params["then"]) == ("/login", "/checkout")

    page = somebody.page("/login?then=/checkout")
    answer = somebody.send(page, "/login", email=ANA.upper(), password="three blind mice")
    assert answer.url.path == "/checkout"
    assert "Stoneware mug" in answer.text


def test_a_wrong_password_and_an_unknown_address_look_the_same(
    visitor: Callable[[], Shopper],
) -> None:
    """Nobody learns who has an account."""
    somebody = visitor()
    page = somebody.page("/login")
    wrong = somebody.send(page, "/login", email=ANA, password="x")
    unknown = somebody.send(page, "/login", email="nobody@shop.example", password="x")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text.replace(ANA, "?") == unknown.text.replace("nobody@shop.example", "?")
    assert somebody.client.get("/orders").url.path == "/login"


def test_passwords_cannot_be_tried_for_ever(
    visitor: Callable[[], Shopper], clock: VirtualClock
) -> None:
    """After ten tries the address has to wait, also with the right one; others do not."""
    somebody = visitor()
    page = somebody.page("/login")
    for _ in range(10):
        assert somebody.send(page, "/login", email=ANA, password="x").status_code == 401
    refused = somebody.send(page, "/login", email=ANA, password="three blind mice")

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    assert visitor().log_in(BEN).numbers() == []
    clock.advance(10)
    assert visitor().log_in(ANA).numbers() == []


def test_passwords_are_kept_as_argon2id_and_renewed(
    shop: Shop, tmp_path: Path, visitor: Callable[[], Shopper]
) -> None:
    """The database holds hashes; one made with weaker settings is replaced at the next login."""

    def kept() -> str:
        with closing(sqlite3.connect(tmp_path / "shop" / "orders.sqlite3")) as db:
            row = db.execute("SELECT password FROM users WHERE login = ?", (ANA,)).fetchone()
            return str(row[0])

    before = kept()
    assert before.startswith("$argon2id$")
    assert "mice" not in before

    users: Any = shop.core.ports.users
    strong = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    users._passwords = Argon2Passwords(strong)
    visitor().log_in(ANA)
    assert before != kept()
    assert strong.verify(kept(), "three blind mice")
    assert shop.user("nobody") is None


def test_logging_in_is_told_to_telemetry(shop: Shop) -> None:
    """As success or failure, without the address."""
    told: list[TraceEvent] = []

    class Listening:
        def emit(self, event: TraceEvent) -> None:
            told.append(event)

    shop.core.ports = evolve(shop.core.ports, telemetry=Listening())
    somebody = Shopper(shop, make_app(shop))
    somebody.send(somebody.page("/login"), "/login", email=ANA, password="x")
    somebody.log_in()
    somebody.client.close()

    logins = [event for event in told if event.name is TraceName.USER_LOGIN]
    assert [event.outcome for event in logins] == [TraceOutcome.FAILED, TraceOutcome.SUCCESS]
    assert ANA not in repr(told)


def test_the_cookie_cannot_be_read_or_written_by_others(ana: Shopper) -> None:
    """No script sees it, no other site sends it along, and a changed one is worth nothing."""
    form = {"csrf": ana.csrf(), "sku": "mug", "quantity": "1"}
    answer = ana.client.post("/basket", data=form, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie  # on the loopback interface; behind https it is

    value = ana.client.cookies["shop"]
    ana.client.cookies.clear()
    ana.client.cookies.set("shop", "A" + value[1:])
    assert ana.client.get("/orders").url.path == "/login"


def test_behind_https_the_cookie_is_secure(shop: Shop) -> None:
    """It never travels in the clear."""
    visitor = Shopper(shop, make_app(evolve(shop, base_url="https://shop.example")))
    assert "secure" in visitor.client.get("/login").headers["set-cookie"].lower()
    visitor.client.close()


def test_logging_in_and_out_changes_the_forms(visitor: Callable[[], Shopper]) -> None:
    """A form from before the login is void after it, and the other way round."""
    somebody = visitor()
    before = somebody.page("/login").form("/login").fields["csrf"]
    somebody.log_in()
    during = somebody.csrf()
    assert before != during
    assert somebody.client.post("/logout", data={"csrf": before}).status_code == 403

    assert somebody.client.post("/logout", data={"csrf": during}).url.path == "/"
    assert somebody.client.get("/orders").url.path == "/login"
    form = {"csrf": during, "sku": "mug", "quantity": "1"}
    assert somebody.client.post("/basket", data=form).status_code == 403


@pytest.mark.parametrize("csrf", [None, "", "guessed", "\udcff"])
def test_no_form_works_from_another_site(ana: Shopper, csrf: str | None) -> None:
    """Every address that takes forms refuses one without the secret of the session."""
    number = ana.order("cash_on_delivery")
    posts = paths_of_forms()
    assert len(posts) >= 8
    given = {"sku": "mug", "quantity": "1", "reason": "x", "email": ANA, "password": "x"}
    form = given if csrf is None else {**given, "csrf": csrf.encode("utf-8", "replace").decode()}
    for path in posts:
        address = path.replace("{reference}", number).replace("{key}", "k")
        assert ana.client.post(address, data=form).status_code == 403, path
    assert ana.page(f"/orders/{number}").state == "Confirmed"


def paths_of_forms() -> list[str]:
    """Return every address that takes a form of the shop."""
    routes = [route for part in PARTS for route in part.router.routes]
    paths = {r.path for r in routes if isinstance(r, APIRoute) and "POST" in r.methods}
    return sorted(path for path in paths if not path.startswith(OPEN_TO_OTHERS))


def test_somebody_elses_order_is_not_there(
    ana: Shopper, visitor: Callable[[], Shopper], shop: Shop
) -> None:
    """Not to look at, not to change, not by any address; nobody is even told that it exists."""
    number = ana.order("voucher")
    ana.background.until_idle()
    order = ana.page(f"/orders/{number}")
    mail = next(form.action for form in order.forms if "/mail/" in form.action)
    order_id = next(path for path in [shop.gateway.order_behind(reference(order.html))] if path)
    ben = visitor().log_in(BEN)

    for address in ("", "/version", "/invoice.pdf", "/credit-note.pdf"):
        ben.page(f"/orders/{number}{address}", status=404)
    ben.page(mail, status=404)
    ben.page(f"/payments/back/{order_id}", status=404)
    for action in ("cancel", "send-back", "pay-again"):
        form = {"csrf": ben.csrf(), "reason": "mine"}
        answer = ben.client.post(f"/orders/{number}/{action}", data=form)
        assert answer.status_code == 404, action
    assert ben.client.post(mail, data={"csrf": ben.csrf()}).status_code == 404
    assert ben.numbers() == []
    theirs, none = ben.client.get(f"/orders/{number}"), ben.client.get("/orders/R-9999")
    assert theirs.text.replace(number, "?") == none.text.replace("R-9999", "?")


def reference(html: str) -> str:
    """Return the provider's name of the page that an order's page leads to."""
    found = re.search(r"/provider/([\w-]+)", html)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb", ""]
)
def test_the_login_leads_nowhere_else(address: str) -> None:
    """After logging in one is still in the shop."""
    assert local_path(address) == "/"
    assert local_path("/orders/R-1001") == "/orders/R-1001"


def test_every_answer_has_safe_headers(ana: Shopper) -> None:
    """No foreign scripts, no frames, no sniffing, and nothing personal in a shared cache."""
    for address in ("/", "/orders", "/api/articles", "/nowhere", "/openapi.json"):
        headers = ana.client.get(address).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "private, no-cache"
    assert "cache-control" not in ana.client.get("/static/shop.css").headers


def test_what_nobody_expected_has_safe_headers_too(
    ana: Shopper, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered outside of every middleware, and tells nothing of what went wrong."""

    number = ana.order("cash_on_delivery")

    def broken(_order_id: str) -> None:
        raise RuntimeError("an inner matter")

    monkeypatch.setattr(shop.post, "of_order", broken)
    answer = ana.client.get(f"/orders/{number}")
    assert answer.status_code == 500
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "an inner matter" not in answer.text


def test_a_secret_that_was_never_written_is_no_secret(tmp_path: Path) -> None:
    """A file left empty would let anybody sign as the shop; it is not taken for a secret."""
    file = tmp_path / "session-secret"
    file.touch()
    with pytest.raises(ValueError, match="holds no secret"):
        kept_secret(file)
    file.unlink()
    drawn = kept_secret(file)
    assert (len(drawn) >= 32, kept_secret(file) == drawn) == (True, True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["session-secret"]


def test_secrets_show_in_no_text_form(shop: Shop) -> None:
    """Whoever logs the shop logs none of them."""
    assert shop.session_secret not in repr(shop)
    assert "whsec_" not in repr(shop)


def test_pages_load_nothing_from_elsewhere(ana: Shopper) -> None:
    """Every picture, style and script is the shop's own."""
    for address in ("/", "/basket", "/login", "/orders"):
        for tag, has in ana.page(address).tags:
            if tag in ("script", "img", "link"):
                assert str(has.get("src") or has.get("href")).startswith("/static/")


def test_what_is_nowhere_is_a_page_too(ana: Shopper) -> None:
    """An unknown address and a wrong method are answered in the same form."""
    assert "Not found" in ana.page("/nowhere", status=404).html
    assert "Method not allowed" in ana.client.post("/orders").text
    ana.page("/problems/nothing", status=404)
    assert "Answered with status 409" in ana.page("/problems/out_of_stock").html
