"""Buy something in every way there is, as a program would: over the JSON interface, and paid."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic, sleep
from typing import Any

import httpx2
from attrs import frozen

from examples.retail_shop.serving import ACCOUNTS
from examples.retail_shop.wording import PAYMENTS, TEST_TOKENS
from ordercore import Money
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind

__all__ = ["Bought", "buy_in_every_way", "table"]

_DONE = ("completed", "cancelled", "returned")
_PATIENCE_S = 60.0
_PAUSE_S = 0.05


@frozen(kw_only=True)
class Bought:
    """What came of one purchase.

    Attributes:
        begun: The state that the answer to the purchase named.
        on_page: Whether it was paid on the provider's page.
        took_s: Seconds from the purchase to its end.
    """

    payment: str
    number: str
    total: Money
    begun: str
    ended: str
    on_page: bool
    invoice: str
    took_s: float


def buy_in_every_way(base_url: str) -> Iterable[Bought]:
    """Yield what came of one purchase for each way to pay."""
    email, (_, password) = next(iter(ACCOUNTS.items()))
    with httpx2.Client(base_url=base_url, timeout=30) as client:
        login = {"email": email, "password": password}
        token = _json(client.post("/api/tokens", json=login))["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        for kind in PAYMENTS:
            yield _buy(client, PaymentKind(kind))


def table(bought: Iterable[Bought]) -> Iterable[str]:
    """Yield the lines of a table."""
    yield f"{'paid by':18} {'number':8} {'total':>9}  {'at once':27} {'in the end':12} invoice"
    for each in bought:
        page = ", on a page" if each.on_page else ""
        yield (
            f"{each.payment:18} {each.number:8} {each.total!s:>9}  {each.begun + page:27} "
            f"{each.ended:12} {each.invoice}"
        )


def _buy(client: httpx2.Client, kind: PaymentKind) -> Bought:
    begun_at = monotonic()
    wanted: dict[str, Any] = {
        "payment": kind,
        "lines": [{"sku": "tea", "quantity": 2}, {"sku": "mug", "quantity": 1}],
        "deliver_to": {
            "name": "Ana Novak",
            "address": {
                "lines": ["Mill Lane 4"],
                "postcode": "1000",
                "city": "Ljubljana",
                "country": "SI",
            },
        },
    }
    terms = PAYMENT_KINDS[kind]
    if terms.synchronous:
        wanted["token"] = next(iter(TEST_TOKENS))
    key = {"Idempotency-Key": f'"{kind}-{begun_at}"'}
    order = _json(client.post("/api/orders", json=wanted, headers=key))
    begun, where = order["state"], f"/api/orders/{order['number']}"
    if terms.page:
        page = _json(client.get(f"{where}/payment-page"))["url"]
        client.get(page).raise_for_status()
        paid = client.post(page, data={"decision": "pay"})
        assert paid.status_code == 303, "the provider sends its customer back"
    order = _followed(client, where, begun_at + _PATIENCE_S)
    return Bought(
        payment=kind,
        number=order["number"],
        total=Money(order["total"]["amount_minor"], order["total"]["currency"]),
        begun=begun,
        ended=order["state"],
        on_page=terms.page,
        invoice=order["invoice"] or "",
        took_s=monotonic() - begun_at,
    )


def _followed(client: httpx2.Client, where: str, until: float) -> dict[str, Any]:
    """Return the order when it has come to its end, or as it is when patience is at its."""
    answer = client.get(where)
    while _json(answer)["state"] not in _DONE and monotonic() < until:
        sleep(_PAUSE_S)
        again = client.get(where, headers={"If-None-Match": answer.headers["ETag"]})
        answer = answer if again.status_code == 304 else again
    return _json(answer)


def _json(answer: httpx2.Response) -> dict[str, Any]:
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
