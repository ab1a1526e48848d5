"""What a contract suite looks at: a bundle of ports, and a way to drive its coroutines."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from attrs import frozen

from ordercore.kernel.errors import Suspended
from ordercore.ports import Ports

__all__ = ["Run", "Subject", "drive"]

T = TypeVar("T")


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
