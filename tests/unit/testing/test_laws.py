"""Each conservation law bites: it is silent on a sound order and loud on one that breaks it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from ordercore.domain.orders import ItemState, Order, SagaRef
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.domain.processes import FULFILMENT, PROVISION
from ordercore.engine.audit import AuditRecord
from ordercore.engine.saga import Phase, SagaState, SagaStatus, call_key
from ordercore.kernel.ids import OrderId, SagaId
from ordercore.kernel.money import Money
from ordercore.testing import laws
from ordercore.testing.builders import a_vps
from ordercore.testing.fakes import START
from tests.unit.app.shop import TENANT, Shop


@pytest.fixture
def shop() -> Shop:
    """A shop with one fulfilled order that has had a partial refund."""
    shop = Shop()
    shop.pay(shop.submit(shop.place(a_vps(), a_vps())), 2050)
    shop.run()
    return shop


@pytest.fixture
def order(shop: Shop) -> Order:
    """The order of the shop."""
    (stored,) = shop.tables.of(TENANT).orders.values()
    return stored.order


@pytest.fixture
def history(shop: Shop, order: Order) -> tuple[AuditRecord, ...]:
    """Its audit trail."""
    return shop.history(order)


@pytest.fixture
def saga(shop: Shop, order: Order) -> SagaState:
    """Its fulfilment saga."""
    sagas = shop.tables.of(TENANT).sagas_in_order(order.id)
    return next(saga for saga in sagas if saga.definition == FULFILMENT.name)


def eur(minor: int) -> Money:
    """Return euros."""
    return Money(minor, "EUR")


def with_entry(order: Order, kind: EntryKind, minor: int, key: str, source: str = "P1") -> Order:
    """Return the order with one more entry in its ledger."""
    entry = LedgerEntry(kind=kind, amount=eur(minor), key=key, at=START, source=source)
    return evolve(order, ledger=(*order.ledger, entry))


def test_a_sound_order_breaks_no_law(shop: Shop, order: Order) -> None:
    """All of them together."""
    assert shop.violations(order.id) == []


# -- fold, chain, visibility ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda order: evolve(order, customer="mallory"),
        lambda order: evolve(order, ledger=order.ledger[1:]),
        lambda order: evolve(order, items=order.items[::-1]),
        lambda order: evolve(order, life=evolve(order.life, state="draft")),
        lambda order: evolve(order, submitted_at=None),
    ],
)
def test_a_row_that_is_not_the_fold_is_found(
    order: Order, history: tuple[AuditRecord, ...], change: Callable[[Order], Order]
) -> None:
    """Whatever field somebody wrote past the events."""
    assert laws.fold_equals_row(change(order), history) != []


def test_a_version_that_does_not_count_the_records_is_found(
    order: Order, history: tuple[AuditRecord, ...]
) -> None:
    """A record too few, or none at all."""
    assert any("version" in found for found in laws.fold_equals_row(order, history[:-1]))
    assert laws.fold_equals_row(order, ()) == [
        f"the row is at version {order.version}, the audit trail has 0 records"
    ]


def test_a_broken_chain_is_found(shop: Shop, order: Order) -> None:
    """With the position of the record."""
    chain = shop.tables.of(TENANT).orders[order.id].chain
    history = shop.history(order)
    forged = (*history[:2], evolve(history[2], reason="x"), *history[3:])
    assert laws.audit_chain_whole(history, chain=chain) == []
    assert laws.audit_chain_whole(forged, chain=chain) == [
        f"record 3 of {len(history)} was changed, or one before it is missing"
    ]
    assert laws.audit_chain_whole(history[:-1], chain=chain) != []


def test_a_hidden_order_that_is_not_cancelled_is_found(order: Order) -> None:
    """And a cancelled one that is not hidden."""
    assert laws.hidden_when_cancelled(evolve(order, deleted_at=START)) != []
    cancelled = evolve(order, life=evolve(order.life, state="cancelled"))
    assert laws.hidden_when_cancelled(cancelled) != []
    assert laws.hidden_when_cancelled(evolve(cancelled, deleted_at=START)) == []


# -- money ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "minor", "key"),
    [
        (EntryKind.REFUND_REQUESTED, 2001, "more than came in"),
        (EntryKind.REFUNDED, 1, "never asked for"),
        (EntryKind.REVERSED, 2001, "more than came in"),
    ],
)
def test_an_overdrawn_ledger_is_found(order: Order, kind: EntryKind, minor: int, key: str) -> None:
    """Fifty cents of 20.50 have gone back already."""
    assert laws.ledger_never_overdrawn(order) == []
    assert laws.ledger_never_overdrawn(with_entry(order, kind, minor, key)) != []


def test_a_refund_asked_for_twice_under_one_key_is_found(order: Order) -> None:
    """Also when the money would suffice."""
    key = next(e.key for e in order.ledger if e.kind is EntryKind.REFUND_REQUESTED)
    twice = with_entry(order, EntryKind.REFUND_REQUESTED, 10, key)
    assert laws.ledger_never_overdrawn(twice) == [f"refund_requested twice under {key}"]


def test_more_out_of_one_payment_than_it_was_is_found(order: Order) -> None:
    """Another payment would cover the sum, but not this one."""
    rich = with_entry(order, EntryKind.CONFIRMED, 5000, "P2")
    assert laws.ledger_never_overdrawn(rich) == []
    over = with_entry(rich, EntryKind.REFUND_REQUESTED, 2001, "r", source="P1")
    (found,) = laws.ledger_never_overdrawn(over)
    assert "of payment P1" in found


def test_what_a_bank_took_is_no_overdraft_until_it_is_paid_back_after_it(order: Order) -> None:
    """It may take what had gone back before; what it has taken is not asked back any more."""
    taken = with_entry(order, EntryKind.CHARGED_BACK, 2050, "case-1")
    assert taken.balance.gone_twice == eur(50)
    assert laws.ledger_never_overdrawn(taken) == []
    (found,) = laws.ledger_never_overdrawn(with_entry(taken, EntryKind.REFUND_REQUESTED, 1, "r"))
    assert found == "0.01 EUR asked back under r, 0.00 EUR was there"


def test_a_refund_that_came_back_is_here_again_once_and_only_if_it_had_arrived(
    order: Order,
) -> None:
    """Then all of the payment may be asked back, and no more."""
    key = next(e.key for e in order.ledger if e.kind is EntryKind.REFUNDED)
    returned = with_entry(order, EntryKind.REFUND_RETURNED, 50, key)
    assert returned.balance.refunded == eur(0)
    assert laws.ledger_never_overdrawn(returned) == []
    again = with_entry(returned, EntryKind.REFUND_REQUESTED, 2050, "r")
    assert laws.ledger_never_overdrawn(again) == []
    assert laws.ledger_never_overdrawn(with_entry(again, EntryKind.REFUND_REQUESTED, 1, "s")) != []
    twice = with_entry(returned, EntryKind.REFUND_RETURNED, 1, key)
    assert f"refund_returned twice under {key}" in laws.ledger_never_overdrawn(twice)
    never = with_entry(order, EntryKind.REFUND_RETURNED, 1, "x")
    assert laws.ledger_never_overdrawn(never) == ["x came back, never arrived"]


@pytest.mark.parametrize(
    ("kind", "minor", "key", "said"),
    [
        (EntryKind.CHARGED_BACK, 1051, "case-2", "the bank took 20.51 EUR of payment P1"),
        (EntryKind.WON_BACK, 1001, "case-1", "the bank took -0.01 EUR of payment P1"),
        (EntryKind.CHARGED_BACK, 1, "case-1", "charged_back twice under case-1"),
    ],
)
def test_a_bank_that_takes_or_gives_too_much_is_found(
    order: Order, kind: EntryKind, minor: int, key: str, said: str
) -> None:
    """By payment and by case; 20.50 came in."""
    taken = with_entry(order, EntryKind.CHARGED_BACK, 1000, "case-1")
    assert laws.ledger_never_overdrawn(taken) == []
    (found,) = laws.ledger_never_overdrawn(with_entry(taken, kind, minor, key))
    assert found.startswith(said)


def test_books_of_the_provider_that_differ_are_found(shop: Shop, order: Order) -> None:
    """Paid twice, paid another amount, never paid; unless an operator paid by hand."""
    books = shop.bank.paid_back(order.id)
    ((key, _),) = books.items()
    assert laws.refunds_match_provider(order, books) == []
    assert laws.refunds_match_provider(order, {**books, "other": eur(1)}) != []
    assert laws.refunds_match_provider(order, {key: eur(51)}) != []
    assert laws.refunds_match_provider(order, {}) != []
    assert laws.refunds_match_provider(order, {}, by_hand={key}) == []


# -- resources -----------------------------------------------------------------------------------


def keys(saga: SagaState) -> list[str]:
    """Return the provision keys of a saga's items."""
    return [call_key(saga.id, b.key, PROVISION, forward=True) for b in saga.item_branches]


def test_an_active_item_without_a_resource_is_found(order: Order, saga: SagaState) -> None:
    """The customer pays for nothing."""
    assert laws.resources_match_items(order, keys(saga)) == []
    assert laws.resources_match_items(order, keys(saga)[:1]) == [
        "item 2 is active, but nothing runs for it"
    ]


def test_an_item_that_is_being_taken_back_may_be_gone_already(
    order: Order, saga: SagaState
) -> None:
    """The provider removed it, and its answer is not recorded yet."""
    back = saga.put(evolve(saga.branch("2"), back=True))
    assert laws.resources_match_items(order, keys(saga)[:1], sagas=[back]) == []
    assert laws.resources_match_items(order, keys(saga)[1:], sagas=[back]) != []


def test_a_resource_without_an_item_is_found(order: Order, saga: SagaState) -> None:
    """Of another order, of an earlier run, or of an item that was rolled back."""
    one, two = keys(saga)
    assert laws.resources_match_items(order, [one, two, "stray"]) != []
    gone = evolve(
        order, items=(order.items[0], evolve(order.items[1], state=ItemState.ROLLED_BACK))
    )
    assert laws.resources_match_items(gone, [one, two]) != []
    assert laws.resources_match_items(gone, [one, two], by_hand={two}) == []
    later = evolve(
        order,
        sagas=(*order.sagas, SagaRef(id=SagaId("new"), definition=FULFILMENT.name)),
        items=gone.items,
    )
    assert laws.resources_match_items(later, [one]) != []


def test_an_order_that_never_ran_accounts_for_no_resource(order: Order) -> None:
    """It has no saga."""
    fresh = evolve(order, sagas=(), items=())
    assert laws.resources_match_items(fresh, []) == []
    assert laws.resources_match_items(fresh, ["stray"]) != []


# -- sagas and events ----------------------------------------------------------------------------


def test_a_saga_without_a_timer_is_found(saga: SagaState) -> None:
    """It runs and waits, but nobody is asked for; or it waits for nothing."""
    assert laws.saga_has_a_timer([saga], {}) == []
    branch = saga.branches[0]
    waiting = evolve(branch.steps[2], phase=Phase.DOING, due_at=START)
    running = evolve(
        saga.put(branch.put(waiting)),
        status=SagaStatus.RUNNING,
    )
    assert laws.saga_has_a_timer([running], {running.id: START}) == []
    assert laws.saga_has_a_timer([running], {}) == [
        f"saga {saga.id} waits for {START}, but no work is scheduled"
    ]
    stuck = evolve(saga, status=SagaStatus.RUNNING)
    assert laws.saga_has_a_timer([stuck], {stuck.id: START}) == [
        f"saga {saga.id} runs and waits for nothing"
    ]


def test_events_that_are_repeated_whole_and_in_order_are_fine(shop: Shop, order: Order) -> None:
    """At least once is what was promised; a part is fine as long as more is waiting."""
    sent, history = shop.published(order), shop.history(order)
    repeated = [*sent[:3], *sent[1:]]
    assert laws.events_published_once(repeated, history, complete=True) == []
    assert laws.events_published_once(sent[:3], history, complete=False) == []


def test_events_that_are_missing_or_out_of_order_or_different_are_found(
    shop: Shop, order: Order
) -> None:
    """Consumers would see another story than the audit trail tells."""
    sent, history = shop.published(order), shop.history(order)
    other = evolve(sent[0], data="{}")
    for published in (
        sent[:-1],
        [*sent[:2], *sent[3:]],
        [sent[1], sent[0], *sent[2:]],
        [other, *sent[1:]],
        [*sent, other],
        [*sent, evolve(sent[0], id="new", stream=OrderId("o"))],
    ):
        assert laws.events_published_once(published, history, complete=True) != []
