"""The basket: what a session wants, and what it comes to."""

from __future__ import annotations

from attrs import frozen
from fastapi import Request

from examples.retail_shop.goods import CURRENCY, Good, good
from ordercore import BasketLine, Money
from ordercore.domain.pricing import VatRow, vat_by_rate

__all__ = ["BasketView", "Line", "basket_of", "empty_basket", "put_into_basket"]

_BASKET = "basket"
_MOST_PIECES = 99


@frozen(kw_only=True)
class Line:
    """So many pieces of one article."""

    good: Good
    quantity: int

    @property
    def net(self) -> Money:
        """What the line costs without tax."""
        return self.good.net.times(self.quantity)


@frozen(kw_only=True)
class BasketView:
    """A basket with its sums, which are those the order will have."""

    lines: tuple[Line, ...]

    @property
    def taxes(self) -> tuple[VatRow, ...]:
        """One row for each rate."""
        return vat_by_rate(((line.net, line.good.vat) for line in self.lines), currency=CURRENCY)

    @property
    def net(self) -> Money:
        """What the goods cost without tax."""
        return Money.total((line.net for line in self.lines), currency=CURRENCY)

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return Money.total((row.net + row.vat for row in self.taxes), currency=CURRENCY)

    @property
    def wanted(self) -> tuple[BasketLine, ...]:
        """The lines as they are ordered."""
        return tuple(BasketLine(sku=line.good.sku, quantity=line.quantity) for line in self.lines)


def basket_of(request: Request) -> BasketView:
    """Return what this session wants; what is not sold any more is left out."""
    kept = request.session.get(_BASKET, {})
    lines = ((good(sku), quantity) for sku, quantity in kept.items())
    return BasketView(
        lines=tuple(Line(good=each, quantity=quantity) for each, quantity in lines if each)
    )


def put_into_basket(request: Request, sku: str, quantity: int) -> None:
    """Want so many pieces of an article; none takes it out."""
    kept = dict(request.session.get(_BASKET, {}))
    if quantity > 0:
        kept[sku] = min(quantity, _MOST_PIECES)
    else:
        kept.pop(sku, None)
    request.session[_BASKET] = kept


def empty_basket(request: Request) -> None:
    """Want nothing any more."""
    request.session.pop(_BASKET, None)
