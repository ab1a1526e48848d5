"""Order numbers, and requests to buy that are carried out once however often they come.

A key belongs to one user. While its request runs, the same one again is told so; with other content
it is turned down; once it is done, its answer is given again for a day. A process that died in the
middle is taken over after a minute, under the same order number: what it had done is found by
ordercore, which knows the number.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from examples.retail_shop.files import ShopFile
from ordercore.kernel import IdempotencyInFlight, IdempotencyKeyReused
from ordercore.kernel.time import format_instant, parse_instant

__all__ = ["KEPT_FOR", "Begun", "Purchases"]

KEPT_FOR = timedelta(hours=24)
"""For how long a key is remembered."""

_TAKEN_OVER_AFTER = timedelta(minutes=1)
_FIRST_NUMBER = 1000
_OPERATION = "buy"


@frozen(kw_only=True)
class Begun:
    """A request that may go on.

    Attributes:
        reference: The number of its order.
        answer: What was answered before; None when it has to be carried out.
    """

    reference: str
    answer: str | None


class Purchases:
    """The purchases in the shop's file."""

    def __init__(self, file: ShopFile) -> None:
        """Keep them in ``file``."""
        self._file = file

    def begin(self, user: str, key: str, *, fingerprint: str, now: datetime) -> Begun:
        """Take a key for a request.

        Args:
            user: Whose request it is.
            key: What makes it the same request when it comes again.
            fingerprint: Digest of its content.
            now: When it came.

        Raises:
            IdempotencyKeyReused: the key was used with other content.
            IdempotencyInFlight: the request is being carried out at this moment.
        """
        with self._file.transaction() as db:
            over = format_instant(now - KEPT_FOR)
            db.execute("DELETE FROM request_keys WHERE begun_at <= ?", (over,))
            row = db.execute(
                "SELECT fingerprint, number, begun_at, running, answer FROM request_keys "
                "WHERE user = ? AND key = ?",
                (user, key),
            ).fetchone()
            if row is not None:
                kept, number, begun_at, running, answer = row
                if kept != fingerprint:
                    raise IdempotencyKeyReused(operation=_OPERATION, key=key)
                if answer is not None:
                    return Begun(reference=_reference(number), answer=answer)
                if running and now < parse_instant(begun_at) + _TAKEN_OVER_AFTER:
                    raise IdempotencyInFlight(operation=_OPERATION, key=key)
            else:
                number = db.execute("INSERT INTO purchases (user) VALUES (?)", (user,)).lastrowid
            db.execute(
                "REPLACE INTO request_keys VALUES (?, ?, ?, ?, ?, 1, NULL)",
                (user, key, fingerprint, number, format_instant(now)),
            )
        return Begun(reference=_reference(number), answer=None)

    def finish(self, user: str, key: str, answer: str) -> None:
        """Keep the answer."""
        self._change("running = 0, answer = ?", (answer, user, key))

    def stop(self, user: str, key: str) -> None:
        """Let the same request be tried again; how far it came is not known here."""
        self._change("running = 0", (user, key))

    def forget(self, user: str, key: str) -> None:
        """Free the key: nothing came of its request, which may be corrected."""
        with self._file.transaction() as db:
            db.execute("DELETE FROM request_keys WHERE user = ? AND key = ?", (user, key))

    def references(self, user: str) -> tuple[str, ...]:
        """Return the numbers a user was given, newest first; some may have come to nothing."""
        with self._file.transaction() as db:
            rows = db.execute(
                "SELECT number FROM purchases WHERE user = ? ORDER BY number DESC", (user,)
            ).fetchall()
        return tuple(_reference(number) for (number,) in rows)

    def _change(self, what: str, values: tuple[str, ...]) -> None:
        with self._file.transaction() as db:
            db.execute(
                f"UPDATE request_keys SET {what} WHERE user = ? AND key = ?",  # noqa: S608
                values,
            )


def _reference(number: int) -> str:
    return f"R-{_FIRST_NUMBER + number}"
