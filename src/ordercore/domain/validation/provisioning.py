"""The checks of infrastructure orders, and the two functions that run them.

Static checks look at the order, the catalogue and the price book; they run when an order is placed,
before money moves. Live checks look at facts fetched through ports (regions, quotas, images, the
tenant's contract) and run together with the static ones before anything is provisioned. All
findings are reported together. A live check without its facts is itself a finding: an order is
never accepted because nobody looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ordercore.domain.catalog import BillingCycle, Catalogue, describe_value, lookup
from ordercore.domain.pricing import PriceBook, pricing_gaps
from ordercore.domain.validation.facts import LiveFacts, OrderFacts
from ordercore.engine.checks import CheckPlan, CheckRun, Rule, plan_checks, run
from ordercore.kernel.result import Finding, Report

__all__ = [
    "check_billing_alignment",
    "check_billing_cycle",
    "check_configuration",
    "check_currency",
    "check_image",
    "check_items_present",
    "check_price",
    "check_product_type",
    "check_quota",
    "check_region",
    "run_order_checks",
    "validate_item",
    "validate_order",
]


def validate_item(
    product_type: object, config: object, catalogue: Catalogue, book: PriceBook | None = None
) -> Report:
    """Return everything that is wrong with one item on its own.

    Never raises, whatever is passed. Paths are relative to the configuration (``workers``,
    ``autoscaling.min``), except ``type`` for an unknown product type and ``config`` for a
    configuration that is not an object.

    Args:
        product_type: Name of the product type, from outside.
        config: The configuration, from outside.
        catalogue: What is on offer.
        book: With a price book, a configuration it cannot price is a finding as well.
    """
    product = catalogue.product(product_type)
    if product is None:
        return Report(findings=(_unknown_type(product_type, catalogue, "type"),))
    found = product.config_findings(config)
    if not found and book is not None and isinstance(config, Mapping):
        found = pricing_gaps(product.type, config, book)
        found = tuple(gap if gap.field else gap.under("type") for gap in found)
    return Report(findings=tuple(f if f.field else f.under("config") for f in found))


def validate_order(facts: OrderFacts, rules: Iterable[Rule[OrderFacts]]) -> Report:
    """Run the rules and return all findings, with paths such as ``items[0].config.workers``.

    A rule that could not run for lack of facts is a finding with the code ``check_not_run``.
    """
    done = run_order_checks(facts, rules)
    unchecked = tuple(
        Finding(
            field="",
            code="check_not_run",
            message=f"{record.rule_id} needs facts that were not fetched",
            allowed=", ".join(record.missing),
        )
        for record in done.not_run
    )
    return Report(findings=done.report.findings + unchecked)


def run_order_checks(facts: OrderFacts, rules: Iterable[Rule[OrderFacts]]) -> CheckRun:
    """Run the rules and return one record per rule besides the findings."""
    return run(_plan(tuple(rules)), facts, available=facts.available)


@lru_cache(maxsize=32)
def _plan(rules: tuple[Rule[OrderFacts], ...]) -> CheckPlan[OrderFacts]:
    return plan_checks(rules)


def check_items_present(facts: OrderFacts) -> Iterator[Finding]:
    """Find an order without items."""
    if not facts.items:
        yield Finding(
            field="items",
            code="no_items",
            message="the order has no items",
            allowed="at least one item",
        )


def check_product_type(facts: OrderFacts) -> Iterator[Finding]:
    """Find items of a type that is not in the catalogue."""
    for number, (product_type, _) in enumerate(facts.items):
        if facts.catalogue.product(product_type) is None:
            yield _unknown_type(product_type, facts.catalogue, f"items[{number}].type")


def check_configuration(facts: OrderFacts) -> Iterator[Finding]:
    """Find missing, unknown, mistyped, out-of-range and incompatible fields."""
    for number, (product_type, config) in enumerate(facts.items):
        product = facts.catalogue.product(product_type)
        if product is not None:
            for finding in product.config_findings(config):
                yield _in_config(finding, number)


def check_billing_cycle(facts: OrderFacts) -> Iterator[Finding]:
    """Find a billing cycle that one of the products is not sold by."""
    cycles = [cycle for cycle in BillingCycle if _sold_by(facts, cycle)]
    if facts.billing_cycle not in cycles:
        yield Finding(
            field="billing_cycle",
            code="not_allowed",
            message=f"{describe_value(facts.billing_cycle)} is not offered for these items",
            allowed=", ".join(cycles) or "no cycle fits all of these items",
        )


def check_currency(facts: OrderFacts) -> Iterator[Finding]:
    """Find a currency that has no price book; nothing is converted."""
    if facts.price_book is None or facts.price_book.currency != facts.currency:
        yield Finding(
            field="currency",
            code="no_price_book",
            message=f"there are no prices in {describe_value(facts.currency)}",
            allowed=None if facts.price_book is None else facts.price_book.currency,
        )


def check_price(facts: OrderFacts) -> Iterator[Finding]:
    """Find valid items that the price book has no price for."""
    if facts.price_book is None:
        return
    for number, product, config in facts.valid_items:
        for gap in pricing_gaps(product.type, config, facts.price_book):
            if gap.field:
                yield _in_config(gap, number)
            else:
                yield gap.under(f"items[{number}].type")


def check_region(facts: OrderFacts) -> Iterator[Finding]:
    """Find items in a region that takes no new work."""
    closed = _live(facts).unavailable_regions
    for number, product, config in facts.valid_items:
        if config.get("region") in closed:
            yield Finding(
                field=f"items[{number}].config.region",
                code="region_unavailable",
                message=f"{describe_value(config['region'])} takes no new {product.type} now",
                allowed="another region",
            )


def check_image(facts: OrderFacts) -> Iterator[Finding]:
    """Find OS images that cannot be installed with their plan at the moment."""
    pairs = _live(facts).incompatible_images
    for number, _, config in facts.valid_items:
        if (config.get("plan"), config.get("os_image")) in pairs:
            yield Finding(
                field=f"items[{number}].config.os_image",
                code="image_unavailable",
                message=(
                    f"{describe_value(config['os_image'])} cannot be installed "
                    f"with plan {describe_value(config['plan'])} now"
                ),
                allowed="another OS image or plan",
            )


def check_quota(facts: OrderFacts) -> Iterator[Finding]:
    """Find resources of which the order needs more than the tenant may still use."""
    for resource, remaining in _live(facts).quota_remaining:
        product_type, _, path = resource.partition(".")
        users = [
            (number, _usage(config, path))
            for number, product, config in facts.valid_items
            if product.type == product_type
        ]
        wanted = sum(used for _, used in users)
        if users and wanted > remaining:
            # The last item is the one that no longer fits when the quota is used up in order.
            last = users[-1][0]
            yield Finding(
                field=f"items[{last}].config.{path}" if path else f"items[{last}]",
                code="quota_exceeded",
                message=f"the order needs {wanted} of {resource}, {remaining} are left",
                allowed=f"at most {remaining} of {resource} in this order",
            )


def check_billing_alignment(facts: OrderFacts) -> Iterator[Finding]:
    """Find a billing cycle that the tenant's contract is not billed by."""
    cycles = _live(facts).billing_cycles
    # A list, since a billing cycle from outside may be a value that cannot be hashed.
    if cycles is not None and facts.billing_cycle not in list(cycles):
        yield Finding(
            field="billing_cycle",
            code="billing_cycle_misaligned",
            message=f"the account is not billed {describe_value(facts.billing_cycle)}",
            allowed=", ".join(sorted(cycles)),
        )


def _usage(config: Mapping[str, object], path: str) -> int:
    if not path:
        return 1
    value = lookup(config, path)
    return value if type(value) is int else 0


def _sold_by(facts: OrderFacts, cycle: BillingCycle) -> bool:
    products = (facts.catalogue.product(product_type) for product_type, _ in facts.items)
    return all(product is None or cycle in product.billing_cycles for product in products)


def _live(facts: OrderFacts) -> LiveFacts:
    """Return the live facts; the runner calls a live check only when they are there."""
    return facts.live if facts.live is not None else LiveFacts()


def _unknown_type(product_type: object, catalogue: Catalogue, path: str) -> Finding:
    return Finding(
        field=path,
        code="unknown_type",
        message=f"{describe_value(product_type)} is not a product type",
        allowed=", ".join(catalogue.types),
    )


def _in_config(finding: Finding, number: int) -> Finding:
    return finding.under(f"items[{number}].config")
