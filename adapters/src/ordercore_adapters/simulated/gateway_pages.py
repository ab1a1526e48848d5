"""The pages of a simulated gateway, where a customer pays, declines, or walks away.

This is the customer's side and not part of a port. Whoever walks away does nothing: the page closes
by itself.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Final

from attrs import evolve

from ordercore.domain.payments import PaymentFailure
from ordercore.kernel.errors import InvalidInput
from ordercore.ports import Clock, PaymentPage
from ordercore_adapters.simulated.books import Books
from ordercore_adapters.simulated.faults import Fate, FaultPlan
from ordercore_adapters.simulated.gateway_books import (
    Authorisation,
    authorisation,
    bring_up_to_date,
    end,
    grant,
    put,
)

__all__ = ["Pages"]

_SITE: Final = "https://pay.example/"


class Pages:
    """Every open page, by its address.

    The customer's way of paying is by plan immediate or late (kind ``settle``): money from a bank
    may take longer than the page was open.
    """

    def __init__(self, books: Books, *, faults: FaultPlan, clock: Clock) -> None:
        """Serve the pages of the attempts in ``books``."""
        self._books = books
        self._faults = faults
        self._clock = clock

    def page(self, tenant: str, key: str) -> PaymentPage | None:
        """Return the page of an attempt that waits for its customer; None when there is none."""
        with self._books.transaction() as db:
            bring_up_to_date(db, self._faults, self._clock.now())
            attempt = authorisation(db, tenant, key)
        if attempt is None or attempt.status != "waiting":
            return None
        return PaymentPage(url=_SITE + attempt.reference, expires_at=attempt.due_at)

    def pay(self, url: str) -> None:
        """Pay, as the customer of this page.

        Raises:
            InvalidInput: the page is not open.
        """
        with self._books.transaction() as db:
            now = self._clock.now()
            bring_up_to_date(db, self._faults, now)
            attempt = _open(db, url)
            scoped = f"{attempt.tenant}/{attempt.key}"
            fate = self._faults.fate("settle", scoped, 1)
            if fate in (Fate.DELAYED, Fate.LATE_FAILURE):
                late = now + timedelta(seconds=self._faults.delay_s("settle", scoped, 1))
                code = PaymentFailure.DECLINED if fate is Fate.LATE_FAILURE else ""
                put(db, evolve(attempt, status="pending", code=code, due_at=late))
            else:
                grant(db, self._faults, attempt, at=now)

    def decline(self, url: str) -> None:
        """Say no, as the customer of this page.

        Raises:
            InvalidInput: the page is not open.
        """
        with self._books.transaction() as db:
            now = self._clock.now()
            bring_up_to_date(db, self._faults, now)
            end(
                db,
                self._faults,
                _open(db, url),
                "declined",
                at=now,
                code=PaymentFailure.DECLINED,
            )


def _open(db: sqlite3.Connection, url: str) -> Authorisation:
    site, reference = url[: len(_SITE)], url[len(_SITE) :]
    row = db.execute(
        "SELECT tenant, key FROM authorisations WHERE reference = ? AND status = 'waiting'",
        (reference,),
    ).fetchone()
    attempt = authorisation(db, *row) if row is not None and site == _SITE else None
    if attempt is None:  # the address is not repeated: whoever has it may pay
        raise InvalidInput(field="url", problem="is no open page", allowed="an open page")
    return attempt
