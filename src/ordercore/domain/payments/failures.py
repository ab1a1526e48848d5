"""Why a payment did not go through, told apart by stable codes (R3).

The codes are what providers answer with (`Rejected`, `Failed`), what declines in the ledger carry
and what hosts may act on. A provider's own codes are translated to them by its adapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["FAILURE_CLASSES", "FailureClass", "PaymentFailure"]


class PaymentFailure(StrEnum):
    """What went wrong."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    INVALID_DETAILS = "invalid_details"
    DECLINED = "declined"
    AUTHORISATION_EXPIRED = "authorisation_expired"
    GATEWAY_DOWN = "gateway_down"
    GATEWAY_TIMEOUT = "gateway_timeout"


class FailureClass(StrEnum):
    """What follows from a failure; each class has a plan of its own."""

    REFUSED = "refused"  # final under this key; the customer may try again, with a new attempt
    WITHOUT_EFFECT = "without_effect"  # nothing happened; repeated under the same key
    UNKNOWN = "unknown"  # looked up under the same key; no new attempt meanwhile


FAILURE_CLASSES: Final[Mapping[PaymentFailure, FailureClass]] = MappingProxyType(
    {
        PaymentFailure.INSUFFICIENT_FUNDS: FailureClass.REFUSED,
        PaymentFailure.INVALID_DETAILS: FailureClass.REFUSED,
        PaymentFailure.DECLINED: FailureClass.REFUSED,
        PaymentFailure.AUTHORISATION_EXPIRED: FailureClass.REFUSED,
        PaymentFailure.GATEWAY_DOWN: FailureClass.WITHOUT_EFFECT,
        PaymentFailure.GATEWAY_TIMEOUT: FailureClass.UNKNOWN,
    }
)
"""What each failure means; a provider says it with `Rejected`, `Failed` or `Unclear`."""
