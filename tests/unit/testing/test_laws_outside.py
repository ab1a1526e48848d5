"""Laws about what is outside and what comes next: they hold of a sound order, and they bite."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.orders import ItemState, Order
from ordercore.domain.payments import EntryKind
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.testing import laws
from ordercore.testing.builders import a_storage, a_vps, an_order, an_order_request, money_in, moved
from ordercore.testing.simulation import make_plan, run_plan
from ordercore_adapters import memory

ONE, TWO = ItemId("1"), ItemId("2")
TIMER, VALIDATION = WorkKind.TIMER, WorkKind.VALIDATION


def waiting() -> Order:
    """Return an order that waits for its payment."""
    return moved(an_order(), "submit")


def paid(amount_minor: int = 1000) -> Order:
    """Return an order that was paid."""
    return moved(waiting(), "confirm_payment", postings=(money_in(amount_minor),))


def test_a_payment_that_was_made_is_in_the_ledger_as_it_was_made() -> None:
    """The provider's amount, and nobody else's payments."""
    books = {"payment-1": Money(1000, "EUR"), "payment-9": Money(5, "EUR")}
    assert laws.payments_match_provider(paid(), books) == []
    assert laws.payments_match_provider(waiting(), {}) == []


@pytest.mark.parametrize("books", [{}, {"payment-1": Money(999, "EUR")}])
def test_a_payment_nobody_made_or_of_another_amount_is_found(books: dict[str, Money]) -> None:
    """Confirmed is what was really paid."""
    assert len(laws.payments_match_provider(paid(), books)) == 1


def test_one_payment_confirmed_twice_is_found() -> None:
    """Unless it was reversed in between."""
    books, order = {"payment-1": Money(1000, "EUR")}, paid()
    twice = evolve(order, ledger=order.ledger * 2)
    assert len(laws.payments_match_provider(twice, books)) == 1
    reversal = evolve(order.ledger[0], kind=EntryKind.REVERSED)
    again = evolve(order, ledger=(*order.ledger, reversal, *order.ledger))
    assert laws.payments_match_provider(again, books) == []


def test_an_order_that_waits_for_money_has_a_timer() -> None:
    """Or nobody would ever cancel it."""
    order = waiting()
    assert laws.order_moves_on(order, (), {(TIMER, f"{order.id}/cancel")}) == []
    assert len(laws.order_moves_on(order, (), ())) == 1


def test_a_paid_order_has_somebody_who_validates_it() -> None:
    """And one under validation a deadline as well."""
    order = paid()
    assert laws.order_moves_on(order, (), {(VALIDATION, order.id)}) == []
    assert len(laws.order_moves_on(order, (), ())) == 1
    assert len(laws.order_moves_on(moved(order, "start_validation"), (), ())) == 2


def test_an_order_that_is_being_built_has_a_fulfilment_under_way() -> None:
    """A draft, and an order that has ended, need nobody."""
    order = moved(paid(), "start_validation", "start_provisioning")
    assert len(laws.order_moves_on(order, (), ())) == 1
    assert laws.order_moves_on(an_order(), (), ()) == []
    assert laws.order_moves_on(moved(order, "fail"), (), ()) == []


def test_what_runs_was_mailed_once_the_order_is_fulfilled() -> None:
    """Every item, in whichever mail."""
    order = an_order(an_order_request(a_vps(), a_storage()))
    items = tuple(evolve(item, state=ItemState.ACTIVE) for item in order.items)
    fulfilled = evolve(order, items=items, life=evolve(order.life, state="fulfilled"))
    assert laws.active_items_were_mailed(fulfilled, [{ONE}, {TWO}]) == []
    assert len(laws.active_items_were_mailed(fulfilled, [{ONE}])) == 1
    assert laws.active_items_were_mailed(order, []) == []


def lived() -> tuple[Order, tuple[AuditRecord, ...]]:
    """Return a fulfilled order of two items with its trail."""
    kept: list[memory.Tables] = []

    def make(clock: object, ids: object) -> object:
        ports = memory.ports(clock=clock, ids=ids)  # type: ignore[arg-type]
        kept.append(ports.store._tables)  # type: ignore[attr-defined]
        return ports

    run_plan(make_plan(seed=2, orders=12, profile="none"), make)  # type: ignore[arg-type]
    for tenant in ("tenant-a", "tenant-b", "tenant-c"):
        rows = kept[0].of(tenant)  # type: ignore[arg-type]
        for order_id, stored in rows.orders.items():
            if stored.order.state == "fulfilled" and len(stored.order.items) > 1:
                return stored.order, tuple(rows.audit[order_id].values())
    raise AssertionError("no order of two items was fulfilled")


def test_items_stay_what_was_ordered() -> None:
    """None is lost, none is added, and a snapshot never changes."""
    order, history = lived()
    assert laws.items_as_ordered(order, history) == []
    assert len(laws.items_as_ordered(evolve(order, items=order.items[1:]), history)) == 1
    assert len(laws.items_as_ordered(order, history[1:])) == 1
    assert len(laws.items_as_ordered(order, ())) == 1


def test_what_counts_as_delivered_was_mailed() -> None:
    """In one mail, as one delivery."""
    order, history = lived()
    items = {item.id for item in order.items}
    assert laws.deliveries_were_mailed(history, [items]) == []
    assert laws.deliveries_were_mailed(history, []) != []
    assert laws.deliveries_were_mailed(history, [{ONE}]) != []
