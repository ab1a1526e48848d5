"""The numbered list of order checks.

A number belongs to its check for good: it appears in audit records and in what support tells
customers, so a check that goes away leaves its number unused, and a new one takes the next.
"""

from __future__ import annotations

from typing import Final

from ordercore.domain.validation import provisioning
from ordercore.domain.validation.facts import OrderFacts
from ordercore.engine.checks import Rule

__all__ = ["ALL_RULES", "LIVE_RULES", "STATIC_RULES"]

_LIVE = frozenset({"live"})

STATIC_RULES: Final[tuple[Rule[OrderFacts], ...]] = (
    Rule(
        id="P01",
        title="The order has at least one item",
        check=provisioning.check_items_present,
        cost_rank=1,
    ),
    Rule(
        id="P02",
        title="Every item is of a product type on offer",
        check=provisioning.check_product_type,
        cost_rank=1,
    ),
    Rule(
        id="P03",
        title="Every configuration has the right fields with allowed, compatible values",
        check=provisioning.check_configuration,
        cost_rank=1,
    ),
    Rule(
        id="P04",
        title="Every product is sold by the billing cycle",
        check=provisioning.check_billing_cycle,
        cost_rank=1,
    ),
    Rule(
        id="P05",
        title="There is a price book for the currency",
        check=provisioning.check_currency,
        cost_rank=1,
    ),
    Rule(
        id="P06",
        title="Every valid configuration has a price",
        check=provisioning.check_price,
        cost_rank=1,
    ),
)
"""Run when an order is placed, before money moves."""

LIVE_RULES: Final[tuple[Rule[OrderFacts], ...]] = (
    Rule(
        id="P07",
        title="Every region takes new work",
        check=provisioning.check_region,
        cost_rank=2,
        needs=_LIVE,
    ),
    Rule(
        id="P08",
        title="The tenant's quota covers the order",
        check=provisioning.check_quota,
        cost_rank=2,
        needs=_LIVE,
    ),
    Rule(
        id="P09",
        title="Every OS image can be installed with its plan now",
        check=provisioning.check_image,
        cost_rank=2,
        needs=_LIVE,
    ),
    Rule(
        id="P10",
        title="The billing cycle is one the tenant's contract is billed by",
        check=provisioning.check_billing_alignment,
        cost_rank=2,
        needs=_LIVE,
    ),
)
"""Run, after the static rules, before anything is provisioned."""

ALL_RULES: Final[tuple[Rule[OrderFacts], ...]] = STATIC_RULES + LIVE_RULES
"""Every rule, static ones first."""
