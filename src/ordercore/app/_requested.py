"""The shape of a requested order: judged before anything looks into it.

What a currency, a billing cycle, a product type or a configuration may be is not for here: the
order checks answer that with findings, all at once, whatever the values are. Here stands what must
hold for the checks to run at all, and what they do not look at.
"""

from __future__ import annotations

from typing import Any

from attrs import Attribute

from ordercore.app._asked import another_type
from ordercore.domain.processes import ItemRequest, OrderRequest
from ordercore.kernel.ids import text_id

__all__ = ["usable_request"]


def usable_request(_asked: object, attribute: Attribute[Any], request: object) -> None:
    """Check an `ordercore.OrderRequest`, field by field.

    Raises:
        InvalidInput: naming the field, or the item as in ``items[0]``.
    """
    if not isinstance(request, OrderRequest):
        raise another_type(attribute.name, request, allowed=OrderRequest.__name__)
    text_id(request.reference, field="reference")
    text_id(request.customer, field="customer")
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
