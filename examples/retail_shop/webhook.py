"""Where the payment provider's notices arrive: signed by Standard Webhooks, a reason to look.

The signature is over the raw bytes, so nothing is parsed before it is right. A notice says nothing
that is believed: the truth is looked up, as it is when the customer comes back from the page.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from examples.retail_shop.problems import Complaint, Problem, of_refusal
from examples.retail_shop.sessions import TheShop
from ordercore import CheckPayment, Refusal
from ordercore.kernel.errors import NotFound

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_DROPPED = "other_tenant"


async def raw_body(request: Request) -> bytes:
    """Return the bytes as they came."""
    return await request.body()


@router.post("/webhooks/payments", status_code=204)
def notice(request: Request, shop: TheShop, body: Annotated[bytes, Depends(raw_body)]) -> Response:
    """Take a notice in; one that was taken in before does no harm."""
    verified = shop.verifier.verify(request.headers, body)
    if isinstance(verified, Refusal):
        if verified.code != _DROPPED:
            problem = of_refusal(verified)
            raise Complaint(Problem(status=400, code=problem.code, detail=problem.detail))
        return Response(status_code=204)
    asked = CheckPayment(caller=shop.somebody("system"), order_id=verified.order_id)
    with suppress(NotFound):  # about an order of another shop with the same provider
        shop.core.handle(asked)
    return Response(status_code=204)
