"""Pages: check out, pay on the provider's page, and come back from there."""

from __future__ import annotations

import secrets
from typing import Annotated

from attrs import frozen
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from examples.retail_shop.address_book import LAST
from examples.retail_shop.baskets import basket_of, empty_basket
from examples.retail_shop.problems import Problem, of_refusal
from examples.retail_shop.selling import Wanted, buy_once, order_of
from examples.retail_shop.sessions import FormChecked, SignedIn, TheShop
from examples.retail_shop.shop import Shop
from examples.retail_shop.views import page
from examples.retail_shop.wording import PAYMENTS, TEST_TOKENS
from ordercore import CheckPayment, Finding, GetOrder, GetPaymentPage, Order, Refusal, SavedAddress
from ordercore.domain.orders import Recipient
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind, PaymentToken
from ordercore.kernel import PostalAddress
from ordercore.kernel.errors import InvalidInput, NotFound
from ordercore.kernel.ids import OrderId
from ordercore.ports import User

__all__ = ["payment_page", "router", "token_of"]

router = APIRouter(include_in_schema=False)
COUNTRIES = {"AT": "Austria", "DE": "Germany", "HR": "Croatia", "IT": "Italy", "SI": "Slovenia"}


@frozen(kw_only=True)
class CheckoutForm:
    """What was filled in, shown again when something is wrong with it."""

    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "SI"
    payment: str = PaymentKind.CREDIT_CARD
    token: str = ""
    total: str = ""
    key: str = ""
    saved: str = ""


_Text = Annotated[str, Form(max_length=200)]


def checkout_form(
    name: _Text = "",
    street: _Text = "",
    postcode: _Text = "",
    city: _Text = "",
    country: _Text = "",
    payment: _Text = "",
    token: _Text = "",
    total: _Text = "",
    key: _Text = "",
    saved: _Text = "",
) -> CheckoutForm:
    """Return what was filled in."""
    return CheckoutForm(
        name=name,
        street=street,
        postcode=postcode,
        city=city,
        country=country,
        payment=payment,
        token=token,
        total=total,
        key=key,
        saved=saved,
    )


@router.get("/checkout")
def checkout(request: Request, shop: TheShop, user: SignedIn) -> Response:
    """Ask where to and how it is paid."""
    if not basket_of(request).lines:
        return RedirectResponse("/basket", status_code=303)
    # Each page that is shown may order once, however often its button is pressed.
    form = CheckoutForm(name=user.name, key=secrets.token_urlsafe(16))
    return _form(request, form, saved=shop.addresses.entries(user.id))


@router.post("/checkout", dependencies=[FormChecked])
def buy(
    request: Request,
    shop: TheShop,
    user: SignedIn,
    form: Annotated[CheckoutForm, Depends(checkout_form)],
) -> Response:
    """Order what is in the basket; the same page sent twice orders once."""
    key = f"page {form.key}"
    try:
        wanted = _wanted(request, form)
    except InvalidInput as wrong:
        return _form(request, form, _as_problem(wrong), saved=shop.addresses.entries(user.id))
    bought = buy_once(shop, user, key, wanted, lambda order: order.reference)
    if isinstance(bought, Refusal):
        return _form(request, form, of_refusal(bought), saved=shop.addresses.entries(user.id))
    empty_basket(request)
    order = order_of(shop, user, bought)
    if order.sale is not None and order.sale.deliver_to is not None:
        shop.addresses.keep(user.id, LAST, order.sale.deliver_to)
    return RedirectResponse(payment_page(shop, user, order) or f"/orders/{bought}", status_code=303)


@router.get("/payments/back/{order_id}")
def back_from_provider(shop: TheShop, user: SignedIn, order_id: str) -> Response:
    """Take a customer back from the provider's page; what became of the money is looked up."""
    caller, theirs = shop.caller(user), OrderId(order_id)
    order = shop.core.handle(GetOrder(caller=caller, order_id=theirs))
    if order.customer != user.login:
        raise NotFound(kind="order", id=order_id)
    shop.core.handle(CheckPayment(caller=caller, order_id=theirs))
    return RedirectResponse(f"/orders/{order.reference}", status_code=303)


def payment_page(shop: Shop, user: User, order: Order) -> str | None:
    """Return where an order is to be paid; None when nothing is paid on a page."""
    found = shop.core.handle(GetPaymentPage(caller=shop.caller(user), order_id=order.id))
    return found.url if found else None


def token_of(payment: str, text: str) -> PaymentToken | None:
    """Return the token for ways to pay that need one; nobody else's is passed on.

    Raises:
        InvalidInput: it is a card number, or no text.
    """
    known = payment in tuple(PaymentKind)
    if not known or not PAYMENT_KINDS[PaymentKind(payment)].synchronous or not text:
        return None
    return PaymentToken(text)


def _wanted(request: Request, form: CheckoutForm) -> Wanted:
    return Wanted(
        payment=form.payment,
        lines=basket_of(request).wanted,
        token=token_of(form.payment, form.token),
        shown_total_minor=int(form.total) if form.total.isdecimal() else None,
        deliver_to=_whereto(form),
    )


def _whereto(form: CheckoutForm) -> Recipient | SavedAddress:
    if form.saved:
        return SavedAddress(entry=form.saved)
    return Recipient(
        name=form.name,
        address=PostalAddress(
            lines=(form.street,),
            postcode=form.postcode,
            city=form.city,
            country=form.country,
        ),
    )


def _form(
    request: Request,
    form: CheckoutForm,
    problem: Problem | None = None,
    *,
    saved: tuple[str, ...],
) -> Response:
    wrong = {finding.field: finding.message for finding in problem.findings} if problem else {}
    return page(
        request,
        "checkout.html",
        status=problem.status if problem else 200,
        basket=basket_of(request),
        form=form,
        problem=problem,
        wrong=wrong,
        saved=saved,
        last=LAST,
        payments=PAYMENTS,
        with_token=[kind for kind, terms in PAYMENT_KINDS.items() if terms.synchronous],
        tokens=TEST_TOKENS,
        countries=COUNTRIES,
    )


def _as_problem(wrong: InvalidInput) -> Problem:
    field = {"lines": "street"}.get(wrong.field, wrong.field)
    message = wrong.problem if not wrong.allowed else f"{wrong.problem}; allowed: {wrong.allowed}"
    return Problem(
        status=422,
        code="validation_failed",
        detail="Something is missing or cannot be used.",
        findings=(Finding(field=field, code=wrong.code, message=message),),
    )
