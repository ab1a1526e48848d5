"""Everything a host may change about provisioning orders, as one value.

Lifecycle, guards, catalogue, price books, saga tables, routing matrix, tolerance rates and limits
are data. A host passes its own `ProvisioningRules` with the ports; nothing is registered anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, field, frozen

from ordercore.domain.catalog import Catalogue, default_catalogue
from ordercore.domain.delivery import DEFAULT_LIMIT, RedeliveryLimit
from ordercore.domain.orders.lifecycles import PROVISIONING, PROVISIONING_GUARDS, LifeFacts
from ordercore.domain.pricing import (
    ConversionRate,
    PriceBooks,
    Tolerance,
    default_price_book,
    tolerance_for,
)
from ordercore.domain.processes.routing import PROVISIONING_ROUTES
from ordercore.domain.processes.sagas import FULFILMENT, REDELIVERY, REFUND
from ordercore.domain.validation import ALL_RULES, STATIC_RULES, OrderFacts
from ordercore.engine.checks import Rule
from ordercore.engine.lifecycle import Guard, Lifecycle
from ordercore.engine.messaging import RoutingMatrix
from ordercore.engine.saga import SagaDefinition
from ordercore.kernel.errors import DefinitionError

__all__ = ["ProvisioningRules"]


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

    def tolerance(self, currency: str) -> Tolerance:
        """Return the tolerance for amounts from outside in ``currency``."""
        rate = next((rate for rate in self.rates if rate.quote == currency), None)
        return tolerance_for(currency, rate=rate)

    def saga(self, name: str, version: int | None = None) -> SagaDefinition:
        """Return a saga definition; without a version the newest.

        Raises:
            DefinitionError: when there is none, as for a saga started by a newer release.
        """
        matching = [
            saga
            for saga in self.sagas
            if saga.name == name and (version is None or saga.version == version)
        ]
        if not matching:
            wanted = name if version is None else f"{name} version {version}"
            raise DefinitionError(name="sagas", problems=(f"there is no saga {wanted}",))
        return max(matching, key=lambda saga: saga.version)
