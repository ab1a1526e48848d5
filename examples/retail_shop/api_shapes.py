"""What goes over the wire: the shapes of requests and answers of the JSON interface.

Amounts are whole minor units with their currency, instants are RFC 3339 in UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ordercore import Money, Order

__all__ = [
    "AddressShape",
    "AmountShape",
    "ArticleShape",
    "CancelRequest",
    "FieldProblem",
    "LineShape",
    "LoginRequest",
    "OrderRequest",
    "OrderShape",
    "PaymentPageShape",
    "ProblemShape",
    "RecipientShape",
    "TokenShape",
    "amount_shape",
    "order_shape",
]

_Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Given(BaseModel):
    """What is sent to us: nothing but what is listed, and of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LoginRequest(_Given):
    """Who wants a token."""

    email: _Text
    password: SecretStr


class TokenShape(BaseModel):
    """A token for the ``Authorization`` header."""

    token: str
    expires_in_s: int


class AddressShape(_Given):
    """A postal address."""

    lines: Annotated[list[_Text], Field(min_length=1, max_length=4, examples=[["Mill Lane 4"]])]
    postcode: Annotated[_Text, Field(examples=["1000"])]
    city: Annotated[_Text, Field(examples=["Ljubljana"])]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["SI"])]


class RecipientShape(_Given):
    """Who gets the parcel."""

    name: Annotated[_Text, Field(examples=["Ana Novak"])]
    address: AddressShape


class LineShape(_Given):
    """So many pieces of one article."""

    sku: Annotated[_Text, Field(examples=["mug"])]
    quantity: Annotated[int, Field(examples=[2])]


class OrderRequest(_Given):
    """A purchase."""

    payment: Annotated[_Text, Field(examples=["credit_card"])]
    lines: list[LineShape]
    deliver_to: RecipientShape
    token: Annotated[
        SecretStr | None,
        Field(description="The provider's token of a card; never a card number."),
    ] = None
    shown_total_minor: Annotated[
        int | None,
        Field(description="The total that the customer saw; another price is refused."),
    ] = None


class CancelRequest(_Given):
    """Why an order is cancelled."""

    reason: Annotated[_Text, Field(examples=["changed my mind"])]


class AmountShape(BaseModel):
    """An amount of money."""

    amount_minor: int
    currency: str


class ArticleShape(BaseModel):
    """An article on offer."""

    sku: str
    name: str
    net: AmountShape
    gross: AmountShape
    vat_basis_points: int
    available: int


class OrderLineShape(BaseModel):
    """A line of an order."""

    sku: str
    name: str
    quantity: int
    net: AmountShape
    state: str


class OrderShape(BaseModel):
    """An order."""

    number: str
    state: str
    version: int
    payment: str
    total: AmountShape
    lines: list[OrderLineShape]
    placed_at: datetime
    arrives_from: date | None
    arrives_by: date | None
    tracking: str | None
    invoice: str | None
    credit_notes: list[str]


class PaymentPageShape(BaseModel):
    """Where an order is to be paid."""

    url: str
    expires_at: datetime | None


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    code: str
    message: str
    allowed: str | None = None


class ProblemShape(BaseModel):
    """A problem by RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FieldProblem] | None = None


def order_shape(order: Order) -> OrderShape:
    """Return an order as it goes over the wire."""
    sale = order.sale
    assert sale is not None, "the shop sells goods"
    return OrderShape(
        number=order.reference,
        state=order.state,
        version=order.version,
        payment=sale.payment,
        total=amount_shape(order.total),
        lines=[
            OrderLineShape(
                sku=item.snapshot.product_type,
                name=item.snapshot.name,
                quantity=item.quantity,
                net=amount_shape(item.price),
                state=item.state,
            )
            for item in order.items
        ],
        placed_at=order.created_at,
        arrives_from=sale.arrives_from,
        arrives_by=sale.arrives_by,
        tracking=sale.tracking or None,
        invoice=sale.invoice.number if sale.invoice else None,
        credit_notes=[note.number for note in sale.credit_notes],
    )


def amount_shape(amount: Money) -> AmountShape:
    """Return an amount as it goes over the wire."""
    return AmountShape(amount_minor=amount.amount_minor, currency=amount.currency)
