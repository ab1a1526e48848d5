"""Place an order: check everything at once, price it, compare the customer's quote.

Any finding refuses the whole order and nothing is stored. What is stored carries a snapshot of each
product, so no later change of catalogue or prices shows through.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ordercore.domain.catalog import BillingCycle, take_snapshot
from ordercore.domain.orders import OrderCreated, OrderItem
from ordercore.domain.pricing import (
    AmountKind,
    PricedOrder,
    compare_amounts,
    price_order,
)
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.validation import LiveFacts, OrderFacts, validate_order
from ordercore.kernel.errors import NotConfigured
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal, Report

__all__ = ["ItemRequest", "KIND", "OrderRequest", "check_again", "place"]

KIND = "provisioning"


@frozen(kw_only=True)
class ItemRequest:
    """One item as asked for; the configuration may be anything and is judged by the checks."""

    type: str
    config: object = field(hash=False)


@frozen(kw_only=True)
class OrderRequest:
    """An order as asked for.

    Attributes:
        reference: The customer's own number for it.
        quoted_total_minor: The total the customer saw, in minor units; None when it saw none.
        express_request: The consumer expressly asks that the service start at once.
    """

    reference: str
    customer: str
    currency: str
    billing_cycle: str
    items: tuple[ItemRequest, ...]
    quoted_total_minor: int | None = None
    express_request: bool = False


def place(
    request: OrderRequest, *, tenant: TenantId, order_id: OrderId, rules: ProvisioningRules
) -> OrderCreated | Refusal:
    """Return the creation of the order.

    Returns:
        The event, or a refusal ``validation_failed`` with every finding, or
        ``quote_outside_tolerance`` with both amounts.
    """
    findings = _facts(request, rules)
    report = validate_order(findings, rules.placement_checks)
    if not report.ok:
        return _refused(report)
    cycle = BillingCycle(request.billing_cycle)
    priced = _price(request, cycle, rules)
    tolerance = rules.tolerance(request.currency)
    if request.quoted_total_minor is not None:
        quoted = Money(request.quoted_total_minor, request.currency)
        verdict = compare_amounts(priced.total, quoted, tolerance, kind=AmountKind.QUOTE)
        if isinstance(verdict, Refusal):
            return verdict
    rate = tolerance.rate
    return OrderCreated(
        tenant=tenant,
        order_id=order_id,
        kind=KIND,
        reference=request.reference,
        customer=request.customer,
        currency=request.currency,
        billing_cycle=cycle,
        items=_items(request, cycle, priced, rules),
        state=str(rules.lifecycle.initial),
        express_request=request.express_request,
        quote_rate=f"{rate.base}/{rate.quote} {rate.value} ({rate.source})" if rate else None,
    )


def check_again(
    items: tuple[tuple[str, Mapping[str, object]], ...],
    *,
    billing_cycle: str,
    currency: str,
    rules: ProvisioningRules,
    live: LiveFacts,
) -> Report:
    """Run all checks, the live ones included, on the items of a stored order."""
    facts = OrderFacts(
        items=items,
        billing_cycle=billing_cycle,
        currency=currency,
        catalogue=rules.catalogue,
        price_book=rules.price_books.for_currency(currency),
        live=live,
    )
    return validate_order(facts, rules.validation_checks)


def _facts(request: OrderRequest, rules: ProvisioningRules) -> OrderFacts:
    return OrderFacts(
        items=tuple((item.type, item.config) for item in request.items),
        billing_cycle=request.billing_cycle,
        currency=request.currency,
        catalogue=rules.catalogue,
        price_book=rules.price_books.for_currency(request.currency),
    )


def _refused(report: Report) -> Refusal:
    count = len(report.findings)
    return Refusal(
        code="validation_failed",
        reason=f"{count} finding{'s' if count > 1 else ''}; nothing was stored",
        findings=report.findings,
    )


def _price(request: OrderRequest, cycle: BillingCycle, rules: ProvisioningRules) -> PricedOrder:
    book = rules.price_books.for_currency(request.currency)
    if book is None:  # only when a host switched off the check that finds this
        raise NotConfigured(port=f"price book for {request.currency}")
    return price_order(((item.type, _config(item)) for item in request.items), cycle, book)


def _items(
    request: OrderRequest, cycle: BillingCycle, priced: PricedOrder, rules: ProvisioningRules
) -> tuple[OrderItem, ...]:
    items = []
    for number, (item, line) in enumerate(zip(request.items, priced.lines, strict=True), start=1):
        product = rules.catalogue.product(item.type)
        assert product is not None, "an unknown type is a finding"
        snapshot = take_snapshot(
            product,
            _config(item),
            unit_price=line.amount,
            price_book_version=priced.price_book_version,
            billing_cycle=cycle,
        )
        items.append(OrderItem(id=ItemId(str(number)), snapshot=snapshot))
    return tuple(items)


def _config(item: ItemRequest) -> Mapping[str, object]:
    assert isinstance(item.config, Mapping), "anything else is a finding"
    return item.config
