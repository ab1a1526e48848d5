"""Turn a price table into a `PriceBook`, and give the built-in one.

The table is plain JSON data (``default_price_book.json`` beside this module holds the built-in EUR
prices), so a host changes prices by editing a file, not code::

    {"format": 1, "version": "...", "currency": "EUR",
     "annual": {"months": 12, "discount_percent": "20"},
     "products": {TYPE: [{"step": "...",
                          "rate": "0.50" | "rate_by": FIELD, "rates": {VALUE: "10.00"},
                          "quantity": FIELD,                        (optional)
                          "multiplied_when": FLAG, "multiplier": 2, (optional)
                          "assumption": "..."}]}}                   (optional)

Rates are decimal text in major units, because JSON numbers become binary floats too easily.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from math import lcm

from ordercore.domain.catalog import TableReader
from ordercore.domain.pricing.price_book import AnnualTerms, Formula, PriceBook, Rate, Term
from ordercore.kernel.currency import exponent
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import decimal_ratio

__all__ = ["default_price_book", "parse_price_book"]

_FORMAT = 1
_TERM_KEYS = frozenset(
    {
        "step",
        "rate",
        "rate_by",
        "rates",
        "quantity",
        "multiplied_when",
        "multiplier",
        "assumption",
    }
)


@cache
def default_price_book() -> PriceBook:
    """Return the built-in EUR price book."""
    text = files(__package__).joinpath("default_price_book.json").read_text(encoding="utf-8")
    return parse_price_book(json.loads(text))


def parse_price_book(table: Mapping[str, object]) -> PriceBook:
    """Return the price book that the table describes.

    Args:
        table: The parsed JSON of a price book file.

    Raises:
        DefinitionError: listing every problem of the table.
    """
    reader = TableReader("price book")
    keys = {"format", "version", "currency", "annual", "products"}
    top = reader.table(table, "price book", keys=keys)
    if top.get("format") != _FORMAT:
        reader.problem("format", f"must be {_FORMAT}")
    version = reader.text(top.get("version"), "version")
    currency = reader.text(top.get("currency"), "currency")
    minor_per_major = _minor_per_major(reader, currency)
    annual = _annual(reader, top.get("annual"))
    products = reader.table(top.get("products"), "products")
    if not products:
        reader.problem("products", "must not be empty")
    drafts = {
        type: tuple(
            _Draft(reader, row, f"products.{type}[{number}]")
            for number, row in enumerate(reader.rows(rows, f"products.{type}"))
        )
        for type, rows in products.items()
    }
    reader.finish()
    in_minor = [
        exact * minor_per_major
        for terms in drafts.values()
        for term in terms
        for _, _, exact in term.rates
    ]
    parts = lcm(*(exact.denominator for exact in in_minor))
    formulas = tuple(
        Formula(product_type=type, terms=tuple(t.term(minor_per_major * parts) for t in terms))
        for type, terms in drafts.items()
    )
    return PriceBook(
        version=version,
        currency=currency,
        annual=annual,
        formulas=formulas,
        parts_per_minor=parts,
    )


class _Draft:
    """A term that has been read, while the common unit of all rates is not known yet."""

    def __init__(self, reader: TableReader, value: object, path: str) -> None:
        row = reader.table(value, path, keys=_TERM_KEYS)
        self.step = reader.text(row.get("step"), f"{path}.step")
        self.rate_by = _optional_text(reader, row, "rate_by", path)
        self.quantity = _optional_text(reader, row, "quantity", path)
        self.multiplied_when = _optional_text(reader, row, "multiplied_when", path)
        self.assumption = _optional_text(reader, row, "assumption", path)
        self.multiplier = reader.whole(row.get("multiplier", 1), f"{path}.multiplier", minimum=1)
        if ("multiplier" in row) != ("multiplied_when" in row):
            reader.problem(path, "multiplier and multiplied_when go together")
        self.rates = tuple(
            (key, text, _decimal(reader, text, where))
            for key, text, where in self._written_rates(reader, row, path)
        )

    def _written_rates(
        self, reader: TableReader, row: Mapping[str, object], path: str
    ) -> list[tuple[str, str, str]]:
        if self.rate_by is None:
            if "rates" in row:
                reader.problem(path, "rates need rate_by, the field that chooses one")
            return [("", reader.text(row.get("rate"), f"{path}.rate"), f"{path}.rate")]
        if "rate" in row:
            reader.problem(path, "has both rate and rate_by")
        rates = reader.table(row.get("rates"), f"{path}.rates")
        if not rates:
            reader.problem(f"{path}.rates", "must not be empty")
        return [
            (key, reader.text(value, f"{path}.rates.{key}"), f"{path}.rates.{key}")
            for key, value in rates.items()
        ]

    def term(self, parts_per_major: int) -> Term:
        return Term(
            step=self.step,
            rates=tuple(
                Rate(value=key, text=text, parts=int(exact * parts_per_major))
                for key, text, exact in self.rates
            ),
            rate_by=self.rate_by,
            quantity=self.quantity,
            multiplied_when=self.multiplied_when,
            multiplier=self.multiplier,
            assumption=self.assumption,
        )


def _minor_per_major(reader: TableReader, currency: str) -> int:
    try:
        return int(10 ** exponent(currency))
    except InvalidInput as error:
        reader.problems.append(str(error))  # it names the field itself
        return 1


def _annual(reader: TableReader, value: object) -> AnnualTerms:
    row = reader.table(value, "annual", keys={"months", "discount_percent"})
    months = reader.whole(row.get("months"), "annual.months", minimum=1)
    text = reader.text(row.get("discount_percent"), "annual.discount_percent")
    problems = len(reader.problems)
    if _decimal(reader, text, "annual.discount_percent") > 100:
        reader.problem("annual.discount_percent", "must be at most 100")
    usable = text and len(reader.problems) == problems
    return AnnualTerms(months=months, discount_percent=text if usable else "0")


def _decimal(reader: TableReader, text: str, path: str) -> Fraction:
    """Return the exact value of decimal text; empty text was reported when it was read."""
    if not text:
        return Fraction(0)
    try:
        exact = decimal_ratio(text, field=path)
    except InvalidInput as error:
        reader.problems.append(str(error))
        return Fraction(0)
    if exact < 0:
        reader.problem(path, "must not be negative")
    return exact


def _optional_text(
    reader: TableReader, row: Mapping[str, object], key: str, path: str
) -> str | None:
    return reader.text(row[key], f"{path}.{key}") if key in row else None
