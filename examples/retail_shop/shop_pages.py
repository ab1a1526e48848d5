"""Pages: what there is, and what is wanted of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from examples.retail_shop.baskets import basket_of, put_into_basket
from examples.retail_shop.goods import GOODS, good, gross
from examples.retail_shop.problems import PROBLEMS
from examples.retail_shop.sessions import FormChecked, TheShop
from examples.retail_shop.shop import Shop
from examples.retail_shop.views import page
from ordercore import StockLevels
from ordercore.kernel.errors import NotFound

__all__ = ["available", "router"]

router = APIRouter(include_in_schema=False)


@router.get("/")
def catalogue(request: Request, shop: TheShop) -> Response:
    """Show everything on offer, and whether it is there."""
    there = available(shop)
    offers = [(each, gross(each.sku), there.get(each.sku, 0)) for each in GOODS]
    return page(request, "catalogue.html", offers=offers)


@router.get("/basket")
def basket(request: Request) -> Response:
    """Show what is wanted and what it comes to."""
    return page(request, "basket.html", basket=basket_of(request))


@router.post("/basket", dependencies=[FormChecked])
def change_basket(
    request: Request,
    sku: Annotated[str, Form()],
    quantity: Annotated[int, Form(ge=0, le=99)],
    add: Annotated[bool, Form()] = False,
) -> Response:
    """Want so many pieces of something, or so many more."""
    if good(sku) is None:
        raise NotFound(kind="article", id=sku)
    before = {line.good.sku: line.quantity for line in basket_of(request).lines}
    put_into_basket(request, sku, quantity + (before.get(sku, 0) if add else 0))
    return RedirectResponse("/basket", status_code=303)


@router.get("/problems/{code}")
def problem_type(request: Request, code: str) -> Response:
    """Say what a code of a problem stands for."""
    if code not in PROBLEMS:
        raise NotFound(kind="problem", id=code)
    status, meaning = PROBLEMS[code]
    return page(request, "problem_type.html", code=code, answered=status, meaning=meaning)


def available(shop: Shop) -> dict[str, int]:
    """Return how many pieces of each article can be had."""
    skus = tuple(each.sku for each in GOODS)
    levels = shop.core.handle(StockLevels(caller=shop.somebody("system"), skus=skus))
    return {level.sku: level.available for level in levels}
