"""Send a letter once more: decide, record, and let a saga of its own do the sending.

What goes out is written anew, so it says how the order is by then; a letter of which that would be
untrue is not sent.
"""

from __future__ import annotations

from ordercore.domain.delivery import asked_too_often
from ordercore.domain.orders import LetterRequested
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.shipping import is_overtaken
from ordercore.domain.processes.retail.starting import write
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.result import Refusal

__all__ = ["resend"]


def resend(turn: Turn[RetailRules], letter: str) -> Refusal | None:
    """Record the request and start sending.

    Returns:
        None, or a refusal: ``no_such_letter`` where it was never sent, ``letter_overtaken`` where
        it is no longer so, ``redelivery_limited``.
    """
    order = turn.order
    assert order.sale is not None, "letters are written about goods"
    if letter not in order.sale.letters:
        written = ", ".join(order.sale.letters) or "none"
        return Refusal(
            code="no_such_letter", reason=f"no such letter was sent; those that were: {written}"
        )
    if is_overtaken(letter, order.state):
        return Refusal(code="letter_overtaken", reason=f"the order is {order.state} by now")
    too_often = asked_too_often(order, now=turn.at, limit=turn.rules.redelivery)
    if too_often is not None:
        return too_often
    turn.record(LetterRequested(letter=letter))
    write(turn, letter)
    return None
