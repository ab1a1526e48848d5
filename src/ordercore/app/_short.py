"""Write a decision under an order's lock, and decide anew where there is too little stock.

Whether goods can be had is known to the store alone, at the moment of writing. An answer from
outside must be recorded either way, so it is decided twice: as if they could be had, and, once the
store has refused that, as if they could not.
"""

from __future__ import annotations

from typing import Protocol

from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import StockShort
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Ports, StoredOrder

__all__ = ["DecideEitherWay", "update_or_do_without"]


class DecideEitherWay(Protocol):
    """A pure decision over a locked order and its sagas, with enough stock or too little."""

    def __call__(
        self, locked: StoredOrder, sagas: tuple[SagaState, ...], *, short: bool
    ) -> Batch | Refusal:
        """Return the batch, or why there is none."""
        ...


async def update_or_do_without(
    ports: Ports, tenant: TenantId, order_id: OrderId, decide: DecideEitherWay
) -> Batch | Refusal:
    """Return the batch that was written, see `ordercore.ports.Store.update`."""
    try:
        return await ports.store.update(
            tenant, order_id, lambda locked, sagas: decide(locked, sagas, short=False)
        )
    except StockShort:
        return await ports.store.update(
            tenant, order_id, lambda locked, sagas: decide(locked, sagas, short=True)
        )
