"""A process that dies at one chosen call of a port, as a power cut would end it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, NoReturn

from attrs import evolve

from ordercore.ports import Ports
from tests.unit.app.providers import Script, Told
from tests.unit.app.shop import SERVICES, Shop

__all__ = ["Fuse", "PowerCut", "wired"]


class PowerCut(BaseException):
    """The process is gone; nothing in it can catch this."""


class Fuse:
    """Counts calls over all ports, and blows at one of them.

    An answer that no commit recorded is given again after the crash: providers keep their word.
    """

    def __init__(self, script: Script, at: int, *, made: bool) -> None:
        self.script = script
        self.left = at
        self.made = made
        self.recorded: dict[str, deque[Told]] | None = None

    @property
    def blown(self) -> bool:
        """True once the process has died."""
        return self.left < 0

    def record(self) -> None:
        """Remember what is planned from here on."""
        self.recorded = {verb: deque(plan) for verb, plan in self.script.plans.items()}

    def die(self) -> NoReturn:
        """End the process."""
        if self.recorded is not None:
            self.script.plans = self.recorded
        raise PowerCut


class Wired:
    """A port that goes through the fuse."""

    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port, self._fuse = port, fuse

    def __getattr__(self, name: str) -> Any:
        method, fuse = getattr(self._port, name), self._fuse

        async def call(*args: Any, **kwargs: Any) -> Any:
            fuse.left -= 1
            dying = fuse.left == -1
            if fuse.recorded is None:
                fuse.record()
            if dying and not fuse.made:
                fuse.die()
            try:
                return await method(*args, **kwargs)
            finally:
                if name in ("commit", "update"):
                    fuse.record()
                if dying:
                    fuse.die()

        return call


def wired(shop: Shop, fuse: Fuse, names: Iterable[str] = SERVICES) -> Ports:
    """Return the shop's ports with a fuse before each, or before those named."""
    changes: dict[str, Any] = {n: Wired(getattr(shop.ports, n), fuse) for n in names}
    return evolve(shop.ports, **changes)
