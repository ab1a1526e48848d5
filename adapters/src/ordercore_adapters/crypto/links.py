"""One-time links: for recipients nobody can encrypt for.

Behind each link lies one sealed file, named by a digest of the token, so the folder does not tell
the tokens. The token is the only way in and works once: the file is taken out of the way before it
is read. Whoever finds the link used up knows that somebody else was there first.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from ordercore.domain.delivery import Credentials
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId
from ordercore.kernel.time import format_instant, parse_instant
from ordercore.ports import Clock
from ordercore_adapters.crypto._files import create_once, private_folder
from ordercore_adapters.crypto.keyring import Keyring, Sealed

__all__ = ["LINK_LIFETIME_S", "OneTimeLinks"]

LINK_LIFETIME_S = 7 * 24 * 3600
"""Seconds a link can be used, counted from when it was made: a week."""
_TOKEN_BYTES = 32


class OneTimeLinks:
    """A folder of sealed credentials, each to be had once for its token.

    Safe with several processes. A process killed while it redeems a token may use the link up
    without an answer; the customer then asks for the credentials to be sent again.
    """

    def __init__(
        self, folder: Path, keyring: Keyring, clock: Clock, *, lifetime_s: int = LINK_LIFETIME_S
    ) -> None:
        """Keep the files in ``folder``, made when missing."""
        self._folder = private_folder(folder)
        self._keyring = keyring
        self._clock = clock
        self._lifetime = timedelta(seconds=lifetime_s)

    def put(self, credentials: Mapping[ItemId, Credentials]) -> str:
        """Seal the credentials and return the token they can be had for."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        until = format_instant(self._clock.now() + self._lifetime)
        message = json.dumps({item: dict(each.values) for item, each in credentials.items()})
        sealed = self._keyring.seal(message.encode(), bound_to=_binding(token, until))
        entry = {
            "until": until,
            "key_id": sealed.key_id,
            "nonce": base64.b64encode(sealed.nonce).decode("ascii"),
            "ciphertext": base64.b64encode(sealed.ciphertext).decode("ascii"),
        }
        create_once(self._path(token), json.dumps(entry).encode())
        return token

    def redeem(self, token: str) -> dict[ItemId, Credentials]:
        """Return the credentials by item and use the link up.

        Raises:
            InvalidInput: the token is unknown, used or expired, which nobody is told apart.
        """
        refusal = InvalidInput(field="token", problem="is unknown, used or expired")
        taken = self._folder / f".{secrets.token_hex(8)}.taken"
        try:
            self._path(token).rename(taken)
        except FileNotFoundError:
            raise refusal from None
        try:
            entry = json.loads(taken.read_bytes())
        finally:
            taken.unlink()
        if self._clock.now() > parse_instant(entry["until"]):
            raise refusal
        sealed = Sealed(
            key_id=entry["key_id"],
            nonce=base64.b64decode(entry["nonce"]),
            ciphertext=base64.b64decode(entry["ciphertext"]),
        )
        message = self._keyring.open(sealed, bound_to=_binding(token, entry["until"]))
        return {
            ItemId(item): Credentials(values=values) for item, values in json.loads(message).items()
        }

    def withdraw(self, token: str) -> None:
        """Make the link useless; nothing happens when it is already."""
        self._path(token).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Delete expired entries and return how many there were; run it once a day."""
        now, swept = self._clock.now(), 0
        for path in self._folder.glob("*.sealed"):
            with suppress(FileNotFoundError):
                if now > parse_instant(json.loads(path.read_bytes())["until"]):
                    path.unlink()
                    swept += 1
        return swept

    def __repr__(self) -> str:
        return f"OneTimeLinks({self._folder.name!r})"

    def _path(self, token: str) -> Path:
        return self._folder / f"{sha256(token.encode()).hexdigest()}.sealed"


def _binding(token: str, until: str) -> bytes:
    # Without the token even the holder of the keyring cannot open an entry.
    return f"one-time-link\x1f{until}\x1f{token}".encode()
