"""What one request does to one order and its sagas, gathered until it is committed.

A `Turn` is the only way in which processes change an order: each event is folded in at once, so
later decisions of the same request see it, and is kept for the audit trail and the outbox. Nothing
outside is touched; the application commits the whole turn as one batch or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from attrs import frozen

from ordercore.domain.billing import DocumentNumber
from ordercore.domain.inventory import StockMove
from ordercore.domain.orders import (
    Event,
    Order,
    SagaNoted,
    SagaStarted,
    Transitioned,
    evolve,
    transition,
)
from ordercore.domain.payments import LedgerEntry
from ordercore.engine.lifecycle import Guard, Lifecycle, timeouts_for
from ordercore.engine.messaging import DeadLetter, RoutingMatrix, Work, WorkKind
from ordercore.engine.saga import Note, SagaDefinition, SagaState, next_due
from ordercore.kernel.ids import OrderId, SagaId, derive_key
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal

__all__ = [
    "Follow",
    "OVERDUE",
    "OrderRules",
    "Recorded",
    "SagaChange",
    "StateTarget",
    "Turn",
    "timer_subject",
]

OVERDUE = "overdue"
"""In place of a trigger: the timer that looks after an order in a state that should not last."""


@frozen(kw_only=True)
class StateTarget:
    """How long a state should last at most.

    Attributes:
        alert_after: Longer than this is said, once.
        task_after: Longer than this is given to an operator.
    """

    state: str
    alert_after: timedelta
    task_after: timedelta


class OrderRules(Protocol):
    """What a turn needs to know of the tables that govern a kind of order."""

    @property
    def lifecycle(self) -> Lifecycle:
        """The table of states and transitions."""
        ...

    @property
    def guards(self) -> Mapping[str, Guard[Any]]:
        """The guard functions the table names, by id."""
        ...

    @property
    def waiting(self) -> Mapping[WorkKind, frozenset[str]]:
        """Work that waits, once for each order, while the order is in certain states."""
        ...

    @property
    def targets(self) -> tuple[StateTarget, ...]:
        """How long states should last."""
        ...

    @property
    def routes(self) -> RoutingMatrix:
        """Which consumers hear of which event."""
        ...

    def facts(self, order: Order, at: datetime) -> object:
        """Return what the guards of the lifecycle look at."""
        ...

    def saga(self, name: str, version: int | None = None) -> SagaDefinition:
        """Return a saga definition; without a version the newest."""
        ...


R = TypeVar("R", bound=OrderRules, covariant=True)
Follow = Callable[["Turn[Any]", SagaState, Note], None]
"""What a note of a saga means for the order; each kind of order has its own."""


@frozen(kw_only=True)
class Recorded:
    """An event with who caused it and when.

    Attributes:
        leads: What is recorded after it in the same turn follows from it. The first event that is
            published leads anyway.
    """

    event: Event
    actor: Actor
    at: datetime
    leads: bool = False


@frozen(kw_only=True)
class SagaChange:
    """A saga to write; ``read_version`` is None for a new one."""

    state: SagaState
    read_version: int | None


def timer_subject(order_id: OrderId, trigger: str) -> str:
    """Return the name under which a lifecycle timer of an order waits."""
    return f"{order_id}/{trigger}"


class Turn(Generic[R]):
    """An order under change by one request.

    Attributes:
        rules: The tables that govern it.
        read_version: Version of the order when it was read; None for a new one.
        at: The instant of the request.
        actor: Who asks.
        draw: A random number from 0 to 999 for retry jitter.
        follow: What happens to the order when something happens in a saga of it.
        recorded: The events so far.
        letters: Dead letters to file or to close.
        short: The store has said that there is too little stock for what was decided first.
        work: Work to schedule or to withdraw.
        stock: Moves of the shelf that belong to it.
        numbers: Document numbers it takes.
    """

    def __init__(
        self,
        rules: R,
        order: Order | None,
        *,
        at: datetime,
        actor: Actor,
        follow: Follow,
        draw: int = 0,
        sagas: tuple[SagaState, ...] = (),
        short: bool = False,
    ) -> None:
        self.rules = rules
        self.read_version = order.version if order else None
        self.at = at
        self.actor = actor
        self.draw = draw
        self.follow = follow
        self.short = short
        self.recorded: list[Recorded] = []
        self.letters: list[DeadLetter] = []
        self.stock: list[StockMove] = []
        self.numbers: list[DocumentNumber] = []
        self._order = order
        self._work: dict[tuple[WorkKind, str], Work] = {}
        self._read = sagas
        self._sagas: dict[SagaId, SagaChange] = {}

    @property
    def order(self) -> Order:
        """The order with every event so far folded in."""
        assert self._order is not None, "the first event of a turn without an order creates it"
        return self._order

    @property
    def sagas(self) -> tuple[SagaChange, ...]:
        """Every saga started or advanced."""
        return tuple(self._sagas.values())

    def saga_now(self, saga_id: SagaId) -> SagaState:
        """Return a saga that this turn has started or advanced, as it is by now."""
        return self._sagas[saga_id].state

    def newest_saga(self, *definitions: str) -> SagaState | None:
        """Return the order's newest saga of these definitions, as this turn has left it.

        None when it never had one, or the sagas were not read with the order.
        """
        names = [ref.id for ref in self.order.sagas if ref.definition in definitions]
        if not names:
            return None
        if names[-1] in self._sagas:
            return self._sagas[names[-1]].state
        return next((saga for saga in self._read if saga.id == names[-1]), None)

    @property
    def work(self) -> tuple[Work, ...]:
        """Everything to schedule or to withdraw."""
        return tuple(self._work.values())

    def record(self, event: Event, *, actor: Actor | None = None, leads: bool = False) -> None:
        """Fold an event in and keep it; see `Recorded.leads`."""
        before = self._order
        self._order = evolve(before, event, self.at)
        recorded = Recorded(event=event, actor=actor or self.actor, at=self.at, leads=leads)
        self.recorded.append(recorded)
        if isinstance(event, Transitioned):
            self._move_timers(event)
            self._move_waiting(event)

    def fire(
        self,
        trigger: str,
        *,
        actor: Actor | None = None,
        reason: str = "",
        postings: tuple[LedgerEntry, ...] = (),
        facts: object = None,
    ) -> Refusal | None:
        """Pull a trigger of the lifecycle.

        Args:
            facts: What the guards look at, where the caller knows more than the order does.

        Returns:
            None when the order moved, or the refusal.

        Raises:
            TransitionNotAllowed: the lifecycle has no such row.
        """
        moved = transition(
            self.order,
            trigger,
            lifecycle=self.rules.lifecycle,
            guards=self.rules.guards,
            facts=self.rules.facts(self.order, self.at) if facts is None else facts,
            actor=actor or self.actor,
            reason=reason,
            postings=postings,
        )
        if isinstance(moved, Refusal):
            return moved
        self.record(moved, actor=actor)
        return None

    def schedule(self, kind: WorkKind, subject: str, due_at: datetime | None) -> None:
        """Ask that ``subject`` be worked on at ``due_at``, or withdraw it with None."""
        self._work[kind, subject] = Work(kind=kind, subject=subject, due_at=due_at)

    def next_saga_id(self) -> SagaId:
        """Return the id the next saga of this order will have."""
        return SagaId(
            derive_key(self.order.tenant, self.order.id, "saga", str(len(self.order.sagas)))
        )

    def put_saga(self, state: SagaState, *, new: bool = False) -> None:
        """Keep a started or advanced saga and schedule its next call."""
        if new:
            self.record(SagaStarted(saga_id=state.id, definition=state.definition))
        known = self._sagas.get(state.id)
        read = None if new else known.read_version if known else state.version
        self._sagas[state.id] = SagaChange(state=state, read_version=read)
        self.schedule(WorkKind.SAGA, state.id, next_due(state))

    def audit_note(self, saga_id: SagaId, note: Note) -> None:
        """Keep what happened inside a saga."""
        self.record(
            SagaNoted(
                saga_id=saga_id,
                note=note.kind.value,
                branch=note.branch,
                step=note.step,
                attempt=note.attempt,
                forward=note.forward,
                code=note.code,
                reason=note.reason,
            )
        )

    def _move_timers(self, event: Transitioned) -> None:
        order = self.order
        for row in self.rules.lifecycle.timeouts:
            if row.state == event.source:
                self.schedule(WorkKind.TIMER, timer_subject(order.id, row.trigger), None)
        self._move_target(event)
        for timer in timeouts_for(self.rules.lifecycle, event.dest, self.at):
            self.schedule(WorkKind.TIMER, timer_subject(order.id, timer.trigger), timer.due_at)

    def _move_target(self, event: Transitioned) -> None:
        subject = timer_subject(self.order.id, OVERDUE)
        for target in self.rules.targets:
            if target.state == event.source:
                self.schedule(WorkKind.TIMER, subject, None)
        for target in self.rules.targets:
            if target.state == event.dest:
                self.schedule(WorkKind.TIMER, subject, self.at + target.alert_after)

    def _move_waiting(self, event: Transitioned) -> None:
        """Whatever way leads there: work waits in the states it belongs to, and in no other."""
        for kind, states in self.rules.waiting.items():
            before, after = (state in states for state in (event.source, event.dest))
            if before != after:
                self.schedule(kind, self.order.id, self.at if after else None)
