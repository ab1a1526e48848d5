"""Everything a host may change about retail orders, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from attrs import Factory, field, frozen

from ordercore.domain.billing import (
    CREDIT_NOTE_NUMBERS,
    INVOICE_NUMBERS,
    NumberFormat,
    Party,
)
from ordercore.domain.catalog import Assortment
from ordercore.domain.delivery import DEFAULT_LIMIT, RedeliveryLimit
from ordercore.domain.fulfilment import delivery_window
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RETAIL, RETAIL_GUARDS, RetailFacts, RetailState
from ordercore.domain.payments import PAYMENT_KINDS
from ordercore.domain.processes.definitions import newest
from ordercore.domain.processes.refund_saga import REFUND
from ordercore.domain.processes.retail.sagas import (
    CREDIT_NOTE,
    LETTER,
    PAGE_PAYMENT,
    PAYMENT,
    RETAIL_FULFILMENT,
    SHIPPING,
)
from ordercore.domain.processes.routing import RETAIL_ROUTES
from ordercore.domain.processes.turn import StateTarget
from ordercore.engine.lifecycle import Guard, Lifecycle
from ordercore.engine.messaging import RoutingMatrix, WorkKind
from ordercore.engine.saga import SagaDefinition
from ordercore.kernel.calendar import BusinessCalendar
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id

__all__ = ["Handling", "RetailRules", "TARGETS"]

_FEWEST_AND_MOST = 2
_SOME_DAY = datetime(2024, 2, 29, tzinfo=UTC)
_NO_WAITING: Mapping[WorkKind, frozenset[str]] = MappingProxyType({})


def _target(state: RetailState, alert: timedelta, task: timedelta) -> StateTarget:
    return StateTarget(state=state, alert_after=alert, task_after=task)


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
TARGETS = (
    _target(RetailState.CONFIRMED, 4 * _HOUR, _DAY),
    _target(RetailState.IN_FULFILMENT, _DAY, 2 * _DAY),
    _target(RetailState.READY, _DAY, 2 * _DAY),
    _target(RetailState.SHIPPED, 7 * _DAY, 14 * _DAY),
    _target(RetailState.DELIVERED, 3 * _DAY, 7 * _DAY),  # only unconfirmed cash stays here
)
"""How long each state should last, by default."""


def _nothing() -> Assortment:
    return Assortment(version="empty", articles=())


@frozen(kw_only=True)
class Handling:
    """How long goods take, in business days.

    Attributes:
        calendar: Business days of the warehouse, with its cut-off hour.
        handling_days: Until the parcel is handed over.
        transit_days: The fewest and the most days the carrier needs.
        service: Which of the carrier's services.

    Raises:
        InvalidInput: no order could be told when it arrives, and that would come out once it is
            paid.
    """

    calendar: BusinessCalendar = Factory(BusinessCalendar)
    handling_days: int = 1
    transit_days: tuple[int, int] = (1, 3)
    service: str = "standard"

    def __attrs_post_init__(self) -> None:
        given: object = self.transit_days
        if not isinstance(given, tuple) or len(given) != _FEWEST_AND_MOST:
            allowed = "a tuple of the fewest and the most days"
            raise InvalidInput(field="transit_days", problem=f"got {given!r:.40}", allowed=allowed)
        delivery_window(
            self.calendar,
            ordered_at=_SOME_DAY,
            handling_days=self.handling_days,
            transit_days=self.transit_days,
        )


@frozen(kw_only=True)
class RetailRules:
    """The tables that govern retail orders.

    Attributes:
        assortment: What is sold, at which price.
        seller: Who invoices; without one nothing can be checked out.
        series: What the seller is called in the series of document numbers.
        sagas: The current saga definitions and older versions that may still be running.
        targets: How long states should last before somebody is told.
        held_for: How long goods that are to be paid on a page stay reserved before somebody else
            may have them; those paid by card are held until the attempt has come to an end.
        return_window: Until when after delivery goods may be sent back.
        redelivery: How often the letters about an order may be asked for again.
        most_lines: More lines than this are refused.
        most_units: More pieces of one line than this are refused.
        most_payment_attempts: After so many attempts to pay an order no other is begun.

    Raises:
        InvalidInput: the seller has no VAT id; every invoice would lack what it must say (EN 16931,
            BR-S-2 and BR-Z-2), and that would come out once the goods have left. Or the series
            cannot be the name of one.
    """

    assortment: Assortment = Factory(_nothing)
    seller: Party | None = None
    series: str = "main"
    lifecycle: Lifecycle = RETAIL
    guards: Mapping[str, Guard[RetailFacts]] = field(default=RETAIL_GUARDS, hash=False)
    sagas: tuple[SagaDefinition, ...] = (
        PAYMENT,
        PAGE_PAYMENT,
        RETAIL_FULFILMENT,
        SHIPPING,
        LETTER,
        CREDIT_NOTE,
        REFUND,
    )
    routes: RoutingMatrix = RETAIL_ROUTES
    handling: Handling = Factory(Handling)
    invoice_numbers: NumberFormat = INVOICE_NUMBERS
    credit_note_numbers: NumberFormat = CREDIT_NOTE_NUMBERS
    targets: tuple[StateTarget, ...] = TARGETS
    held_for: timedelta = timedelta(minutes=30)
    return_window: timedelta = timedelta(days=14)
    redelivery: RedeliveryLimit = DEFAULT_LIMIT
    most_lines: int = 100
    most_units: int = 1_000
    most_payment_attempts: int = 10

    def __attrs_post_init__(self) -> None:
        text_id(self.series, field="series")
        if self.seller is not None and self.seller.vat_id is None:
            raise InvalidInput(
                field="seller", problem="has no VAT id", allowed="a seller that can invoice"
            )

    @property
    def waiting(self) -> Mapping[WorkKind, frozenset[str]]:
        """Nothing waits for a retail order but its sagas, timers and its reservation."""
        return _NO_WAITING

    def facts(self, order: Order, at: datetime) -> RetailFacts:
        """Return what the guards look at, as far as the order itself tells."""
        sale = order.sale
        if sale is None:
            return RetailFacts()
        sums = order.balance
        terms = PAYMENT_KINDS[sale.payment]
        received = sums.refundable >= order.total  # what goes back is no longer there
        here = sums.authorised + sums.confirmed - sums.refund_requested - sums.missing
        delivered = sale.delivered_at
        return RetailFacts(
            pays_on_delivery=not terms.by_gateway,
            authorised=here >= order.total,
            collected=received,
            stock_reserved=sale.reserved,
            invoice_issued=sale.invoice is not None,
            money_received=received,
            return_open=delivered is not None and at <= delivered + self.return_window,
        )

    def saga(self, name: str, version: int | None = None) -> SagaDefinition:
        """Return a saga definition; without a version the newest.

        Raises:
            DefinitionError: when there is none, as for a saga started by a newer release.
        """
        return newest(self.sagas, name, version)
