"""What operators do outside for a step that the library gave up and they call resolved."""

from __future__ import annotations

from ordercore.domain import processes
from ordercore.domain.orders.lifecycles import RetailState
from ordercore.domain.payments import EntryKind
from ordercore.domain.processes import retail
from ordercore.engine.messaging import DeadLetter
from ordercore.engine.saga import call_key
from ordercore.testing.simulation.world import World

__all__ = ["NOT_BY_HAND", "do_by_hand"]

NOT_BY_HAND = frozenset({retail.INVOICE, retail.CREDIT})
"""Steps that nobody can do outside: only the store gives numbers."""


def do_by_hand(world: World, letter: DeadLetter) -> None:
    """Do it; an operator looks first whether it is done already."""
    key = call_key(letter.saga_id, letter.branch, letter.step, forward=letter.forward)
    done = call_key(letter.saga_id, letter.branch, letter.step, forward=True)
    tenant = letter.tenant
    by_hand = world.watch.by_hand.setdefault(letter.order_id, set())
    match letter.step:
        case processes.REFUND_STEP:
            by_hand.add(key)
        case processes.PROVISION:
            built = world.cloud.resources.get((tenant, done))
            if built is not None and built.gone_ms is None:
                built.gone_ms = world.scheduler.now_ms
        case retail.AUTHORISE | retail.CAPTURE | retail.RELEASE:
            ledger = world.watch.rows[letter.order_id].order.ledger
            known = {entry.key for entry in ledger if entry.kind is EntryKind.CAPTURED}
            world.gateway.let_go_by_hand(letter.order_id, known=known)
        case retail.PICK:
            world.warehouse.put_back_by_hand(tenant, done)
        case retail.LABEL:
            world.carrier.void_by_hand(tenant, done)
        case retail.HAND_OVER if world.watch.rows[letter.order_id].order.state == RetailState.READY:
            world.carrier.take_by_hand(tenant, letter.order_id, key)
            world.carry_parcels()
        case retail.SEND:
            by_hand.add(letter.step)
