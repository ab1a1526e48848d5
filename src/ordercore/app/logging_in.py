"""Use cases: log in, and change one's password (R6).

Tries are counted for each name, right or wrong, so that nobody guesses passwords by the thousand;
whoever tries too often is told when to come back. What is told about a name is the same whether
somebody has it or not.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from attrs import Attribute, field, frozen

from ordercore.app._asked import of_kind, usable_id, usable_text
from ordercore.kernel.ids import TenantId, derive_key
from ordercore.kernel.result import Refusal
from ordercore.ports import Limited, Password, Ports, RateLimit, User
from ordercore.ports.users import login_name

__all__ = ["ChangePassword", "LOGIN_TRIES", "LogIn", "LoggedIn"]

LOGIN_TRIES: Final = RateLimit(refill=6, per_s=60, burst=10)
"""How often one name may be tried: ten times at once, and then every ten seconds."""

LoggedIn: TypeAlias = User | Refusal | Limited
"""The user; or the refusal ``wrong_login``; or when to come back, after too many tries."""

_WRONG: Final = Refusal(
    code="wrong_login", reason="name and password do not belong to an account together"
)


def _usable_login(_asked: object, attribute: Attribute[Any], value: object) -> None:
    login_name(value, field=attribute.name)


@frozen(kw_only=True)
class LogIn:
    """Find out whether somebody is who they say they are.

    What a host keeps afterwards (a cookie, a token) is its own. Tries from many names at once are
    the host's to limit, by where they come from.

    Attributes:
        login: As it was typed.
        limit: How often this name may be tried.
        correlation_id: Ties the trace to the request.
    """

    tenant: TenantId = field(validator=usable_id)
    login: str = field(repr=False, validator=_usable_login)
    password: Password = field(validator=of_kind(Password))
    limit: RateLimit = field(default=LOGIN_TRIES, validator=of_kind(RateLimit))
    correlation_id: str = field(default="", validator=usable_text)

    async def run(self, ports: Ports) -> LoggedIn:
        """Check the password.

        Returns:
            The user; or the refusal ``wrong_login``, the same for a wrong password and an unknown
            name; or `Limited`, without a look at either.

        Raises:
            NotConfigured: the host has no accounts, or does not limit how often one may ask.
        """
        held = await ports.rate_limits.take(
            self.tenant, _bucket(self.login), limit=self.limit, now=ports.clock.now()
        )
        if isinstance(held, Limited):
            return held
        return await ports.users.verify(self.tenant, self.login, self.password) or _WRONG


@frozen(kw_only=True)
class ChangePassword:
    """Change one's password, which takes the present one; tries count as for logging in.

    Attributes:
        login: As it was typed.
        password: The present one.
        new_password: What it is to be.
        limit: How often this name may be tried.
        correlation_id: Ties the trace to the request.
    """

    tenant: TenantId = field(validator=usable_id)
    login: str = field(repr=False, validator=_usable_login)
    password: Password = field(validator=of_kind(Password))
    new_password: Password = field(validator=of_kind(Password))
    limit: RateLimit = field(default=LOGIN_TRIES, validator=of_kind(RateLimit))
    correlation_id: str = field(default="", validator=usable_text)

    async def run(self, ports: Ports) -> LoggedIn:
        """Change it; answers and faults as for `LogIn`."""
        known = await LogIn(
            tenant=self.tenant, login=self.login, password=self.password, limit=self.limit
        ).run(ports)
        if not isinstance(known, User):
            return known
        changed = await ports.users.change_password(self.tenant, known.id, self.new_password)
        return changed or _WRONG  # the account went away in between


def _bucket(login: str) -> str:
    # The service that counts learns no names.
    return derive_key("login", login_name(login))
