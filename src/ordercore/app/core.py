"""The two faces: the same use cases for sync and for async hosts."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TypeVar

from ordercore.app._drive import drive
from ordercore.app.tracing import carry_out
from ordercore.app.use_case import UseCase
from ordercore.kernel.errors import WrongFace
from ordercore.ports import Mode, Ports

__all__ = ["AsyncOrderCore", "OrderCore"]

R = TypeVar("R")


class OrderCore:
    """The sync face: for scripts, threads, Django, Celery.

    As a context manager it closes its ports in the end::

        with OrderCore(sqlalchemy.ports("sqlite:///orders.db")) as core:
            core.handle(...)

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
        return drive(carry_out(use_case, self.ports))

    def close(self) -> None:
        """Close every connection of the ports, one that is in use when it is given back.

        For a process that ends or hands over: needs no event loop, and may be called again.
        """
        drive(self.ports.close())

    def __enter__(self) -> Self:
        """Return the core itself."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        """Close the ports, whatever has happened."""
        self.close()


class AsyncOrderCore:
    """The async face: for asyncio hosts.

    As an asynchronous context manager it closes its ports in the end, which has to happen on the
    loop that used them.

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
        return await carry_out(use_case, self.ports)

    async def close(self) -> None:
        """Close every connection of the ports, one that is in use when it is given back."""
        await self.ports.close()

    async def __aenter__(self) -> Self:
        """Return the core itself."""
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        """Close the ports, whatever has happened."""
        await self.close()
