"""A warehouse and a carrier outside. Honest, and they keep books; see `ordercore.ports`."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from ordercore.domain.fulfilment import (
    Defect,
    PackedUnits,
    Parcel,
    PickResult,
    QualityCheck,
)
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import (
    HandOver,
    HandOverOutcome,
    Labelled,
    LabelOutcome,
    LabelRequest,
    NotPacked,
    Packed,
    PackOutcome,
    PackRequest,
    Picked,
    PickOutcome,
    PickRequest,
    PutBackOutcome,
    VoidLabelOutcome,
)
from ordercore.testing.simulation.providers import AT_ONCE, Mood

__all__ = ["Carrier", "Warehouse"]

_Key = tuple[TenantId, str]
_OTHER = Rejected(code="key_reused", reason="the key stands for something else")
_PUT_BACK = Rejected(code="put_back", reason="what this key stands for was put back")
_VOIDED = Rejected(code="voided", reason="what this key stands for was voided")
_NO_LABEL = Rejected(code="no_label", reason="there is no such shipment")
_GONE = Rejected(code="handed_over", reason="the shipment has left")
_BROKEN = Failed(code="broken", reason="it was damaged on the way to the tray")


@define(kw_only=True)
class _Pick:
    request: PickRequest
    picked: int
    ready_ms: int
    fails: bool


@define
class Warehouse:
    """Picks and packs; what was put back is never picked again under its key.

    Attributes:
        mood: How the next call is taken; a short one finds only a part, or a defect.
    """

    now_ms: Callable[[], int]
    mood: Mood = AT_ONCE
    picks: dict[_Key, _Pick] = field(factory=dict)
    packs: dict[_Key, tuple[PackRequest, int]] = field(factory=dict)
    by_order: dict[OrderId, list[_Key]] = field(factory=dict)
    _back_at: dict[_Key, int] = field(factory=dict)

    async def pick(self, request: PickRequest) -> PickOutcome:
        """Pick what is there and not picked yet."""
        place, now, mood = (request.tenant, request.key), self.now_ms(), self.mood
        if place in self._back_at:
            return _PUT_BACK
        known = self.picks.get(place)
        if known is not None and _wanted(known.request) != _wanted(request):
            return _OTHER
        if known is None:
            known = _Pick(request=request, picked=0, ready_ms=now + mood.takes_ms, fails=mood.fails)
            self.picks[place] = known
            self.by_order.setdefault(request.order_id, []).append(place)
        elif known.fails and known.ready_ms <= now:
            known.fails, known.ready_ms = mood.fails, now + mood.takes_ms
        missing = request.quantity - known.picked
        known.picked += missing // 2 if mood.part else missing
        return self._picked(place)

    async def find_pick(self, tenant: TenantId, key: str) -> PickOutcome:
        """Say what became of it."""
        return self._picked((tenant, key))

    async def put_back(self, tenant: TenantId, *, key: str, pick_key: str) -> PutBackOutcome:
        """Put it back, and never pick it later."""
        back = self._back_at.setdefault((tenant, pick_key), self.now_ms() + self.mood.takes_ms)
        return Succeeded() if back <= self.now_ms() else Accepted()

    async def pack(self, request: PackRequest) -> PackOutcome:
        """Look at the units, and pack them if they may go out."""
        place = (request.tenant, request.key)
        known = self.packs.get(place)
        if known is not None and known[0].contents != request.contents:
            return _OTHER
        if known is None and self.mood.part:
            item = request.contents[0].item
            seal = Defect(item=item, quantity=1, reason="a broken seal")
            return NotPacked(check=QualityCheck(defects=(seal,)))
        if known is None:
            self.packs[place] = (request, self.now_ms() + self.mood.takes_ms)
        return self._packed(place)

    async def find_pack(self, tenant: TenantId, key: str) -> PackOutcome:
        """Say what became of it."""
        return self._packed((tenant, key))

    def put_back_by_hand(self, tenant: TenantId, pick_key: str) -> None:
        """Put it back, as a person does who was told to."""
        self._back_at[tenant, pick_key] = self.now_ms()

    def in_trays(self, order_id: OrderId) -> dict[str, int]:
        """Return the units that are picked for an order and not put back, by item."""
        found = {}
        for place in self.by_order.get(order_id, ()):
            if place not in self._back_at and self.picks[place].picked:
                found[str(self.picks[place].request.item)] = self.picks[place].picked
        return found

    def _picked(self, place: _Key) -> PickOutcome:
        known = self.picks.get(place)
        if known is None or place in self._back_at:
            return Absent()
        if known.ready_ms > self.now_ms():
            return Accepted()
        if known.fails:
            return _BROKEN
        missing = known.request.quantity - known.picked
        return Picked(result=PickResult(picked=known.picked, missing=missing))

    def _packed(self, place: _Key) -> PackOutcome:
        known = self.packs.get(place)
        if known is None:
            return Absent()
        request, ready_ms = known
        if ready_ms > self.now_ms():
            return Accepted()
        return Packed(parcels=(_parcel(request.contents, f"{request.order_id}/1"),))


@define
class Carrier:
    """Makes labels and takes parcels, once per key.

    Attributes:
        left: Parcels that were taken and about which nobody was told yet: tenant, order, instant.
        by_hand: Orders whose parcels somebody brought in.
    """

    now_ms: Callable[[], int]
    mood: Mood = AT_ONCE
    labels: dict[_Key, tuple[LabelRequest, int]] = field(factory=dict)
    taken: dict[_Key, tuple[HandOver, int]] = field(factory=dict)
    left: list[tuple[TenantId, OrderId, int]] = field(factory=list)
    voided: dict[_Key, int] = field(factory=dict)
    by_order: dict[OrderId, list[_Key]] = field(factory=dict)
    gone: dict[OrderId, list[str]] = field(factory=dict)
    by_hand: set[OrderId] = field(factory=set)

    async def label(self, request: LabelRequest) -> LabelOutcome:
        """Announce the shipment."""
        place = (request.tenant, request.key)
        if place in self.voided:
            return _VOIDED
        known = self.labels.get(place)
        if known is not None and known[0].parcels != request.parcels:
            return _OTHER
        if known is None:
            self.labels[place] = (request, self.now_ms() + self.mood.takes_ms)
            self.by_order.setdefault(request.order_id, []).append(place)
        return self._labelled(place)

    async def find_label(self, tenant: TenantId, key: str) -> LabelOutcome:
        """Say what became of it."""
        return self._labelled((tenant, key))

    async def void_label(
        self, tenant: TenantId, *, key: str, label_key: str, label: str | None
    ) -> VoidLabelOutcome:
        """Take it back, unless it has left."""
        place = (tenant, label_key)
        known = self.labels.get(place)
        if known is not None and known[0].order_id in self.gone:
            return _GONE
        at = self.voided.setdefault(place, self.now_ms() + self.mood.takes_ms)
        return Succeeded() if at <= self.now_ms() else Accepted()

    async def hand_over(self, request: HandOver) -> HandOverOutcome:
        """Take the parcels."""
        place = (request.tenant, request.key)
        known = self.taken.get(place)
        if known is not None:
            return self._gone(place) if known[0] == request else _OTHER
        label = self._labelled((request.tenant, request.label_key))
        if not isinstance(label, Labelled) or label.tracking != request.tracking:
            return _NO_LABEL
        self._take(request, self.now_ms() + self.mood.takes_ms)
        return self._gone(place)

    async def find_hand_over(self, tenant: TenantId, key: str) -> HandOverOutcome:
        """Say whether it has left."""
        return self._gone((tenant, key))

    def void_by_hand(self, tenant: TenantId, label_key: str) -> None:
        """Tear the label off."""
        self.voided[tenant, label_key] = self.now_ms()

    def take_by_hand(self, tenant: TenantId, order_id: OrderId, key: str) -> None:
        """Take the parcels from somebody who brings them in, unless they have left."""
        for place in self.by_order.get(order_id, ()):
            if place not in self.voided and order_id not in self.gone:
                asked = HandOver(
                    key=key, tenant=tenant, order_id=order_id, label_key=place[1], tracking=""
                )
                self._take(asked, self.now_ms())
                self.by_hand.add(order_id)

    def live_labels(self, order_id: OrderId) -> list[str]:
        """Return the labels of an order that were not taken back."""
        return [place[1] for place in self.by_order.get(order_id, ()) if place not in self.voided]

    def _take(self, request: HandOver, at_ms: int) -> None:
        self.taken[request.tenant, request.key] = (request, at_ms)
        self.left.append((request.tenant, request.order_id, at_ms))
        self.gone.setdefault(request.order_id, []).append(request.key)

    def _labelled(self, place: _Key) -> LabelOutcome:
        known = self.labels.get(place)
        if known is None or place in self.voided:
            return Absent()
        if known[1] > self.now_ms():
            return Accepted()
        return Labelled(tracking=f"T{place[1][:12]}", label=f"L{place[1][:12]}")

    def _gone(self, place: _Key) -> HandOverOutcome:
        known = self.taken.get(place)
        if known is None:
            return Absent()
        return Succeeded() if known[1] <= self.now_ms() else Accepted()


def _wanted(request: PickRequest) -> tuple[object, ...]:
    return request.order_id, request.item, request.sku, request.quantity


def _parcel(contents: tuple[PackedUnits, ...], name: str) -> Parcel:
    return Parcel(id=name, weight_g=400 * sum(u.quantity for u in contents), contents=contents)
