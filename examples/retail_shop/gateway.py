"""The payment provider as the shop sees it: a simulated gateway whose pages this shop shows too.

Where the customer pays is a page under ``/provider``, which stands for the provider's own server.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from attrs import evolve, frozen

from ordercore import Money
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.time import parse_instant
from ordercore.ports import Clock, PaymentPage
from ordercore_adapters.simulated import FAULT_FREE, FaultPlan, SimulatedGateway

__all__ = ["OpenPage", "ShopGateway"]

_THEIRS = "https://pay.example/"


@frozen(kw_only=True)
class OpenPage:
    """What the provider shows on a page.

    Attributes:
        url: The provider's own name of it.
        kind: How it is paid.
        closes_at: When it closes by itself.
    """

    url: str
    order_id: str
    kind: str
    amount: Money
    closes_at: datetime


class ShopGateway(SimulatedGateway):
    """A simulated gateway with an address under which its pages can be opened."""

    def __init__(
        self,
        path: Path,
        *,
        site: str,
        clock: Clock,
        faults: FaultPlan = FAULT_FREE,
    ) -> None:
        """Keep the provider's books in ``path``; show its pages under ``site``."""
        super().__init__(path, faults=faults, clock=clock)
        self._site = site

    async def page(self, tenant: TenantId, key: str) -> PaymentPage | None:
        """Return the page of an attempt, under an address that can be opened."""
        page = await super().page(tenant, key)
        if page is None:
            return None
        return evolve(page, url=self._site + page.url.removeprefix(_THEIRS))

    def open_page(self, reference: str) -> OpenPage | None:
        """Return what the provider shows at an address; None when nothing can be paid there."""
        rows = self.books.rows(
            "SELECT order_id, kind, amount_minor, currency, due_at FROM authorisations "
            "WHERE reference = ? AND status = 'waiting'",
            (reference,),
        )
        for order_id, kind, minor, currency, due_at in rows:
            closes_at = parse_instant(str(due_at))
            if closes_at > self._clock.now():
                return OpenPage(
                    url=_THEIRS + reference,
                    order_id=str(order_id),
                    kind=str(kind),
                    amount=Money(int(str(minor)), str(currency)),
                    closes_at=closes_at,
                )
        return None

    def order_behind(self, reference: str) -> OrderId | None:
        """Return the order that a page is or was for."""
        rows = self.books.rows(
            "SELECT order_id FROM authorisations WHERE reference = ?", (reference,)
        )
        return OrderId(str(rows[0][0])) if rows else None
