"""Add up what became of all orders: states, money, contradictions, and a digest over everything.

Three equations hold at every moment::

    orders = sum over states = matched + over + under + without_items + without_payments + neither
    all items = items of orders + items without order        (count and amount)
    all payments = payments of orders + payments without order
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256
from typing import Final

from attrs import frozen

from ordercore.domain.tracking import Contradiction
from ordercore_adapters.olist.layout import CURRENCY
from ordercore_adapters.olist.replaying import Orphan, Replayed

__all__ = ["Example", "MoneyMatch", "Tally", "flags_of", "match_of"]

_EXAMPLES: Final = 3


class MoneyMatch(StrEnum):
    """How the payments of an order stand to its items, to the cent."""

    MATCHED = "matched"
    OVER = "over"
    UNDER = "under"
    WITHOUT_ITEMS = "without_items"
    WITHOUT_PAYMENTS = "without_payments"
    NEITHER = "neither"


@frozen(kw_only=True)
class Example:
    """A contradiction with the order it was found in."""

    order_id: str
    contradiction: Contradiction


class Tally:
    """What was counted so far; amounts in minor units.

    Attributes:
        states: Orders by final state and status word of the set.
        money: Orders by how payments and items match.
        totals: Amounts and rows by name.
        contradictions: How often each kind was found.
        contradicted: In how many orders each kind was found.
        examples: The first few of each kind.
        flagged: Orders with at least one contradiction.
        late: Delivered orders, in time and late.
    """

    def __init__(self) -> None:
        self.orders = 0
        self.flagged = 0
        self.states: Counter[tuple[str, str]] = Counter()
        self.money: Counter[MoneyMatch] = Counter()
        self.totals: Counter[str] = Counter()
        self.contradictions: Counter[str] = Counter()
        self.contradicted: Counter[str] = Counter()
        self.examples: dict[str, list[Example]] = {}
        self.late: Counter[str] = Counter()
        self._digest = sha256()

    @property
    def digest(self) -> str:
        """A digest over the results so far; equal results in equal order have equal digests."""
        return self._digest.hexdigest()

    def add(self, result: Replayed | Orphan) -> None:
        """Count one result."""
        self._digest.update(f"{_canonical(result)}\n".encode("ascii"))
        if isinstance(result, Orphan):
            self._orphan(result)
        else:
            self._order(result)

    def _orphan(self, orphan: Orphan) -> None:
        self.totals["orphan_items"] += orphan.items
        self.totals["orphan_items_minor"] += orphan.due_minor
        self.totals["orphan_payments"] += orphan.payments
        self.totals["orphan_payments_minor"] += orphan.paid_minor
        self.totals["ids_with_items_only"] += orphan.items > 0
        self.totals["ids_with_payments_only"] += orphan.payments > 0

    def _order(self, order: Replayed) -> None:
        timeline = order.timeline
        self.orders += 1
        self.states[str(timeline.state), order.said] += 1
        self.totals["items"] += order.items
        self.totals["price_minor"] += order.price_minor
        self.totals["freight_minor"] += order.freight_minor
        self.totals["payments"] += order.payments
        self.totals["payments_minor"] += order.paid_minor
        match = match_of(order)
        self.money[match] += 1
        self.totals[f"{match}_minor"] += order.paid_minor - order.due_minor
        if timeline.late_by is not None:
            self.late["late" if timeline.late_by.total_seconds() > 0 else "in_time"] += 1
        self.flagged += bool(timeline.contradictions)
        self.contradicted.update({str(each.code) for each in timeline.contradictions})
        for each in timeline.contradictions:
            self.contradictions[str(each.code)] += 1
            kept = self.examples.setdefault(str(each.code), [])
            if len(kept) < _EXAMPLES:
                kept.append(Example(order_id=order.order_id, contradiction=each))


def match_of(order: Replayed) -> MoneyMatch:
    """Return how the payments of ``order`` stand to its items."""
    if not order.items:
        return MoneyMatch.WITHOUT_ITEMS if order.payments else MoneyMatch.NEITHER
    if not order.payments:
        return MoneyMatch.WITHOUT_PAYMENTS
    if order.paid_minor == order.due_minor:
        return MoneyMatch.MATCHED
    return MoneyMatch.OVER if order.paid_minor > order.due_minor else MoneyMatch.UNDER


def flags_of(result: Replayed | Orphan) -> Iterator[dict[str, object]]:
    """Yield everything that is noteworthy about a result, as plain data with its ``kind``."""
    about: dict[str, object] = {"order": result.order_id}
    if isinstance(result, Orphan):
        amounts = {
            "items": result.items,
            "items_minor": result.due_minor,
            "payments": result.payments,
            "payments_minor": result.paid_minor,
            "currency": CURRENCY,
        }
        yield {"kind": "without_order", **about, **amounts}
        return
    about["state"] = str(result.timeline.state)
    about["status"] = result.said
    for each in result.timeline.contradictions:
        said = {"code": str(each.code), "what": each.what, "against": each.against}
        yield {"kind": "contradiction", **about, **said}
    match = match_of(result)
    if match is not MoneyMatch.MATCHED:
        amounts = {
            "match": str(match),
            "items_minor": result.due_minor,
            "payments_minor": result.paid_minor,
            "currency": CURRENCY,
        }
        yield {"kind": "money", **about, **amounts}


def _canonical(result: Replayed | Orphan) -> str:
    """Return one text for everything a result says."""
    if isinstance(result, Orphan):
        return json.dumps(
            [result.order_id, result.items, result.payments, result.due_minor, result.paid_minor]
        )
    timeline = result.timeline
    return json.dumps(
        [
            result.order_id,
            result.said,
            timeline.state,
            str(timeline.began_at),
            [[leg.row.trigger, leg.row.dest, str(leg.at)] for leg in timeline.path],
            [str(each) for each in timeline.contradictions],
            str(timeline.late_by),
            [result.items, result.price_minor, result.freight_minor],
            [result.payments, result.paid_minor],
        ]
    )
