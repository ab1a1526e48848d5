"""A program that uses the JSON interface, and compares each answer with what OpenAPI promises."""

from __future__ import annotations

import re
from typing import Any

from starlette.testclient import TestClient

from examples.retail_shop.background import Background
from examples.retail_shop.serving import ACCOUNTS
from examples.retail_shop.shop import Shop
from tests.examples.shopper import ANA

PROBLEM = "application/problem+json"


def wanted(**changes: Any) -> dict[str, Any]:
    """Return a purchase that is in order, but for the changes."""
    place = {"lines": ["Mill Lane 4"], "postcode": "1000", "city": "Ljubljana", "country": "SI"}
    order = {
        "payment": "credit_card",
        "token": "tok-test-card",
        "lines": [{"sku": "mug", "quantity": 1}],
        "deliver_to": {"name": "Ana Novak", "address": place},
    }
    return {**order, **changes}


def go_on(shop: Shop) -> None:
    """Let the background do what is due."""
    Background(shop, lambda delivery: None).until_idle()


def code_of(answer: Any) -> tuple[int, str]:
    """Return status and code of a problem."""
    return answer.status_code, answer.json()["code"]


class Program:
    """A client that is logged in."""

    def __init__(self, app: Any, email: str | None = ANA) -> None:
        self.client = TestClient(app, raise_server_exceptions=False)
        self.document = self.client.get("/openapi.json").json()
        if email is not None:
            login = {"email": email, "password": ACCOUNTS[email][1]}
            token = self.ask("POST", "/api/tokens", json=login).json()["token"]
            self.client.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, address: str, **given: Any) -> Any:
        """Ask, and check that such an answer is documented."""
        answer = self.client.request(method, address, **given)
        self._check(method, address, answer)
        return answer

    def buy(self, key: str | None = "k-1", **changes: Any) -> Any:
        """Buy something."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.ask("POST", "/api/orders", json=wanted(**changes), headers=headers)

    def get(self, address: str, etag: str | None = None) -> Any:
        """Look at something, unless it is as it was."""
        return self.ask("GET", address, headers={"If-None-Match": etag} if etag else {})

    def cancel(self, address: str, etag: str | None) -> Any:
        """Cancel an order as it was looked at."""
        headers = {"If-Match": etag} if etag else {}
        return self.ask(
            "POST", f"{address}/cancel", json={"reason": "changed my mind"}, headers=headers
        )

    def _check(self, method: str, address: str, answer: Any) -> None:
        status = str(answer.status_code)
        if answer.status_code >= 400:
            body = answer.json()
            assert answer.headers["content-type"] == PROBLEM
            assert (body["status"], body["instance"]) == (answer.status_code, address)
            assert body["type"] == f"/problems/{body['code']}"
        if answer.status_code >= 500:
            return  # nobody promises to fail
        operation = next(
            operations[method.lower()]
            for path, operations in self.document["paths"].items()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address)
        )
        promised = operation["responses"]
        assert status in promised, f"{method} {address} answers {status}, which nobody is told"
        if answer.status_code >= 400:
            assert f"`{body['code']}`" in promised[status]["description"]
            assert PROBLEM in promised[status]["content"]
