"""Find an order that a person names by its id or by its reference."""

from __future__ import annotations

from attrs import frozen

from ordercore import Caller, Order, OrderCore, Ports
from ordercore.domain.orders.lifecycles import Role
from ordercore.kernel.errors import NotFound
from ordercore.kernel.ids import OrderId

__all__ = ["operator", "the_order"]


def operator(tenant: str) -> Caller:
    """Return the caller this command acts as: an operator of the selling side.

    Raises:
        InvalidInput: the tenant is no usable text.
    """
    return Caller.of(tenant, "ordercore-command", role=Role.OPERATOR)


def the_order(core: OrderCore, caller: Caller, named: str) -> Order:
    """Return the tenant's order with this id, or else with this reference.

    Raises:
        NotFound: there is neither.
    """
    return core.handle(_Find(caller=caller, named=named))


@frozen(kw_only=True)
class _Find:
    caller: Caller
    named: str

    async def run(self, ports: Ports) -> Order:
        tenant = self.caller.tenant
        stored = await ports.orders.get(tenant, OrderId(self.named))
        if stored is None:
            stored = await ports.orders.by_reference(tenant, self.named)
        if stored is None:
            raise NotFound(kind="order", id=self.named)
        return stored.order
