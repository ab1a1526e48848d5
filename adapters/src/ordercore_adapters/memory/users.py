"""Accounts within the process, for tests and for hosts that read theirs from somewhere."""

from __future__ import annotations

from threading import Lock

from ordercore.kernel.ids import ActorId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Password, PasswordsPort, User
from ordercore.ports.users import login_name

__all__ = ["MemoryUsers"]


class MemoryUsers:
    """Accounts in dictionaries; threads may share them."""

    def __init__(self, passwords: PasswordsPort) -> None:
        """Keep what ``passwords`` makes of each password."""
        self._passwords = passwords
        self._guard = Lock()
        self._users: dict[tuple[TenantId, ActorId], User] = {}
        self._ids: dict[tuple[TenantId, str], ActorId] = {}
        self._hashes: dict[tuple[TenantId, ActorId], str] = {}

    async def add(self, user: User, password: Password) -> User | Refusal:
        """Make an account."""
        hashed = await self._passwords.hash(password)
        key, login = (user.tenant, user.id), (user.tenant, user.login)
        with self._guard:
            if key in self._users or login in self._ids:
                return Refusal(code="login_taken", reason="there is such an account already")
            self._users[key], self._ids[login], self._hashes[key] = user, user.id, hashed
        return user

    async def find(self, tenant: TenantId, user_id: ActorId) -> User | None:
        """Return the account."""
        return self._users.get((tenant, user_id))

    async def verify(self, tenant: TenantId, login: str, password: Password) -> User | None:
        """Return the account if it is its password."""
        name = login_name(login)
        with self._guard:
            user_id = self._ids.get((tenant, name))
            kept = self._hashes[tenant, user_id] if user_id is not None else None
        checked = await self._passwords.check(kept, password)
        if user_id is None or kept is None or not checked.right:
            return None
        with self._guard:
            if checked.renewed is not None and self._hashes[tenant, user_id] == kept:
                self._hashes[tenant, user_id] = checked.renewed
        return self._users[tenant, user_id]

    async def change_password(
        self, tenant: TenantId, user_id: ActorId, password: Password
    ) -> User | None:
        """Put another password in place of the present one."""
        hashed = await self._passwords.hash(password)
        with self._guard:
            if (tenant, user_id) in self._users:
                self._hashes[tenant, user_id] = hashed
        return self._users.get((tenant, user_id))
