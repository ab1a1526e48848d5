"""Check out a basket: judge everything at once, price it, reserve it, and branch on the payment.

Any finding refuses the whole order and nothing is stored. Whether there is enough stock is known
to the store alone, which refuses the batch; `short_of_stock` says that in the words of the basket.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import field, frozen

from ordercore.domain.catalog import snapshot_of
from ordercore.domain.inventory import Shortage
from ordercore.domain.orders import OrderCreated, OrderItem, Recipient, Sale
from ordercore.domain.payments import PaymentKind
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.kernel.currency import CURRENCIES
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Finding, Refusal

__all__ = [
    "Basket",
    "BasketLine",
    "RETAIL_KIND",
    "SavedAddress",
    "check_out",
    "price_changed",
    "short_of_stock",
]

RETAIL_KIND = "retail"
_MOST_MINOR: Final = 10**15
"""Most minor units a basket may come to, net; sums of thousands of orders still fit 64 bits."""


@frozen(kw_only=True)
class BasketLine:
    """So many pieces of one article; both may be anything and are judged by the checks."""

    sku: str
    quantity: int


@frozen(kw_only=True)
class SavedAddress:
    """An entry of the customer's address book, looked up when the order is made.

    Attributes:
        entry: What the customer calls it; personal, hidden from repr.
    """

    entry: str = field(repr=False)


@frozen(kw_only=True)
class Basket:
    """An order of goods as asked for.

    Attributes:
        reference: The customer's own number for it, unique per tenant for good.
        customer: Mail address of the customer; personal.
        deliver_to: Who gets the parcel, or where that is written down.
        shown_total_minor: The total the customer saw, tax included, in minor units; None when it
            saw none. Another price than that is refused.
    """

    reference: str
    customer: str = field(repr=False)
    currency: str
    payment: str
    lines: tuple[BasketLine, ...]
    deliver_to: Recipient | SavedAddress = field(repr=False)
    shown_total_minor: int | None = None


def check_out(
    basket: Basket, *, tenant: TenantId, order_id: OrderId, rules: RetailRules
) -> OrderCreated | Refusal:
    """Return the creation of the order; by then it is known who gets the parcel.

    Returns:
        The event, or the refusal ``validation_failed`` with every finding.
    """
    findings = tuple(_findings(basket, rules)) or tuple(_price_findings(basket, rules))
    if findings:
        count = len(findings)
        return Refusal(
            code="validation_failed",
            reason=f"{count} finding{'s' if count > 1 else ''}; nothing was stored",
            findings=findings,
        )
    assert isinstance(basket.deliver_to, Recipient), "looked up before"
    return OrderCreated(
        tenant=tenant,
        order_id=order_id,
        kind=RETAIL_KIND,
        reference=basket.reference,
        customer=basket.customer,
        currency=basket.currency,
        billing_cycle=None,
        items=tuple(_items(basket, rules)),
        state=str(rules.lifecycle.initial),
        sale=Sale(payment=PaymentKind(basket.payment), deliver_to=basket.deliver_to),
    )


def price_changed(basket: Basket, total: Money) -> Refusal | None:
    """Return a refusal when the customer saw another total than is charged."""
    if basket.shown_total_minor in (None, total.amount_minor):
        return None
    return Refusal(
        code="price_changed",
        reason=f"the customer saw {Money(basket.shown_total_minor or 0, total.currency)}, "
        f"the order costs {total}",
    )


def short_of_stock(basket: Basket, shortages: Iterable[Shortage]) -> Refusal:
    """Return the refusal that lists each missing article, with how many were asked for."""
    first: dict[str, int] = {}
    for index, line in enumerate(basket.lines):
        first.setdefault(line.sku, index)
    findings = tuple(
        Finding(
            field=f"lines[{first.get(short.sku, 0)}].quantity",
            code="out_of_stock",
            message=f"{short.requested} of {short.sku} requested, {short.available} available",
            allowed=f"at most {short.available}",
        )
        for short in shortages
    )
    return Refusal(
        code="out_of_stock",
        reason="; ".join(finding.message for finding in findings),
        findings=findings,
    )


def _findings(basket: Basket, rules: RetailRules) -> Iterable[Finding]:
    if basket.payment not in tuple(PaymentKind):
        yield Finding(
            field="payment",
            code="unknown",
            message=f"{str(basket.payment)[:40]!r} is no way to pay",
            allowed=", ".join(PaymentKind),
        )
    if basket.currency not in CURRENCIES:
        yield Finding(
            field="currency",
            code="unknown",
            message=f"{str(basket.currency)[:40]!r} is no currency",
            allowed="an ISO 4217 code",
        )
    if not 1 <= len(basket.lines) <= rules.most_lines:
        yield Finding(
            field="lines",
            code="out_of_range",
            message=f"{len(basket.lines)} lines",
            allowed=f"1 to {rules.most_lines}",
        )
    for index, line in enumerate(basket.lines[: rules.most_lines]):
        yield from _line_findings(line, f"lines[{index}]", basket.currency, rules)


def _line_findings(
    line: BasketLine, path: str, currency: str, rules: RetailRules
) -> Iterable[Finding]:
    if rules.assortment.article(line.sku, currency) is None:
        yield Finding(
            field=f"{path}.sku",
            code="unknown",
            message=f"{str(line.sku)[:40]!r} is not sold in {str(currency)[:3]}",
            allowed="an article of the assortment",
        )
    if type(line.quantity) is not int or not 1 <= line.quantity <= rules.most_units:
        yield Finding(
            field=f"{path}.quantity",
            code="out_of_range",
            message=f"{line.quantity!r:.40} pieces",
            allowed=f"1 to {rules.most_units} whole pieces",
        )


def _price_findings(basket: Basket, rules: RetailRules) -> Iterable[Finding]:
    net = Money.total((item.price for item in _items(basket, rules)), currency=basket.currency)
    if net.amount_minor > _MOST_MINOR:
        yield Finding(
            field="lines",
            code="out_of_range",
            message=f"all of it together costs {net} net",
            allowed=f"at most {Money(_MOST_MINOR, basket.currency)}",
        )


def _items(basket: Basket, rules: RetailRules) -> Iterable[OrderItem]:
    for number, line in enumerate(basket.lines, start=1):
        article = rules.assortment.article(line.sku, basket.currency)
        assert article is not None, "an unknown article is a finding"
        yield OrderItem(
            id=ItemId(str(number)),
            snapshot=snapshot_of(article, version=rules.assortment.version),
            quantity=line.quantity,
            vat_basis_points=article.vat_basis_points,
        )
