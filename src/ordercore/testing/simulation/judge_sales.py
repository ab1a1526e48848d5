"""When everything rests: the laws of orders of goods, on what is stored and on what is outside."""

from __future__ import annotations

from ordercore.codec import decode
from ordercore.domain.orders import LetterRequested, LetterSent, Order
from ordercore.domain.orders.lifecycles import RetailState
from ordercore.domain.processes.retail import is_overtaken
from ordercore.engine.audit import AuditRecord
from ordercore.testing import sale_laws, stock_laws
from ordercore.testing.simulation.reading import read
from ordercore.testing.simulation.world import World

__all__ = ["judge_sale", "judge_shelf"]

_MOST = 1_000_000
_WRITTEN, _ASKED = "order.letter-sent", "order.letter-requested"


def judge_sale(world: World, order: Order, history: tuple[AuditRecord, ...]) -> None:
    """Check an order of goods against the books of everybody outside."""
    watch, tag = world.watch, world.watch.tag(order.id)
    by_hand = watch.by_hand.get(order.id, set())
    book = world.gateway.book_of(order.id)
    talked = order.id in world.gateway.by_hand
    found = sale_laws.gateway_agrees(order, book, by_hand=by_hand, talked=talked)
    watch.blame("gateway_agrees", tag, found)
    watch.blame("nothing_is_held", tag, sale_laws.nothing_is_held(order, book))
    watch.blame("cash_is_booked", tag, _unbooked(world, order))
    watch.blame("credited_at_rest", tag, sale_laws.credited_at_rest(order))
    watch.blame("papers_add_up", tag, sale_laws.papers_add_up(order))
    events = [(record.kind, record.data) for record in history]
    said = [decode(LetterSent, data).letter for kind, data in events if kind == _WRITTEN]
    asked = [decode(LetterRequested, data).letter for kind, data in events if kind == _ASKED]
    sent = world.post.letters.get(order.id, [])
    overtaken = {about for about in sent if is_overtaken(about, order.state)}
    found = sale_laws.letters_sent_once(
        said, sent, asked=asked, overtaken=overtaken, by_hand=bool(by_hand)
    )
    watch.blame("letters_sent_once", tag, found)
    if order.id in world.carrier.by_hand and order.state == RetailState.CANCELLED:
        return  # it was called off while somebody was on the way with the parcel
    found = sale_laws.parcels_follow_orders(
        order,
        in_trays=world.warehouse.in_trays(order.id),
        labels=world.carrier.live_labels(order.id),
        gone=world.carrier.gone.get(order.id, ()),
    )
    watch.blame("parcels_follow_orders", tag, found)


def _unbooked(world: World, order: Order) -> list[str]:
    """Return the cash that a carrier took for an order and that is not in its ledger."""
    mine = f"{world.watch.tag(order.id)}.parcel."
    known = {entry.key for entry in order.ledger}
    return [
        f"{amount} was paid at the door under {reference}, and is in no ledger"
        for (tenant, reference), amount in world.bank.paid.items()
        if tenant == order.tenant and reference.startswith(mine) and reference not in known
    ]


def judge_shelf(world: World) -> None:
    """Check the stock of every tenant against its ledger, and the papers against their series."""
    watch = world.watch
    for tenant, sku in watch.shelf.levels:
        (level,) = read(world.bare.stock.levels(tenant, (sku,)))
        ledger = read(world.bare.stock.movements(tenant, sku, limit=_MOST))
        found = stock_laws.stock_violations(level, ledger)
        if level != watch.shelf.level(tenant, sku):
            found.append(f"{level}, written was {watch.shelf.level(tenant, sku)}")
        watch.blame("stock_is_its_ledger", "", found)
    orders = [stored.order for stored in watch.rows.values()]
    watch.blame("numbers_gapless", "", sale_laws.numbers_gapless(orders))
