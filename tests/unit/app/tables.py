"""Other tables than the built-in ones, for tests in which a host changes them."""

from __future__ import annotations

from attrs import evolve

from ordercore.domain.pricing import ConversionRate, PriceBook, PriceBooks, default_price_book
from ordercore.domain.processes import FULFILMENT, REDELIVERY, REFUND, ProvisioningRules
from ordercore.engine.saga import Policy

__all__ = ["ALL_OR_NOTHING", "DOLLARS", "RATE", "costing", "giving_away"]

RATE = ConversionRate(base="EUR", quote="USD", value="1.10", source="test table")

ALL_OR_NOTHING = ProvisioningRules(
    sagas=(evolve(FULFILMENT, policy=Policy.ALL_OR_NOTHING), REFUND, REDELIVERY)
)


def costing(times: int) -> ProvisioningRules:
    """Return rules in which everything costs so many times as much, under a version of its own."""
    book = default_price_book()
    formulas = tuple(
        evolve(
            formula,
            terms=tuple(
                evolve(term, rates=tuple(evolve(r, parts=r.parts * times) for r in term.rates))
                for term in formula.terms
            ),
        )
        for formula in book.formulas
    )
    dearer = evolve(book, version=f"times-{times}", formulas=formulas)
    return ProvisioningRules(price_books=PriceBooks(books=(dearer,)))


def _dollars() -> PriceBook:
    return evolve(default_price_book(), version="usd-1", currency="USD")


DOLLARS = ProvisioningRules(
    price_books=PriceBooks(books=(default_price_book(), _dollars())), rates=(RATE,)
)


def giving_away(product_type: str) -> ProvisioningRules:
    """Return rules in which one product type costs nothing."""
    book = default_price_book()
    free = costing(0).price_books.books[0]
    formulas = tuple(
        (free if formula.product_type == product_type else book).formula(formula.product_type)
        for formula in book.formulas
    )
    known = tuple(formula for formula in formulas if formula is not None)
    return ProvisioningRules(price_books=PriceBooks(books=(evolve(book, formulas=known),)))
