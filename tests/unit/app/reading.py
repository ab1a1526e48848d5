"""What tests read off an order, and the answers providers give again and again."""

from __future__ import annotations

from ordercore.domain.orders import Order
from ordercore.engine.saga import (
    Failed,
    Rejected,
)
from ordercore.kernel.money import Money
from tests.unit.app.shop import Shop

BUSY = Failed(code="busy", reason="try later")


NEVER = Rejected(code="no-capacity", reason="sold out")


def item_states(order: Order) -> list[str]:
    """Return the state of each item, in order."""
    return [item.state.value for item in order.items]


def back(shop: Shop) -> list[str]:
    """Return what was called on the way back, in order."""
    return [v for v in shop.script.verbs() if v.split()[0] in ("deprovision", "refund", "notify")]


def entries(order: Order) -> list[tuple[str, int, str]]:
    """Return kind, amount and key of every ledger entry, without keys of refunds."""
    return [
        (e.kind.value, e.amount.amount_minor, e.key if "refund" not in e.kind else "")
        for e in order.ledger
    ]


def eur(minor: int) -> Money:
    """Return euros."""
    return Money(minor, "EUR")
