"""Where mail is handed in: address, encryption, credentials."""

from __future__ import annotations

import ssl
from enum import StrEnum

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput

__all__ = ["MailServer", "Security"]


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"  # from the first byte, usually port 465
    STARTTLS = "starttls"  # asked for after the greeting, usually port 587; never left out
    PLAIN = "plain"  # not at all: for a relay on the same machine


@frozen(kw_only=True)
class MailServer:
    """One SMTP server.

    Attributes:
        username: Who hands mail in; None where nobody has to say.
        password: Hidden from repr; sent over a protected connection only.
        timeout_s: How long handing in one message may take, connecting included; nothing is handed
            over after it. Keep it below the 30 seconds for which a worker leases its work, so that
            no other sends the same letter meanwhile.
        tls: Which certificates are trusted; those of the system when None.

    Raises:
        InvalidInput: a password that would travel in the clear, a port that is none, or no time.
    """

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str = field(default="", repr=False)
    timeout_s: float = 20
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if type(self.port) is not int or not 0 < self.port <= 65_535:
            raise InvalidInput(field="port", problem=f"got {self.port!r:.40}", allowed="1 to 65535")
        if not self.timeout_s > 0:
            problem = f"got {self.timeout_s!r:.40}"
            raise InvalidInput(field="timeout_s", problem=problem, allowed="more than 0")
        if self.username is not None and self.security is Security.PLAIN:
            raise InvalidInput(
                field="security",
                problem="the password would travel in the clear",
                allowed="tls or starttls with a username",
            )
