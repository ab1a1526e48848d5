"""Random lives of orders: customers, operators, workers, faulty providers and the clock.

A rule machine pulls everything a host can pull, in any order, against the memory adapter. Beside it
runs a naive model: which orders there are, and what each was paid. After every step the
conservation laws must hold, the provider's own books included.
"""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from attrs import define, field
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from ordercore.app import (
    CancelOrder,
    CloseDeadLetter,
    ListOrders,
    PlaceOrder,
    RedeliverCredentials,
    ReportProvisioning,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    UseCase,
    WorkOnce,
)
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.payments import EntryKind
from ordercore.domain.processes import FULFILMENT, PROVISION, REFUND_STEP
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.engine.saga import (
    Absent,
    Accepted,
    Failed,
    Outcome,
    Rejected,
    SagaStatus,
    Unclear,
    call_key,
)
from ordercore.kernel.errors import ConcurrencyConflict, TransitionNotAllowed
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import Provisioned
from ordercore.testing.builders import a_vps, an_order_request
from tests.unit.app.providers import Lost, Told
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, Shop
from tests.unit.app.tables import ALL_OR_NOTHING

BUSY = Failed(code="busy", reason="later")
NEVER = Rejected(code="never", reason="for good")
UNCLEAR = Unclear(reason="timeout")

TROUBLES: dict[str, tuple[Told, ...]] = {
    "provision 1": (BUSY, NEVER, UNCLEAR, Accepted(), Lost()),
    "provision 2": (BUSY, NEVER, UNCLEAR, Accepted(), Lost()),
    "find": (BUSY, NEVER, UNCLEAR, Accepted(), Lost()),
    "deprovision 1": (BUSY, NEVER, UNCLEAR, Lost()),
    "deprovision 2": (BUSY, NEVER, UNCLEAR, Lost()),
    "refund": (BUSY, NEVER, UNCLEAR, Lost()),
    "find refund": (UNCLEAR, Lost()),
    "notify": (BUSY, NEVER, Lost()),
    "deliver": (BUSY, NEVER, Lost()),
}

TROUBLE = st.sampled_from(sorted(TROUBLES)).flatmap(
    lambda verb: st.tuples(
        st.just(verb),
        st.builds(lambda told, n: [told] * n, st.sampled_from(TROUBLES[verb]), st.integers(1, 7)),
    )
)

ORDERS: Bundle[OrderId] = Bundle("orders")
PAYMENTS: Bundle[tuple[OrderId, str, int]] = Bundle("payments")


@define
class Known:
    """What the model knows of one order."""

    items: int
    paid: dict[str, int] = field(factory=dict)
    refunds_by_hand: set[str] = field(factory=set)
    removals_by_hand: set[str] = field(factory=set)


class Orders(RuleBasedStateMachine):
    """Everything that can happen to orders."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.model: dict[OrderId, Known] = {}

    @initialize(all_or_nothing=st.booleans())
    def open(self, all_or_nothing: bool) -> None:
        """Choose a policy."""
        if all_or_nothing:
            self.shop = Shop(rules=ALL_OR_NOTHING)

    def ask(self, use_case: UseCase[Any]) -> Any:
        """Carry out a use case; a fault of the lifecycle is an answer like any other."""
        before = {row.order.id: row for row in self.shop.tables.of(TENANT).orders.values()}
        try:
            answer = self.shop.handle(use_case)
        except (TransitionNotAllowed, ConcurrencyConflict) as fault:
            answer = fault
        if isinstance(answer, (Refusal, TransitionNotAllowed, ConcurrencyConflict)):
            after = {row.order.id: row for row in self.shop.tables.of(TENANT).orders.values()}
            assert after == before, "what was refused changed something"
        return answer

    def row(self, order_id: OrderId) -> Order:
        """Return the order as it is stored."""
        return self.shop.tables.of(TENANT).orders[order_id].order

    # -- customers and operators -----------------------------------------------------------------

    @rule(
        target=ORDERS,
        items=st.integers(1, 2),
        express=st.booleans(),
        how_far=st.sampled_from([0, 1, 2, 3, 3, 3]),
        troubles=st.lists(TROUBLE, max_size=3),
    )
    def place(
        self, items: int, express: bool, how_far: int, troubles: list[tuple[str, list[Told]]]
    ) -> OrderId:
        """A new order: a draft, or submitted, or paid, or already being worked on."""
        request = an_order_request(
            *[a_vps()] * items, reference=f"R{len(self.model)}", express_request=express
        )
        order_id = OrderId(self.ask(PlaceOrder(caller=CUSTOMER, request=request)).order.id)
        self.model[order_id] = Known(items=items)
        if how_far > 0:
            self.submit(order_id)
        if how_far > 1:
            self.report(order_id, "P0", items * 1000)
        if how_far > 2:
            for trouble in troubles:
                self.trouble(trouble)
            self.work(20)
        return order_id

    @rule(order_id=ORDERS)
    def submit(self, order_id: OrderId) -> None:
        """A draft is submitted, whatever state the order is in."""
        self.ask(SubmitOrder(caller=CUSTOMER, order_id=order_id))

    @rule(
        target=PAYMENTS,
        order_id=ORDERS,
        off=st.sampled_from([0, 0, 0, -100, 100, -101, 101, 37]),
        again=st.booleans(),
    )
    def pay(self, order_id: OrderId, off: int, again: bool) -> tuple[OrderId, str, int]:
        """A payment arrives: exact, under, over, beyond; maybe the same reference again."""
        known = self.model[order_id]
        number = max(0, len(known.paid) - 1) if again else len(known.paid)
        reference, minor = f"P{number}", known.items * 1000 + off
        self.report(order_id, reference, minor)
        return order_id, reference, minor

    @rule(payment=PAYMENTS)
    def pay_twice(self, payment: tuple[OrderId, str, int]) -> None:
        """The same report once more, however late."""
        self.report(*payment)

    def report(self, order_id: OrderId, reference: str, minor: int) -> None:
        """Report a payment, and note in the model what was taken in."""
        known = self.model[order_id]
        try:
            answer = self.shop.report(self.row(order_id), minor, reference)
        except TransitionNotAllowed:
            return
        recorded = any(
            e.kind is EntryKind.CONFIRMED and e.key == reference for e in self.row(order_id).ledger
        )
        if isinstance(answer, Order) and recorded:
            known.paid.setdefault(reference, minor)

    @rule(order_id=ORDERS)
    def revert(self, order_id: OrderId) -> None:
        """An operator takes a confirmation back."""
        self.ask(RevertPayment(caller=OPERATOR, order_id=order_id, reason="wrong"))

    @rule(order_id=ORDERS, caller=st.sampled_from([CUSTOMER, OPERATOR]))
    def cancel(self, order_id: OrderId, caller: Any) -> None:
        """Somebody cancels."""
        self.ask(CancelOrder(caller=caller, order_id=order_id, reason="enough"))

    @rule(order_id=ORDERS)
    def restore(self, order_id: OrderId) -> None:
        """An operator brings it back."""
        self.ask(RestoreOrder(caller=OPERATOR, order_id=order_id, reason="mistake"))

    @rule(order_id=ORDERS)
    def redeliver(self, order_id: OrderId) -> None:
        """A customer has lost the message."""
        self.ask(RedeliverCredentials(caller=CUSTOMER, order_id=order_id))

    # -- providers, workers, time ----------------------------------------------------------------

    @rule(trouble=TROUBLE)
    def trouble(self, trouble: tuple[str, list[Told]]) -> None:
        """A provider is about to answer badly, up to a whole series of times."""
        verb, answers = trouble
        self.shop.script.plan(verb, *answers)

    @rule()
    def recover(self) -> None:
        """All providers are well again."""
        self.shop.script.plans.clear()
        self.shop.broker.broken = False
        self.shop.limits.trouble = None

    @rule(broken=st.booleans(), trouble=st.booleans())
    def outage(self, broken: bool, trouble: bool) -> None:
        """Broker or capacity service come or go."""
        self.shop.broker.broken = broken
        self.shop.limits.trouble = TimeoutError() if trouble else None

    @rule(steps=st.integers(1, 20))
    def work(self, steps: int) -> None:
        """Workers do some of what is due."""
        for _ in range(steps):
            if self.ask(WorkOnce()) is None:
                return

    @rule(seconds=st.sampled_from([1, 2, 5, 5, 31, 31, 901, 86400, 48 * 3600]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.shop.clock.advance(seconds=seconds)

    @rule(order_id=ORDERS, attempt=st.integers(1, 4), item=st.sampled_from("12"), data=st.data())
    def hear(self, order_id: OrderId, attempt: int, item: str, data: st.DataObject) -> None:
        """A provider reports an attempt by itself: the current one, or one of long ago."""
        runs = [r.id for r in self.row(order_id).sagas if r.definition == FULFILMENT.name]
        if not runs or int(item) > self.model[order_id].items:
            return
        key = call_key(data.draw(st.sampled_from(runs)), item, PROVISION, forward=True)
        there = key in self.shop.cloud.live
        said: Outcome | Provisioned = data.draw(st.sampled_from([Accepted(), UNCLEAR]))
        if there:
            said = Provisioned(resource=f"res-{key[:12]}", credentials=Credentials(values={}))
        elif data.draw(st.booleans()):
            said = Absent()
        self.ask(
            ReportProvisioning(
                caller=SYSTEM,
                order_id=order_id,
                key=key,
                attempt=attempt,
                outcome=said,  # type: ignore[arg-type]
            )
        )

    @precondition(lambda self: self.shop.letters())
    @rule(
        data=st.data(), how=st.sampled_from([DeadLetterStatus.RETRIED, DeadLetterStatus.RESOLVED])
    )
    def close(self, data: st.DataObject, how: DeadLetterStatus) -> None:
        """An operator deals with a dead letter; what is resolved was put right by hand."""
        letter = data.draw(st.sampled_from(self.shop.letters()))
        known = self.model[letter.order_id]
        self.ask(CloseDeadLetter(caller=OPERATOR, letter_id=letter.id, how=how, note="looked at"))
        if how is DeadLetterStatus.RESOLVED:
            key = call_key(letter.saga_id, letter.branch, letter.step, forward=letter.forward)
            if letter.step == REFUND_STEP:
                known.refunds_by_hand.add(key)
            elif letter.step == PROVISION:
                effect = call_key(letter.saga_id, letter.branch, letter.step, forward=True)
                known.removals_by_hand.add(effect)

    @rule(order_id=consumes(ORDERS))
    def settle(self, order_id: OrderId) -> None:
        """All is well again and time passes: every order comes to rest, nothing is left over."""
        self.recover()
        for _ in range(400):
            self.shop.work()
            due = self.shop.next_due()
            if due is None:
                break
            self.shop.clock.set(max(due, self.shop.clock.now()))
        else:
            raise AssertionError("work without end")
        for known in self.model:
            order = self.row(known)
            assert order.state in {"draft", *PROVISIONING.terminal}, order.state
            if order.state in ("cancelled", "failed") and not self._parked(known):
                assert order.balance.outstanding.is_zero
                assert order.items_in(ItemState.ACTIVE, ItemState.PROVISIONING) == ()
        assert self.row(order_id) is not None

    def _parked(self, order_id: OrderId) -> bool:
        return any(letter.order_id == order_id for letter in self.shop.letters())

    # -- what must always hold -------------------------------------------------------------------

    @invariant()
    def the_laws_hold(self) -> None:
        """Fold, chain, ledger, books, resources, timers, events: all of them, for every order."""
        for order_id, known in self.model.items():
            found = self.shop.violations(
                order_id, refunds=known.refunds_by_hand, removals=known.removals_by_hand
            )
            assert found == []

    @invariant()
    def the_model_agrees(self) -> None:
        """Orders, items and money that came in are what the model says; hidden means cancelled."""
        rows = self.shop.tables.of(TENANT).orders
        assert rows.keys() == self.model.keys()
        for order_id, known in self.model.items():
            order = self.row(order_id)
            assert len(order.items) == known.items
            back = order.balance.refund_requested
            assert back <= Money(sum(known.paid.values()), "EUR")
        seen = {order.id for order in self.shop.handle(ListOrders(caller=CUSTOMER, limit=1000))}
        assert seen == {i for i in self.model if self.row(i).state != "cancelled"}

    @invariant()
    def nothing_is_built_or_paid_twice(self) -> None:
        """One movement of money for each key, one resource for each request."""
        keys = [movement.key for movement in self.shop.bank.movements]
        assert len(keys) == len(set(keys))
        assert self.shop.cloud.builds == len(self.shop.cloud.built)

    @invariant()
    def no_running_saga_is_forgotten(self) -> None:
        """Work is scheduled for each one that runs, and for none that has ended."""
        due = self.shop.due()
        for saga in self.shop.tables.of(TENANT).sagas.values():
            assert (saga.status is SagaStatus.RUNNING) == (saga.id in due)


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
