"""What a shop sells: articles with a price and a rate of value added tax, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from ordercore.domain.catalog.snapshot import ProductSnapshot
from ordercore.kernel.errors import DefinitionError, InvalidInput
from ordercore.kernel.ids import text_id
from ordercore.kernel.money import Money

__all__ = ["Article", "Assortment", "snapshot_of"]

_WHOLE = 10_000
"""Basis points in one."""


def _basis_points(_instance: object, _attribute: Any, value: Any) -> None:
    if type(value) is not int or not 0 <= value <= _WHOLE:
        raise InvalidInput(
            field="vat_basis_points", problem=f"got {value!r:.40}", allowed="0 to 10000"
        )


@frozen(kw_only=True)
class Article:
    """One article.

    Attributes:
        sku: What it is called in the warehouse; unique in the assortment.
        unit_price: Net price of one piece.
        vat_basis_points: Rate of value added tax in hundredths of a percent: 2200 is 22 percent.
    """

    sku: str
    name: str
    unit_price: Money
    vat_basis_points: int = field(default=0, validator=_basis_points)

    def __attrs_post_init__(self) -> None:
        text_id(self.sku, field="sku")
        text_id(self.name, field="name")
        if self.unit_price.is_negative:
            raise InvalidInput(
                field="unit_price", problem=f"is {self.unit_price}", allowed="0 or more"
            )


@frozen(kw_only=True)
class Assortment:
    """Every article on offer, under one version.

    Raises:
        DefinitionError: on construction, when a SKU and currency stand there twice.
    """

    version: str
    articles: tuple[Article, ...]
    _by_sku: dict[tuple[str, str], Article] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        table = {(a.sku, a.unit_price.currency): a for a in self.articles}
        if len(table) != len(self.articles):
            twice = _twice((a.sku, a.unit_price.currency) for a in self.articles)
            raise DefinitionError(name="assortment", problems=tuple(twice))
        object.__setattr__(self, "_by_sku", table)

    def article(self, sku: object, currency: object) -> Article | None:
        """Return the article as it is sold in a currency, or None; any values may be asked for."""
        known = isinstance(sku, str) and isinstance(currency, str)
        return self._by_sku.get((str(sku), str(currency))) if known else None


def snapshot_of(article: Article, *, version: str) -> ProductSnapshot:
    """Copy an article for an order; ``version`` is that of the assortment."""
    return ProductSnapshot(
        product_type=article.sku,
        name=article.name,
        config_json="{}",
        unit_price=article.unit_price,
        price_book_version=version,
        billing_cycle=None,
    )


def _twice(keys: Iterable[tuple[str, str]]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    return [
        f"{sku} in {currency} stands there twice"
        for sku, currency in keys
        if (sku, currency) in seen or seen.add((sku, currency))  # type: ignore[func-returns-value]
    ]
