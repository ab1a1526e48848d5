"""Gateway, warehouse, carrier and letters that do as a test tells them, each with honest books.

A plan for a verb holds what comes next: an outcome instead of an effect; `Lost` for an effect whose
answer never arrives; a function that is called first, for whatever happens at that very moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ordercore.domain.payments import PAYMENT_KINDS
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    HandOver,
    HandOverOutcome,
    LabelOutcome,
    LabelRequest,
    Letter,
    NotificationOutcome,
    PackOutcome,
    PackRequest,
    PaymentPage,
    PickOutcome,
    PickRequest,
    PutBackOutcome,
    RefundRequest,
    VoidLabelOutcome,
    VoidRequest,
)
from ordercore_adapters import memory
from tests.unit.app.providers import Lost, Script

__all__ = ["Depot", "Haulier", "Mailbox", "Till"]

O = TypeVar("O")  # noqa: E741 - an outcome of any port


async def played(script: Script, verb: str, key: str, act: Callable[[], Awaitable[O]]) -> O:
    """Do as planned for the verb, or act."""
    told: Any = script.next(verb, key)
    if callable(told):
        told = told()
    if told is None:
        return await act()
    if isinstance(told, Lost):
        await act()
        raise told
    assert isinstance(told, (Succeeded, Accepted, Failed, Rejected, Unclear, Absent)) or told
    outcome: O = told
    return outcome


class Till:
    """A gateway; its books are those of the honest one behind it."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.books = memory.InstantGateway()

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold or take the money."""
        act = self.books.authorise
        return await played(self.script, "authorise", request.key, lambda: act(request))

    async def capture(self, request: CaptureRequest) -> GatewayOutcome:
        """Take what is held."""
        act = self.books.capture
        return await played(self.script, "capture", request.key, lambda: act(request))

    async def void(self, request: VoidRequest) -> GatewayOutcome:
        """Let go of what is held."""
        return await played(self.script, "void", request.key, lambda: self.books.void(request))

    async def refund(self, request: RefundRequest) -> GatewayOutcome:
        """Give money back."""
        act = self.books.refund
        return await played(self.script, "give back", request.key, lambda: act(request))

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Say how it stands."""
        return await played(self.script, "find payment", key, lambda: self.books.find(tenant, key))

    async def page(self, tenant: TenantId, key: str) -> PaymentPage | None:
        """Return the page."""
        return await played(self.script, "page", key, lambda: self.books.page(tenant, key))

    def pay(self, tenant: TenantId, key: str) -> bool:
        """Play the customer on a page; False when the page is closed."""
        attempt = self.books.authorised.get((tenant, key))
        closed = any(void.authorisation_key == key for void in self.books.voided.values())
        if attempt is None or closed:
            return False
        self.books.settle(tenant, key)
        return True

    def taken(self, order_id: OrderId, currency: str = "EUR") -> Money:
        """Return what was really taken for an order, before anything was given back."""
        captures = [c.amount for c in self.books.captured.values() if c.order_id == order_id]
        sales = [
            attempt.amount
            for (tenant, key), attempt in self.books.authorised.items()
            if attempt.order_id == order_id and self._was_taken(tenant, key)
        ]
        return Money.total([*captures, *sales], currency=currency)

    def given_back(self, order_id: OrderId, currency: str = "EUR") -> Money:
        """Return what was really given back."""
        back = (r.amount for r in self.books.refunded.values() if r.order_id == order_id)
        return Money.total(back, currency=currency)

    def held(self, order_id: OrderId, currency: str = "EUR") -> Money:
        """Return what is held and was neither taken nor let go."""
        let_go = {v.authorisation_key for v in self.books.voided.values()}
        held = Money.zero(currency)
        for attempt in self.books.authorised.values():
            waits = attempt.order_id == order_id and attempt.key not in let_go
            if waits and not PAYMENT_KINDS[attempt.kind].sale:
                held += attempt.amount
                for capture in self.books.captured.values():
                    if capture.authorisation_key == attempt.key:
                        held -= capture.amount
        return held

    def _was_taken(self, tenant: TenantId, key: str) -> bool:
        terms = PAYMENT_KINDS[self.books.authorised[tenant, key].kind]
        return terms.sale and (not terms.page or (tenant, key) in self.books.settled)


class Depot:
    """A warehouse; its books are those of the honest one behind it."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.books = memory.InstantWarehouse()

    async def pick(self, request: PickRequest) -> PickOutcome:
        """Pick a line."""
        act = self.books.pick
        return await played(self.script, f"pick {request.item}", request.key, lambda: act(request))

    async def find_pick(self, tenant: TenantId, key: str) -> PickOutcome:
        """Say whether it was picked."""
        return await played(
            self.script, "find pick", key, lambda: self.books.find_pick(tenant, key)
        )

    async def put_back(self, tenant: TenantId, *, key: str, pick_key: str) -> PutBackOutcome:
        """Put a line back."""
        act = self.books.put_back
        return await played(
            self.script, "put back", key, lambda: act(tenant, key=key, pick_key=pick_key)
        )

    async def pack(self, request: PackRequest) -> PackOutcome:
        """Pack what was picked."""
        act = self.books.pack
        return await played(self.script, "pack", request.key, lambda: act(request))

    async def find_pack(self, tenant: TenantId, key: str) -> PackOutcome:
        """Say whether it was packed."""
        return await played(
            self.script, "find pack", key, lambda: self.books.find_pack(tenant, key)
        )

    def out(self, order_id: OrderId) -> set[str]:
        """Return the items that are off their shelf for an order."""
        return {
            request.item
            for key, request in self.books.picks.items()
            if request.order_id == order_id and key not in self.books.put_back_keys
        }


class Haulier:
    """A carrier; its books are those of the honest one behind it."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.books = memory.InstantCarrier()

    async def label(self, request: LabelRequest) -> LabelOutcome:
        """Announce a parcel."""
        return await played(self.script, "label", request.key, lambda: self.books.label(request))

    async def find_label(self, tenant: TenantId, key: str) -> LabelOutcome:
        """Say whether it was announced."""
        act = self.books.find_label
        return await played(self.script, "find label", key, lambda: act(tenant, key))

    async def void_label(
        self, tenant: TenantId, *, key: str, label_key: str, label: str | None
    ) -> VoidLabelOutcome:
        """Take a label back."""
        act = self.books.void_label
        return await played(
            self.script,
            "void label",
            key,
            lambda: act(tenant, key=key, label_key=label_key, label=label),
        )

    async def hand_over(self, request: HandOver) -> HandOverOutcome:
        """Take the parcel."""
        act = self.books.hand_over
        return await played(self.script, "hand over", request.key, lambda: act(request))

    async def find_hand_over(self, tenant: TenantId, key: str) -> HandOverOutcome:
        """Say whether it was taken."""
        act = self.books.find_hand_over
        return await played(self.script, "find hand-over", key, lambda: act(tenant, key))

    def labels(self, order_id: OrderId) -> list[str]:
        """Return the keys of the labels that are good."""
        return [
            key
            for (tenant, key), request in self.books.labels.items()
            if request.order_id == order_id and (tenant, key) not in self.books.voided
        ]

    def left(self, order_id: OrderId) -> bool:
        """Return whether the parcel has left."""
        return any(over.order_id == order_id for over in self.books.handed_over.values())


class Mailbox:
    """Takes letters as planned; keeps the first under each key."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.letters: dict[str, Letter] = {}

    async def send(self, letter: Letter) -> NotificationOutcome:
        """Send a letter."""

        async def act() -> NotificationOutcome:
            self.letters.setdefault(letter.key, letter)
            return Succeeded()

        return await played(self.script, "letter", letter.key, act)

    def kinds(self, order_id: OrderId) -> list[str]:
        """Return what was written about, in order."""
        return [str(each.kind) for each in self.letters.values() if each.order_id == order_id]
