"""Use case: take a status update in, however often and however late it comes (R4).

The update is conditional on the state the order is in, looked at and left in one transaction under
the order's lock. So it needs no mark in an inbox, and no list of messages that grows.
"""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from ordercore.app._asked import usable_id, usable_text
from ordercore.app._change import OrderChange
from ordercore.app._permitted import only_for
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailTrigger, Role
from ordercore.domain.processes import open_turn, update_status
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import ConcurrencyConflict
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Ports, StoredOrder

__all__ = ["UpdateStatus", "Updated"]

_REPORTERS: Final = (Role.CARRIER, Role.OPERATOR, Role.SYSTEM)


@frozen(kw_only=True)
class Updated:
    """What came of a status update.

    Attributes:
        order: As it is now.
        news: False: it was in the state already, or past it, and nothing was written.
    """

    order: Order
    news: bool


@frozen(kw_only=True)
class UpdateStatus(OrderChange):
    """Bring an order along a row because somebody outside says that it is there by now.

    A repeat finds the state reached, and a stale update finds it passed: both are ignored, and
    nothing is written, not even a mark. For goods the library's own such row is ``deliver``; rows
    that a host has added to a lifecycle are such rows for either kind. One that can be walked again
    later, as those of payments can, is refused: there a repeat looks like the next time.

    Attributes:
        trigger: The row's.
        reason: Why, for a person.
    """

    trigger: str = field(validator=usable_id)
    reason: str = field(default="", validator=usable_text)

    async def run(self, ports: Ports) -> Updated | Refusal:
        """Take it in.

        Returns:
            The order and whether that was news, or a refusal: ``too_early`` while other rows come
            first, so that it may be tried again; ``impossible`` where no way leads there from the
            order's state, or where a parcel arrived that had come back as lost or undeliverable;
            ``not_repeatable``, ``has_its_own_use_case``, ``not_permitted``, or a guard's.

        Raises:
            NotFound: there is no such order in the caller's tenant.
            ConcurrencyConflict: it is not at the expected version.
        """
        salt, now, draw = ports.ids.new(), ports.clock.now(), ports.ids.draw()
        behind: list[Order] = []

        def decide(locked: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch | Refusal:
            order, expected = locked.order, self.expected_version
            if expected is not None and order.version != expected:
                raise ConcurrencyConflict(kind="order", id=order.id, expected=expected)
            deliver = order.sale is not None and self.trigger == RetailTrigger.DELIVER
            refused = only_for(self.caller, *_REPORTERS, what="deliveries are") if deliver else None
            if refused is not None:
                return refused
            actor = SYSTEM if deliver else self.caller.actor
            turn = open_turn(ports.rules(order), order, at=now, actor=actor, draw=draw, sagas=sagas)
            refused = update_status(turn, self.trigger, reason=self.reason)
            if refused is not None:
                return refused
            if not turn.recorded:
                behind[:] = [order]
                return Refusal(code="unchanged", reason="there is nothing to write")
            extras = Extras(salt=salt, correlation_id=self.caller.correlation_id)
            return turn_to_batch(
                turn, chain=locked.chain, fingerprint=locked.fingerprint, extras=extras
            )

        written = await ports.store.update(self.caller.tenant, self.order_id, decide)
        if behind:
            return Updated(order=behind[0], news=False)
        if isinstance(written, Refusal):
            return written
        return Updated(order=written.orders[0].stored.order, news=True)
