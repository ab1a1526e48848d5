"""Use cases: send the access credentials, or a letter, once more."""

from __future__ import annotations

from attrs import field, frozen

from ordercore.app._asked import usable_id
from ordercore.app._change import Change, OrderChange, change_order
from ordercore.app._permitted import only_for
from ordercore.app._selling import SaleChange, change_sale
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.processes import retail
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["RedeliverCredentials", "ResendLetter"]


@frozen(kw_only=True)
class RedeliverCredentials(OrderChange):
    """Ask that the credentials of the active items be sent again, encrypted."""

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record the request; a worker sends the message.

        Returns:
            The order, or a refusal ``nothing_to_deliver`` or ``redelivery_limited``.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: somebody else wrote it meanwhile.
        """
        change = Change(asked=self, operation="redeliver_credentials")
        return await change_order(ports, change, lambda turn, _saga: processes.redeliver(turn))


@frozen(kw_only=True)
class ResendLetter(OrderChange):
    """Ask that a letter about an order of goods be sent again. For customers and operators.

    Attributes:
        letter: What it is about, as its history says: ``confirmed``, ``shipped`` and so on.
    """

    letter: str = field(validator=usable_id)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record the request; a worker sends the letter, which says how the order is by then.

        Returns:
            The order, or a refusal: ``no_such_letter``, ``letter_overtaken`` when what it says is
            no longer so, ``redelivery_limited``, ``not_permitted``.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: the order is not at the expected version.
        """
        refused = only_for(
            self.caller, Role.CUSTOMER, Role.OPERATOR, what="sending a letter again is"
        )
        if refused is not None:
            return refused
        letter = self.letter
        change = SaleChange(asked=self, operation="resend_letter", content=letter)
        return await change_sale(ports, change, lambda turn: retail.resend(turn, letter))
