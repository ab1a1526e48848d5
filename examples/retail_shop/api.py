"""The JSON interface: the same shop for programs.

Buying takes an ``Idempotency-Key``, looking takes and gives an ``ETag``, cancelling takes the tag
of the order that is meant. Whatever is refused is a problem by RFC 9457.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from examples.retail_shop.account_pages import checked_user
from examples.retail_shop.api_shapes import (
    ArticleShape,
    CancelRequest,
    LoginRequest,
    OrderRequest,
    OrderShape,
    PaymentPageShape,
    TokenShape,
    amount_shape,
    order_shape,
)
from examples.retail_shop.checkout_pages import token_of
from examples.retail_shop.etags import etag_of, named_version, unchanged
from examples.retail_shop.goods import GOODS, gross
from examples.retail_shop.problems import PROBLEMS, Complaint, Problem, of_refusal
from examples.retail_shop.purchases import KEPT_FOR
from examples.retail_shop.selling import Wanted, buy_once, order_of
from examples.retail_shop.sessions import TOKEN_S, ApiUser, TheShop, new_token
from examples.retail_shop.shop_pages import available
from ordercore import BasketLine, CancelOrder, GetPaymentPage, Order, Refusal
from ordercore.domain.orders import Recipient
from ordercore.kernel import ConcurrencyConflict, PostalAddress
from ordercore.kernel.errors import NotFound

__all__ = ["router"]

router = APIRouter(prefix="/api", tags=["shop"])
_LONGEST_KEY = 128
_JSON = "application/problem+json"
_HOURS = int(KEPT_FOR.total_seconds()) // 3600

_Responses = dict[int | str, dict[str, Any]]


def _problems(*codes: str) -> _Responses:
    """Return what an operation may be refused with, as OpenAPI tells it."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        status, meaning = PROBLEMS[code]
        by_status.setdefault(status, []).append(f"`{code}`: {meaning}")
    schema = {"schema": {"$ref": "#/components/schemas/ProblemShape"}}
    return {
        status: {"description": "\n\n".join(said), "content": {_JSON: schema}}
        for status, said in by_status.items()
    }


_ETAG = {"ETag": {"description": "The version of the order", "schema": {"type": "string"}}}


@router.post(
    "/tokens",
    operation_id="make_token",
    responses=_problems(
        "bad_request", "unauthorized", "too_large", "malformed", "too_many_requests"
    ),
)
def make_token(shop: TheShop, given: LoginRequest) -> TokenShape:
    """Log in; the token goes into the ``Authorization`` header as ``Bearer``."""
    user = checked_user(shop, given.email, given.password.get_secret_value())
    if user is None:
        detail = "address and password do not belong together"
        raise Complaint(Problem(status=401, code="unauthorized", detail=detail))
    return TokenShape(token=new_token(shop, user), expires_in_s=TOKEN_S)


@router.get("/articles", operation_id="list_articles")
def list_articles(shop: TheShop) -> list[ArticleShape]:
    """List what is on offer."""
    there = available(shop)
    return [
        ArticleShape(
            sku=each.sku,
            name=each.name,
            net=amount_shape(each.net),
            gross=amount_shape(gross(each.sku)),
            vat_basis_points=each.vat,
            available=there.get(each.sku, 0),
        )
        for each in GOODS
    ]


@router.post(
    "/orders",
    operation_id="place_order",
    status_code=201,
    response_model=OrderShape,
    responses={
        201: {"description": "It is ordered.", "headers": _ETAG},
        **_problems(
            "bad_request",
            "idempotency_key_missing",
            "invalid_input",
            "unauthorized",
            "idempotency_in_flight",
            "out_of_stock",
            "too_large",
            "price_changed",
            "idempotency_key_reused",
            "malformed",
            "token_missing",
            "validation_failed",
        ),
    },
)
def place_order(
    shop: TheShop,
    user: ApiUser,
    given: OrderRequest,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Of your choice, up to 128 characters, with or without quotes. The same "
            f"request under the same key is carried out once; its answer is kept {_HOURS} hours.",
        ),
    ] = None,
) -> Response:
    """Buy something, once for each key."""
    key = f"api {_key(idempotency_key)}"
    answer = buy_once(shop, user, key, _wanted(given), _answer)
    if isinstance(answer, Refusal):
        raise Complaint(of_refusal(answer))
    kept = json.loads(answer)
    return Response(
        kept["body"],
        status_code=201,
        media_type="application/json",
        headers={"Location": kept["location"], "ETag": kept["etag"]},
    )


@router.get(
    "/orders/{number}",
    operation_id="get_order",
    response_model=OrderShape,
    responses={
        200: {"headers": _ETAG},
        304: {"description": "It is as you know it."},
        **_problems("unauthorized", "not_found"),
    },
)
def get_order(
    shop: TheShop,
    user: ApiUser,
    number: str,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Look at an order; with the tag that is known already, only when it has changed."""
    order = order_of(shop, user, number)
    if unchanged(if_none_match, order):
        return Response(status_code=304, headers={"ETag": etag_of(order)})
    return _as_answer(order)


@router.get(
    "/orders/{number}/payment-page",
    operation_id="get_payment_page",
    responses=_problems("unauthorized", "not_found"),
)
def get_payment_page(shop: TheShop, user: ApiUser, number: str) -> PaymentPageShape:
    """Ask where an order is to be paid; there is nothing when nothing is to be paid on a page."""
    order = order_of(shop, user, number)
    found = shop.core.handle(GetPaymentPage(caller=shop.caller(user), order_id=order.id))
    if found is None:
        raise NotFound(kind="payment page", id=number)
    return PaymentPageShape(url=found.url, expires_at=found.expires_at)


@router.post(
    "/orders/{number}/cancel",
    operation_id="cancel_order",
    response_model=OrderShape,
    responses={
        200: {"headers": _ETAG},
        **_problems(
            "bad_request",
            "unauthorized",
            "not_found",
            "leaving",
            "transition_not_allowed",
            "precondition_failed",
            "too_large",
            "malformed",
            "precondition_required",
        ),
    },
)
def cancel_order(
    shop: TheShop,
    user: ApiUser,
    number: str,
    given: CancelRequest,
    if_match: Annotated[
        str | None, Header(description="The tag of the order as it was looked at.")
    ] = None,
) -> Response:
    """Cancel an order, if it still is as it was looked at."""
    order = order_of(shop, user, number)
    if if_match is None:
        raise _problem("precondition_required")
    version = named_version(if_match, order)
    if version is None:
        raise _problem("precondition_failed")
    asked = CancelOrder(
        caller=shop.caller(user),
        order_id=order.id,
        reason=given.reason,
        expected_version=version,
    )
    try:
        answer = shop.core.handle(asked)
    except ConcurrencyConflict:
        raise _problem("precondition_failed") from None
    if isinstance(answer, Refusal):
        raise Complaint(of_refusal(answer))
    return _as_answer(answer)


def _key(given: str | None) -> str:
    """Return the key: a structured-field string in quotes, or bare as many clients send it."""
    if given is None or not given.strip():
        raise _problem("idempotency_key_missing")
    text = given.strip()
    quoted = len(text) >= 2 and text[0] == text[-1] == '"'
    key = text[1:-1] if quoted else text
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
        raise _problem("idempotency_key_missing")
    return key


def _wanted(given: OrderRequest) -> Wanted:
    place = given.deliver_to.address
    secret = given.token.get_secret_value() if given.token else ""
    return Wanted(
        payment=given.payment,
        lines=tuple(BasketLine(sku=line.sku, quantity=line.quantity) for line in given.lines),
        token=token_of(given.payment, secret),
        shown_total_minor=given.shown_total_minor,
        deliver_to=Recipient(
            name=given.deliver_to.name,
            address=PostalAddress(
                lines=tuple(place.lines),
                postcode=place.postcode,
                city=place.city,
                country=place.country,
            ),
        ),
    )


def _answer(order: Order) -> str:
    """Return the whole answer to a purchase, so that it can be given again."""
    return json.dumps(
        {
            "body": order_shape(order).model_dump_json(),
            "location": f"/api/orders/{order.reference}",
            "etag": etag_of(order),
        }
    )


def _as_answer(order: Order) -> Response:
    body = order_shape(order).model_dump_json()
    return Response(body, media_type="application/json", headers={"ETag": etag_of(order)})


def _problem(code: str) -> Complaint:
    status, meaning = PROBLEMS[code]
    return Complaint(Problem(status=status, code=code, detail=meaning))
