"""Waiting for a blocking client, and no longer than was said.

The time-outs of a blocking client hold for single reads and writes, so a service that sends a byte
now and then keeps it for as long as it likes. It asks in a thread of its own therefore, and whoever
waits for it goes on when the time is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from socket import SHUT_RDWR, socket
from threading import Thread
from typing import Any, TypeVar

__all__ = ["Line", "within"]

T = TypeVar("T")


class Line:
    """The connection of one question, which can be cut from another thread.

    One that was opened for the question, and carries no other, is shut down: that ends whatever
    waits for it. Any other is left alone; there the question learns that it was cut with the next
    part of the answer's body, or ends with the answer.
    """

    def __init__(self) -> None:
        self.is_cut = False
        self._socket: socket | None = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of what the client does; for its extension ``trace``."""
        made = info.get("return_value")
        if event.startswith("http2.") or event.endswith(".response_closed.started"):
            self._socket = None  # others use it too, now or soon
        elif made is not None and hasattr(made, "get_extra_info"):
            self._socket = made.get_extra_info("socket")
            if self.is_cut:
                self.cut()

    def cut(self) -> None:
        """End the question."""
        self.is_cut = True
        if self._socket is not None:
            with suppress(OSError):
                # Not by the method of a TLS socket: that drops the encryption first.
                socket.shutdown(self._socket, SHUT_RDWR)


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Return what ``ask`` does, or raise what it raises.

    Raises:
        TimeoutError: the time is over; nobody waits for ``ask`` any more, not even at exit.
    """
    told: Future[T] = Future()

    def run() -> None:
        try:
            told.set_result(ask())
        except BaseException as trouble:  # for whoever waits
            told.set_exception(trouble)

    Thread(target=copy_context().run, args=(run,), name="look-up", daemon=True).start()
    return told.result(timeout=seconds)
