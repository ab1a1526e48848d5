"""Laws of stock: what must hold of every sku, whatever was moved and in whatever order.

As in `ordercore.testing.laws`, each law returns the violations it finds, in words.
"""

from __future__ import annotations

from collections.abc import Sequence

from ordercore.domain.inventory import Holding, Movement, StockLevel, fold, holdings
from ordercore.kernel.ids import OrderId

__all__ = [
    "level_is_its_ledger",
    "never_oversold",
    "orders_hold_what_is_reserved",
    "stock_violations",
]


def level_is_its_ledger(level: StockLevel, ledger: Sequence[Movement]) -> list[str]:
    """The stored level is the sum of its movements, which are numbered without gaps."""
    found = []
    if [movement.seq for movement in ledger] != list(range(1, len(ledger) + 1)):
        found.append(f"{level.sku}: the ledger has gaps or repeats")
    summed = fold(ledger, tenant=level.tenant, sku=level.sku)
    if summed != level:
        found.append(f"{level.sku}: the ledger adds up to {summed}, the row says {level}")
    return found


def never_oversold(ledger: Sequence[Movement]) -> list[str]:
    """At no time was anything negative or more reserved than there was."""
    found = []
    on_hand = reserved = 0
    for movement in ledger:
        on_hand += movement.on_hand
        reserved += movement.reserved
        if not 0 <= reserved <= on_hand:
            found.append(
                f"{movement.sku}: {on_hand} on hand, {reserved} reserved at {movement.seq}"
            )
    return found


def orders_hold_what_is_reserved(level: StockLevel, ledger: Sequence[Movement]) -> list[str]:
    """What orders hold adds up to what is reserved, and none ever gave back what it had not."""
    found = []
    held = sum(holding.reserved for holding in holdings(ledger).values())
    if held != level.reserved:
        found.append(f"{level.sku}: orders hold {held}, the row says {level.reserved}")
    own: dict[OrderId, Holding] = {}
    for movement in ledger:
        if movement.order_id is None:
            continue
        before = own.get(movement.order_id, Holding())
        after = before.after(on_hand=movement.on_hand, reserved=movement.reserved)
        own[movement.order_id] = after
        if after.reserved < 0 or after.sent < 0:
            order = movement.order_id
            found.append(f"{level.sku}: {order} gave back what it had not, at {movement.seq}")
    return found


def stock_violations(level: StockLevel, ledger: Sequence[Movement]) -> list[str]:
    """Return what any of the laws finds.

    Args:
        level: A level as stored.
        ledger: All movements of its sku, in order.
    """
    return [
        *level_is_its_ledger(level, ledger),
        *never_oversold(ledger),
        *orders_hold_what_is_reserved(level, ledger),
    ]
