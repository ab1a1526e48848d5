"""Use case: lower what lines of an order of goods cost, after it was placed."""

from __future__ import annotations

from attrs import field, frozen

from ordercore.app._asked import member_of, usable_text
from ordercore.app._change import OrderChange
from ordercore.app._permitted import only_for
from ordercore.app._requested import usable_cuts
from ordercore.app._selling import SaleChange, change_sale
from ordercore.domain.orders import Order, RepriceReason
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.processes import RetailTurn, retail
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["RepriceOrder"]


def _reason(why: object) -> RepriceReason:
    return member_of(RepriceReason, why, field="why")


@frozen(kw_only=True)
class RepriceOrder(OrderChange):
    """Lower the price of lines: goodwill, a wrong price, a price guarantee. For operators.

    What was not taken yet is not taken, what was goes back, and an invoice gets a credit note for
    the difference. Prices are never raised. The customer is told. An order that waits for a payment
    and costs nothing by then is confirmed; goods that were let go are reserved again first.

    Attributes:
        lines: What each line shall cost, or how much less; net.
        why: The reason as a code.
        note: The reason for a person; it stands on the credit note.
    """

    lines: tuple[retail.PriceCut, ...] = field(validator=usable_cuts)
    why: RepriceReason = field(converter=_reason)
    note: str = field(default="", validator=usable_text)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Lower it.

        Returns:
            The order, or a refusal: ``not_permitted``, ``not_repriceable`` for an order that was
            cancelled or returned, ``cannot_lower`` with a finding for each line,
            ``credit_note_pending`` while the last credit note has no number yet, or
            ``out_of_stock`` where it could go on without a payment, but its goods are gone.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: it is not at the expected version.
            IdempotencyKeyReused: the key was used with other content.
        """
        refused = only_for(self.caller, Role.OPERATOR, what="lowering a price is")
        if refused is not None:
            return refused

        def act(turn: RetailTurn) -> Refusal | None:
            return retail.reprice(turn, self.lines, why=self.why, note=self.note)

        cuts = [[cut.item, _plain(cut.to), _plain(cut.off)] for cut in self.lines]
        content = [cuts, str(self.why), self.note]
        change = SaleChange(asked=self, operation="reprice_order", content=content)
        return await change_sale(ports, change, act)


def _plain(amount: Money | None) -> list[object] | None:
    return None if amount is None else [amount.amount_minor, amount.currency]
