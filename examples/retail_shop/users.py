"""Who may buy: accounts with a password, kept as an Argon2id hash.

The shop asks a `UserPort`; a host with accounts of its own puts them behind it.
"""

from __future__ import annotations

from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import frozen

from examples.retail_shop.files import ShopFile
from ordercore.kernel.ids import derive_key

__all__ = ["FileUsers", "User", "UserPort"]


@frozen(kw_only=True)
class User:
    """Somebody with an account.

    Attributes:
        id: Opaque; goes to the audit trail in place of name and address.
        email: Where they are written to; their orders are known by it.
        name: How they are addressed.
    """

    id: str
    email: str
    name: str


class UserPort(Protocol):
    """Looks accounts up and checks passwords."""

    def find(self, user_id: str) -> User | None:
        """Return the account; None when there is none any more."""
        ...

    def verify(self, email: str, password: str) -> User | None:
        """Return the account if the password is right; it takes as long when there is none."""
        ...


class FileUsers:
    """Accounts in the shop's file.

    Attributes:
        file: Where they are.
    """

    def __init__(self, file: ShopFile, hasher: PasswordHasher | None = None) -> None:
        """Keep accounts in ``file``; tests bring a hasher that is quick."""
        self.file = file
        self._hasher = hasher or PasswordHasher()
        # Compared with when nobody has the address, so that the time tells nothing.
        self._nobody = self._hasher.hash("nobody has this password")

    def add(self, email: str, name: str, password: str) -> User:
        """Make an account; one that is there already gets the new password."""
        user = User(id=derive_key("user", email.lower())[:24], email=email.lower(), name=name)
        with self.file.transaction() as db:
            db.execute(
                "INSERT INTO users VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, hash = excluded.hash",
                (user.id, user.email, user.name, self._hasher.hash(password)),
            )
        return user

    def find(self, user_id: str) -> User | None:
        """Return the account."""
        with self.file.transaction() as db:
            row = db.execute("SELECT id, email, name FROM users WHERE id = ?", (user_id,))
            found = row.fetchone()
        return User(id=found[0], email=found[1], name=found[2]) if found else None

    def verify(self, email: str, password: str) -> User | None:
        """Check a password; a hash made with weaker settings is renewed."""
        with self.file.transaction() as db:
            rows = db.execute("SELECT id, hash FROM users WHERE email = ?", (email.lower(),))
            user_id, kept = rows.fetchone() or ("", self._nobody)
        try:
            self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return None
        if user_id and self._hasher.check_needs_rehash(kept):
            with self.file.transaction() as db:
                renewed = self._hasher.hash(password)
                db.execute("UPDATE users SET hash = ? WHERE id = ?", (renewed, user_id))
        return self.find(user_id)
