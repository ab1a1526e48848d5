"""A basket may cost no more than every store can keep and add up."""

from __future__ import annotations

from attrs import evolve

from ordercore.app import Placed
from ordercore.domain.catalog import Article, Assortment
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.app.retail_shop import RULES, Store

MOST = 10**15


def selling(price_minor: int) -> Store:
    """Return a shop whose mugs cost so much."""
    mug = Article(
        sku="mug", name="Mug", unit_price=Money(price_minor, "EUR"), vat_basis_points=2000
    )
    return Store(selling=evolve(RULES, assortment=Assortment(version="1", articles=(mug,))))


def test_a_basket_that_no_store_could_keep_is_refused() -> None:
    """With the sum and the limit; it is one finding, and no fault of a database."""
    for price in (MOST // 2 + 1, 2**62, 10**30):
        store = selling(price)
        answer = store.check_out("cash_on_delivery", wanted=(("mug", 2),))
        assert isinstance(answer, Refusal)
        assert (answer.code, [found.code for found in answer.findings]) == (
            "validation_failed",
            ["out_of_range"],
        )
        assert str(Money(2 * price, "EUR")) in answer.findings[0].message
        assert answer.findings[0].allowed == f"at most {Money(MOST, 'EUR')}"
        assert store.level("mug").reserved == 0


def test_a_basket_up_to_there_is_sold() -> None:
    """To the last cent."""
    assert isinstance(
        selling(MOST // 2).check_out("cash_on_delivery", wanted=(("mug", 2),)), Placed
    )
