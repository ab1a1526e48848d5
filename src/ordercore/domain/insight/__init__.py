"""What the orders of a tenant add up to."""

from ordercore.domain.insight.stats import (
    CurrencyStats,
    OrderGroup,
    OrderStats,
    order_group,
    summarise,
)

__all__ = ["CurrencyStats", "OrderGroup", "OrderStats", "order_group", "summarise"]
