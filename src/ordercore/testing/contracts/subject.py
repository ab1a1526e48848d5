"""What a contract suite looks at: a bundle of ports, and a way to drive its coroutines."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

import attrs
import pytest
from attrs import evolve, frozen

from ordercore.kernel.errors import Suspended
from ordercore.ports import Ports
from ordercore.testing.contracts.promises import Promises
from ordercore.testing.contracts.trail import Trail

__all__ = ["Contract", "Run", "Subject", "drive"]

T = TypeVar("T")

_NO_PORTS = frozenset({"mode", "provisioning", "retail", "close"})


class Run(Protocol):
    """Drives one coroutine to its end and returns its result.

    `drive` for bundles that never suspend; for asynchronous ones the ``run`` of an
    ``asyncio.Runner`` that lives as long as the bundle (``asyncio.run`` makes a new loop each time,
    which pooled connections do not outlive).
    """

    def __call__(self, coroutine: Coroutine[Any, Any, T], /) -> T:
        """Return what the coroutine returns."""
        ...


@frozen
class Subject:
    """Ports under test.

    Attributes:
        ports: A bundle over an empty store.
        run: How to drive it.
    """

    ports: Ports
    run: Run

    def followed(self, trail: Trail) -> Subject:
        """Return the same subject, whose calls leave a trail."""
        stand_ins = {
            port.name: trail.follow(str(port.type), getattr(self.ports, port.name))
            for port in attrs.fields(Ports)
            if port.name not in _NO_PORTS
        }
        return evolve(self, ports=evolve(self.ports, **stand_ins))


def drive(coroutine: Coroutine[Any, Any, T], /) -> T:
    """Run a coroutine that never suspends.

    Raises:
        Suspended: it did.
    """
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    raise Suspended


class Contract(Promises):
    """Base of the suites.

    A suite is bound to an adapter by a class that says where to get one::

        class TestStore(StoreContract):
            @pytest.fixture
            def subject(self, tmp_path) -> Subject:
                return Subject(my_adapter.ports(tmp_path / "orders.db"), drive)
    """

    @pytest.fixture
    def subject(self) -> Subject:
        """Return ports over an empty store; every binding says how."""
        raise NotImplementedError("a binding overrides the fixture `subject`")
