"""Contracts of warehouse, carrier and letters: a key counts once, a look-up tells the truth."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from attrs import evolve

from ordercore.domain.fulfilment import PackedUnits, Parcel
from ordercore.engine.saga import Absent, Accepted, Rejected, Succeeded
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import ItemId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    Enclosure,
    HandOver,
    Labelled,
    LabelRequest,
    Letter,
    LetterKind,
    LetterLine,
    Packed,
    PackRequest,
    Picked,
    PickRequest,
)
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.rows import ONE, OTHER, order_id
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["CarrierContract", "LettersContract", "Patient", "WarehouseContract"]

T = TypeVar("T")

_NAME = "Žofie Nováková"
_STREET = "Dlouhá 1"


class Patient(Contract):
    """Base of the suites of providers that may take their time.

    Override `wait`, for example to move a virtual clock.
    """

    patience = 20
    """How often an accepted request is made again."""

    def wait(self, subject: Subject) -> None:
        """Let time pass before the provider is asked again."""

    def settled(self, subject: Subject, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Ask until the answer is final, and return it."""
        outcome = subject.run(ask())
        for _ in range(self.patience):
            if not isinstance(outcome, Accepted):
                break
            self.wait(subject)
            outcome = subject.run(ask())
        return outcome


class WarehouseContract(Patient):
    """Picking, putting back and packing, where everything is on the shelf and in order."""

    def _request(self, key: str, tenant: TenantId = ONE) -> PickRequest:
        return PickRequest(
            key=key,
            attempt=1,
            tenant=tenant,
            order_id=order_id(),
            item=ItemId("1"),
            sku="SKU-1",
            quantity=3,
        )

    def _pick(self, subject: Subject, key: str, tenant: TenantId = ONE) -> Picked:
        request, warehouse = self._request(key, tenant), subject.ports.warehouse
        outcome = self.settled(subject, lambda: warehouse.pick(request))
        assert isinstance(outcome, Picked), outcome
        return outcome

    def _put_back(self, subject: Subject, pick_key: str) -> None:
        warehouse = subject.ports.warehouse
        outcome = self.settled(
            subject,
            lambda: warehouse.put_back(ONE, key=f"back {pick_key}", pick_key=pick_key),
        )
        assert isinstance(outcome, Succeeded), outcome

    def _packing(self, key: str, tenant: TenantId = ONE) -> PackRequest:
        return PackRequest(
            key=key,
            attempt=1,
            tenant=tenant,
            order_id=order_id(),
            contents=(
                PackedUnits(item=ItemId("1"), quantity=3),
                PackedUnits(item=ItemId("2"), quantity=1),
            ),
        )

    def _pack(self, subject: Subject, key: str, tenant: TenantId = ONE) -> Packed:
        request, warehouse = self._packing(key, tenant), subject.ports.warehouse
        outcome = self.settled(subject, lambda: warehouse.pack(request))
        assert isinstance(outcome, Packed), outcome
        return outcome

    def test_a_pick_adds_up(self, subject: Subject) -> None:
        """What was picked and what is missing are together what was asked for, however often."""
        for _ in range(3):
            result = self._pick(subject, "a").result
            expect(result.picked + result.missing, 3)

    def test_a_pick_can_be_looked_up(self, subject: Subject) -> None:
        """Absent before it was asked for; so are those of other keys and tenants."""
        find = subject.ports.warehouse.find_pick
        expect(subject.run(find(ONE, "a")), Absent())
        picked = self._pick(subject, "a")
        expect(self.settled(subject, lambda: find(ONE, "a")), picked)
        expect(subject.run(find(ONE, "b")), Absent())
        expect(subject.run(find(OTHER, "a")), Absent())

    def test_a_key_is_not_taken_for_another_pick(self, subject: Subject) -> None:
        """More of it, another article or another order under a used key is refused for good."""
        self._pick(subject, "a")
        for other in ({"quantity": 4}, {"sku": "SKU-2"}, {"order_id": order_id(2)}):
            changes: dict[str, Any] = other
            request = evolve(self._request("a"), **changes)
            assert isinstance(subject.run(subject.ports.warehouse.pick(request)), Rejected)

    def test_what_was_put_back_is_absent(self, subject: Subject) -> None:
        """Putting it back again is no error, and nothing else is put back with it."""
        self._pick(subject, "a")
        neighbour = self._pick(subject, "b")
        for _ in range(2):
            self._put_back(subject, "a")
        expect(subject.run(subject.ports.warehouse.find_pick(ONE, "a")), Absent())
        expect(subject.run(subject.ports.warehouse.find_pick(ONE, "b")), neighbour)

    def test_a_late_pick_takes_nothing(self, subject: Subject) -> None:
        """A key that was put back, even before it was ever used, can no longer be used."""
        self._put_back(subject, "a")
        outcome = subject.run(subject.ports.warehouse.pick(self._request("a")))
        assert isinstance(outcome, Rejected)
        expect(subject.run(subject.ports.warehouse.find_pick(ONE, "a")), Absent())

    def test_parcels_hold_what_was_to_be_packed(self, subject: Subject) -> None:
        """All of it and nothing else, the same parcels for a repeated request."""
        packed = self._pack(subject, "a")
        held: dict[str, int] = {}
        for parcel in packed.parcels:
            for units in parcel.contents:
                held[units.item] = held.get(units.item, 0) + units.quantity
        expect(held, {"1": 3, "2": 1})
        expect(self._pack(subject, "a"), packed)

    def test_a_packing_can_be_looked_up(self, subject: Subject) -> None:
        """Absent before it was asked for; so are those of other keys and tenants."""
        find = subject.ports.warehouse.find_pack
        expect(subject.run(find(ONE, "a")), Absent())
        packed = self._pack(subject, "a")
        expect(self.settled(subject, lambda: find(ONE, "a")), packed)
        expect(subject.run(find(ONE, "b")), Absent())
        expect(subject.run(find(OTHER, "a")), Absent())

    def test_a_key_is_not_taken_for_another_packing(self, subject: Subject) -> None:
        """Other contents under a used key are refused for good."""
        self._pack(subject, "a")
        request = evolve(self._packing("a"), contents=(PackedUnits(item=ItemId("1"), quantity=1),))
        assert isinstance(subject.run(subject.ports.warehouse.pack(request)), Rejected)


class CarrierContract(Patient):
    """Labels and hand-overs."""

    def _request(self, key: str, tenant: TenantId = ONE) -> LabelRequest:
        units = PackedUnits(item=ItemId("1"), quantity=3)
        return LabelRequest(
            key=key,
            attempt=1,
            tenant=tenant,
            order_id=order_id(),
            service="standard",
            name=_NAME,
            address=PostalAddress(lines=(_STREET,), postcode="110 00", city="Praha", country="CZ"),
            parcels=(Parcel(id="parcel-1", weight_g=1200, contents=(units,)),),
        )

    def _label(self, subject: Subject, key: str, tenant: TenantId = ONE) -> Labelled:
        request, carrier = self._request(key, tenant), subject.ports.carrier
        outcome = self.settled(subject, lambda: carrier.label(request))
        assert isinstance(outcome, Labelled), outcome
        return outcome

    def _void(self, subject: Subject, label_key: str, label: str | None) -> object:
        carrier = subject.ports.carrier
        return self.settled(
            subject,
            lambda: carrier.void_label(
                ONE, key=f"void {label_key}", label_key=label_key, label=label
            ),
        )

    def _hand_over(self, subject: Subject, key: str, label_key: str, tracking: str) -> object:
        carrier = subject.ports.carrier
        request = HandOver(
            key=key, tenant=ONE, order_id=order_id(), label_key=label_key, tracking=tracking
        )
        return self.settled(subject, lambda: carrier.hand_over(request))

    def test_the_same_key_is_one_shipment(self, subject: Subject) -> None:
        """A repeated request, and a look-up, answer with the label of the first."""
        first = self._label(subject, "a")
        expect(self._label(subject, "a"), first)
        expect(subject.run(subject.ports.carrier.find_label(ONE, "a")), first)

    def test_another_key_is_another_shipment(self, subject: Subject) -> None:
        """So is the same key of another tenant."""
        labels = [
            self._label(subject, "a"),
            self._label(subject, "b"),
            self._label(subject, "a", OTHER),
        ]
        expect(len({label.tracking for label in labels}), 3)

    def test_a_key_is_not_taken_for_another_shipment(self, subject: Subject) -> None:
        """To somebody else under a used key is refused for good."""
        self._label(subject, "a")
        request = evolve(self._request("a"), name="Somebody Else")
        assert isinstance(subject.run(subject.ports.carrier.label(request)), Rejected)

    def test_what_was_never_announced_is_absent(self, subject: Subject) -> None:
        """Also when another tenant announced it under the same key."""
        self._label(subject, "a", OTHER)
        expect(subject.run(subject.ports.carrier.find_label(ONE, "a")), Absent())
        expect(subject.run(subject.ports.carrier.find_hand_over(ONE, "a")), Absent())

    def test_a_voided_label_is_absent(self, subject: Subject) -> None:
        """Voiding it again is no error, the neighbour stays, and nothing is handed over with it."""
        label, neighbour = self._label(subject, "a"), self._label(subject, "b")
        for _ in range(2):
            assert isinstance(self._void(subject, "a", label.label), Succeeded)
        expect(subject.run(subject.ports.carrier.find_label(ONE, "a")), Absent())
        expect(subject.run(subject.ports.carrier.find_label(ONE, "b")), neighbour)
        assert isinstance(self._hand_over(subject, "out", "a", label.tracking), Rejected)

    def test_a_late_label_is_not_made(self, subject: Subject) -> None:
        """A key that was voided, even before it was ever used, can no longer be used."""
        assert isinstance(self._void(subject, "a", None), Succeeded)
        outcome = subject.run(subject.ports.carrier.label(self._request("a")))
        assert isinstance(outcome, Rejected)
        expect(subject.run(subject.ports.carrier.find_label(ONE, "a")), Absent())

    def test_a_hand_over_may_be_repeated(self, subject: Subject) -> None:
        """It can be looked up, and its label can no longer be voided."""
        label = self._label(subject, "a")
        for _ in range(2):
            assert isinstance(self._hand_over(subject, "out", "a", label.tracking), Succeeded)
        expect(subject.run(subject.ports.carrier.find_hand_over(ONE, "out")), Succeeded())
        expect(subject.run(subject.ports.carrier.find_hand_over(OTHER, "out")), Absent())
        assert isinstance(self._void(subject, "a", label.label), Rejected)

    def test_only_what_has_a_label_is_taken(self, subject: Subject) -> None:
        """A parcel with no label, or with the number of another one, stays."""
        assert isinstance(self._hand_over(subject, "out", "a", "TRK-1"), Rejected)
        self._label(subject, "a")
        assert isinstance(self._hand_over(subject, "out", "a", "TRK-1"), Rejected)
        expect(subject.run(subject.ports.carrier.find_hand_over(ONE, "out")), Absent())

    def test_the_recipient_does_not_show(self, subject: Subject) -> None:
        """Neither the request nor the answer tells in its repr who gets the parcel."""
        shown = f"{self._request('a')!r} {self._label(subject, 'a')!r}"
        assert _NAME not in shown
        assert _STREET not in shown


class LettersContract(Contract):
    """Writing to customers."""

    recipient = "zofie@shop.example"
    """To whom letters can be sent."""

    def _letter(self, kind: LetterKind, key: str = "a") -> Letter:
        amount = Money(1999, "EUR")
        paper = Enclosure(filename="note.txt", media_type="text/plain", content=b"enclosed")
        return Letter(
            key=key,
            tenant=ONE,
            order_id=order_id(),
            kind=kind,
            recipient=self.recipient,
            name=_NAME,
            reference="REF-1",
            lines=(LetterLine(name="A kettle", quantity=1, amount=amount),),
            total=amount,
            pay_at="https://pay.example/secret-page",
            enclosures=(paper,),
        )

    def test_every_kind_may_be_sent_again(self, subject: Subject) -> None:
        """The same key is accepted as often as it comes."""
        for kind in LetterKind:
            for _ in range(2):
                letter = self._letter(kind, key=f"key of {kind}")
                outcome = subject.run(subject.ports.letters.send(letter))
                assert isinstance(outcome, (Succeeded, Accepted)), outcome

    def test_a_letter_does_not_show_what_is_personal(self, subject: Subject) -> None:
        """Neither the letter nor the answer tells the recipient, the page or the enclosure."""
        letter = self._letter(LetterKind.AWAITING_PAYMENT)
        shown = f"{letter!r} {subject.run(subject.ports.letters.send(letter))!r}"
        for personal in (_NAME, self.recipient, "secret-page", "enclosed"):
            assert personal not in shown
