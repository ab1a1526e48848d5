"""Passwords: kept as hashes that take long to compute, and compared without telling anything.

Whoever keeps accounts asks this port; what a hash looks like is known to its adapter alone.
"""

from __future__ import annotations

import unicodedata
from typing import Protocol

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput

__all__ = ["Password", "PasswordCheck", "PasswordsPort"]

_LONGEST = 1000
_ALLOWED = f"text of 1 to {_LONGEST} characters"


def _usable(value: object) -> str:
    if not isinstance(value, str):
        problem = f"got {type(value).__name__}"
        raise InvalidInput(field="password", problem=problem, allowed=_ALLOWED)
    if not value or len(value) > _LONGEST:
        problem = "is empty or too long"
        raise InvalidInput(field="password", problem=problem, allowed=_ALLOWED)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidInput(field="password", problem="holds half a character", allowed=_ALLOWED)
    return unicodedata.normalize("NFC", value)


@frozen(repr=False, eq=False)
class Password:
    """What somebody types to prove who they are; it is neither shown nor compared.

    Letters that can be written in two ways are brought to one (NFC, RFC 8265), since keyboards
    differ. It is not stripped or cut.

    Attributes:
        value: The password, for the port alone.

    Raises:
        InvalidInput: on construction, without the value, when it is no usable text.

    >>> Password("three blind mice")
    Password(...)
    """

    value: str = field(converter=_usable)

    def __repr__(self) -> str:
        return "Password(...)"


@frozen(kw_only=True)
class PasswordCheck:
    """How a comparison ended.

    Attributes:
        right: It is the password.
        renewed: A hash by today's settings, to be kept in place of one that was made with others;
            None where there is nothing to renew. Hidden from repr.
    """

    right: bool
    renewed: str | None = field(default=None, repr=False)


class PasswordsPort(Protocol):
    """Hashes passwords and compares them; every call takes the time that the settings ask for."""

    async def hash(self, password: Password) -> str:
        """Return what is kept of a new password: no two hashes of one password are alike."""
        ...

    async def check(self, kept: str | None, password: Password) -> PasswordCheck:
        """Compare a password with what was kept.

        Args:
            kept: The hash; None where nobody has such an account, which is never right and takes
                as long, so that nobody learns from it who has one.
            password: What was typed.
        """
        ...
