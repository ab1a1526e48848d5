"""Who may lower a price, by how much, and what a request to do so is answered with (R5)."""

from __future__ import annotations

from typing import Final

import pytest

from ordercore.app import Caller, RepriceOrder
from ordercore.domain.payments import EntryKind
from ordercore.domain.processes.retail import PriceCut
from ordercore.kernel.errors import ConcurrencyConflict, IdempotencyKeyReused, NotFound
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.app.retail_shop import CARRIER, TOTAL, Store
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, fault_of
from tests.unit.app.test_retail_repricing import LESS, MUGS_OFF, done, euros, papers, refused

WRONG: Final = {
    "an unknown line": (PriceCut(item="9", off=euros(1)),),
    "another currency": (PriceCut(item="1", off=Money(1, "USD")),),
    "more than it costs": (PriceCut(item="1", off=euros(2001)),),
    "below nothing": (PriceCut(item="1", to=euros(-1)),),
    "a higher price": (PriceCut(item="1", to=euros(2001)),),
    "a negative discount": (PriceCut(item="1", off=euros(-1)),),
    "the same price": (PriceCut(item="1", to=euros(2000)),),
    "nothing off": (PriceCut(item="1", off=euros(0)),),
    "one line twice": (MUGS_OFF, MUGS_OFF),
    "no line": (),
}


@pytest.mark.parametrize("cuts", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("leave", [True, False])
def test_what_cannot_be_lowered_so_is_refused_and_nothing_is_written(
    store: Store, cuts: tuple[PriceCut, ...], leave: bool
) -> None:
    """With a finding for each line."""
    order = store.sold() if leave else store.confirmed()
    version = store.order(order).version
    answer = store.reprice(order, *cuts)
    assert refused(answer) == "cannot_lower"
    assert isinstance(answer, Refusal)
    assert answer.findings
    assert store.order(order).version == version


def test_nothing_is_taken_off_twice_however_it_is_cut(store: Store) -> None:
    """What was credited is gone; the rest can be lowered to the last cent."""
    order = store.sold("debit_card")
    done(store.reprice(order, PriceCut(item="1", off=euros(1500))))
    store.settle()
    assert refused(store.reprice(order, PriceCut(item="1", off=euros(501)))) == "cannot_lower"
    done(store.reprice(order, PriceCut(item="1", off=euros(500))))
    store.settle()
    assert store.violations_at_rest(order) == []


def test_two_notes_are_not_issued_at_once(store: Store) -> None:
    """Each says what is missing to those before it; the second is asked for again later."""
    order = store.sold("wallet")
    done(store.reprice(order, MUGS_OFF))
    assert refused(store.reprice(order, MUGS_OFF)) == "credit_note_pending"
    store.settle()
    done(store.reprice(order, MUGS_OFF))
    store.settle()
    assert len(papers(store.order(order))[1]) == 2
    assert store.violations_at_rest(order) == []


def test_only_operators_lower_prices(store: Store) -> None:
    """Nobody lowers their own."""
    order = store.confirmed()
    for caller in (CUSTOMER, CARRIER, SYSTEM):
        assert refused(store.reprice(order, MUGS_OFF, caller=caller)) == "not_permitted"
    assert store.order(order).total == TOTAL


def test_under_one_key_it_is_lowered_once(store: Store) -> None:
    """The same request gets the first answer; other content under the key is a fault."""
    order = store.confirmed()
    keyed = Caller.of(TENANT, "olga", role="operator", idempotency_key="k-1")
    first = done(store.reprice(order, MUGS_OFF, caller=keyed))
    assert store.reprice(order, MUGS_OFF, caller=keyed) == first
    assert store.order(order).total == TOTAL - LESS
    other = RepriceOrder(
        caller=keyed, order_id=order.id, lines=(MUGS_OFF,), why="defect", note="late"
    )
    assert isinstance(fault_of(lambda: store.handle(other)), IdempotencyKeyReused)


def test_a_version_that_is_no_longer_true_is_a_conflict(store: Store) -> None:
    """If-Match: whoever saw another price decides anew."""
    order = store.confirmed()
    seen = store.order(order).version
    done(store.reprice(order, MUGS_OFF, expected_version=seen))
    stale = RepriceOrder(
        caller=OPERATOR, order_id=order.id, lines=(MUGS_OFF,), why="goodwill", expected_version=seen
    )
    assert isinstance(fault_of(lambda: store.handle(stale)), ConcurrencyConflict)


def test_another_tenants_order_is_not_found(store: Store) -> None:
    """However well its id is known."""
    order = store.confirmed()
    stranger = Caller.of("tenant-b", "olga", role="operator")
    asked = RepriceOrder(caller=stranger, order_id=order.id, lines=(MUGS_OFF,), why="goodwill")
    assert isinstance(fault_of(lambda: store.handle(asked)), NotFound)


def test_it_is_told_in_the_trail_and_to_the_consumers(store: Store) -> None:
    """Who lowered what, why, and what the order costs now."""
    order = store.sold("wallet")
    done(store.reprice(order, MUGS_OFF))
    store.settle()
    (record,) = [r for r in store.history(order) if r.kind == "order.repriced"]
    assert record.actor == "operator:olga"
    assert record.reason == "goodwill: late"
    assert [e.type for e in store.published(order)].count("order.repriced") == 1
    assert str((TOTAL - LESS).amount_minor) in record.data
    requests = [e for e in store.order(order).ledger if e.kind is EntryKind.REFUND_REQUESTED]
    assert [(e.amount, e.note) for e in requests] == [(LESS, "goodwill: late")]
