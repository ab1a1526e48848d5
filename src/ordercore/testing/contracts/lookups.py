"""Contract of the look-ups: what is there is found by its own customer, and nothing else is."""

from __future__ import annotations

from typing import ClassVar

from attrs import evolve

from ordercore.domain.orders import Recipient
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import ActorId
from ordercore.ports import LookedUp, NothingFound, RecipientLookup, RecipientQuery
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.rows import ONE, OTHER
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["LookupsContract"]


class LookupsContract(Contract):
    """Address books; a binding puts the entry `saved` under `query`, and no other."""

    query: ClassVar = RecipientQuery(tenant=ONE, customer=ActorId("user-1"), entry="at home & away")
    """Whose entry there is."""

    saved: ClassVar = Recipient(
        name="Žofie Nováková",
        address=PostalAddress(
            lines=("Dlouhá 1", "3rd floor"), postcode="110 00", city="Praha", country="CZ"
        ),
    )
    """What it says."""

    def _asked(self, subject: Subject, query: RecipientQuery) -> RecipientLookup:
        return subject.run(subject.ports.lookups.recipient(query))

    def test_an_entry_is_found_as_often_as_it_is_asked_for(self, subject: Subject) -> None:
        """With every letter of its name and address."""
        for _ in range(2):
            expect(self._asked(subject, self.query), LookedUp(self.saved))

    def test_what_is_not_there_is_not_found(self, subject: Subject) -> None:
        """That is an answer, and no trouble; names that look like paths are names."""
        for entry in ("work", "..", "../home", "home?x=1", " "):
            expect(self._asked(subject, evolve(self.query, entry=entry)), NothingFound())

    def test_nobody_reads_the_address_book_of_somebody_else(self, subject: Subject) -> None:
        """Neither another customer nor another tenant."""
        for other in (
            evolve(self.query, customer=ActorId("user-2")),
            evolve(self.query, tenant=OTHER),
        ):
            expect(self._asked(subject, other), NothingFound())

    def test_people_do_not_show(self, subject: Subject) -> None:
        """Neither in the question nor in the answer."""
        shown = f"{self.query!r} {self._asked(subject, self.query)!r}"
        for personal in ("home", "Nov", "Dlouh", "Praha"):
            assert personal not in shown
