"""Everything an order check may look at, as one value.

Checks are pure, so whatever a check needs is fetched through ports beforehand and handed in here.
The raw parts of an order (`items`, `billing_cycle`, `currency`) are typed as loosely as untrusted
input is; the checks are what makes them trustworthy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from attrs import field, frozen

from ordercore.domain.catalog import Catalogue, ProductType
from ordercore.domain.pricing import PriceBook

__all__ = ["LiveFacts", "OrderFacts"]


def _pairs(limits: Mapping[str, int] | Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(dict(limits).items()))


@frozen(kw_only=True)
class LiveFacts:
    """What the infrastructure and the tenant's account say right now; every default is "no limit".

    Attributes:
        unavailable_regions: Regions that take no new work.
        quota_remaining: What the tenant may still use, by resource: a product type (``vps`` counts
            items) or a whole-number field of one (``kubernetes.workers`` counts the sum over the
            order's items). A resource that is not listed is not limited.
        incompatible_images: Pairs of plan and OS image that cannot be installed at the moment.
        billing_cycles: The cycles the tenant's contract is billed by; None means any.
    """

    unavailable_regions: frozenset[str] = frozenset()
    quota_remaining: tuple[tuple[str, int], ...] = field(default=(), converter=_pairs)
    incompatible_images: frozenset[tuple[str, str]] = frozenset()
    billing_cycles: frozenset[str] | None = None


@frozen(kw_only=True)
class OrderFacts:
    """An order as it was asked for, and what is needed to judge it.

    Attributes:
        items: Product type and configuration of each item; both may be anything.
        billing_cycle: As asked for.
        currency: As asked for.
        catalogue: What is on offer.
        price_book: The book of the order's currency; None when there is none.
        live: What was fetched through ports; None before payment, when nothing was asked.
    """

    items: tuple[tuple[object, object], ...]
    billing_cycle: object
    currency: object
    catalogue: Catalogue
    price_book: PriceBook | None
    live: LiveFacts | None = None

    @property
    def available(self) -> frozenset[str]:
        """Names of the facts that are there, for rules that need them."""
        return frozenset() if self.live is None else frozenset({"live"})

    @cached_property
    def valid_items(self) -> tuple[tuple[int, ProductType, Mapping[str, object]], ...]:
        """Number, product and configuration of the items that are right on their own.

        Only these can be priced or compared with live facts; the others are reported anyway.
        """
        found = []
        for number, (product_type, config) in enumerate(self.items):
            product = self.catalogue.product(product_type)
            if (
                product is not None
                and isinstance(config, Mapping)
                and not product.config_findings(config)
            ):
                found.append((number, product, config))
        return tuple(found)
