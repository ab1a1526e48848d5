"""A price book: one currency's rates and formulas, as versioned data.

Every formula is a sum of terms, and a term is a rate, maybe chosen by a field, maybe times a
quantity, maybe multiplied when a flag is set. `ordercore.domain.pricing.price_table` reads books
from JSON and `ordercore.domain.pricing.formulas` computes with them. There is one book per
currency; nothing is converted from one into another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from attrs import Factory, field, frozen

from ordercore.kernel.errors import DefinitionError
from ordercore.kernel.money import decimal_ratio

__all__ = ["AnnualTerms", "Formula", "PriceBook", "PriceBooks", "Rate", "Term"]


@frozen(kw_only=True)
class Rate:
    """One price per month.

    Attributes:
        value: The field value it belongs to; empty for a rate that no field chooses.
        text: The rate as the table writes it, in major units.
        parts: The same, exactly, in parts of a minor unit (see `PriceBook.parts_per_minor`).
    """

    value: str
    text: str
    parts: int


@frozen(kw_only=True)
class Term:
    """One summand of a formula.

    Attributes:
        step: What it is for, for a person.
        rates: The rates to choose from; exactly one when ``rate_by`` is None.
        rate_by: Path of the field that chooses the rate.
        quantity: Path of the whole number the rate is multiplied with; None means once.
        multiplied_when: Path of the flag that turns on the multiplier.
        multiplier: What the term is multiplied with then.
        assumption: Why the rate is ours and not a published one, where that is so.
    """

    step: str
    rates: tuple[Rate, ...]
    rate_by: str | None = None
    quantity: str | None = None
    multiplied_when: str | None = None
    multiplier: int = 1
    assumption: str | None = None
    _by_value: dict[str, Rate] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: {rate.value: rate for rate in self.rates}, takes_self=True),
    )

    def rate_for(self, value: object) -> Rate | None:
        """Return the rate that belongs to a field value, or None."""
        return self._by_value.get(value) if isinstance(value, str) else None


@frozen(kw_only=True)
class Formula:
    """The monthly price of one product type: the sum of its terms."""

    product_type: str
    terms: tuple[Term, ...]


@frozen(kw_only=True)
class AnnualTerms:
    """What a year costs: so many months, less a percentage.

    Attributes:
        months: How many monthly prices make a year.
        discount_percent: What is taken off, as decimal text from ``0`` to ``100``.
    """

    months: int
    discount_percent: str
    _kept: Fraction = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: _kept(self.discount_percent), takes_self=True),
    )

    @property
    def kept(self) -> Fraction:
        """The share of the price that remains after the discount."""
        return self._kept


@frozen(kw_only=True)
class PriceBook:
    """The prices of one currency under one version.

    Attributes:
        version: Stored with every order that was priced with this book.
        currency: ISO 4217 code.
        annual: Terms of annual billing.
        formulas: One per product type.
        parts_per_minor: How many parts of a minor unit the rates are counted in: 1 when all rates
            are whole minor units, 10 when one has a decimal more, and so on.

    Raises:
        DefinitionError: on construction, with everything that could make a price negative.
    """

    version: str
    currency: str
    annual: AnnualTerms
    formulas: tuple[Formula, ...]
    parts_per_minor: int
    _by_type: dict[str, Formula] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: {f.product_type: f for f in self.formulas}, takes_self=True),
    )

    def __attrs_post_init__(self) -> None:
        problems = tuple(_problems(self))
        if problems:
            raise DefinitionError(name=f"price book {self.version}", problems=problems)

    def formula(self, product_type: str) -> Formula | None:
        """Return the formula of a product type, or None when it has no price here."""
        return self._by_type.get(product_type)

    @property
    def assumptions(self) -> tuple[tuple[str, str, str], ...]:
        """Every rate that is our default: product type, step, why."""
        return tuple(
            (formula.product_type, term.step, term.assumption)
            for formula in self.formulas
            for term in formula.terms
            if term.assumption
        )


@frozen(kw_only=True)
class PriceBooks:
    """The current book of each currency."""

    books: tuple[PriceBook, ...] = field()

    @books.validator
    def _one_per_currency(self, _attribute: object, books: Iterable[PriceBook]) -> None:
        codes = [book.currency for book in books]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            problems = tuple(f"{code} has more than one book" for code in twice)
            raise DefinitionError(name="price books", problems=problems)

    def for_currency(self, currency: str) -> PriceBook | None:
        """Return the book of a currency, or None: then nothing can be sold in it."""
        return next((book for book in self.books if book.currency == currency), None)


def _problems(book: PriceBook) -> Iterator[str]:
    if book.annual.months < 1:
        yield "annual.months must be at least 1"
    if not 0 <= book.annual.kept <= 1:
        yield "annual.discount_percent must be from 0 to 100"
    for formula in book.formulas:
        for term in formula.terms:
            where = f"{formula.product_type}, {term.step}"
            if term.multiplier < 1:
                yield f"{where}: the multiplier must be at least 1"
            if any(rate.parts < 0 for rate in term.rates):
                yield f"{where}: a rate must not be negative"


def _kept(discount_percent: str) -> Fraction:
    return 1 - decimal_ratio(discount_percent, field="discount_percent") / 100
