"""When everything rests: every law, for every order, on what is stored and on what is outside."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.domain.orders import ItemState, Order
from ordercore.domain.processes import DELIVER
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import StoredOrder
from ordercore.testing import dispute_laws, laws, service_laws
from ordercore.testing.simulation.judge_sales import judge_sale, judge_shelf
from ordercore.testing.simulation.reading import read
from ordercore.testing.simulation.world import World

__all__ = ["judge"]


def judge(world: World) -> None:
    """Check all laws, until one is broken."""
    watch = world.watch
    watch.at_rest()
    _judge_queue(world)
    paid: dict[TenantId, dict[str, Money]] = {}
    for (tenant, reference), amount in world.bank.paid.items():
        paid.setdefault(tenant, {})[reference] = amount
    for order_id, known in watch.rows.items():
        if watch.violations:
            return
        tenant = known.order.tenant
        stored = read(world.bare.orders.get(tenant, order_id))
        same = [] if stored == known else ["the stored row is not the one written last"]
        watch.blame("row_as_written", watch.tag(order_id), same)
        if not same:
            history = read(world.bare.audit.history(tenant, order_id))
            _judge_stored(world, known, history)
            _judge_outside(world, known.order, history, paid.get(tenant, {}))
            if known.order.sale is not None:
                judge_sale(world, known.order, history)
    judge_shelf(world)
    for resource in world.cloud.resources.values():
        owned = resource.order_id in watch.rows or not resource.stands(world.scheduler.now_ms)
        text = f"{resource.key} stands and belongs to no order"
        watch.blame("resources_match_items", watch.tag(resource.order_id), [text][owned:])


def _judge_queue(world: World) -> None:
    due = read(world.bare.store.next_due())
    found = [] if due is None else [f"the store has work due at {due}, and nobody asked for it"]
    world.watch.blame("comes_to_rest", "", found)


def _judge_stored(world: World, stored: StoredOrder, history: tuple[AuditRecord, ...]) -> None:
    watch, order = world.watch, stored.order
    tag = watch.tag(order.id)
    watch.blame("fold_equals_row", tag, laws.fold_equals_row(order, history))
    watch.blame("audit_chain_whole", tag, laws.audit_chain_whole(history, chain=stored.chain))
    watch.blame("items_as_ordered", tag, laws.items_as_ordered(order, history))
    settled = order.balance.outstanding.is_zero
    found = [] if settled else [f"{order.balance.outstanding} was asked back and never arrived"]
    watch.blame("refunds_arrive", tag, found)
    letters = [each for each in watch.letters.values() if each.order_id == order.id]
    found = dispute_laws.disputes_are_seen_to(order, letters)
    watch.blame("disputes_are_seen_to", tag, found)
    if order.sale is None:
        found = service_laws.services_keep_their_price(order, history)
        watch.blame("services_keep_their_price", tag, found)


def _judge_outside(
    world: World, order: Order, history: tuple[AuditRecord, ...], paid: Mapping[str, Money]
) -> None:
    watch, tag = world.watch, world.watch.tag(order.id)
    by_hand = watch.by_hand.get(order.id, set())
    back = _given_back(world, order)
    found = laws.refunds_match_provider(order, back, by_hand=by_hand)
    watch.blame("refunds_match_provider", tag, found)
    watch.blame("payments_match_provider", tag, laws.payments_match_provider(order, paid))
    found = dispute_laws.bank_agrees(order, world.issuer.book_of(order.id))
    watch.blame("bank_agrees", tag, found)
    live = [resource.key for resource in world.cloud.standing_of(order.id)]
    twice = [f"{key} stands twice" for key in dict.fromkeys(live) if live.count(key) > 1]
    watch.blame("resources_match_items", tag, laws.resources_match_items(order, live) + twice)
    events = [e.envelope for e in world.broker.arrived.get((order.tenant, order.id), [])]
    found = laws.events_published_once(events, history, complete=True)
    watch.blame("events_published_once", tag, found)
    mailed = world.post.mails.get(order.id, [])
    watch.blame("deliveries_were_mailed", tag, laws.deliveries_were_mailed(history, mailed))
    if order.id not in _delivered_by_hand(world):
        found = laws.active_items_were_mailed(order, mailed)
        watch.blame("active_items_were_mailed", tag, found)
    _judge_vault(world, order, tag)


def _given_back(world: World, order: Order) -> dict[str, Money]:
    """Return what went back for an order, whichever provider paid it."""
    book = world.gateway.book_of(order.id)
    by_gateway = {key: Money(minor, order.currency) for key, minor in book.refunded.items()}
    return by_gateway | world.bank.given_back(order.tenant, order.id)


def _delivered_by_hand(world: World) -> set[OrderId]:
    letters = world.watch.letters.values()
    by_hand = (each for each in letters if each.status is DeadLetterStatus.RESOLVED)
    return {each.order_id for each in by_hand if each.step == DELIVER}


def _judge_vault(world: World, order: Order, tag: str) -> None:
    sealed = {each.item for each in read(world.bare.vault.of_order(order.tenant, order.id))}
    active = set(order.items_in(ItemState.ACTIVE))
    found = [f"credentials are kept of {sorted(sealed)}, active are {sorted(active)}"]
    world.watch.blame("credentials_of_active_items", tag, found[sealed == active :])
