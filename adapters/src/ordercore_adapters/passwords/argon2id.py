"""Argon2id: slow and hungry for memory on purpose, with a salt of its own for each hash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ordercore.ports import Password, PasswordCheck

__all__ = ["Argon2Passwords"]

R = TypeVar("R")


class Argon2Passwords:
    """A `PasswordsPort`."""

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: bool = False) -> None:
        """Hash with ``hasher``; its settings are today's, and older hashes are renewed.

        Args:
            hasher: With the settings that its library recommends unless given.
            threads: Hash in a thread of the running loop's pool, which others need meanwhile; for
                async hosts. Without it a call never suspends.
        """
        self._hasher = hasher or PasswordHasher()
        self._threads = threads
        # Compared with where nobody has the account: the same work, by the same settings.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: Password) -> str:
        """Return what is kept of a password."""
        return await self._work(lambda: self._hasher.hash(password.value))

    async def check(self, kept: str | None, password: Password) -> PasswordCheck:
        """Compare a password with what was kept; what cannot be read is never right."""
        return await self._work(lambda: self._compared(kept, password))

    async def _work(self, do: Callable[[], R]) -> R:
        return await asyncio.to_thread(do) if self._threads else do()

    def _compared(self, kept: str | None, password: Password) -> PasswordCheck:
        try:
            self._hasher.verify(self._nobody if kept is None else kept, password.value)
        except (VerificationError, InvalidHashError):
            return PasswordCheck(right=False)
        if kept is None:
            return PasswordCheck(right=False)
        outdated = self._hasher.check_needs_rehash(kept)
        renewed = self._hasher.hash(password.value) if outdated else None
        return PasswordCheck(right=True, renewed=renewed)

    def __repr__(self) -> str:
        return "Argon2Passwords()"
