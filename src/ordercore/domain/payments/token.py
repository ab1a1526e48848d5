"""A provider's stand-in for a means of payment: the only thing about a card that comes in here."""

from __future__ import annotations

import re

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id

__all__ = ["PaymentToken"]

_CARD = re.compile(r"\d(?:[ -]?\d){11,18}")
_ODD_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


@frozen(repr=False)
class PaymentToken:
    """A token of the provider; it pays, so it is kept out of logs, events and errors.

    A card number is refused, so that none is handed on by mistake.

    Attributes:
        value: The token, for the provider alone.

    >>> PaymentToken("tok_4eC39H")
    PaymentToken(...)
    """

    value: str = field()

    @value.validator
    def _no_card_number(self, _attribute: object, value: object) -> None:
        if isinstance(value, str) and _is_card_number(value):
            raise InvalidInput(
                field="token", problem="is a card number", allowed="a token of the provider"
            )
        try:
            text_id(value, field="token")
        except InvalidInput as refused:  # told without the value, which may be worth money
            raise InvalidInput(
                field="token", problem="is no printable text", allowed=refused.allowed
            ) from None

    def __repr__(self) -> str:
        return "PaymentToken(...)"


def _is_card_number(value: str) -> bool:
    """Return whether the text is 12 to 19 digits with a right check digit (ISO/IEC 7812)."""
    if not _CARD.fullmatch(value.strip()):
        return False
    digits = [int(sign) for sign in reversed(value) if sign.isdecimal()]
    total = sum(_ODD_DOUBLED[d] if place % 2 else d for place, d in enumerate(digits))
    return total % 10 == 0
