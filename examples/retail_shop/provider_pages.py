"""The payment provider's own pages: pay, decline, or walk away.

They stand for a server of somebody else. Nothing of the shop is used but the way back, which a shop
tells its provider once.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from examples.retail_shop.sessions import TheShop
from examples.retail_shop.views import page
from ordercore.kernel.errors import NotFound

__all__ = ["router"]

router = APIRouter(prefix="/provider", include_in_schema=False)


@router.get("/{reference}")
def show(request: Request, shop: TheShop, reference: str) -> Response:
    """Show what is to be paid; whoever has the address may pay."""
    open_page = shop.gateway.open_page(reference)
    order_id = shop.gateway.order_behind(reference)
    if order_id is None:
        raise NotFound(kind="page", id="")  # an address that may pay is not repeated
    status = 200 if open_page else 410
    return page(request, "provider.html", status=status, payment=open_page, back=_back(order_id))


@router.post("/{reference}")
def decide(shop: TheShop, reference: str, decision: Annotated[str, Form()]) -> Response:
    """Pay or decline, and send the customer back."""
    open_page = shop.gateway.open_page(reference)
    if open_page is None:
        return RedirectResponse(f"/provider/{reference}", status_code=303)
    if decision == "pay":
        shop.gateway.pages.pay(open_page.url)
    elif decision == "decline":
        shop.gateway.pages.decline(open_page.url)
    return RedirectResponse(_back(open_page.order_id), status_code=303)


def _back(order_id: str) -> str:
    return f"/payments/back/{order_id}"
