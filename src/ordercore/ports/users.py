"""Who may log in: accounts by name, with a password that only the port can check (R6)."""

from __future__ import annotations

import unicodedata
from typing import Any, Protocol

from attrs import Attribute, field, frozen

from ordercore.kernel.ids import ActorId, TenantId, personal_text
from ordercore.kernel.result import Refusal
from ordercore.ports.passwords import Password

__all__ = ["User", "UsersPort", "login_name"]


def login_name(typed: object, *, field: str = "login") -> str:
    """Return a name as it is compared: without regard to case, and to how letters are encoded.

    Raises:
        InvalidInput: naming ``field`` and not the name, when it is no printable text of 1 to 200
            characters.

    >>> login_name(" Ana@Shop.example ")
    'ana@shop.example'
    """
    name = personal_text(typed, field=field)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return personal_text(folded.strip(), field=field)


def _a_name(_user: object, attribute: Attribute[Any], value: object) -> None:
    personal_text(value, field=attribute.name)


@frozen(kw_only=True)
class User:
    """Somebody with an account.

    Attributes:
        tenant: Whose customer it is.
        id: Opaque; goes to the audit trail in place of the name.
        login: What is typed to log in, such as the mail address; one account has it. Personal,
            hidden from repr.
        name: How they are addressed; personal, hidden from repr.

    Raises:
        InvalidInput: on construction, when one of them is no printable text.
    """

    tenant: TenantId = field(validator=_a_name)
    id: ActorId = field(validator=_a_name)
    login: str = field(repr=False, converter=login_name)
    name: str = field(repr=False, validator=_a_name)


class UsersPort(Protocol):
    """Accounts of a tenant. Of a password only a hash is kept, by `PasswordsPort`."""

    async def add(self, user: User, password: Password) -> User | Refusal:
        """Make an account.

        Returns:
            The user, or a refusal ``login_taken`` when an account has the login or the id; that one
            stays as it is.
        """
        ...

    async def find(self, tenant: TenantId, user_id: ActorId) -> User | None:
        """Return the account; None when there is none."""
        ...

    async def verify(self, tenant: TenantId, login: str, password: Password) -> User | None:
        """Return the account if it is its password.

        A wrong password and an unknown name look alike and take equally long. A hash that was made
        with outdated settings is renewed, unless the password was changed at the same moment.

        Args:
            tenant: Where the account should be.
            login: As it was typed.
            password: Likewise.

        Raises:
            InvalidInput: the login is no printable text.
        """
        ...

    async def change_password(
        self, tenant: TenantId, user_id: ActorId, password: Password
    ) -> User | None:
        """Put another password in place of the present one; None when there is no such account."""
        ...
