"""Who sells and who buys, as a document names them."""

from __future__ import annotations

import re

from attrs import frozen

from ordercore.kernel.address import PostalAddress, address_text
from ordercore.kernel.errors import InvalidInput

__all__ = ["Party"]

# BR-CO-9: a country's prefix, then what that country uses. Greece writes EL.
_VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")


@frozen(kw_only=True, repr=False)
class Party:
    """One side of a document; personal, hidden from repr.

    Attributes:
        name: Person or company, as the law asks for it.
        vat_id: With the prefix of its country, such as ``ATU12345678``; None for consumers.
        registration: Number in a register of companies; None where there is none.

    Raises:
        InvalidInput: the name, the VAT id or the number cannot be one.
    """

    name: str
    address: PostalAddress
    vat_id: str | None = None
    registration: str | None = None

    def __attrs_post_init__(self) -> None:
        address_text(self.name, field="name")
        if self.registration is not None:
            address_text(self.registration, field="registration")
        if self.vat_id is not None and not _VAT_ID.fullmatch(self.vat_id):
            raise InvalidInput(
                field="vat_id",
                problem="is no VAT id",
                allowed="two letters of a country, then 2 to 13 letters or digits",
            )

    def __repr__(self) -> str:
        return f"Party({self.address.country}, hidden)"
