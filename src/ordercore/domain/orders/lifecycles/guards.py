"""Guards of the order lifecycles: conditions on a row beyond "the state is right".

Each guard has a stable id, reads `LifeFacts` and nothing else, and answers with a `Refusal` or
None. A host switches one off by name with `Lifecycle.without_guards` or replaces it in the mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from ordercore.engine.lifecycle import Guard
from ordercore.kernel.result import Refusal

__all__ = [
    "LifeFacts",
    "PROVISIONING_GUARDS",
    "no_item_open",
    "refund_settled",
    "some_item_active",
    "some_item_open",
]


@frozen(kw_only=True)
class LifeFacts:
    """What the guards may look at, counted by the caller from the order it holds.

    Attributes:
        active_items: Items that are running for the customer.
        open_items: Items whose provisioning has not ended yet (pending or under way).
        refund_settled: True once no refund of the order is outstanding; also when none was due.
    """

    active_items: int = 0
    open_items: int = 0
    refund_settled: bool = False


def some_item_active(facts: LifeFacts) -> Refusal | None:
    """Refuse while nothing runs: an order without one active item was not fulfilled."""
    if facts.active_items > 0:
        return None
    return Refusal(code="no_active_item", reason="no item of the order is active")


def some_item_open(facts: LifeFacts) -> Refusal | None:
    """Refuse once every item has ended: the order is then fulfilled or failed, not in between."""
    if facts.open_items > 0:
        return None
    return Refusal(code="no_open_item", reason="no item of the order is still being provisioned")


def no_item_open(facts: LifeFacts) -> Refusal | None:
    """Refuse while an item is still under way: its outcome would come too late."""
    if facts.open_items == 0:
        return None
    return Refusal(
        code="items_still_open",
        reason=f"{facts.open_items} item(s) of the order are still being provisioned",
    )


def refund_settled(facts: LifeFacts) -> Refusal | None:
    """Refuse while money of the first attempt is still on its way back."""
    if facts.refund_settled:
        return None
    return Refusal(code="refund_not_settled", reason="the refund of the order has not settled yet")


PROVISIONING_GUARDS: Final[Mapping[str, Guard[LifeFacts]]] = MappingProxyType(
    {
        "some_item_active": some_item_active,
        "some_item_open": some_item_open,
        "no_item_open": no_item_open,
        "refund_settled": refund_settled,
    }
)
