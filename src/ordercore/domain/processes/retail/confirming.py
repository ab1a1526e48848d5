"""A retail order is confirmed: the goods are kept for it, and the warehouse is told (R5, R6)."""

from __future__ import annotations

from ordercore.domain.fulfilment import delivery_window
from ordercore.domain.orders import DeliveryEstimated
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.processes.following import must
from ordercore.domain.processes.retail import stock
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import RETAIL_FULFILMENT
from ordercore.domain.processes.retail.starting import pay_back_excess, run, write
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.party import SYSTEM

__all__ = ["confirm"]


def confirm(turn: Turn[RetailRules]) -> None:
    """Confirm the order, work out when it arrives, and start to fulfil it.

    The order pays on delivery, or its money is there, and its lines are reserved.
    """
    must(turn.fire(T.CONFIRM, actor=SYSTEM))
    stock.keep(turn)
    pay_back_excess(turn, "the price was lowered meanwhile")
    handling = turn.rules.handling
    window = delivery_window(
        handling.calendar,
        ordered_at=turn.at,
        handling_days=handling.handling_days,
        transit_days=handling.transit_days,
    )
    turn.record(DeliveryEstimated(earliest=window.earliest, latest=window.latest))
    write(turn, "confirmed")
    run(turn, RETAIL_FULFILMENT, items={str(item.id): () for item in turn.order.open_items})
