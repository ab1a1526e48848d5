"""Contracts of the services: a key counts once, a look-up tells the truth, secrets stay hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import Absent, Accepted, Succeeded
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    CredentialMail,
    Notification,
    Outgoing,
    Provisioned,
    ProvisionOutcome,
    ProvisionRequest,
    RefundRequest,
)
from ordercore.testing.builders import a_vps
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.promises import refusal
from ordercore.testing.contracts.rows import ONE, OTHER, an_envelope, order_id
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = [
    "CapacityContract",
    "ClockContract",
    "IdsContract",
    "MailerContract",
    "NotificationsContract",
    "PaymentsContract",
    "ProvisionerContract",
    "PublisherContract",
    "SealerContract",
]

_SECRET = "a-secret-nobody-may-see"  # noqa: S105 - looked for where it must not be
_CREDENTIALS = Credentials(values={"connection_string": _SECRET, "hostname": "ž.example"})


class SealerContract(Contract):
    """Sealing credentials."""

    def _seal(self, subject: Subject) -> SealedCredentials:
        return subject.run(
            subject.ports.sealer.seal(
                _CREDENTIALS,
                tenant=ONE,
                order_id=order_id(),
                item=ItemId("1"),
                resource="resource-1",
            )
        )

    def test_what_was_sealed_can_be_opened(self, subject: Subject) -> None:
        """Every value comes back, and the seal says where it belongs."""
        sealed = self._seal(subject)
        place = (sealed.tenant, sealed.order_id, sealed.item, sealed.resource)
        expect(place, (ONE, order_id(), "1", "resource-1"))
        expect(subject.run(subject.ports.sealer.open(sealed)).values, _CREDENTIALS.values)

    def test_nothing_shows_through_the_seal(self, subject: Subject) -> None:
        """Neither in the bytes nor in any text form of them."""
        sealed = self._seal(subject)
        assert _SECRET.encode() not in sealed.nonce + sealed.ciphertext
        assert _SECRET not in f"{sealed!r} {sealed}"

    def test_sealing_twice_gives_different_bytes(self, subject: Subject) -> None:
        """Nobody can tell that two items have the same credentials, and no nonce is used twice."""
        first, second = self._seal(subject), self._seal(subject)
        assert first.nonce != second.nonce
        assert first.ciphertext != second.ciphertext

    @pytest.mark.parametrize("part", ["tenant", "order_id", "item", "resource", "key_id"])
    def test_a_seal_cannot_be_moved(self, subject: Subject, part: str) -> None:
        """Put in another place, or named under another key, it no longer opens."""
        elsewhere: dict[str, Any] = {part: "elsewhere"}
        self._does_not_open(subject, evolve(self._seal(subject), **elsewhere))

    @pytest.mark.parametrize("position", [0, -1])
    def test_changed_bytes_do_not_open(self, subject: Subject, position: int) -> None:
        """One bit anywhere is enough, and so is a missing or an added byte."""
        sealed = self._seal(subject)
        parts = {"nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
        for name, part in parts.items():
            flipped = bytearray(part)
            flipped[position] ^= 1
            for bad in (bytes(flipped), part[:-1], part + b"\0", b""):
                changes: dict[str, Any] = {name: bad}
                self._does_not_open(subject, evolve(sealed, **changes))

    def _does_not_open(self, subject: Subject, sealed: SealedCredentials) -> None:
        with refusal(InvalidInput) as refused:
            subject.run(subject.ports.sealer.open(sealed))
        assert _SECRET not in f"{refused.value!r} {refused.value.as_dict()}"


class ProvisionerContract(Contract):
    """Building and removing resources.

    Override `wait` when the provider takes its time, for example to move a virtual clock.
    """

    patience = 20
    """How often an accepted request is asked about."""

    def wait(self, subject: Subject) -> None:
        """Let time pass before the provider is asked again."""

    def _request(self, key: str, tenant: TenantId = ONE) -> ProvisionRequest:
        item = a_vps()
        assert isinstance(item.config, dict)
        return ProvisionRequest(
            key=key,
            attempt=1,
            tenant=tenant,
            order_id=order_id(),
            item=ItemId("1"),
            product_type=item.type,
            config=item.config,
        )

    def _build(self, subject: Subject, key: str, tenant: TenantId = ONE) -> Provisioned:
        provisioner = subject.ports.provisioner
        outcome: ProvisionOutcome = subject.run(provisioner.provision(self._request(key, tenant)))
        for _ in range(self.patience):
            if not isinstance(outcome, Accepted):
                break
            self.wait(subject)
            outcome = subject.run(provisioner.find(tenant, key))
        assert isinstance(outcome, Provisioned), outcome
        return outcome

    def _remove(self, subject: Subject, provision_key: str, resource: str | None) -> None:
        outcome: object = Accepted()
        for _ in range(self.patience):
            outcome = subject.run(
                subject.ports.provisioner.deprovision(
                    ONE,
                    key=f"remove {provision_key}",
                    provision_key=provision_key,
                    resource=resource,
                )
            )
            if not isinstance(outcome, Accepted):
                break
            self.wait(subject)
        assert isinstance(outcome, Succeeded), outcome

    def test_the_same_key_never_builds_twice(self, subject: Subject) -> None:
        """A repeated request, and a look-up, answer with the resource of the first."""
        first = self._build(subject, "a")
        expect(self._build(subject, "a"), first)
        expect(subject.run(subject.ports.provisioner.find(ONE, "a")), first)

    def test_another_key_builds_another_resource(self, subject: Subject) -> None:
        """So does the same key of another tenant."""
        built = [
            self._build(subject, "a"),
            self._build(subject, "b"),
            self._build(subject, "a", OTHER),
        ]
        expect(len({outcome.resource for outcome in built}), 3)

    def test_what_was_never_asked_for_is_absent(self, subject: Subject) -> None:
        """Also when another tenant asked under the same key."""
        expect(subject.run(subject.ports.provisioner.find(ONE, "a")), Absent())
        self._build(subject, "a", OTHER)
        expect(subject.run(subject.ports.provisioner.find(ONE, "a")), Absent())

    def test_what_was_removed_is_absent(self, subject: Subject) -> None:
        """Removing it again is no error, and nothing else is removed with it."""
        built, neighbour = self._build(subject, "a"), self._build(subject, "b")
        for _ in range(2):
            self._remove(subject, "a", built.resource)
        expect(subject.run(subject.ports.provisioner.find(ONE, "a")), Absent())
        expect(subject.run(subject.ports.provisioner.find(ONE, "b")), neighbour)

    def test_a_late_request_builds_nothing(self, subject: Subject) -> None:
        """A key that was removed, even before it was ever used, can no longer be used."""
        self._remove(subject, "a", None)
        outcome = subject.run(subject.ports.provisioner.provision(self._request("a")))
        assert not isinstance(outcome, (Provisioned, Accepted))
        expect(subject.run(subject.ports.provisioner.find(ONE, "a")), Absent())

    def test_credentials_do_not_show(self, subject: Subject) -> None:
        """No text form of the answer contains one of them."""
        built = self._build(subject, "a")
        assert built.credentials.values
        shown = f"{built!r} {built} {built.credentials}"
        expect([value for value in built.credentials.values.values() if value in shown], [])


class PaymentsContract(Contract):
    """Giving money back.

    Override `paid` for a provider that only pays back what it has taken.
    """

    def paid(self, subject: Subject, amount: Money) -> str:
        """Let the provider take a payment for order 1, and return its reference."""
        return "payment-1"

    def _request(self, subject: Subject, key: str) -> RefundRequest:
        amount = Money(1234, "EUR")
        return RefundRequest(
            key=key,
            tenant=ONE,
            order_id=order_id(),
            payment_reference=self.paid(subject, amount),
            amount=amount,
        )

    def test_a_refund_may_be_asked_for_again(self, subject: Subject) -> None:
        """The second answer is as good as the first."""
        request = self._request(subject, "a")
        for _ in range(2):
            outcome = subject.run(subject.ports.payments.refund(request))
            assert isinstance(outcome, (Succeeded, Accepted))

    def test_a_refund_can_be_looked_up(self, subject: Subject) -> None:
        """Before it was asked for it is absent; so are those of other keys and tenants."""
        find = subject.ports.payments.find_refund
        expect(subject.run(find(ONE, "a")), Absent())
        subject.run(subject.ports.payments.refund(self._request(subject, "a")))
        assert isinstance(subject.run(find(ONE, "a")), (Succeeded, Accepted))
        expect(subject.run(find(ONE, "b")), Absent())
        expect(subject.run(find(OTHER, "a")), Absent())


class CapacityContract(Contract):
    """Telling what is possible right now."""

    def test_facts_are_given_for_any_product_types(self, subject: Subject) -> None:
        """For none, for known and for unknown ones."""
        for types in ((), ("vps", "gpu"), ("no such type",)):
            facts = subject.run(subject.ports.capacity.live_facts(ONE, types))
            assert isinstance(facts, LiveFacts)


class NotificationsContract(Contract):
    """Telling people."""

    def test_a_notification_may_be_sent_again(self, subject: Subject) -> None:
        """The same key is accepted as often as it comes."""
        notification = Notification(
            key="a",
            tenant=ONE,
            order_id=order_id(),
            kind="item-rolled-back",
            recipient="customer-1",
            text="An item was taken back",
        )
        for _ in range(2):
            outcome = subject.run(subject.ports.notifications.send(notification))
            assert isinstance(outcome, (Succeeded, Accepted))


class MailerContract(Contract):
    """Handing credentials over."""

    recipient = "customer-1"
    """To whom mail can be sent; a binding may name somebody with a certificate."""

    def _mail(self) -> CredentialMail:
        return CredentialMail(
            key="a",
            tenant=ONE,
            order_id=OrderId("order-1"),
            reference="REF-1",
            recipient=self.recipient,
            credentials={ItemId("1"): _CREDENTIALS},
        )

    def test_mail_may_be_sent_again(self, subject: Subject) -> None:
        """The same key is accepted as often as it comes."""
        for _ in range(2):
            outcome = subject.run(subject.ports.mailer.deliver(self._mail()))
            assert isinstance(outcome, (Succeeded, Accepted)), outcome

    def test_mail_does_not_show_what_it_carries(self, subject: Subject) -> None:
        """Neither the mail nor the mailer's answer tells the secret or the recipient."""
        outcome = subject.run(subject.ports.mailer.deliver(self._mail()))
        shown = f"{self._mail()!r} {outcome!r}"
        assert _SECRET not in shown
        assert self.recipient not in shown


class PublisherContract(Contract):
    """Sending events out."""

    def test_events_are_acknowledged_from_the_front(self, subject: Subject) -> None:
        """The answer counts those sent; publishing the same ones again is no error."""
        events = tuple(
            Outgoing(envelope=an_envelope(seq=seq), topic="order-events", consumers=("audit",))
            for seq in (1, 2, 3)
        )
        for batch in (events, events[:1], ()):
            expect(subject.run(subject.ports.publisher.publish(batch)), len(batch))


class ClockContract(Contract):
    """Telling the time."""

    def test_the_time_is_in_utc(self, subject: Subject) -> None:
        """Aware, and of the zone everything is reckoned in."""
        now = subject.ports.clock.now()
        expect(now.utcoffset(), timedelta())

    def test_time_does_not_run_backwards_between_two_looks(self, subject: Subject) -> None:
        """It may stand still."""
        first = subject.ports.clock.now()
        assert first <= subject.ports.clock.now()


class IdsContract(Contract):
    """New ids and draws."""

    def test_ids_are_new_and_sort_by_age(self, subject: Subject) -> None:
        """Never given before, later ones after earlier ones."""
        ids = [subject.ports.ids.new() for _ in range(500)]
        expect(ids, sorted(set(ids)))

    def test_draws_are_whole_numbers_below_a_thousand(self, subject: Subject) -> None:
        """Ready to be used as thousandths."""
        draws = [subject.ports.ids.draw() for _ in range(200)]
        expect({type(draw) for draw in draws}, {int})
        assert all(0 <= draw <= 999 for draw in draws)
