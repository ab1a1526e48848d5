"""The order aggregate: a small, often changing life beside a body that rarely changes.

An order is the fold of its events (`ordercore.domain.orders.evolve`); nothing else makes one. Its
version is the number of events folded, so it names exactly one place in the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.orders.lifecycles import LifeFacts
from ordercore.domain.orders.lines import OPEN_ITEM_STATES, ItemState, OrderItem
from ordercore.domain.orders.sale import Sale
from ordercore.domain.payments import Balance, LedgerEntry, balance
from ordercore.domain.pricing import vat_by_rate
from ordercore.kernel.errors import NotFound
from ordercore.kernel.ids import ItemId, OrderId, SagaId, TenantId
from ordercore.kernel.money import Money

__all__ = ["Life", "Order", "SagaRef"]


@frozen(kw_only=True)
class Life:
    """The part of an order that every event changes.

    Attributes:
        state: A state of the order's lifecycle.
        version: Number of events so far.
        entered_at: When the state was entered; timeouts count from here.
        updated_at: When the last event happened.
        overdue: It was said that the order has been in this state for too long.
    """

    state: str
    version: int
    entered_at: datetime
    updated_at: datetime
    overdue: bool = False


@frozen(kw_only=True)
class SagaRef:
    """A saga that was started for an order."""

    id: SagaId
    definition: str


@frozen(kw_only=True)
class Order:
    """One order.

    Attributes:
        reference: The customer's own number, unique per tenant for good.
        customer: Who ordered; personal.
        billing_cycle: How often it is billed; None for goods, which are paid once.
        express_request: The customer expressly asked for provisioning at once.
        quote_rate: The rate a quote in another currency was compared with; None without one.
        sagas: Every saga started for the order, oldest first.
        submitted_at: When the customer first submitted it; None while a draft.
        redeliveries: When somebody asked for credentials, or for a letter, once more.
        deleted_at: When it was hidden (cancelled orders are); None while visible.
        sale: The selling side of an order of goods; None for services.
    """

    tenant: TenantId
    id: OrderId
    kind: str
    reference: str
    customer: str = field(repr=False)
    currency: str
    billing_cycle: BillingCycle | None
    items: tuple[OrderItem, ...]
    life: Life
    created_at: datetime
    express_request: bool = False
    quote_rate: str | None = None
    ledger: tuple[LedgerEntry, ...] = ()
    sagas: tuple[SagaRef, ...] = ()
    submitted_at: datetime | None = None
    redeliveries: tuple[datetime, ...] = ()
    deleted_at: datetime | None = None
    sale: Sale | None = None

    @property
    def state(self) -> str:
        """The state of the lifecycle it is in."""
        return self.life.state

    @property
    def version(self) -> int:
        """Number of events so far; what optimistic locking compares."""
        return self.life.version

    @property
    def total(self) -> Money:
        """What it costs: services net of tax, goods with the tax on what was not cancelled."""
        if self.sale is None:
            return Money.total((item.price for item in self.items), currency=self.currency)
        # As on paper: the invoice less its credit notes, each of which rounds its tax (BR-CO-17).
        credited = [
            (item.credited, item.vat_basis_points)
            for item in self.open_items
            if item.credited is not None
        ]
        return self.billed - self._with_tax(credited) if credited else self.billed

    @property
    def billed(self) -> Money:
        """What the invoice of an order of goods asks for, tax included; credit notes apart."""
        return self._with_tax((item.billed, item.vat_basis_points) for item in self.open_items)

    @property
    def open_items(self) -> tuple[OrderItem, ...]:
        """The lines that were not cancelled."""
        return tuple(item for item in self.items if item.state is not ItemState.CANCELLED)

    @property
    def balance(self) -> Balance:
        """Every sum of the ledger."""
        return balance(self.ledger, currency=self.currency)

    def _with_tax(self, lines: Iterable[tuple[Money, int]]) -> Money:
        rows = vat_by_rate(lines, currency=self.currency)
        return Money.total((row.net + row.vat for row in rows), currency=self.currency)

    def item(self, item_id: str) -> OrderItem:
        """Return the item with this id.

        Raises:
            NotFound: when the order has no such item.
        """
        for item in self.items:
            if item.id == item_id:
                return item
        raise NotFound(kind="item", id=f"{self.id}/{item_id}")

    def items_in(self, *states: ItemState) -> tuple[ItemId, ...]:
        """Return the ids of the items in any of ``states``."""
        return tuple(item.id for item in self.items if item.state in states)

    @property
    def facts(self) -> LifeFacts:
        """What the lifecycle's guards look at."""
        return LifeFacts(
            active_items=len(self.items_in(ItemState.ACTIVE)),
            open_items=len(self.items_in(*OPEN_ITEM_STATES)),
            refund_settled=self.balance.outstanding.is_zero,
        )
