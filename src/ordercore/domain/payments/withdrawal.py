"""What goes back when a consumer withdraws after asking for provisioning at once (P5).

A consumer who expressly asked that the service start within the withdrawal period owes the part
that was used: whole days begun, of the billing period. Everything else goes back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ordercore.domain.catalog import BillingCycle
from ordercore.kernel.money import Money, Rounding, round_ratio
from ordercore.kernel.time import add_months

__all__ = ["WITHDRAWAL_PERIOD", "unused_share"]

WITHDRAWAL_PERIOD = timedelta(days=14)

_MONTHS = {BillingCycle.MONTHLY: 1, BillingCycle.ANNUAL: 12}
_DAY = timedelta(days=1)


def unused_share(
    paid: Money, *, cycle: BillingCycle, active_at: datetime, withdrawn_at: datetime
) -> Money:
    """Return the part of ``paid`` for the days of the billing period not begun yet.

    Args:
        paid: What was paid for one item and one billing period.
        cycle: The billing period.
        active_at: When the item became usable.
        withdrawn_at: When the customer withdrew.
    """
    period_days = (add_months(active_at, _MONTHS[cycle]) - active_at).days
    begun = -((active_at - withdrawn_at) // _DAY)
    unused_days = max(0, period_days - max(0, begun))
    unused = round_ratio(paid.amount_minor * unused_days, period_days, Rounding.HALF_EVEN)
    return Money(unused, paid.currency)
