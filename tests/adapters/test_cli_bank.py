"""`ordercore bank`, `orders resend` and `orders list --state`: what an operator of goods types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ordercore import Money, Order, OrderCore, Placed, PriceCut, RepriceOrder
from ordercore.domain.orders import RepriceReason
from ordercore.domain.payments import PaymentToken
from tests.adapters.command import Ended, ordercore
from tests.adapters.shop_in_a_file import shop_in_a_file
from tests.unit.app.retail_shop import a_basket
from tests.unit.app.shop import OPERATOR, TENANT

AT = ("--at", "2026-01-06T12:00:00Z")
CASE = ("--case", "case-1")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with an order that has left."""
    asked = [(a_basket("credit_card"), PaymentToken("tok_1"))]
    return shop_in_a_file(tmp_path / "goods.db", asked)


def run(database: Path, *words: str, json: bool = True) -> Ended:
    """Run a command of the tenant."""
    shared = ("--tenant", TENANT, "--db", str(database), *(["--json"] if json else []))
    return ordercore(*words, *shared)


def bank(database: Path, command: str, *options: str, json: bool = True) -> Ended:
    """Run a command about what a bank did with the only order."""
    return run(database, "bank", command, "R-1", *options, *AT, json=json)


def ledger(ended: Ended, kind: str) -> list[dict[str, Any]]:
    """Return the entries of a kind."""
    assert ended.code == 0, ended.err
    return [entry for entry in ended.value["ledger"] if entry["kind"] == kind]


def charged_back(database: Path, amount: str = "35.20", **how: Any) -> Ended:
    """Have the whole payment taken back."""
    shown = run(database, "orders", "show", "R-1")
    (captured,) = ledger(shown, "captured")
    payment = captured["reference"] or captured["key"]
    named = ("--payment", payment, *CASE, "--amount", amount, "--code", "10.4")
    return bank(database, "charged-back", *named, **how)


def test_a_chargeback_is_recorded_once_and_its_end_as_well(database: Path) -> None:
    """Typed twice it is one; the dispute may be won in part."""
    first, again = charged_back(database), charged_back(database)
    assert [e["amount_minor"] for e in ledger(first, "charged_back")] == [3520]
    assert again.value["version"] == first.value["version"]
    won = bank(database, "dispute-won", *CASE, "--amount", "20")
    assert [e["amount_minor"] for e in ledger(won, "won_back")] == [2000]
    letters = run(database, "dead-letters", "list").value["dead_letters"]
    assert [letter["code"] for letter in letters] == ["charged-back"]


def test_people_are_told_what_is_missing(database: Path) -> None:
    """And what a worker does."""
    ended = charged_back(database, "5.20", json=False)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[:2] == [
        "order R-1 is shipped",
        "the bank has 5.20 EUR of it, 30.00 EUR could be paid back",
    ]


def cheaper(core: OrderCore, placed: Placed) -> None:
    """Lower a price, so that something goes back."""
    cut = PriceCut(item=placed.order.items[0].id, off=Money(100, "EUR"))
    asked = {"lines": (cut,), "why": RepriceReason.GOODWILL, "note": "a scratch"}
    answer = core.handle(RepriceOrder(caller=OPERATOR, order_id=placed.order.id, **asked))
    assert isinstance(answer, Order), answer


def test_a_refund_that_came_back_is_on_its_way_again(tmp_path: Path) -> None:
    """Told by its key."""
    asked = [(a_basket("credit_card"), PaymentToken("tok_1"))]
    database = shop_in_a_file(tmp_path / "cheaper.db", asked, cheaper)
    (refunded,) = ledger(run(database, "orders", "show", "R-1"), "refunded")
    amount = ("--amount", f"{refunded['amount_minor'] / 100:.2f}")
    unknown = bank(database, "refund-returned", "--refund", "another", *amount)
    assert (unknown.code, unknown.fault["code"]) == (1, "unknown_refund")
    back = bank(database, "refund-returned", "--refund", refunded["key"][:16], *amount)
    assert len(ledger(back, "refund_returned")) == 1
    assert len(ledger(back, "refund_requested")) == 2


def test_names_that_tables_cut_short_are_enough(database: Path) -> None:
    """As long as they mean one thing."""
    table = run(database, "orders", "show", "R-1", json=False).out.splitlines()
    (row,) = (line for line in table if " captured " in line)
    cut = row.split()[-1]
    named = (*CASE, "--amount", "1", "--code", "10.4")
    ended = bank(database, "charged-back", "--payment", cut, *named)
    assert len(ledger(ended, "charged_back")) == 1
    short = bank(database, "charged-back", "--payment", cut[:5], *named)
    assert (short.code, short.fault["code"]) == (1, "chargeback_differs")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--amount", "1.234", *AT), "--amount"),
        (("--amount", "five", *AT), "--amount"),
        (("--amount", "1", "--at", "yesterday"), "--at"),
        (("--amount", "1", "--at", "2026-01-06T12:00:00"), "--at"),
        (("--amount", "1"), "--at"),
    ],
)
def test_what_is_no_amount_or_instant_is_wrong_use(
    database: Path, options: tuple[str, ...], said: str
) -> None:
    """Exit 2, naming the option, and nothing is written."""
    ended = run(database, "bank", "dispute-won", "R-1", *CASE, *options)
    assert ended.code == 2
    assert said in ended.err


def test_a_case_nobody_knows_is_a_refusal(database: Path) -> None:
    """Exit 1, with the code."""
    ended = bank(database, "dispute-won", *CASE, "--amount", "20")
    assert (ended.code, ended.fault["code"]) == (1, "unknown_chargeback")


def test_a_letter_is_sent_again(database: Path) -> None:
    """One there was; another is a refusal."""
    again = run(database, "orders", "resend", "R-1", "--letter", "shipped")
    assert again.code == 0, again.err
    never = run(database, "orders", "resend", "R-1", "--letter", "birthday")
    assert (never.code, never.fault["code"]) == (1, "no_such_letter")


def test_orders_of_goods_are_listed_by_their_states(database: Path) -> None:
    """A state of no kind of order is wrong use, not an empty page."""
    listed = run(database, "orders", "list", "--state", "shipped")
    assert [order["reference"] for order in listed.value["orders"]] == ["R-1"]
    assert run(database, "orders", "list", "--state", "ready").value["orders"] == []
    wrong = run(database, "orders", "list", "--state", "shippd")
    assert (wrong.code, "delivered, draft" in wrong.err) == (2, True)


def test_a_worker_that_lacks_the_shops_rules_says_so(database: Path) -> None:
    """What it cannot do stays due, for the shop's own workers."""
    lowered = run(database, "orders", "reprice", "R-1", "--why", "goodwill", "--off", "1=1")
    assert lowered.code == 0, lowered.err
    worked = ordercore("worker", "--until-idle", "--db", str(database), "--json")
    assert (worked.code, worked.value["failed"]) == (0, {"not_configured": 1})
    assert ordercore("audit", "--db", str(database), "--json").code == 0
