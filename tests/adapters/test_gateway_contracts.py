"""Both gateways keep the contract of the port: at once, after a while, and with repeated calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ordercore.kernel.ids import TenantId
from ordercore.testing.contracts import GatewayContract, Subject, drive
from ordercore.testing.fakes import START
from ordercore_adapters import memory
from ordercore_adapters.simulated import (
    FAULT_FREE,
    FaultPlan,
    Rates,
    SimulatedGateway,
    VirtualClock,
)


class TestInstantGateway(GatewayContract):
    """The contract, in memory."""

    @pytest.fixture
    def subject(self) -> Subject:
        """Bind a fresh gateway."""
        return Subject(memory.ports(), drive)

    def settle(self, subject: Subject, tenant: TenantId, key: str) -> None:
        """Pay as the customer."""
        gateway = subject.ports.gateway
        assert isinstance(gateway, memory.InstantGateway)
        gateway.settle(tenant, key)


class TestSimulatedGateway(GatewayContract):
    """The contract, with books of its own."""

    faults = FAULT_FREE

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Iterator[Subject]:
        """Bind a fresh gateway and a clock that stands still."""
        clock = VirtualClock(START)
        gateway = SimulatedGateway(tmp_path / "g.sqlite3", faults=self.faults, clock=clock)
        yield Subject(memory.ports(clock=clock, gateway=gateway), drive)
        gateway.close()

    def wait(self, subject: Subject) -> None:
        """Move the clock."""
        clock = subject.ports.clock
        assert isinstance(clock, VirtualClock)
        clock.advance(30)

    def settle(self, subject: Subject, tenant: TenantId, key: str) -> None:
        """Pay as the customer."""
        gateway = subject.ports.gateway
        assert isinstance(gateway, SimulatedGateway)
        page = gateway.pages.page(tenant, key)
        assert page is not None
        gateway.pages.pay(page.url)


class TestSlowGateway(TestSimulatedGateway):
    """The contract, where everything is accepted first and done later."""

    faults = FaultPlan(
        rates={kind: Rates(delayed=1000) for kind in ("authorise", "capture", "refund", "settle")}
    )


class TestRepeatedCalls(TestSimulatedGateway):
    """The contract, where every call reaches the gateway twice."""

    faults = FaultPlan(
        rates={
            kind: Rates(duplicated=1000)
            for kind in ("authorise", "capture", "refund", "void", "find_payment")
        }
    )
