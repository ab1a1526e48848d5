"""The two faces: the same use cases for sync and for async hosts."""

from __future__ import annotations

from typing import TypeVar

from ordercore.app._drive import drive
from ordercore.app.use_case import UseCase
from ordercore.kernel.errors import WrongFace
from ordercore.ports import Mode, Ports

__all__ = ["AsyncOrderCore", "OrderCore"]

R = TypeVar("R")


class OrderCore:
    """The sync face: for scripts, threads, Django, Celery.

    Args:
        ports: A neutral or blocking bundle.

    Raises:
        WrongFace: the bundle is an async one.
    """

    def __init__(self, ports: Ports) -> None:
        if ports.mode is Mode.ASYNC:
            raise WrongFace(
                face="OrderCore", bundle=ports.mode, advice="use AsyncOrderCore, or blocking ports"
            )
        self.ports = ports

    def handle(self, use_case: UseCase[R]) -> R:
        """Carry out a use case and return its result."""
        return drive(use_case.run(self.ports))


class AsyncOrderCore:
    """The async face: for asyncio hosts.

    Args:
        ports: A neutral or async bundle.

    Raises:
        WrongFace: the bundle blocks and would stop the event loop.
    """

    def __init__(self, ports: Ports) -> None:
        if ports.mode is Mode.BLOCKING:
            raise WrongFace(
                face="AsyncOrderCore",
                bundle=ports.mode,
                advice="use OrderCore, async ports, or the thread bridge of ordercore_adapters",
            )
        self.ports = ports

    async def handle(self, use_case: UseCase[R]) -> R:
        """Carry out a use case and return its result."""
        return await use_case.run(self.ports)
