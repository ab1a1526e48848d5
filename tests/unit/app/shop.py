"""A shop to test with: every port in memory, providers on a script, a clock in the hand.

The same tests run under both faces. Under the async face every port really suspends, so nothing
passes by accident because it never gave way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from attrs import evolve

from ordercore.app import (
    AsyncOrderCore,
    Caller,
    CancelOrder,
    ConfirmPayment,
    GetOrder,
    ListDeadLetters,
    OrderCore,
    OrderHistory,
    Placed,
    PlaceOrder,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    UseCase,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.processes import ItemRequest, ProvisioningRules
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import DeadLetter, Envelope
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import Mode, Ports
from ordercore.testing import laws
from ordercore.testing.builders import an_order_request
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory
from tests.unit.app.providers import Bank, Broker, Cloud, Limits, Post, Script

R = TypeVar("R")

TENANT = TenantId("tenant-a")
CUSTOMER = Caller.of(TENANT, "alice")
OPERATOR = Caller.of(TENANT, "olga", role="operator")
SYSTEM = Caller.of(TENANT, "payments", role="system")

SERVICES = [
    "store",
    "orders",
    "sagas",
    "audit",
    "outbox",
    "idempotency",
    "inbox",
    "dead_letters",
    "vault",
    "numbers",
    "read_models",
    "stock",
    "cache",
    "provisioner",
    "payments",
    "gateway",
    "warehouse",
    "carrier",
    "letters",
    "capacity",
    "notifications",
    "mailer",
    "sealer",
    "publisher",
    "locks",
]


class Face(Enum):
    """Which of the two faces carries out the use cases."""

    SYNC = "sync"
    ASYNC = "async"


class Suspending:
    """A port that gives way to others before and after each call."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(0)
            answer = await method(*args, **kwargs)
            await asyncio.sleep(0)
            return answer

        return call


class Shop:
    """Ports, providers and a face, with short words for what tests do most."""

    def __init__(
        self, face: Face = Face.SYNC, *, rules: ProvisioningRules | None = None, **overrides: Any
    ) -> None:
        self.face = face
        self.clock = ManualClock()
        self.script = Script(self.clock)
        self.cloud = Cloud(self.script)
        self.bank = Bank(self.script)
        self.post = Post(self.script)
        self.broker = Broker()
        self.limits = Limits()
        self.ports: Ports = memory.ports(
            clock=self.clock,
            ids=CountingIds(),
            **{
                "provisioner": self.cloud,
                "payments": self.bank,
                "notifications": self.post,
                "mailer": self.post,
                "publisher": self.broker,
                "capacity": self.limits,
                "provisioning": rules or ProvisioningRules(),
                **overrides,
            },
        )
        self._runner: asyncio.Runner | None = None

    @property
    def tables(self) -> memory.Tables:
        """What the memory adapter holds."""
        tables = self.ports.store._tables  # type: ignore[attr-defined]
        assert isinstance(tables, memory.Tables)
        return tables

    def under(self, rules: ProvisioningRules) -> None:
        """Go on under other rules."""
        self.ports = evolve(self.ports, provisioning=rules)

    def suspending(self) -> Ports:
        """Return the ports as an async bundle whose every call suspends."""
        changes: dict[str, Any] = {
            name: Suspending(port)
            for name in SERVICES
            if (port := getattr(self.ports, name)) is not None
        }
        return evolve(self.ports, mode=Mode.ASYNC, **changes)

    def handle(self, use_case: UseCase[R]) -> R:
        """Carry out a use case under the shop's face."""
        if self.face is Face.SYNC:
            return OrderCore(self.ports).handle(use_case)
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(AsyncOrderCore(self.suspending()).handle(use_case))

    def close(self) -> None:
        """End the event loop, if there was one."""
        if self._runner is not None:
            self._runner.close()

    # -- what customers, operators and the payment side do ---------------------------------------

    def place(self, *items: ItemRequest, caller: Caller = CUSTOMER, **changes: Any) -> Order:
        """Place an order that nothing is wrong with."""
        placed = self.handle(PlaceOrder(caller=caller, request=an_order_request(*items, **changes)))
        assert isinstance(placed, Placed), placed
        return placed.order

    def submit(self, order: Order) -> Order:
        """Submit it."""
        return _done(self.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id)))

    def pay(
        self, order: Order, amount_minor: int | None = None, reference: str | None = None
    ) -> Order:
        """Pay its total, or another amount."""
        return _done(self.report(order, amount_minor, reference))

    def report(
        self,
        order: Order,
        amount_minor: int | None = None,
        reference: str | None = None,
        **more: Any,
    ) -> Order | Refusal:
        """Report a payment, whatever comes of it; a second order has one of its own."""
        amount = order.total.amount_minor if amount_minor is None else amount_minor
        return self.handle(
            ConfirmPayment(
                caller=more.pop("caller", SYSTEM),
                order_id=order.id,
                reference=reference or self._free_reference(order),
                amount=Money(amount, more.pop("currency", order.currency)),
                **more,
            )
        )

    def _free_reference(self, order: Order) -> str:
        pays = self.tables.of(order.tenant).payments.get((order.kind, "P1"), order.id)
        return "P1" if pays == order.id else f"P1 for {order.reference}"

    def paid(self, *items: ItemRequest, **changes: Any) -> Order:
        """Place, submit and pay an order."""
        return self.pay(self.submit(self.place(*items, **changes)))

    def revert(self, order: Order, reason: str = "wrong account") -> Order:
        """Revert its payment."""
        return _done(self.handle(RevertPayment(caller=OPERATOR, order_id=order.id, reason=reason)))

    def cancel(self, order: Order, caller: Caller = CUSTOMER, reason: str = "not needed") -> Order:
        """Cancel it."""
        return _done(self.handle(CancelOrder(caller=caller, order_id=order.id, reason=reason)))

    def restore(self, order: Order) -> Order | Refusal:
        """Ask for its return."""
        return self.handle(RestoreOrder(caller=OPERATOR, order_id=order.id, reason="mistake"))

    # -- workers ---------------------------------------------------------------------------------

    def work(self, limit: int = 1000) -> int:
        """Work until nothing is due at this instant; return how many pieces were done."""
        for done in range(limit):
            if self.handle(WorkOnce()) is None:
                return done
        raise AssertionError(f"still work to do after {limit} pieces")

    def run(self, *, until: datetime | None = None, limit: int = 500) -> None:
        """Work, moving the clock from one due time to the next, until nothing is ever due.

        Lifecycle timers of days are not waited for: it stops at ``until``, by default one hour on.
        """
        last = until or self.clock.now().replace(hour=self.clock.now().hour + 1)
        for _ in range(limit):
            self.work()
            due = self.next_due()
            if due is None or due > last:
                return
            self.clock.set(max(due, self.clock.now()))
        raise AssertionError("work without end")

    def next_due(self) -> datetime | None:
        """Return when work is due next."""
        return self.tables.work.next_due(tenant=None)

    # -- looking ---------------------------------------------------------------------------------

    def order(self, order: Order) -> Order:
        """Return it as it is now."""
        return self.handle(GetOrder(caller=CUSTOMER, order_id=order.id))

    def history(self, order: Order) -> tuple[AuditRecord, ...]:
        """Return its audit trail."""
        return self.handle(OrderHistory(caller=CUSTOMER, order_id=order.id))

    def letters(self, **how: Any) -> tuple[DeadLetter, ...]:
        """Return dead letters, open ones unless told otherwise."""
        letters = self.handle(ListDeadLetters(caller=OPERATOR, **how))
        assert not isinstance(letters, Refusal)
        return letters

    def states(self, order: Order) -> list[str]:
        """Return every state it has been in, in order."""
        return [record.dest for record in self.history(order) if record.trigger]

    def published(self, order: Order) -> list[Envelope]:
        """Return what the broker got of it."""
        return [sent.envelope for sent in self.broker.events if sent.envelope.stream == order.id]

    def types(self, order: Order) -> list[str]:
        """Return the types of what the broker got of it."""
        return [envelope.type for envelope in self.published(order)]

    def due(self) -> dict[str, datetime]:
        """Return when work can be claimed, by subject."""
        lanes = self.tables.work._rows.values()
        return {subject: row.free_at for rows in lanes for subject, row in rows.items()}

    def violations(self, order_id: OrderId, **known: Any) -> list[str]:
        """Return every conservation law that the order breaks."""
        tables = self.tables.of(TENANT)
        stored = tables.orders[order_id]
        order, history = stored.order, tuple(tables.audit[order_id].values())
        complete = all(e.id in tables.published for e in tables.outbox[order_id].values())
        live = {
            request.key
            for (_, key), request in self.cloud.built.items()
            if request.order_id == order_id and key in self.cloud.live
        }
        refunds, removals = known.get("refunds", ()), known.get("removals", ())
        return [
            *laws.fold_equals_row(order, history),
            *laws.audit_chain_whole(history, chain=stored.chain),
            *laws.hidden_when_cancelled(order),
            *laws.ledger_never_overdrawn(order),
            *laws.refunds_match_provider(order, self.bank.paid_back(order_id), by_hand=refunds),
            *laws.resources_match_items(
                order, live, by_hand=removals, sagas=tables.sagas_in_order(order_id)
            ),
            *laws.saga_has_a_timer(tables.sagas_in_order(order_id), self.due()),
            *laws.events_published_once(self.published(order), history, complete=complete),
        ]


def _done(answer: Order | Refusal) -> Order:
    assert isinstance(answer, Order), answer
    return answer


def fault_of(act: Callable[[], object]) -> OrderCoreError:
    """Return the fault that ``act`` raises."""
    try:
        answer = act()
    except OrderCoreError as fault:
        return fault
    raise AssertionError(f"no fault, but {answer}")
