"""Cancel a retail order before it leaves: stock, parcel, money and invoice are put right (R1)."""

from __future__ import annotations

from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.processes.retail import stock
from ordercore.domain.processes.retail.paying import let_go_payment
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.sagas import HAND_OVER, RETAIL_FULFILMENT, SHIPPING
from ordercore.domain.processes.retail.starting import credit, take_back
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import ORDER_BRANCH, Phase
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal

__all__ = ["call_off", "is_leaving"]

_NOT_YET = frozenset({Phase.TODO, Phase.PARKED, Phase.SKIPPED, Phase.UNDONE, Phase.RESOLVED})


def call_off(turn: Turn[RetailRules], reason: str, *, actor: Actor | None = None) -> Refusal | None:
    """Cancel the order and take back what it has.

    Returns:
        None, or a refusal: ``not_permitted``, or ``leaving`` while the parcel is being handed
        over, or may have been, since nobody could stop it any more. Where that is in doubt for
        good an operator, who can ask the carrier, may cancel it all the same.

    Raises:
        TransitionNotAllowed: the order is past cancelling.
    """
    refused = turn.fire(T.CANCEL, actor=actor, reason=reason)
    if refused is not None:
        return refused
    if is_leaving(turn, by_operator=(actor or turn.actor).role == Role.OPERATOR):
        return Refusal(
            code="leaving", reason="the parcel is being handed over; it can be sent back"
        )
    take_back(turn, turn.newest_saga(SHIPPING.name), reason)
    stock.let_go(turn, reason)
    take_back(turn, turn.newest_saga(RETAIL_FULFILMENT.name), reason)
    let_go_payment(turn, reason)
    credit(turn, reason)
    return None


def is_leaving(turn: Turn[RetailRules], *, by_operator: bool) -> bool:
    """Return whether the parcel is being handed over, or may have been.

    Args:
        turn: The order.
        by_operator: Whoever wants to know can ask the carrier where that is in doubt for good.
    """
    shipping = turn.newest_saga(SHIPPING.name)
    if shipping is None:
        return False
    run = shipping.branch(ORDER_BRANCH).run(HAND_OVER)
    sale = turn.order.sale
    invoiced = sale is not None and sale.invoice is not None  # before that no carrier is asked
    tried_again = run.failures > 0 or run.attempt > 1  # an operator's retry counts failures anew
    if run.phase is Phase.PARKED and tried_again and invoiced:
        # Given up, not refused: of several tries one may have been carried out unheard.
        return not by_operator
    return run.phase not in _NOT_YET
