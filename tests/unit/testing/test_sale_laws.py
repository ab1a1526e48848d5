"""The laws of orders of goods: a sound order breaks none, and each finds what it is there for."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.inventory import Holding
from ordercore.domain.orders import ItemState, Life, Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import EntryKind
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.money import Money
from ordercore.testing import sale_laws
from ordercore.testing.sale_laws import GatewayBook
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import TENANT

SENT = {"mug": Holding(sent=2), "tea": Holding(sent=3)}


@pytest.fixture(scope="module")
def shipped() -> Order:
    """An order that was paid by card and has left."""
    return Store().sold("credit_card")


@pytest.fixture(scope="module")
def returned() -> Order:
    """An order that came back: credited, and its money is on its way back or there."""
    store = Store()
    order = store.sold("debit_card")
    store.deliver(order)
    store.send_back(order)
    store.settle()
    return store.order(order)


def in_state(order: Order, state: str) -> Order:
    """Return the order as if it were in another state."""
    life = Life(
        state=state,
        version=order.version,
        entered_at=order.life.entered_at,
        updated_at=order.life.updated_at,
    )
    return evolve(order, life=life)


def with_sale(order: Order, **changes: Any) -> Order:
    """Return the order with another selling side."""
    assert order.sale is not None
    return evolve(order, sale=evolve(order.sale, **changes))


def book(order: Order) -> GatewayBook:
    """Return the book of an honest provider."""
    by_kind = {
        kind: {e.key: e.amount.amount_minor for e in order.ledger if e.kind is kind}
        for kind in (EntryKind.CAPTURED, EntryKind.REFUNDED)
    }
    return GatewayBook(captured=by_kind[EntryKind.CAPTURED], refunded=by_kind[EntryKind.REFUNDED])


def test_a_sound_order_breaks_no_law(shipped: Order, returned: Order) -> None:
    """Neither one that left, nor one that came back."""
    assert sale_laws.units_add_up(shipped, SENT) == []
    assert sale_laws.units_add_up(returned, dict.fromkeys(SENT, Holding())) == []
    for order in (shipped, returned):
        assert sale_laws.attempts_never_overdrawn(order) == []
        assert sale_laws.documents_follow_goods(order) == []
        assert sale_laws.credited_at_rest(order) == []
        assert sale_laws.gateway_agrees(order, book(order)) == []
        assert sale_laws.nothing_is_held(order, book(order)) == []
    assert sale_laws.numbers_gapless([shipped, evolve(returned, tenant="another")]) == []


def test_a_unit_that_is_nowhere_is_found(shipped: Order) -> None:
    """Reserved, sent, or given up: each by the order's own word."""
    short = {**SENT, "tea": Holding(sent=2)}
    assert "of tea it has" in sale_laws.units_add_up(shipped, short)[0]
    assert len(sale_laws.units_add_up(shipped, {})) == 2
    assert len(sale_laws.units_add_up(in_state(shipped, S.CONFIRMED), SENT)) == 2
    assert sale_laws.units_add_up(shipped, {**SENT, "lamp": Holding(reserved=1)}) != []
    home = in_state(shipped, S.RETURNED)
    assert sale_laws.units_add_up(home, SENT, lost=True) == []
    assert sale_laws.units_add_up(home, dict.fromkeys(SENT, Holding()), lost=True) != []
    assert sale_laws.units_add_up(home, SENT) != []
    kept = with_sale(shipped, reserved=True)
    assert "shipped, and still reserved" in sale_laws.units_add_up(kept, SENT)
    cancelled = evolve(
        shipped, items=tuple(evolve(item, state=ItemState.CANCELLED) for item in shipped.items)
    )
    assert len(sale_laws.units_add_up(cancelled, SENT)) == 2


def test_money_that_is_taken_twice_is_found(shipped: Order, returned: Order) -> None:
    """In the ledger: the same capture, the same refund; more than was granted."""
    (captured,) = (e for e in shipped.ledger if e.kind is EntryKind.CAPTURED)
    twice = evolve(shipped, ledger=(*shipped.ledger, captured))
    assert len(sale_laws.attempts_never_overdrawn(twice)) == 2
    (refunded,) = (e for e in returned.ledger if e.kind is EntryKind.REFUNDED)
    again = evolve(returned, ledger=(*returned.ledger, refunded))
    assert "arrived 2 times" in sale_laws.attempts_never_overdrawn(again)[0]


def test_a_book_that_says_otherwise_is_found(shipped: Order, returned: Order) -> None:
    """A capture or refund too many, too few, or of another amount."""
    sound = book(returned)
    for wrong in (
        evolve(sound, captured={}),
        evolve(sound, captured={**sound.captured, "other": 1}),
        evolve(sound, captured=dict.fromkeys(sound.captured, 1)),
        evolve(sound, refunded={}),
        evolve(sound, refunded={**sound.refunded, "other": 1}),
    ):
        assert len(sale_laws.gateway_agrees(returned, wrong)) == 1
    (key,) = sound.refunded
    assert sale_laws.gateway_agrees(returned, evolve(sound, refunded={}), by_hand={key}) == []
    unknown = evolve(book(shipped), captured={**book(shipped).captured, "other": 1})
    assert sale_laws.gateway_agrees(shipped, unknown, talked=True) == []


def test_money_that_is_left_hanging_is_found(shipped: Order, returned: Order) -> None:
    """At the end an order has its price, or nothing."""
    completed = in_state(shipped, S.COMPLETED)
    assert sale_laws.nothing_is_held(completed, book(completed)) == []
    held = evolve(book(completed), held=100)
    assert "100 is still held" in sale_laws.nothing_is_held(completed, held)[0]
    assert "kept is" in sale_laws.nothing_is_held(in_state(returned, S.COMPLETED), GatewayBook())[0]
    cancelled = in_state(shipped, S.CANCELLED)
    assert "was kept" in sale_laws.nothing_is_held(cancelled, GatewayBook())[0]
    open_ = evolve(
        returned,
        ledger=tuple(e for e in returned.ledger if e.kind is EntryKind.AUTHORISATION_REQUESTED),
    )
    assert "is open" in sale_laws.nothing_is_held(open_, GatewayBook())[0]


def test_what_a_bank_took_is_not_kept_and_not_missing_from_the_price(shipped: Order) -> None:
    """Sold it was paid for, whoever has the money now; not sold it has gone back that way."""
    (capture,) = (e for e in shipped.ledger if e.kind is EntryKind.CAPTURED)
    case = evolve(
        capture, kind=EntryKind.CHARGED_BACK, key="case-1", source=capture.reference, reference=""
    )
    taken = evolve(shipped, ledger=(*shipped.ledger, case))
    for state in (S.COMPLETED, S.CANCELLED):
        assert sale_laws.nothing_is_held(in_state(taken, state), GatewayBook()) == []
    part = evolve(case, amount=Money(100, "EUR"))
    partly = evolve(shipped, ledger=(*shipped.ledger, part))
    assert sale_laws.nothing_is_held(in_state(partly, S.COMPLETED), GatewayBook()) == []
    assert "was kept" in sale_laws.nothing_is_held(in_state(partly, S.RETURNED), GatewayBook())[0]


def test_papers_that_are_missing_or_too_many_are_found(shipped: Order, returned: Order) -> None:
    """Goods leave with an invoice; what was not sold is credited, line by line and no further."""
    assert sale_laws.documents_follow_goods(with_sale(shipped, invoice=None)) != []
    assert returned.sale is not None
    (note,) = returned.sale.credit_notes
    twice = with_sale(returned, credit_notes=(note, note))
    assert sale_laws.documents_follow_goods(returned) == []
    assert "is credited, not" in sale_laws.documents_follow_goods(twice)[0]
    credited = with_sale(shipped, credit_notes=(note,))
    assert "is credited, not 0.00 EUR" in sale_laws.documents_follow_goods(credited)[0]
    unbilled = with_sale(returned, credit_notes=(note,), invoice=None)
    assert "without an invoice" in " ".join(sale_laws.documents_follow_goods(unbilled))
    uncredited = with_sale(returned, credit_notes=())
    assert "never credited" in sale_laws.credited_at_rest(uncredited)[0]
    assert sale_laws.credited_at_rest(returned) == []
    of_a_release_before = with_sale(returned, credit_notes=(evolve(note, lines=()),))
    assert sale_laws.credited_at_rest(of_a_release_before) == []
    assert sale_laws.documents_follow_goods(of_a_release_before) == []


def test_a_line_made_cheaper_is_credited_by_so_much(shipped: Order, returned: Order) -> None:
    """No more, and at rest no less."""
    assert returned.sale is not None
    (note,) = returned.sale.credit_notes
    first = shipped.items[0]
    fewer = evolve(first, credited=Money(100, "EUR"))
    cheaper = evolve(shipped, items=(fewer, *shipped.items[1:]))
    assert "0.00 EUR is, not 1.00 EUR" in sale_laws.credited_at_rest(cheaper)[0]
    for cents, right in ((99, False), (100, True), (101, False)):
        partly = evolve(note, lines=((first.id, Money(cents, "EUR")),))
        told = with_sale(cheaper, credit_notes=(partly,))
        found = sale_laws.documents_follow_goods(told) + sale_laws.credited_at_rest(told)
        assert (found == []) is right


def test_papers_that_do_not_add_up_to_the_price_are_found(shipped: Order, returned: Order) -> None:
    """By a note that is missing, a line nobody credited, or a paper that cannot be made again."""
    assert sale_laws.papers_add_up(shipped) == []
    assert sale_laws.papers_add_up(returned) == []
    assert sale_laws.papers_add_up(with_sale(shipped, invoice=None)) == []
    (text,) = sale_laws.papers_add_up(with_sale(returned, credit_notes=()))
    assert text == "returned: 35.20 EUR less 0.00 EUR is invoiced, not 0.00 EUR"
    first = evolve(shipped.items[0], credited=Money(100, "EUR"))
    (text,) = sale_laws.papers_add_up(evolve(shipped, items=(first, *shipped.items[1:])))
    assert text == "shipped: 35.20 EUR less 0.00 EUR is invoiced, not 34.01 EUR"
    assert returned.sale is not None
    (note,) = returned.sale.credit_notes
    twice = with_sale(returned, credit_notes=(note, note))
    (text,) = sale_laws.papers_add_up(twice)
    assert text.startswith("a note on ")
    erased = with_sale(twice, deliver_to=None)
    assert sale_laws.papers_add_up(erased) == []


def test_a_price_that_rises_is_found(shipped: Order) -> None:
    """To whatever, and from the very first."""
    cheaper = evolve(shipped.items[0], lowered_by=Money(1, "EUR"))
    before = evolve(shipped, items=(cheaper, *shipped.items[1:]))
    assert sale_laws.prices_only_fall(None, shipped) == []
    assert sale_laws.prices_only_fall(shipped, before) == []
    assert sale_laws.prices_only_fall(shipped, shipped) == []
    (text,) = sale_laws.prices_only_fall(before, shipped)
    assert text == f"it cost {before.total}, and now it costs 35.20 EUR"


def test_held_money_that_nobody_watches_is_found(shipped: Order) -> None:
    """From the grant until it is taken."""
    store = Store()
    order = store.confirmed("credit_card")
    timers = {(WorkKind.TIMER, subject) for subject in store.due()}
    assert sale_laws.holds_are_watched(order, timers) == []
    (text,) = sale_laws.holds_are_watched(order, ())
    assert text.startswith("money is held until 20")
    assert sale_laws.holds_are_watched(shipped, ()) == []


def test_a_gap_in_a_series_is_found(shipped: Order) -> None:
    """And a number on two papers."""
    assert shipped.sale is not None
    assert shipped.sale.invoice is not None
    third = with_sale(shipped, invoice=evolve(shipped.sale.invoice, seq=3))
    assert "[1, 3]" in sale_laws.numbers_gapless([shipped, third])[0]
    assert "[1, 1]" in sale_laws.numbers_gapless([shipped, shipped])[0]


def test_letters_that_were_not_sent_once_are_found() -> None:
    """Twice, never, or without the order's knowledge."""
    said = ["confirmed", "shipped"]
    assert sale_laws.letters_sent_once(said, said) == []
    assert len(sale_laws.letters_sent_once(said, [*said, "shipped"])) == 2
    assert "never went out: ['shipped']" in sale_laws.letters_sent_once(said, ["confirmed"])[0]
    assert "knows nothing of" in sale_laws.letters_sent_once(["confirmed"], said)[0]
    assert sale_laws.letters_sent_once(["confirmed"], said, by_hand=True) == []
    assert sale_laws.letters_sent_once([], ["awaiting-payment"]) == []


def test_a_letter_that_was_asked_for_again_may_go_out_as_often_as_that() -> None:
    """And no oftener; asking for one is no leave for another."""
    said, asked = ["confirmed", "shipped", "shipped"], ["shipped"]
    assert sale_laws.letters_sent_once(said, said, asked=asked) == []
    assert "shipped was written 2 times" in sale_laws.letters_sent_once(said, said)[0]
    assert sale_laws.letters_sent_once(said, said, asked=["confirmed"]) != []
    more = [*said, "shipped"]
    assert "asked for again 1 times" in sale_laws.letters_sent_once(more, more, asked=asked)[0]


def test_parcels_that_do_not_follow_their_order_are_found(shipped: Order) -> None:
    """Left twice or not at all, labelled in vain, still in a tray."""
    trays = {str(item.id): item.quantity for item in shipped.items}

    def found(order: Order, **changes: Any) -> list[str]:
        sound: dict[str, Any] = {"in_trays": trays, "labels": ["l"], "gone": ["h"]}
        return sale_laws.parcels_follow_orders(order, **{**sound, **changes})

    assert found(shipped) == []
    assert "left 2 times" in found(shipped, gone=["h", "i"])[0]
    assert "0 labels" in found(shipped, labels=[])[0]
    assert "picked is {}" in found(shipped, in_trays={})[0]
    cancelled = in_state(shipped, S.CANCELLED)
    assert len(found(cancelled)) == 3
    assert found(cancelled, in_trays={}, labels=[], gone=[]) == []


@pytest.mark.parametrize("state", [S.CONFIRMED, S.IN_FULFILMENT, S.READY, S.AWAITING_PAYMENT])
def test_an_order_that_nobody_moves_on_is_found(shipped: Order, state: S) -> None:
    """Where a saga should be under way, and none is."""
    assert len(sale_laws.sale_moves_on(in_state(shipped, state), [], set())) == 1
    assert sale_laws.sale_moves_on(shipped, [], set()) == []


def test_an_order_under_way_moves_on() -> None:
    """Its saga runs, and its reservation will be let go."""
    store = Store()
    order = store.order(store.bought("wallet"))
    sagas = store.tables.of(TENANT).sagas_in_order(order.id)
    due = {(WorkKind.RESERVATION, str(order.id))}
    assert sale_laws.sale_moves_on(order, sagas, due) == []
    assert "nobody will let it go" in sale_laws.sale_moves_on(order, sagas, set())[0]
