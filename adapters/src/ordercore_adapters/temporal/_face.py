"""Carry out use cases from a running loop, whatever the bundle."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from ordercore.app import AsyncOrderCore, OrderCore, UseCase
from ordercore.ports import Mode, Ports

__all__ = ["handle"]

R = TypeVar("R")


async def handle(ports: Ports, use_case: UseCase[R]) -> R:
    """Carry out a use case; over a blocking bundle in a thread, so that the loop goes on."""
    if ports.mode is Mode.BLOCKING:
        return await asyncio.to_thread(OrderCore(ports).handle, use_case)
    return await AsyncOrderCore(ports).handle(use_case)
