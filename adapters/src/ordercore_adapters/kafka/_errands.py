"""Blocking calls in a thread, whose answers outlive whoever waited for them.

A task can be cancelled, a thread cannot: a poll that was left alone still takes a message out of
the client. So nobody leaves an errand for good. Its answer stays until somebody has taken it, in
this event loop, in another one, or in none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Generic, ParamSpec, TypeVar

__all__ = ["Errand"]

P = ParamSpec("P")
T = TypeVar("T")


class Errand(Generic[P, T]):
    """One call that is made in a thread, again and again, but never twice at a time."""

    def __init__(self, thread: Executor, call: Callable[P, T]) -> None:
        self._thread, self._call = thread, call
        self._answer: Future[T] | None = None

    @property
    def under_way(self) -> bool:
        """Whether it was begun and nobody has taken its answer yet."""
        return self._answer is not None

    def begin(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Send the thread on its way."""
        assert self._answer is None
        call = partial(self._call, *args, **kwargs)
        self._answer = self._thread.submit(copy_context().run, call)

    def answer(self) -> T:
        """Wait for the answer and take it; it may be a fault."""
        assert self._answer is not None
        wait([self._answer])
        taken, self._answer = self._answer, None
        return taken.result()

    async def answer_async(self) -> T:
        """Do the same in a running loop; whoever is cancelled meanwhile has not taken it."""
        assert self._answer is not None
        with suppress(Exception):  # a fault of the call's, which is raised when it is taken
            await asyncio.shield(asyncio.wrap_future(self._answer))
        return self.answer()
