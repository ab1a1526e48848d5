"""Everything a host may change about provisioning orders, as one value.

Lifecycle, guards, catalogue, price books, saga tables, routing matrix, tolerance rates and limits
are data. A host passes its own `ProvisioningRules` with the ports; nothing is registered anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from attrs import Factory, field, frozen

from ordercore.domain.catalog import Catalogue, default_catalogue
from ordercore.domain.delivery import DEFAULT_LIMIT, RedeliveryLimit
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import (
    PROVISIONING,
    PROVISIONING_GUARDS,
    LifeFacts,
    ProvisioningState,
)
from ordercore.domain.pricing import (
    ConversionRate,
    PriceBooks,
    Tolerance,
    default_price_book,
    tolerance_for,
)
from ordercore.domain.processes.definitions import newest
from ordercore.domain.processes.provisioning.sagas import FULFILMENT, REDELIVERY, REFUND
from ordercore.domain.processes.routing import PROVISIONING_ROUTES
from ordercore.domain.processes.turn import StateTarget
from ordercore.domain.validation import ALL_RULES, STATIC_RULES, OrderFacts
from ordercore.engine.checks import Rule
from ordercore.engine.lifecycle import Guard, Lifecycle
from ordercore.engine.messaging import RoutingMatrix, WorkKind
from ordercore.engine.saga import SagaDefinition

__all__ = ["ProvisioningRules"]

_WAITING: Mapping[WorkKind, frozenset[str]] = MappingProxyType(
    {
        WorkKind.VALIDATION: frozenset(
            {ProvisioningState.PAYMENT_CONFIRMED, ProvisioningState.VALIDATING}
        )
    }
)


def _default_books() -> PriceBooks:
    return PriceBooks(books=(default_price_book(),))


@frozen(kw_only=True)
class ProvisioningRules:
    """The tables that govern provisioning orders.

    Attributes:
        placement_checks: Run when an order is placed, before money moves.
        validation_checks: Run in the state ``validating``, with live facts.
        sagas: The current saga definitions and older versions that may still be running.
        rates: Rates from EUR, for the tolerance in other currencies.
    """

    lifecycle: Lifecycle = PROVISIONING
    guards: Mapping[str, Guard[LifeFacts]] = field(default=PROVISIONING_GUARDS, hash=False)
    catalogue: Catalogue = Factory(default_catalogue)
    price_books: PriceBooks = Factory(_default_books)
    placement_checks: tuple[Rule[OrderFacts], ...] = STATIC_RULES
    validation_checks: tuple[Rule[OrderFacts], ...] = ALL_RULES
    sagas: tuple[SagaDefinition, ...] = (FULFILMENT, REFUND, REDELIVERY)
    routes: RoutingMatrix = PROVISIONING_ROUTES
    rates: tuple[ConversionRate, ...] = ()
    redelivery: RedeliveryLimit = DEFAULT_LIMIT

    @property
    def waiting(self) -> Mapping[WorkKind, frozenset[str]]:
        """A paid order waits for its validation, and no other does."""
        return _WAITING

    @property
    def targets(self) -> tuple[StateTarget, ...]:
        """None: every state that should not last has a timeout."""
        return ()

    def facts(self, order: Order, at: datetime) -> LifeFacts:
        """Return what the guards look at; the instant makes no difference."""
        return order.facts

    def tolerance(self, currency: str) -> Tolerance:
        """Return the tolerance for amounts from outside in ``currency``."""
        rate = next((rate for rate in self.rates if rate.quote == currency), None)
        return tolerance_for(currency, rate=rate)

    def saga(self, name: str, version: int | None = None) -> SagaDefinition:
        """Return a saga definition; without a version the newest.

        Raises:
            DefinitionError: when there is none, as for a saga started by a newer release.
        """
        return newest(self.sagas, name, version)
