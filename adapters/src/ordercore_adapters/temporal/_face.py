"""Carry out use cases from a running loop, whatever the bundle."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from ordercore.app import AsyncOrderCore, OrderCore, UseCase
from ordercore.ports import Mode, Ports

__all__ = ["Face"]

R = TypeVar("R")


class Face:
    """Use cases over one bundle; over a blocking one in threads, so that the loop goes on."""

    def __init__(self, ports: Ports, *, at_once: int) -> None:
        self._ports = ports
        # The loop's own pool is small, and a call that waits for a thread would run out of time.
        self._threads = (
            ThreadPoolExecutor(at_once, thread_name_prefix="ordercore-calls")
            if ports.mode is Mode.BLOCKING
            else None
        )

    async def handle(self, use_case: UseCase[R]) -> R:
        """Carry out a use case and return its result."""
        if self._threads is None:
            return await AsyncOrderCore(self._ports).handle(use_case)
        loop, context = asyncio.get_running_loop(), copy_context()
        return await loop.run_in_executor(
            self._threads, lambda: context.run(OrderCore(self._ports).handle, use_case)
        )
