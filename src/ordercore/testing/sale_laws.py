"""Laws of orders of goods: units, money, documents and parcels; see `ordercore.testing.laws`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from attrs import field, frozen

from ordercore.domain.inventory import Holding
from ordercore.domain.orders import ItemState, Order, Sale
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import EntryKind, held_until
from ordercore.domain.processes import timer_subject
from ordercore.domain.processes.retail import (
    HOLD_ENDS,
    PAGE_PAYMENT,
    PAYMENT,
    RETAIL_FULFILMENT,
    SHIPPING,
    credit_notes_of,
    invoice_of,
)
from ordercore.engine.messaging import WorkKind
from ordercore.engine.saga import SagaState, SagaStatus
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = [
    "GatewayBook",
    "attempts_never_overdrawn",
    "credited_at_rest",
    "documents_follow_goods",
    "gateway_agrees",
    "holds_are_watched",
    "letters_sent_once",
    "nothing_is_held",
    "numbers_gapless",
    "papers_add_up",
    "parcels_follow_orders",
    "prices_only_fall",
    "sale_moves_on",
    "units_add_up",
]

_LEFT = frozenset({S.SHIPPED, S.DELIVERED, S.COMPLETED})
_ENDED = frozenset({S.COMPLETED, S.CANCELLED, S.RETURNED})
_UNDONE = frozenset({S.CANCELLED, S.RETURNED})
_ONCE = frozenset({"confirmed", "shipped"})


@frozen(kw_only=True)
class GatewayBook:
    """What a payment provider wrote down about an order, in minor units.

    Attributes:
        captured: What was taken, by key of the capture.
        refunded: What was given back, by key of the refund.
        held: What is held and neither taken nor let go.
    """

    captured: Mapping[str, int] = field(factory=dict, hash=False)
    refunded: Mapping[str, int] = field(factory=dict, hash=False)
    held: int = 0


def units_add_up(order: Order, holdings: Mapping[str, Holding], *, lost: bool = False) -> list[str]:
    """Every unit ordered is where the order says: free, reserved for it, sent, or given up.

    Args:
        order: An order of goods.
        holdings: What it has of each sku by the ledger of the stock.
        lost: The carrier has lost its parcel; what was sent does not come back to the shelf.
    """
    sale = _sale(order)
    open_units: Counter[str] = Counter()
    for item in order.items:
        if item.state is not ItemState.CANCELLED:
            open_units[item.snapshot.product_type] += item.quantity
    found = []
    if sale.reserved and order.state in _LEFT:
        found.append(f"{order.state}, and still reserved")
    for sku in sorted({*open_units, *holdings}):
        has, units = holdings.get(sku, Holding()), open_units[sku]
        away = order.state in _LEFT or (lost and order.state == S.RETURNED)
        wanted = Holding(reserved=units if sale.reserved else 0, sent=units if away else 0)
        if has != wanted:
            found.append(f"{order.state}: of {sku} it has {has}, by the order {wanted}")
    return found


def attempts_never_overdrawn(order: Order) -> list[str]:
    """Of what was granted no more is taken and let go than there was; one attempt is open."""
    sums = order.balance
    found = [
        f"of attempt {each.key} {each.captured} was taken and {each.released} let go, "
        f"which was {each.authorised}"
        for each in sums.attempts
        if each.held.is_negative or each.capturable.is_negative
    ]
    refunded = Counter(e.key for e in order.ledger if e.kind is EntryKind.REFUNDED)
    found += [f"refund {key} arrived {times} times" for key, times in refunded.items() if times > 1]
    taken = Counter(e.key for e in order.ledger if e.kind is EntryKind.CAPTURED)
    found += [f"capture {key} arrived {times} times" for key, times in taken.items() if times > 1]
    return found


def gateway_agrees(
    order: Order, book: GatewayBook, *, by_hand: Collection[str] = (), talked: bool = False
) -> list[str]:
    """Captured - refunded is the same in the ledger and in the provider's book, key by key.

    Args:
        order: An order at rest.
        book: What the provider wrote down.
        by_hand: Keys of refunds that an operator says were paid in another way.
        talked: An operator has agreed on something with the provider, which may have given money
            back that the ledger never knew of.
    """
    ledger = {
        kind: {entry.key: entry.amount.amount_minor for entry in order.ledger if entry.kind is kind}
        for kind in (EntryKind.CAPTURED, EntryKind.REFUNDED)
    }
    captured = ledger[EntryKind.CAPTURED]
    taken = {k: v for k, v in book.captured.items() if k in captured or not talked}
    found = []
    if taken != captured:
        found.append(f"the provider took {taken}, the ledger says {captured}")
    if not captured and not taken:
        return found  # paid in cash: another bank's book
    back = {k: v for k, v in ledger[EntryKind.REFUNDED].items() if k not in by_hand}
    paid_back = {k: v for k, v in book.refunded.items() if k not in by_hand}
    if paid_back != back:
        found.append(f"the provider gave back {paid_back}, the ledger says {back}")
    return found


def nothing_is_held(order: Order, book: GatewayBook) -> list[str]:
    """At its end an order has its price, or nothing; no customer's money is left hanging.

    What the bank took of it counts as had where the order was sold, and as gone where it was not.
    """
    if order.state not in _ENDED:
        return []
    found = []
    if book.held:
        found.append(f"{order.state}, and {book.held} is still held at the provider")
    sums = order.balance
    kept = sums.confirmed + sums.captured - sums.refunded
    if order.state == S.COMPLETED and not kept - sums.missing <= order.total <= kept:
        found.append(f"it cost {order.total}, kept is {kept}")
    if order.state != S.COMPLETED and kept != sums.missing:
        found.append(f"{order.state}, and {kept} of its money was kept")
    if sums.open_attempt is not None:
        found.append(f"{order.state}, and attempt {sums.open_attempt.key} is open")
    return found


def documents_follow_goods(order: Order) -> list[str]:
    """Goods leave with an invoice; nothing is credited that was not taken back or made cheaper."""
    sale = _sale(order)
    found = []
    if order.state in (*_LEFT, S.RETURNED) and sale.invoice is None:
        found.append(f"{order.state} without an invoice")
    if sale.credit_notes and sale.invoice is None:
        found.append(f"{order.state}, and credited without an invoice")
    said = _credited(order)
    for item in order.items:
        owed = item.billed if order.state in _UNDONE else item.credited or _none(order)
        if said[item.id] > owed:
            found.append(
                f"{order.state}: of line {item.id} {said[item.id]} is credited, not {owed}"
            )
    return found


def credited_at_rest(order: Order) -> list[str]:
    """What was invoiced and is not to be paid has its credit notes, line by line.

    That is all of an order that was not sold in the end, and of another what was made cheaper.
    """
    sale, said = _sale(order), _credited(order)
    if sale.invoice is None:
        return []
    found = []
    for item in order.open_items:
        owed = item.billed if order.state in _UNDONE else item.credited or _none(order)
        if said[item.id] < owed:
            found.append(
                f"{order.state}, and invoice {sale.invoice.number} was never credited: of line "
                f"{item.id} {said[item.id]} is, not {owed}"
            )
    return found


def papers_add_up(order: Order) -> list[str]:
    """At rest the invoice less its credit notes is what the order costs; nothing if it was undone.

    Each can be made again from what is stored, unless nobody knows any more whom it was for.
    """
    sale = _sale(order)
    if sale.invoice is None or sale.deliver_to is None:
        return []
    invoice, notes = invoice_of(order), credit_notes_of(order)
    if isinstance(invoice, Refusal):
        return [f"invoice {sale.invoice.number} cannot be made again: {invoice.reason}"]
    if isinstance(notes, Refusal):
        return [f"a note on {sale.invoice.number} cannot be made again: {notes.reason}"]
    credited = Money.total((note.totals.gross for note in notes), currency=order.currency)
    said, owed = invoice.totals.gross - credited, order.total
    owed = _none(order) if order.state in _UNDONE else owed
    if said == owed:
        return []
    return [f"{order.state}: {invoice.totals.gross} less {credited} is invoiced, not {owed}"]


def prices_only_fall(before: Order | None, after: Order) -> list[str]:
    """What was ordered never costs more later on.

    Args:
        before: The order as it was; None for a new one.
        after: The order as it is.
    """
    if before is None:
        return []
    rises = after.total > before.total
    return [f"it cost {before.total}, and now it costs {after.total}"] if rises else []


def numbers_gapless(orders: Iterable[Order]) -> list[str]:
    """Every series of a tenant counts from 1 without gaps, and no number stands on two papers."""
    used: dict[tuple[str, str], list[int]] = {}
    for order in orders:
        if order.sale is not None:
            papers = [order.sale.invoice] if order.sale.invoice else []
            for paper in (*papers, *order.sale.credit_notes):
                used.setdefault((order.tenant, paper.series), []).append(paper.seq)
    return [
        f"{tenant}: {series} has the numbers {sorted(numbers)}"
        for (tenant, series), numbers in sorted(used.items())
        if sorted(numbers) != list(range(1, len(numbers) + 1))
    ]


def letters_sent_once(
    said: Iterable[str],
    sent: Iterable[str],
    *,
    asked: Iterable[str] = (),
    overtaken: Iterable[str] = ("awaiting-payment",),
    by_hand: bool = False,
) -> list[str]:
    """What the order says it wrote was written, and no letter went out twice unasked.

    Args:
        said: What the letters of its trail are about.
        sent: What the letters that went out were about.
        asked: What the letters were about that somebody asked for again.
        overtaken: What is no longer so: whoever was not answered when such a letter was sent does
            not send it again, and cannot know that it went out.
        by_hand: An operator has told the customer in another way.
    """
    told, out, again = Counter(said), Counter(sent), Counter(asked)
    found = [
        f"{about} was written {out[about]} times, asked for again {again[about]} times"
        for about in _ONCE
        if out[about] > 1 + again[about]
    ]
    missing = told - out
    if missing:
        found.append(f"letters it says it wrote never went out: {sorted(missing.elements())}")
    unsaid = out - told
    for about in overtaken:
        del unsaid[about]
    if unsaid and not by_hand:
        found.append(f"letters went out that it knows nothing of: {sorted(unsaid.elements())}")
    return found


def parcels_follow_orders(
    order: Order, *, in_trays: Mapping[str, int], labels: Collection[str], gone: Collection[str]
) -> list[str]:
    """What was picked, labelled and handed over is what the order sells, and nothing else.

    Args:
        order: An order at rest.
        in_trays: Units picked and not put back, by item.
        labels: Labels that were not taken back.
        gone: Keys under which its parcels left.
    """
    left = order.state in (*_LEFT, S.RETURNED)
    found = []
    if len(gone) != int(left):
        found.append(f"{order.state}, and its parcels left {len(gone)} times")
    if len(labels) != int(left):
        found.append(f"{order.state}, and {len(labels)} labels are valid")
    wanted = {str(item.id): item.quantity for item in order.open_items} if left else {}
    if dict(in_trays) != wanted:
        found.append(f"{order.state}: picked is {dict(in_trays)}, sold is {wanted}")
    return found


def sale_moves_on(
    order: Order, sagas: Iterable[SagaState], due: Collection[tuple[WorkKind, str]]
) -> list[str]:
    """No order of goods is stuck: where the next step is not a person's, something will make it.

    Args:
        order: The order.
        sagas: All of its sagas.
        due: Kind and subject of everything that is scheduled or leased.
    """
    runs = {saga.definition for saga in sagas if _goes_on(saga)}
    found = []
    if order.state in (S.CONFIRMED, S.IN_FULFILMENT) and RETAIL_FULFILMENT.name not in runs:
        found.append(f"{order.state}, but nobody fulfils it")
    if order.state == S.READY and SHIPPING.name not in runs:
        found.append("ready, but nobody ships it")
    if order.state == S.AWAITING_PAYMENT and not runs & {PAYMENT.name, PAGE_PAYMENT.name}:
        found.append("awaiting payment, but nobody asks for it")
    sale = _sale(order)
    if sale.reserved_until is not None and (WorkKind.RESERVATION, order.id) not in due:
        found.append(f"reserved until {sale.reserved_until}, but nobody will let it go")
    return found


def holds_are_watched(order: Order, due: Collection[tuple[WorkKind, str]]) -> list[str]:
    """While money is held a timer runs until it is held no longer.

    Args:
        order: The order.
        due: Kind and subject of everything that is scheduled or leased.
    """
    end = held_until(order.ledger)
    if end is None or (WorkKind.TIMER, timer_subject(order.id, HOLD_ENDS)) in due:
        return []
    return [f"money is held until {end}, but no timer says so"]


def _credited(order: Order) -> dict[ItemId, Money]:
    """Return what the credit notes say of each line; one that names none says all of it."""
    said = {item.id: _none(order) for item in order.items}
    for note in _sale(order).credit_notes:
        whole = tuple((item.id, item.billed) for item in order.open_items)
        for line, amount in note.lines or whole:
            said[line] += amount
    return said


def _none(order: Order) -> Money:
    return Money.zero(order.currency)


def _goes_on(saga: SagaState) -> bool:
    """Return whether it runs, or a step of it that was given up waits visibly for a person."""
    return saga.status is SagaStatus.RUNNING or any(branch.parked for branch in saga.branches)


def _sale(order: Order) -> Sale:
    assert order.sale is not None, "a law of orders of goods"
    return order.sale
