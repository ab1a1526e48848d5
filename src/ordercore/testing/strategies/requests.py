"""Requests for orders, good ones and spoilt ones."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.processes import ItemRequest, OrderRequest
from ordercore.testing.strategies.configurations import item_requests, spoilt_item_requests

__all__ = ["order_requests", "references", "spoilt_order_requests"]


def references() -> st.SearchStrategy[str]:
    """Draw what customers call their orders: short printable text, not only of ASCII."""
    letters = st.characters(categories=["L", "N", "P"])
    return st.text(letters, min_size=1, max_size=30)


@st.composite
def order_requests(
    draw: st.DrawFn,
    *,
    items: st.SearchStrategy[ItemRequest] | None = None,
    currency: str = "EUR",
    max_items: int = 4,
) -> OrderRequest:
    """Draw a request that the default rules accept.

    Args:
        items: Where its items come from; valid ones of any type unless given.
        currency: One that has a price book.
        max_items: It has at least one.
    """
    return OrderRequest(
        reference=draw(references()),
        customer=draw(st.sampled_from(["customer-1", "customer-2"])),
        currency=currency,
        billing_cycle=draw(st.sampled_from(BillingCycle)).value,
        items=tuple(draw(st.lists(items or item_requests(), min_size=1, max_size=max_items))),
        express_request=draw(st.booleans()),
    )


@st.composite
def spoilt_order_requests(draw: st.DrawFn) -> OrderRequest:
    """Draw a request that the default rules refuse: at least one of its items is spoilt."""
    good = draw(order_requests())
    place = draw(st.integers(0, len(good.items)))
    items = (*good.items[:place], draw(spoilt_item_requests()), *good.items[place:])
    return OrderRequest(
        reference=good.reference,
        customer=good.customer,
        currency=good.currency,
        billing_cycle=good.billing_cycle,
        items=items,
        express_request=good.express_request,
    )
