"""The lines of a document and what they come to."""

from __future__ import annotations

from attrs import frozen

from ordercore.domain.billing.tax import TaxRate, TaxRow, tax_rows
from ordercore.kernel.address import address_text
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id
from ordercore.kernel.money import Money

__all__ = ["BilledLine", "Totals", "totals"]


@frozen(kw_only=True)
class BilledLine:
    """One line: so many units at a net price.

    Attributes:
        id: The order's item; unique in the document.
        name: What it is, for a person.
        quantity: Whole units, 1 or more.
        unit_price: Net, zero or more.
        allowance: What is taken off quantity times unit price (BG-27); None for nothing.

    Raises:
        InvalidInput: the quantity, the price or the allowance is out of bounds, or a text is empty.
    """

    id: str
    name: str
    quantity: int
    unit_price: Money
    rate: TaxRate
    allowance: Money | None = None

    def __attrs_post_init__(self) -> None:
        text_id(self.id, field="id")
        address_text(self.name, field="name")
        if type(self.quantity) is not int or self.quantity < 1:
            raise InvalidInput(
                field="quantity", problem=f"got {self.quantity!r}", allowed="1 or more whole units"
            )
        if self.unit_price.is_negative:
            raise InvalidInput(
                field="unit_price", problem=f"got {self.unit_price}", allowed="zero or more"
            )
        if self.allowance is not None and (self.allowance.is_negative or self.net.is_negative):
            raise InvalidInput(
                field="allowance",
                problem=f"got {self.allowance}",
                allowed="zero or more, and no more than the line",
            )

    @property
    def net(self) -> Money:
        """Quantity times unit price, less the allowance."""
        listed = self.unit_price.times(self.quantity)
        return listed if self.allowance is None else listed - self.allowance


@frozen(kw_only=True)
class Totals:
    """What lines come to.

    Attributes:
        rows: One per tax rate.
    """

    rows: tuple[TaxRow, ...]
    currency: str

    @property
    def net(self) -> Money:
        """Sum of the lines without tax."""
        return Money.total((row.taxable for row in self.rows), currency=self.currency)

    @property
    def tax(self) -> Money:
        """Sum of the rows' taxes."""
        return Money.total((row.tax for row in self.rows), currency=self.currency)

    @property
    def gross(self) -> Money:
        """What is to be paid: net and tax."""
        return self.net + self.tax


def totals(lines: tuple[BilledLine, ...], *, currency: str) -> Totals:
    """Return what ``lines`` come to; the same for an order's price and for its invoice.

    Raises:
        CurrencyMismatch: a line is in another currency.
    """
    Money.total((line.unit_price for line in lines), currency=currency)
    return Totals(rows=tax_rows((line.rate, line.net) for line in lines), currency=currency)
