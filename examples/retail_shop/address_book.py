"""Where parcels went before: kept by the shop, and looked up when somebody wants one there again.

A port of ordercore, made by the shop. A shop whose customers' data are somewhere else asks there,
with the look-ups of the extra ``lookups``.
"""

from __future__ import annotations

import json

from examples.retail_shop.files import ShopFile
from ordercore.domain.orders import Recipient
from ordercore.kernel import PostalAddress
from ordercore.ports import LookedUp, NothingFound, RecipientLookup, RecipientQuery

__all__ = ["LAST", "AddressBook"]

LAST = "last"
"""The entry with the address of the last parcel."""


class AddressBook:
    """A `LookupsPort` over the shop's file."""

    def __init__(self, file: ShopFile) -> None:
        """Keep addresses in ``file``."""
        self._file = file

    def keep(self, customer: str, entry: str, recipient: Recipient) -> None:
        """Write an entry, in place of what it was."""
        place = recipient.address
        told = [recipient.name, place.lines, place.postcode, place.city, place.country]
        with self._file.transaction() as db:
            row = (customer, entry, json.dumps(told))
            db.execute("REPLACE INTO addresses VALUES (?, ?, ?)", row)

    def entries(self, customer: str) -> tuple[str, ...]:
        """Return the names of a customer's entries."""
        with self._file.transaction() as db:
            rows = db.execute(
                "SELECT entry FROM addresses WHERE customer = ? ORDER BY entry", (customer,)
            ).fetchall()
        return tuple(entry for (entry,) in rows)

    async def recipient(self, query: RecipientQuery) -> RecipientLookup:
        """Return an entry; the shop is one tenant, so nobody else's are here."""
        with self._file.transaction() as db:
            row = db.execute(
                "SELECT recipient FROM addresses WHERE customer = ? AND entry = ?",
                (query.customer, query.entry),
            ).fetchone()
        if row is None:
            return NothingFound()
        name, lines, postcode, city, country = json.loads(row[0])
        place = PostalAddress(lines=tuple(lines), postcode=postcode, city=city, country=country)
        return LookedUp(Recipient(name=name, address=place))
