"""The shape of a requested order: judged before anything looks into it.

What a currency, a billing cycle, a product type or a configuration may be is not for here: the
order checks answer that with findings, all at once, whatever the values are. Here stands what must
hold for the checks to run at all, and what they do not look at.
"""

from __future__ import annotations

from typing import Any

from attrs import Attribute

from ordercore.app._asked import another_type
from ordercore.domain.orders import Recipient
from ordercore.domain.payments import Payment
from ordercore.domain.processes import ItemRequest, OrderRequest
from ordercore.domain.processes.retail import Basket, BasketLine, PriceCut, SavedAddress
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import personal_text, text_id
from ordercore.kernel.money import Money
from ordercore.kernel.time import instant

__all__ = ["usable_basket", "usable_cuts", "usable_payment", "usable_request"]

_MOST = 2**63 - 1
"""The largest number that every store can keep."""


def usable_request(_asked: object, attribute: Attribute[Any], request: object) -> None:
    """Check an `ordercore.OrderRequest`, field by field.

    Raises:
        InvalidInput: naming the field, or the item as in ``items[0]``.
    """
    if not isinstance(request, OrderRequest):
        raise another_type(attribute.name, request, allowed=OrderRequest.__name__)
    text_id(request.reference, field="reference")
    personal_text(request.customer, field="customer")
    items: object = request.items
    if not isinstance(items, (tuple, list)):
        raise another_type("items", items, allowed="a tuple of ItemRequest")
    for number, item in enumerate(items):
        if not isinstance(item, ItemRequest):
            raise another_type(f"items[{number}]", item, allowed=ItemRequest.__name__)
    quoted: object = request.quoted_total_minor
    if quoted is not None and type(quoted) is not int:
        allowed = "a whole number of minor units, or None"
        raise another_type("quoted_total_minor", quoted, allowed=allowed)
    express: object = request.express_request
    if type(express) is not bool:  # the text "false" would count as yes, for good
        raise another_type("express_request", express, allowed="True or False")


def usable_basket(_asked: object, attribute: Attribute[Any], basket: object) -> None:
    """Check an `ordercore.Basket`, field by field.

    Raises:
        InvalidInput: naming the field, or the line as in ``lines[0]``.
    """
    if not isinstance(basket, Basket):
        raise another_type(attribute.name, basket, allowed=Basket.__name__)
    personal_text(basket.customer, field="customer")
    for name in ("reference", "currency", "payment"):
        text_id(getattr(basket, name), field=name)
    place: object = basket.deliver_to
    if isinstance(place, SavedAddress):
        personal_text(place.entry, field="entry")
    elif not isinstance(place, Recipient):
        allowed = f"{Recipient.__name__}, {SavedAddress.__name__}"
        raise another_type("deliver_to", place, allowed=allowed)
    lines: object = basket.lines
    if not isinstance(lines, (tuple, list)):
        raise another_type("lines", lines, allowed="a tuple of BasketLine")
    for number, line in enumerate(lines):
        if not isinstance(line, BasketLine):
            raise another_type(f"lines[{number}]", line, allowed=BasketLine.__name__)
        text_id(line.sku, field=f"lines[{number}].sku")
        _whole(line.quantity, field=f"lines[{number}].quantity")
    if basket.shown_total_minor is not None:
        _whole(basket.shown_total_minor, field="shown_total_minor")


def usable_payment(_asked: object, attribute: Attribute[Any], payment: object) -> None:
    """Check an `ordercore.Payment`, field by field.

    Raises:
        InvalidInput: naming the field.
    """
    if not isinstance(payment, Payment):
        raise another_type(attribute.name, payment, allowed=Payment.__name__)
    text_id(payment.reference, field="reference")
    if not isinstance(payment.amount, Money):
        raise another_type("amount", payment.amount, allowed=Money.__name__)
    _whole(payment.amount.amount_minor, field="amount")
    instant(payment.at, field="at")


def usable_cuts(_asked: object, attribute: Attribute[Any], cuts: object) -> None:
    """Check what is taken off the lines of an order, field by field.

    Raises:
        InvalidInput: naming the field, or the line as in ``lines[0]``.
    """
    if not isinstance(cuts, (tuple, list)):
        raise another_type(attribute.name, cuts, allowed="a tuple of PriceCut")
    for number, cut in enumerate(cuts):
        where = f"{attribute.name}[{number}]"
        if not isinstance(cut, PriceCut):
            raise another_type(attribute.name, cut, allowed="a tuple of PriceCut")
        text_id(cut.item, field=f"{where}.item")
        given = [amount for amount in (cut.to, cut.off) if amount is not None]
        if len(given) != 1:
            raise InvalidInput(field=where, problem=f"has {len(given)} amounts", allowed=_ONE)
        for amount in given:
            if not isinstance(amount, Money):
                raise another_type(where, amount, allowed=Money.__name__)
            _whole(amount.amount_minor, field=where)


_ONE = "what it shall cost, or how much less"


def _whole(value: object, *, field: str) -> None:
    allowed = "a whole number that fits 64 bits"
    if type(value) is not int:
        raise another_type(field, value, allowed=allowed)
    if abs(value) > _MOST:
        raise InvalidInput(field=field, problem="is too large", allowed=allowed)
