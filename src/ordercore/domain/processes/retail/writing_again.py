"""Send a letter once more: decide, record, and let a saga of its own do the sending.

What goes out is written anew, so it says how the order is by then; a letter of which that would be
untrue is not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ordercore.domain.delivery import asked_too_often
from ordercore.domain.orders import LetterRequested
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.starting import write
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.result import Refusal

__all__ = ["resend"]

_SOLD: Final = frozenset(S) - {S.CANCELLED, S.RETURNED}
_HOLDS_IN: Final[Mapping[str, frozenset[S]]] = MappingProxyType(
    {"awaiting-payment": frozenset({S.AWAITING_PAYMENT}), "confirmed": _SOLD, "shipped": _SOLD}
)
"""The states in which what a letter says is still so; the others tell what is over anyway."""


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
    if order.state not in _HOLDS_IN.get(letter, frozenset(S)):
        return Refusal(code="letter_overtaken", reason=f"the order is {order.state} by now")
    too_often = asked_too_often(order, now=turn.at, limit=turn.rules.redelivery)
    if too_often is not None:
        return too_often
    turn.record(LetterRequested(letter=letter))
    write(turn, letter)
    return None
