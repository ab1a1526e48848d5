"""Who may buy: accounts that ordercore keeps in its database, with a password each.

A host with accounts of its own puts them behind the port `UsersPort`, and changes nothing else.
"""

from __future__ import annotations

from attrs import field, frozen

from ordercore import Refusal
from ordercore.kernel.ids import ActorId, TenantId, derive_key
from ordercore.ports import Password, Ports, User

__all__ = ["FindUser", "OpenAccount", "user_id"]


def user_id(email: str) -> ActorId:
    """Return the id of whoever has an address."""
    return ActorId(derive_key("user", email.lower())[:24])


@frozen(kw_only=True)
class FindUser:
    """Look an account up by the id that a cookie or a token holds."""

    tenant: TenantId
    user_id: str = field(repr=False)

    async def run(self, ports: Ports) -> User | None:
        """Return the account; None when there is none any more."""
        return await ports.users.find(self.tenant, ActorId(self.user_id))


@frozen(kw_only=True)
class OpenAccount:
    """Make an account; one that is there already gets the new password."""

    user: User
    password: Password

    async def run(self, ports: Ports) -> User:
        """Make it."""
        made = await ports.users.add(self.user, self.password)
        if isinstance(made, Refusal):
            user = self.user
            await ports.users.change_password(user.tenant, user.id, self.password)
        return self.user
