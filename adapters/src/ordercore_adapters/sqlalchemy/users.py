"""Accounts: a row each, with a hash that is renewed only where nobody changed it meanwhile."""

from __future__ import annotations

from ordercore.kernel.ids import ActorId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Password, PasswordsPort, User
from ordercore.ports.users import login_name
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Row, Statement

__all__ = ["SqlUsers"]

_ADD = (
    "INSERT INTO users (tenant, id, login, name, password) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_BY_ID = "SELECT id, login, name FROM users WHERE tenant = ? AND id = ?"
_BY_LOGIN = "SELECT id, login, name, password FROM users WHERE tenant = ? AND login = ?"
_CHANGE = "UPDATE users SET password = ? WHERE tenant = ? AND id = ?"
_RENEW = f"{_CHANGE} AND password = ?"


class SqlUsers:
    """Accounts in the table ``users``."""

    def __init__(self, executor: Executor, passwords: PasswordsPort) -> None:
        self._executor = executor
        self._passwords = passwords

    async def add(self, user: User, password: Password) -> User | Refusal:
        """Make an account."""
        hashed = await self._passwords.hash(password)
        values = (user.tenant, user.id, user.login, user.name, hashed)
        answer = await self._executor.run(user.tenant, Statement(sql=_ADD, values=values))
        if answer.count:
            return user
        return Refusal(code="login_taken", reason="there is such an account already")

    async def find(self, tenant: TenantId, user_id: ActorId) -> User | None:
        """Return the account."""
        found = await self._executor.run(tenant, Statement(sql=_BY_ID, values=(tenant, user_id)))
        return _user(tenant, found.rows[0]) if found.rows else None

    async def verify(self, tenant: TenantId, login: str, password: Password) -> User | None:
        """Return the account if it is its password; it is compared outside any transaction."""
        wanted = Statement(sql=_BY_LOGIN, values=(tenant, login_name(login)))
        found = await self._executor.run(tenant, wanted)
        row = found.rows[0] if found.rows else None
        kept = row[3] if row else None
        checked = await self._passwords.check(kept, password)
        if row is None or not checked.right:
            return None
        if checked.renewed is not None:
            values = (checked.renewed, tenant, row[0], kept)
            await self._executor.run(tenant, Statement(sql=_RENEW, values=values))
        return _user(tenant, row)

    async def change_password(
        self, tenant: TenantId, user_id: ActorId, password: Password
    ) -> User | None:
        """Put another password in place of the present one."""
        hashed = await self._passwords.hash(password)
        values = (hashed, tenant, user_id)
        answer = await self._executor.run(tenant, Statement(sql=_CHANGE, values=values))
        return await self.find(tenant, user_id) if answer.count else None


def _user(tenant: TenantId, row: Row) -> User:
    return User(tenant=tenant, id=ActorId(row[0]), login=row[1], name=row[2])
