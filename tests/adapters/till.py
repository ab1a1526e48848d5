"""A till: a simulated gateway, the clock it goes by, and one order that is paid for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import evolve

from ordercore.domain.payments import PaymentKind, PaymentToken
from ordercore.engine.saga import Rejected
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    RefundRequest,
    VoidRequest,
)
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import (
    FaultPlan,
    Rates,
    SimulatedGateway,
    VirtualClock,
)

TENANT, ORDER = TenantId("tenant-a"), OrderId("order-1")
CARD = AuthoriseRequest(
    key="try-1",
    tenant=TENANT,
    order_id=ORDER,
    kind=PaymentKind.CREDIT_CARD,
    amount=Money(1000, "EUR"),
    token=PaymentToken("tok-good"),
)
TRANSFER = evolve(CARD, kind=PaymentKind.BANK_TRANSFER, token=None)
TAKE = CaptureRequest(
    key="take-1",
    tenant=TENANT,
    order_id=ORDER,
    authorisation_key="try-1",
    amount=Money(1000, "EUR"),
)
VOID = VoidRequest(key="void-1", tenant=TENANT, order_id=ORDER, authorisation_key="try-1")


class Till:
    """A gateway and the clock it goes by."""

    def __init__(self, folder: Path, **fates: str) -> None:
        rates = {kind: Rates(**{fate: 1000}) for kind, fate in fates.items()}
        self.clock = VirtualClock(START)
        self.gateway = SimulatedGateway(
            folder / "gateway.sqlite3", faults=FaultPlan(seed=1, rates=rates), clock=self.clock
        )

    def ask(self, request: Any) -> GatewayOutcome | None:
        """Make a call; None when it timed out."""
        calls: dict[type, Any] = {
            AuthoriseRequest: self.gateway.authorise,
            CaptureRequest: self.gateway.capture,
            VoidRequest: self.gateway.void,
            RefundRequest: self.gateway.refund,
        }
        try:
            outcome: GatewayOutcome = drive(calls[type(request)](request))
        except TimeoutError:
            return None
        return outcome

    def find(self, key: str = "try-1") -> GatewayOutcome:
        """Look an effect up."""
        outcome: GatewayOutcome = drive(self.gateway.find(TENANT, key))
        return outcome

    def held(self) -> int:
        """Sum what is held for the order, in cents."""
        return sum(a.amount_minor for a in self.gateway.held(TENANT, ORDER).values())

    def taken(self) -> int:
        """Sum what was taken for the order, in cents."""
        return sum(a.amount_minor for a in self.gateway.taken(TENANT, ORDER).values())

    def url(self, key: str = "try-1") -> str:
        """Return the address of an open page."""
        page = drive(self.gateway.page(TENANT, key))
        assert page is not None
        return page.url

    def told(self) -> list[tuple[str, str]]:
        """Fetch what is due; return type and key of each."""
        deliveries = self.gateway.webhooks.drain(lambda id_, at, body: {"webhook-id": id_})
        contents = [json.loads(delivery.body) for delivery in deliveries]
        return [(content["type"], content["data"]["key"]) for content in contents]


def code(outcome: GatewayOutcome | None) -> str:
    """Return why something was refused."""
    assert isinstance(outcome, Rejected), outcome
    return outcome.code
