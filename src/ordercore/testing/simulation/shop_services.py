"""Proxies around gateway, warehouse, carrier and letters, as there are around cloud and bank.

What the honest gateway refuses because more was asked than there is, or because a key came back
with another content, is nothing that goes wrong outside: the library asked, and breaks a law.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from attrs import define

from ordercore.domain.payments import PaymentFailure
from ordercore.engine.saga import Failed, Rejected
from ordercore.kernel.ids import TenantId
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
from ordercore.testing.simulation.faults import Fault
from ordercore.testing.simulation.gate import Passage, outage
from ordercore.testing.simulation.gateway import Gateway
from ordercore.testing.simulation.logistics import Carrier, Warehouse
from ordercore.testing.simulation.providers import Mood, Post
from ordercore.testing.simulation.services import BUSY, Seam, mood_of

__all__ = ["CarrierSeam", "GatewaySeam", "LettersSeam", "WarehouseSeam"]

A = TypeVar("A")

_DOWN = Failed(code=PaymentFailure.GATEWAY_DOWN, reason="the provider could not take the call")
_DECLINED = Rejected(code=PaymentFailure.DECLINED, reason="the issuer said no")
_OURS = frozenset({"key_reused", "over_capture", "over_refund", "unknown_payment"})
"""Refusals for which nobody outside is to blame."""


_MovesMoney = AuthoriseRequest | CaptureRequest | VoidRequest | RefundRequest


class _Moody(Protocol):
    mood: Mood


def _in_mood(
    provider: _Moody, call: Callable[[], Awaitable[A]]
) -> Callable[[Passage], Awaitable[A]]:
    async def made(passage: Passage) -> A:
        provider.mood = mood_of(passage)
        return await call()

    return made


@define
class GatewaySeam(Seam):
    """The way to the payment provider.

    Attributes:
        on_notices: Called when something may have happened that the provider tells by itself.
    """

    gateway: Gateway
    on_notices: Callable[[], None]

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold the money, or not."""
        what = self._site(request)
        call = self._guarded(request, lambda: self.gateway.authorise(request))
        return await self._money("authorise", what, call)

    async def capture(self, request: CaptureRequest) -> GatewayOutcome:
        """Take it, or not."""
        what = self._site(request)
        call = self._guarded(request, lambda: self.gateway.capture(request))
        return await self._money("capture", what, call)

    async def void(self, request: VoidRequest) -> GatewayOutcome:
        """Let it go, or not."""
        what = self._site(request)
        call = self._guarded(request, lambda: self.gateway.void(request))
        return await self._money("void", what, call)

    async def refund(self, request: RefundRequest) -> GatewayOutcome:
        """Give it back, or not."""
        what = self._site(request)
        call = self._guarded(request, lambda: self.gateway.refund(request))
        return await self._money("give_back", what, call)

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Look it up, or not."""
        what = self.watch.tag(key)
        return await self._money("find_payment", what, lambda _: self.gateway.find(tenant, key))

    async def page(self, tenant: TenantId, key: str) -> PaymentPage | None:
        """Return the page; now and then nobody knows."""
        passage = await self.gate.enter("page", f"page:{self.watch.tag(key)}")
        await self.gate.leave(passage)
        if passage.injected is not None and passage.fault is Fault.LOST_REQUEST:
            raise outage(passage.injected)
        return await self.gateway.page(tenant, key)

    async def _money(
        self, kind: str, what: str, call: Callable[[Passage], Awaitable[GatewayOutcome]]
    ) -> GatewayOutcome:
        async def watched(passage: Passage) -> GatewayOutcome:
            answer = await call(passage)
            self.on_notices()
            ours = isinstance(answer, Rejected) and answer.code in _OURS
            text = f"{kind} under {what} was refused: {answer}"
            self.watch.now_ms = self.gate.scheduler.now_ms
            self.watch.blame("asks_for_what_is_there", what.partition("/")[0], [text][: int(ours)])
            return answer

        return await self.through(kind, what, watched, busy=_DOWN, no=_DECLINED)

    def _guarded(
        self, request: _MovesMoney, asked: Callable[[], Awaitable[GatewayOutcome]]
    ) -> Callable[[Passage], Awaitable[GatewayOutcome]]:
        call = _in_mood(self.gateway, asked)

        async def made(passage: Passage) -> GatewayOutcome:
            self.guarded(request.order_id)
            return await call(passage)

        return made

    def _site(self, request: _MovesMoney) -> str:
        what = f"{self.watch.tag(request.order_id)}/{request.key[:6]}"
        self.watch.labels[request.key] = what
        return what


@define
class WarehouseSeam(Seam):
    """The way to the warehouse."""

    warehouse: Warehouse

    async def pick(self, request: PickRequest) -> PickOutcome:
        """Pick it, or not."""
        what = f"{self.watch.tag(request.order_id)}/{request.item}.{request.key[:6]}"
        self.watch.labels[request.key] = what
        call = _in_mood(self.warehouse, lambda: self.warehouse.pick(request))
        return await self.through("pick", what, call)

    async def find_pick(self, tenant: TenantId, key: str) -> PickOutcome:
        """Look it up, or not."""
        what = self.watch.tag(key)
        return await self.through(
            "find_pick", what, lambda _: self.warehouse.find_pick(tenant, key)
        )

    async def put_back(self, tenant: TenantId, *, key: str, pick_key: str) -> PutBackOutcome:
        """Put it back, or not."""
        call = _in_mood(
            self.warehouse, lambda: self.warehouse.put_back(tenant, key=key, pick_key=pick_key)
        )
        return await self.through("put_back", self.watch.tag(pick_key), call)

    async def pack(self, request: PackRequest) -> PackOutcome:
        """Pack it, or not."""
        what = f"{self.watch.tag(request.order_id)}/{request.key[:6]}"
        self.watch.labels[request.key] = what
        call = _in_mood(self.warehouse, lambda: self.warehouse.pack(request))
        return await self.through("pack", what, call)

    async def find_pack(self, tenant: TenantId, key: str) -> PackOutcome:
        """Look it up, or not."""
        what = self.watch.tag(key)
        return await self.through(
            "find_pack", what, lambda _: self.warehouse.find_pack(tenant, key)
        )


@define
class CarrierSeam(Seam):
    """The way to the carrier.

    Attributes:
        on_parcels: Called when parcels may have left.
    """

    carrier: Carrier
    on_parcels: Callable[[], None]

    async def label(self, request: LabelRequest) -> LabelOutcome:
        """Announce it, or not."""
        what = self._site(request)
        call = _in_mood(self.carrier, lambda: self.carrier.label(request))
        return await self.through("label", what, call)

    async def find_label(self, tenant: TenantId, key: str) -> LabelOutcome:
        """Look it up, or not."""
        what = self.watch.tag(key)
        return await self.through(
            "find_label", what, lambda _: self.carrier.find_label(tenant, key)
        )

    async def void_label(
        self, tenant: TenantId, *, key: str, label_key: str, label: str | None
    ) -> VoidLabelOutcome:
        """Take it back, or not."""
        call = _in_mood(
            self.carrier,
            lambda: self.carrier.void_label(tenant, key=key, label_key=label_key, label=label),
        )
        return await self.through("void_label", self.watch.tag(label_key), call)

    async def hand_over(self, request: HandOver) -> HandOverOutcome:
        """Take the parcels, or not."""
        what = self._site(request)
        taken = _in_mood(self.carrier, lambda: self.carrier.hand_over(request))

        async def call(passage: Passage) -> HandOverOutcome:
            answer = await taken(passage)
            self.on_parcels()
            return answer

        return await self.through("hand_over", what, call, busy=BUSY)

    async def find_hand_over(self, tenant: TenantId, key: str) -> HandOverOutcome:
        """Look it up, or not."""
        what = self.watch.tag(key)
        return await self.through(
            "find_hand_over", what, lambda _: self.carrier.find_hand_over(tenant, key)
        )

    def _site(self, request: LabelRequest | HandOver) -> str:
        what = f"{self.watch.tag(request.order_id)}/{request.key[:6]}"
        self.watch.labels[request.key] = what
        return what


@define
class LettersSeam(Seam):
    """The way to whoever prints and sends letters."""

    post: Post

    async def send(self, letter: Letter) -> NotificationOutcome:
        """Send it, or not."""
        what = f"{self.watch.tag(letter.order_id)}/{letter.key[:6]}"
        return await self.through("letter", what, lambda _: self.post.write(letter))
