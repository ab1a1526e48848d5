"""Passwords as Argon2id hashes (RFC 9106). Needs the extra ``passwords``."""

try:
    import argon2 as _argon2  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "argon2":
        raise
    raise ModuleNotFoundError(
        "passwords need the extra 'passwords': pip install 'ordercore-adapters[passwords]'",
        name=error.name,
    ) from error

from ordercore_adapters.passwords.argon2id import Argon2Passwords

__all__ = ["Argon2Passwords"]
