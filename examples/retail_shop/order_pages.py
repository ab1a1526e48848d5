"""Pages: orders, how far each has come, its papers and mail, and what can still be done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from examples.retail_shop.checkout_pages import payment_page, token_of
from examples.retail_shop.etags import etag_of
from examples.retail_shop.papers import PAPERS_ARE_MADE, credit_note_paper, invoice_paper
from examples.retail_shop.problems import Complaint, of_refusal
from examples.retail_shop.progress import steps_of
from examples.retail_shop.selling import may, order_of, orders_of
from examples.retail_shop.sessions import FormChecked, SignedIn, TheShop
from examples.retail_shop.views import page
from examples.retail_shop.wording import TEST_TOKENS
from ordercore import CancelOrder, OrderFeed, Refusal, ResendLetter, RetryPayment, SendBack
from ordercore.domain.orders.lifecycles import RETAIL, RetailTrigger
from ordercore.domain.payments import PAYMENT_KINDS
from ordercore.kernel.errors import NotFound

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_Reason = Annotated[str, Form(min_length=1, max_length=200)]


@router.get("/orders")
def orders(request: Request, shop: TheShop, user: SignedIn) -> Response:
    """List what the customer has ordered."""
    return page(request, "orders.html", orders=orders_of(shop, user))


@router.get("/orders/{reference}")
def order(request: Request, shop: TheShop, user: SignedIn, reference: str) -> Response:
    """Show one order, and follow it while it goes on."""
    found = order_of(shop, user, reference)
    feed = shop.core.handle(OrderFeed(caller=shop.caller(user), order_id=found.id))
    sale = found.sale
    assert sale is not None, "the shop sells goods"
    return page(
        request,
        "order.html",
        order=found,
        sale=sale,
        etag=etag_of(found),
        steps=steps_of(found, feed),
        events=feed,
        mails=shop.post.of_order(found.id),
        page_url=payment_page(shop, user, found),
        papers=PAPERS_ARE_MADE,
        needs_token=PAYMENT_KINDS[sale.payment].synchronous,
        tokens=TEST_TOKENS,
        goes_on=found.state not in RETAIL.terminal,
        can_cancel=may(found, RetailTrigger.CANCEL),
        can_retry=may(found, RetailTrigger.RETRY_PAYMENT),
        can_send_back=sale.delivered_at is not None and may(found, RetailTrigger.RETURN_ORDER),
    )


@router.get("/orders/{reference}/version")
def version(shop: TheShop, user: SignedIn, reference: str) -> Response:
    """Tell the script of the order's page whether there is anything new."""
    return Response(etag_of(order_of(shop, user, reference)), media_type="text/plain")


@router.get("/orders/{reference}/invoice.pdf")
def invoice(shop: TheShop, user: SignedIn, reference: str) -> Response:
    """Return the invoice."""
    return _pdf(invoice_paper(order_of(shop, user, reference)))


@router.get("/orders/{reference}/credit-note.pdf")
def credit_note(shop: TheShop, user: SignedIn, reference: str) -> Response:
    """Return the credit note."""
    return _pdf(credit_note_paper(order_of(shop, user, reference)))


@router.get("/orders/{reference}/mail/{about}")
def mail(request: Request, shop: TheShop, user: SignedIn, reference: str, about: str) -> Response:
    """Show a mail that was sent."""
    found = order_of(shop, user, reference)
    for each in shop.post.of_order(found.id):
        if each.about == about:
            return page(request, "mail.html", order=found, mail=each)
    raise NotFound(kind="mail", id=about)


@router.post("/orders/{reference}/mail/{about}", dependencies=[FormChecked])
def send_mail_again(shop: TheShop, user: SignedIn, reference: str, about: str) -> Response:
    """Have a mail sent once more."""
    found = order_of(shop, user, reference)
    asked = ResendLetter(caller=shop.caller(user), order_id=found.id, letter=about)
    return _back_to(reference, shop.core.handle(asked))


@router.post("/orders/{reference}/cancel", dependencies=[FormChecked])
def cancel(shop: TheShop, user: SignedIn, reference: str, reason: _Reason) -> Response:
    """Cancel the order wherever it stands, if it can be."""
    found = order_of(shop, user, reference)
    caller = shop.caller(user)
    answer = shop.core.handle(CancelOrder(caller=caller, order_id=found.id, reason=reason))
    return _back_to(reference, answer)


@router.post("/orders/{reference}/send-back", dependencies=[FormChecked])
def send_back(shop: TheShop, user: SignedIn, reference: str, reason: _Reason) -> Response:
    """Send the goods back."""
    found = order_of(shop, user, reference)
    caller = shop.caller(user)
    answer = shop.core.handle(SendBack(caller=caller, order_id=found.id, reason=reason))
    return _back_to(reference, answer)


@router.post("/orders/{reference}/pay-again", dependencies=[FormChecked])
def pay_again(
    shop: TheShop,
    user: SignedIn,
    reference: str,
    token: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Try once more to pay."""
    found = order_of(shop, user, reference)
    assert found.sale is not None, "the shop sells goods"
    answer = shop.core.handle(
        RetryPayment(
            caller=shop.caller(user),
            order_id=found.id,
            token=token_of(found.sale.payment, token),
        )
    )
    if not isinstance(answer, Refusal):
        url = payment_page(shop, user, answer)
        if url is not None:
            return RedirectResponse(url, status_code=303)
    return _back_to(reference, answer)


def _back_to(reference: str, answer: object) -> Response:
    if isinstance(answer, Refusal):
        raise Complaint(of_refusal(answer))
    return RedirectResponse(f"/orders/{reference}", status_code=303)


def _pdf(paper: bytes | Refusal) -> Response:
    if isinstance(paper, Refusal):
        raise Complaint(of_refusal(paper))
    return Response(paper, media_type="application/pdf")
