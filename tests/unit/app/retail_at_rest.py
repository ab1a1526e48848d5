"""What must hold of an order of goods once everything has settled.

The books of gateway, warehouse and carrier say what the order says, whatever went wrong on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercore.domain.orders import ItemState, Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PAYMENT_KINDS, EntryKind, held_until
from ordercore.domain.processes import timer_subject
from ordercore.domain.processes.retail import HOLD_ENDS, credit_notes_of, invoice_of
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing import laws
from ordercore.testing.stock_laws import stock_violations
from tests.unit.app.shop import TENANT

if TYPE_CHECKING:
    from tests.unit.app.retail_shop import Store

__all__ = ["violations_at_rest"]


def violations_at_rest(store: Store, order: Order, *, by_hand: bool = False) -> list[str]:
    """Return every law that a settled order breaks; ``by_hand`` where an operator helped."""
    now = store.order(order)
    tables = store.tables.of(TENANT)
    stored, history = tables.orders[now.id], store.history(now)
    complete = all(e.id in tables.published for e in tables.outbox[now.id].values())
    return [
        *laws.fold_equals_row(now, history),
        *laws.audit_chain_whole(history, chain=stored.chain),
        *laws.hidden_when_cancelled(now),
        *laws.ledger_never_overdrawn(now),
        *laws.saga_has_a_timer(tables.sagas_in_order(now.id), store.due()),
        *laws.events_published_once(store.published(now), history, complete=complete),
        *_money(store, now),
        *([] if by_hand else _open_requests(now)),
        *_timer(store, now),
        *_goods(store, now),
        *_stock(store),
        *(["a token is kept"] if any(tables.vault.values()) else []),
    ]


def _money(store: Store, order: Order) -> list[str]:
    sums, found = order.balance, []
    taken, back = store.till.taken(order.id), store.till.given_back(order.id)
    refunds = sums.refunded - _cash_back(order)
    if (taken, back) != (sums.captured, refunds):
        found.append(f"taken {taken} and back {back}; booked {sums.captured} and {refunds}")
    held = Money.total((a.held for a in sums.attempts), currency="EUR")
    if held != store.till.held(order.id):
        found.append(f"{store.till.held(order.id)} is held, {held} is booked")
    nothing = order.state in (S.CANCELLED, S.RETURNED, S.PAYMENT_EXPIRED, S.PAYMENT_FAILED)
    if nothing and (sums.refundable.is_positive or held.is_positive):
        found.append(f"{order.state} with {sums.refundable} and {held} held")
    paid = order.state in (S.READY, S.SHIPPED, S.DELIVERED, S.COMPLETED)
    by_gateway = order.sale is not None and PAYMENT_KINDS[order.sale.payment].by_gateway
    if paid and by_gateway and (sums.refundable != order.total or held.is_positive):
        found.append(f"{order.state} with {sums.refundable} for {order.total}, {held} held")
    return found


def _timer(store: Store, order: Order) -> list[str]:
    """While money is held a timer runs to the instant, and none where no money is."""
    end = held_until(order.ledger)
    timer = store.due().get(timer_subject(order.id, HOLD_ENDS))
    return [] if timer == end else [f"held until {end}, but the timer says {timer}"]


def _open_requests(order: Order) -> list[str]:
    sums, found = order.balance, []
    if sums.outstanding.is_positive:
        found.append(f"{sums.outstanding} is on its way back for ever")
    found += [f"attempt {a.key} has open captures" for a in sums.attempts if a.captures]
    found += [f"attempt {a.key} has open voids" for a in sums.attempts if a.voids]
    if sums.open_attempt is not None and order.state != S.AWAITING_PAYMENT:
        found.append(f"{order.state} with an open attempt")
    return found


def _goods(store: Store, order: Order) -> list[str]:
    found = []
    picked = {str(item.id) for item in order.items if item.state is ItemState.PICKED}
    gone = order.state == S.CANCELLED
    out = store.depot.out(order.id)
    if out != (set() if gone else picked):
        found.append(f"{order.state}: {sorted(out)} off the shelf, {sorted(picked)} picked")
    if gone and store.haulier.labels(order.id):
        found.append("a label of a cancelled order is still good")
    sent = order.state in (S.SHIPPED, S.DELIVERED, S.COMPLETED, S.RETURNED)
    if store.haulier.left(order.id) is not sent:
        found.append(f"{order.state}, parcel gone: {store.haulier.left(order.id)}")
    sale = order.sale
    assert sale is not None
    if sent and sale.invoice is None:
        found.append("it has left without an invoice")
    return found + _papers(order)


def _papers(order: Order) -> list[str]:
    """The invoice less its credit notes is what the customer owes in the end."""
    invoice, notes = invoice_of(order), credit_notes_of(order)
    if isinstance(invoice, Refusal):
        return []
    assert not isinstance(notes, Refusal), notes
    credited = Money.total((note.totals.gross for note in notes), currency="EUR")
    gone = order.state in (S.CANCELLED, S.RETURNED)
    owed = Money.zero("EUR") if gone else order.total
    if invoice.totals.gross - credited == owed:
        return []
    return [f"{order.state}: invoiced {invoice.totals.gross}, {credited} credited, owed {owed}"]


def _stock(store: Store) -> list[str]:
    tables = store.tables.of(TENANT)
    found = [
        violation
        for sku, level in tables.stock.items()
        for violation in stock_violations(level, tables.movements[sku])
    ]
    held = dict.fromkeys(tables.stock, 0)
    for stored in tables.orders.values():
        if stored.order.sale is not None and stored.order.sale.reserved:
            for item in stored.order.open_items:
                held[item.snapshot.product_type] += item.quantity
    return found + [
        f"{sku}: {level.reserved} reserved, orders say {held[sku]}"
        for sku, level in tables.stock.items()
        if level.reserved != held[sku]
    ]


def _cash_back(order: Order) -> Money:
    cash = {e.key for e in order.ledger if e.kind is EntryKind.CONFIRMED}
    requests = {
        e.key for e in order.ledger if e.kind is EntryKind.REFUND_REQUESTED and e.source in cash
    }
    back = (e.amount for e in order.ledger if e.kind is EntryKind.REFUNDED and e.key in requests)
    return Money.total(back, currency=order.currency)
