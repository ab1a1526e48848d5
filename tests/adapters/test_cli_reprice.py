"""`ordercore orders reprice`: an operator lowers what lines of an order of goods cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from ordercore.domain.payments import PaymentToken
from tests.adapters.command import Ended, ordercore
from tests.adapters.shop_in_a_file import shop_in_a_file
from tests.unit.app.retail_shop import TOTAL, a_basket
from tests.unit.app.shop import TENANT


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with an order that has left."""
    asked = [(a_basket("credit_card"), PaymentToken("tok_1"))]
    return shop_in_a_file(tmp_path / "goods.db", asked)


def reprice(database: Path, *options: str, json: bool = True) -> Ended:
    """Run the command on the only order."""
    shared = ("--tenant", TENANT, "--db", database, *(["--json"] if json else []))
    return ordercore("orders", "reprice", "R-1", *options, *shared)


def test_lines_are_lowered_by_amounts_and_to_prices(database: Path) -> None:
    """The order says what each costs now, and the refund is on its way."""
    ended = reprice(
        database, "--why", "price_guarantee", "--off", "1=5.01", "--to", "2=10", "--note", "seen"
    )
    assert ended.code == 0, ended.err
    assert [item["price_minor"] for item in ended.value["items"]] == [1499, 1000]
    asked = [e for e in ended.value["ledger"] if e["kind"] == "refund_requested"]
    assert [(e["amount_minor"], e["note"]) for e in asked] == [
        (501 + 95 + 65 + 5, "price guarantee: seen")
    ]


def test_people_are_told_the_new_total(database: Path) -> None:
    """And that a worker does the rest."""
    ended = reprice(database, "--why", "goodwill", "--off", "1=1", json=False)
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "order R-1 now costs 34.01 EUR"
    assert str(TOTAL) == "35.20 EUR"


def test_what_cannot_be_lowered_is_a_refusal(database: Path) -> None:
    """Exit 1, with the code."""
    ended = reprice(database, "--why", "goodwill", "--to", "1=20.01")
    assert (ended.code, ended.fault["code"]) == (1, "cannot_lower")


@pytest.mark.parametrize("typed", ["1", "=5", "1=", "1=five", "1=5.001"])
def test_what_is_no_line_and_amount_is_wrong_use(database: Path, typed: str) -> None:
    """Exit 2, naming the option."""
    ended = reprice(database, "--why", "goodwill", "--off", typed)
    assert ended.code == 2
    assert "--off" in ended.err
