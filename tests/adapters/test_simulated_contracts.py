"""Simulated providers keep the contracts of their ports, at once or after a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ordercore.kernel.money import Money
from ordercore.testing.contracts import (
    CapacityContract,
    CarrierContract,
    ClockContract,
    IdsContract,
    LettersContract,
    MailerContract,
    NotificationsContract,
    PaymentsContract,
    ProvisionerContract,
    PublisherContract,
    SealerContract,
    Subject,
    WarehouseContract,
    drive,
)
from ordercore.testing.contracts.rows import ONE
from ordercore_adapters import memory
from ordercore_adapters.simulated import (
    FAULT_FREE,
    FaultPlan,
    Rates,
    VirtualClock,
    World,
    world,
)


def bound(made: World) -> Subject:
    """Bind the contract suites to a world; its payment is the one the suites give back."""
    made.gateway.pay("k", ONE, "REF-1", Money(1234, "EUR"), reference="payment-1")
    return Subject(memory.ports(**made.services()), drive)


class FaultFree:
    """Everything works at once."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Iterator[Subject]:
        """Bind a world without faults."""
        made = world(tmp_path, seed=1, faults=FAULT_FREE)
        yield bound(made)
        made.close()


class Slow:
    """Everything is accepted first and done later, or reaches the provider twice."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Iterator[Subject]:
        """Bind a world that takes its time."""
        late, twice = Rates(delayed=1000), Rates(duplicated=1000)
        slow = ("provision", "deprovision", "refund", "notify", "pick", "put_back", "pack", "label")
        rates = dict.fromkeys((*slow, "void_label", "hand_over", "letter"), late)
        made = world(tmp_path, seed=1, faults=FaultPlan(rates=rates | {"mail": twice}))
        yield bound(made)
        made.close()


class TestProvisioner(FaultFree, ProvisionerContract):
    """The contract."""


class Waiting:
    """Patience where time is virtual."""

    def wait(self, subject: Subject) -> None:
        """Move the virtual clock."""
        clock = subject.ports.clock
        assert isinstance(clock, VirtualClock)
        clock.advance(30)


class TestSlowProvisioner(Waiting, Slow, ProvisionerContract):
    """The contract, for a cloud that takes its time."""


class TestWarehouse(FaultFree, WarehouseContract):
    """The contract."""


class TestSlowWarehouse(Waiting, Slow, WarehouseContract):
    """The contract, for a warehouse that takes its time."""


class TestCarrier(FaultFree, CarrierContract):
    """The contract."""


class TestSlowCarrier(Waiting, Slow, CarrierContract):
    """The contract, for a carrier that takes its time."""


class TestLetters(FaultFree, LettersContract):
    """The contract."""


class TestSlowLetters(Slow, LettersContract):
    """The contract, for letters that take their time."""


class TestPayments(FaultFree, PaymentsContract):
    """The contract."""


class TestSlowPayments(Slow, PaymentsContract):
    """The contract, for a gateway that takes its time."""


class TestCapacity(FaultFree, CapacityContract):
    """The contract."""


class TestNotifications(FaultFree, NotificationsContract):
    """The contract."""


class TestSlowNotifications(Slow, NotificationsContract):
    """The contract, for notifications that take their time."""


class TestMailer(FaultFree, MailerContract):
    """The contract."""


class TestMailerTwice(Slow, MailerContract):
    """The contract, for a mailer that gets everything twice."""


class TestSealer(FaultFree, SealerContract):
    """The contract."""


class TestPublisher(FaultFree, PublisherContract):
    """The contract."""


class TestClock(FaultFree, ClockContract):
    """The contract."""


class TestIds(FaultFree, IdsContract):
    """The contract."""
