"""Guards of the retail lifecycle: what must be true besides the state (R1).

Each guard has a stable id, reads `RetailFacts` and nothing else, and answers with a `Refusal` or
None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from ordercore.engine.lifecycle import Guard
from ordercore.kernel.result import Refusal

__all__ = ["RETAIL_GUARDS", "RetailFacts"]


@frozen(kw_only=True)
class RetailFacts:
    """What the guards may look at, gathered by the caller; every default is "not yet".

    Attributes:
        pays_on_delivery: Cash on delivery or paid in person.
        authorised: A payment of the full amount is authorised or has arrived.
        collected: Whatever has to be captured before shipping is captured.
        stock_reserved: Every line is reserved.
        invoice_issued: The invoice has its number.
        money_received: The full amount has arrived, cash included.
        undeliverable: The carrier brings it back: refused, lost or not to be delivered.
        return_open: The return window has not closed.
    """

    pays_on_delivery: bool = False
    authorised: bool = False
    collected: bool = False
    stock_reserved: bool = False
    invoice_issued: bool = False
    money_received: bool = False
    undeliverable: bool = False
    return_open: bool = False


def _needs(code: str, reason: str, holds: Callable[[RetailFacts], bool]) -> Guard[RetailFacts]:
    def guard(facts: RetailFacts) -> Refusal | None:
        return None if holds(facts) else Refusal(code=code, reason=reason)

    guard.__doc__ = f"Refuse unless the facts allow it: {reason}."
    return guard


RETAIL_GUARDS: Final[Mapping[str, Guard[RetailFacts]]] = MappingProxyType(
    {
        "pays_on_delivery": _needs(
            "payment_first",
            "only cash on delivery or payment in person is confirmed without a payment",
            lambda facts: facts.pays_on_delivery,
        ),
        "payment_authorised": _needs(
            "not_authorised",
            "no payment of the full amount is authorised",
            lambda facts: facts.authorised,
        ),
        "stock_reserved": _needs(
            "stock_not_reserved", "not every line is reserved", lambda facts: facts.stock_reserved
        ),
        "payment_collected": _needs(
            "not_collected",
            "the payment has to be captured before the goods leave",
            lambda facts: facts.collected or facts.pays_on_delivery,
        ),
        "invoice_issued": _needs(
            "no_invoice", "goods are shipped with their invoice", lambda facts: facts.invoice_issued
        ),
        "money_received": _needs(
            "money_missing",
            "the full amount has not arrived",
            lambda facts: facts.money_received,
        ),
        "undeliverable": _needs(
            "still_on_its_way",
            "goods on their way come back only when refused, lost or undeliverable",
            lambda facts: facts.undeliverable,
        ),
        "return_open": _needs(
            "return_window_closed",
            "the return window has closed",
            lambda facts: facts.return_open,
        ),
    }
)
