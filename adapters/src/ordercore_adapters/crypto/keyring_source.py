"""Where the data keys come from: an environment variable, else a private file.

The variable ``ORDERCORE_DATA_KEYS`` holds ``id:key`` pairs separated by commas, each key 32 bytes
in base64; the first is the current one. The file holds the same pairs, one to a line. It is made
with one fresh key the first time it is needed, belongs beside the database, and has to be kept as
long as anything sealed with its keys: without it nothing can be opened. To rotate, put a new pair
in front (`rotate_keyring` does it for a file) and leave the old ones where they are.

No error raised here shows any part of a key, nor of text that might be one.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ordercore.kernel.errors import InvalidInput, NotConfigured
from ordercore_adapters.crypto._files import create_once, replace
from ordercore_adapters.crypto.keyring import KEY_BYTES, Keyring, new_key

__all__ = ["KEYS_VARIABLE", "load_keyring", "parse_keyring", "rotate_keyring"]

KEYS_VARIABLE = "ORDERCORE_DATA_KEYS"
"""The environment variable that may hold the keys."""
_FORM = f"id:key pairs, each key {KEY_BYTES} bytes in base64"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST = 1_000_000


def load_keyring(*, env: Mapping[str, str] | None = None, path: Path | None = None) -> Keyring:
    """Return the keyring from the environment, else from the file, which is made when missing.

    Args:
        env: The environment; the process's own by default.
        path: The file; without one only the environment is asked.

    Raises:
        InvalidInput: the variable or the file is malformed, or others may read the file.
        NotConfigured: the variable is not set and no path was given.
    """
    text = (os.environ if env is None else env).get(KEYS_VARIABLE, "")
    if text.strip():
        return parse_keyring(text, source=KEYS_VARIABLE)
    if path is None:
        raise NotConfigured(port=f"keyring ({KEYS_VARIABLE})")
    with suppress(FileNotFoundError):
        return _read(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    create_once(path, _line(_fresh_id(), new_key()))
    return _read(path)  # also when another process was faster: its key counts


def parse_keyring(text: str, *, source: str = "keyring") -> Keyring:
    """Return the keyring written in ``text``, pairs separated by commas or lines.

    Raises:
        InvalidInput: naming ``source``, when the text is anything else.
    """
    keys: list[tuple[str, bytes]] = []
    pairs = [pair.strip() for pair in text.replace("\n", ",").split(",")]
    for number, pair in enumerate((pair for pair in pairs if pair), start=1):
        key_id, colon, encoded = pair.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not colon or not key:
            raise InvalidInput(field=source, problem=f"pair {number} is malformed", allowed=_FORM)
        keys.append((key_id.strip(), key))
    return Keyring(keys)


def rotate_keyring(path: Path, *, key_id: str | None = None) -> Keyring:
    """Put a fresh key in front of those in the file and return the new keyring.

    Running processes go on sealing with the key they know until they load the file again, and open
    what others seal from then on only after that; restart the readers soon.

    Args:
        path: The file, which must exist.
        key_id: Name of the new key; made up when not given.

    Raises:
        InvalidInput: the file is malformed, the id is taken, or another rotation is under way.
        FileNotFoundError: there is no such file.
    """
    lock = path.with_name(f"{path.name}.rotating")
    if not create_once(lock, b""):
        # Two rotations at once would lose one of the new keys, and all that was sealed with it.
        raise InvalidInput(
            field="keyring",
            problem=f"a rotation is under way; if it was killed, remove {lock.name}",
        )
    try:
        content = _private_bytes(path)
        added = _line(key_id or _fresh_id(), new_key()) + content
        keyring = parse_keyring(added.decode("ascii", "replace"), source=path.name)
        replace(path, added)
    finally:
        lock.unlink()
    return keyring


def _read(path: Path) -> Keyring:
    # A decoding error would carry the bytes along, so what is no text is left to the parser.
    return parse_keyring(_private_bytes(path).decode("ascii", "replace"), source=path.name)


def _private_bytes(path: Path) -> bytes:
    """Read a file that is ours alone; what is checked is what is read, not what had the name."""
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        if os.name == "posix" and facts.st_mode & _OTHERS:
            raise InvalidInput(
                field=path.name,
                problem=f"others may use it (mode {stat.S_IMODE(facts.st_mode):04o})",
                allowed="a file for its owner only; chmod 600",
            )
        if os.name == "posix" and facts.st_uid not in (os.geteuid(), 0):
            raise InvalidInput(field=path.name, problem="belongs to somebody else")
        return file.read(_LONGEST)


def _fresh_id() -> str:
    return f"key-{secrets.token_hex(4)}"


def _line(key_id: str, key: bytes) -> bytes:
    return f"{key_id}:{base64.b64encode(key).decode('ascii')}\n".encode("ascii")
