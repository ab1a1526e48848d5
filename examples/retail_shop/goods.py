"""What the shop sells, how much of it is there in the beginning, and who sells it."""

from __future__ import annotations

from attrs import frozen

from ordercore import Money, RetailRules
from ordercore.domain.billing import Party
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.pricing import vat_by_rate
from ordercore.kernel import PostalAddress

__all__ = ["CURRENCY", "FIRST_STOCK", "Good", "GOODS", "RULES", "gross", "good"]

CURRENCY = "EUR"
_STANDARD, _REDUCED = 2200, 950


@frozen(kw_only=True)
class Good:
    """An article with what a customer wants to know about it.

    Attributes:
        sku: What it is called in the warehouse, and its picture in ``static``.
        net_minor: Net price of one piece in cents.
        vat: Rate in basis points.
        stock: Pieces on the shelf when the shop is opened for the first time.
    """

    sku: str
    name: str
    about: str
    net_minor: int
    vat: int = _STANDARD
    stock: int = 25

    @property
    def net(self) -> Money:
        """Net price of one piece."""
        return Money(self.net_minor, CURRENCY)


GOODS = (
    Good(
        sku="mug",
        name="Stoneware mug",
        about="Holds a third of a litre, and its warmth for half an hour.",
        net_minor=1180,
    ),
    Good(
        sku="tea",
        name="Mountain herb tea",
        about="Forty grams, picked above the tree line and dried in the shade.",
        net_minor=493,
        vat=_REDUCED,
        stock=60,
    ),
    Good(
        sku="notebook",
        name="Ruled notebook",
        about="Ninety-six pages that lie flat, sewn and not glued.",
        net_minor=738,
        vat=_REDUCED,
    ),
    Good(
        sku="lamp",
        name="Reading lamp",
        about="Warm light, three steps, and an arm that stays where you put it.",
        net_minor=4902,
        stock=8,
    ),
    Good(
        sku="umbrella",
        name="Travel umbrella",
        about="Opens with one hand and survives the second gust.",
        net_minor=2451,
    ),
    Good(
        sku="chair",
        name="Folding chair",
        about="Beech and canvas. The last ones of this series.",
        net_minor=6557,
        stock=2,
    ),
)
"""Everything on offer."""

FIRST_STOCK = {each.sku: each.stock for each in GOODS}

RULES = RetailRules(
    assortment=Assortment(
        version="1",
        articles=tuple(
            Article(sku=each.sku, name=each.name, unit_price=each.net, vat_basis_points=each.vat)
            for each in GOODS
        ),
    ),
    seller=Party(
        name="The Corner Shop",
        address=PostalAddress(
            lines=("Mill Lane 3",), postcode="1000", city="Ljubljana", country="SI"
        ),
        vat_id="SI12345679",
    ),
)
"""The tables that ordercore goes by; everything not said here is as it comes."""

_BY_SKU = {each.sku: each for each in GOODS}


def good(sku: str) -> Good | None:
    """Return the article, or None."""
    return _BY_SKU.get(sku)


def gross(sku: str, quantity: int = 1) -> Money:
    """Return what so many pieces of an article cost alone, with tax."""
    each = _BY_SKU[sku]
    rows = vat_by_rate([(each.net.times(quantity), each.vat)], currency=CURRENCY)
    return Money.total((row.net + row.vat for row in rows), currency=CURRENCY)
