"""Enumerate every run of a saga definition within stated bounds, and check the laws in each.

A definition is data and the coordinator is pure, so "what if the worker dies right here" need not
be guessed at: `explore` plays every answer the world may give to every call, in every order of the
branches, with an abort and an operator's hand at every point, and merges what is equal. A law that
does not hold is reported with the whole story that led there, the shortest one there is.

What is left out, and why nothing is lost: time is not counted but every outstanding call may be
the next one made, so any order that clocks could bring about is among those tried; the schedule of
retries is cut short, since the coordinator treats one retry like the next; a worker that dies
before its call leaves everything as it was; attempts are numbered afresh, since only "this one"
and "an earlier one" differ, and every kind of late answer is tried on every state.

This is a tool for tests and for authors of definitions, not for production.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from attrs import evolve, field, frozen, mutable

from ordercore.engine.saga._explore_laws import (
    laws_of_end,
    laws_of_move,
    laws_of_saga,
    laws_of_world,
)
from ordercore.engine.saga._explore_watch import OPEN, T0, Watched, canonical, steps_of, watch
from ordercore.engine.saga._explore_world import Request, World, landed, replies
from ordercore.engine.saga.calls import Call, calls_due
from ordercore.engine.saga.coordinator import advance, start
from ordercore.engine.saga.definition import SagaDefinition
from ordercore.engine.saga.messages import (
    Abort,
    Absent,
    Accepted,
    Answer,
    Failed,
    Message,
    NoteKind,
    Outcome,
    Rejected,
    ResolveParked,
    RetryParked,
    Succeeded,
    Unclear,
)
from ordercore.engine.saga.state import Phase, SagaState, SagaStatus, StepRun
from ordercore.kernel.ids import SagaId, TenantId

__all__ = ["Exploration", "Violation", "explore"]

_OUTCOMES = (
    Succeeded(memory=(("effect", "late"),)),
    Failed(code="late", reason="late"),
    Rejected(code="late", reason="late"),
    Unclear(reason="late"),
    Accepted(),
    Absent(),
)


@frozen(kw_only=True)
class Violation:
    """A law that does not hold, with the events that lead there from the start."""

    law: str
    story: tuple[str, ...]


@frozen(kw_only=True)
class Exploration:
    """What was found.

    Attributes:
        states: Different states of saga and world that were reached.
        runs: Different ways from the start to an end.
        ends: Different states at which a saga is at its end.
        endings: How many of these are ``done``, ``undone``, or ``parked`` (a dead letter is left).
        violations: Broken laws, each once.
    """

    states: int
    runs: int
    ends: int
    endings: Mapping[str, int]
    violations: tuple[Violation, ...]


def explore(
    definition: SagaDefinition,
    *,
    items: int = 2,
    faults: int = 2,
    retries: int = 1,
    operator: int = 1,
    may_stay: frozenset[str] = frozenset(),
    limit: int = 1_000_000,
) -> Exploration:
    """Play every run of ``definition`` and check the laws.

    Args:
        definition: The table to try.
        items: Number of item branches.
        faults: How many things may go wrong in one run. A call that fails, half runs, is rejected,
            gets lost, stays under way, or whose worker dies, costs one; so does a step that fails
            at every attempt from now on, and an abort.
        retries: Retries of each step after which it gives up.
        operator: How many times an operator may retry or resolve something parked.
        may_stay: Steps without an undo whose effect may stay behind when their branch is taken
            back, such as a message that was sent.
        limit: Give up, with a violation, after this many states.
    """
    search = _Search(definition=_cut(definition, retries), may_stay=may_stay, limit=limit)
    search.run(items=items, faults=faults, operator=operator)
    endings = Counter(search.ending(node) for node in search.nodes if search.at_end(node))
    return Exploration(
        states=len(search.nodes),
        runs=search.count_runs(),
        ends=endings.total(),
        endings=dict(sorted(endings.items())),
        violations=tuple(search.violations.values()),
    )


@frozen(kw_only=True, cache_hash=True)
class _Node:
    saga: int
    world: World
    faults: int
    operator: int


@frozen(kw_only=True)
class _Move:
    """One thing that can happen: what the saga is told, and the world after it."""

    label: str
    world: World
    message: Message | None = None
    now: datetime = T0
    cost: int = 0
    by_operator: int = 0


@mutable(kw_only=True, eq=False)
class _Search:
    definition: SagaDefinition
    may_stay: frozenset[str]
    limit: int
    sagas: list[Watched] = field(factory=list)
    saga_ids: dict[Watched, int] = field(factory=dict)
    told: dict[tuple[int, Message, datetime], int] = field(factory=dict)
    nodes: dict[_Node, int] = field(factory=dict)
    came_from: list[tuple[int, str]] = field(factory=list)
    next_nodes: list[list[int]] = field(factory=list)
    violations: dict[str, Violation] = field(factory=dict)
    broken_laws: list[str] = field(factory=list)

    def run(self, *, items: int, faults: int, operator: int) -> None:
        """Reach every state from the start, nearest first."""
        saga = start(
            self.definition,
            saga_id=SagaId("saga"),
            tenant=TenantId("tenant"),
            subject="order",
            items={f"item-{n}": () for n in range(1, items + 1)},
            now=T0,
        ).state
        blank = Watched(saga=evolve(saga, branches=()))
        first = _Node(
            saga=self._keep(watch(blank, saga)), world=World(), faults=faults, operator=operator
        )
        waiting = deque([first])
        self._reach(first, came_from=(-1, "start"))
        while waiting:
            node = waiting.popleft()
            here = self.nodes[node]
            goes_on = self.at_end(node)
            for move in self._moves(node):
                reached = self._after(node, move)
                self._report_found(here, move.label)
                if reached == node:
                    continue  # the same poll again
                goes_on = goes_on or not (move.cost or move.by_operator)
                if reached not in self.nodes:
                    waiting.append(reached)
                self.next_nodes[here].append(self._reach(reached, came_from=(here, move.label)))
            if not goes_on:
                self._report("a saga goes on by itself until its end", here)
            if len(self.nodes) > self.limit:
                self._report(f"a saga has fewer than {self.limit} states", here)
                return

    def at_end(self, node: _Node) -> bool:
        """Tell whether the saga has finished."""
        return self.sagas[node.saga].saga.status is not SagaStatus.RUNNING

    def ending(self, node: _Node) -> str:
        """Name the way in which a saga has ended."""
        saga = self.sagas[node.saga].saga
        return "parked" if saga.parked else saga.status.value

    def count_runs(self) -> int:
        """Count the ways from the start to a state from which nothing follows."""
        before = [0] * len(self.next_nodes)
        for following in self.next_nodes:
            for index in following:
                before[index] += 1
        ways = [0] * len(self.next_nodes)
        ways[0] = 1
        ready = [0] if not before[0] else []
        seen = runs = 0
        while ready:
            here = ready.pop()
            seen += 1
            runs += 0 if self.next_nodes[here] else ways[here]
            for index in self.next_nodes[here]:
                ways[index] += ways[here]
                before[index] -= 1
                if not before[index]:
                    ready.append(index)
        if seen < len(ways):
            self._report("a saga does not go in circles", before.index(max(before)))
        return runs

    # -- moves ----------------------------------------------------------------------------------

    def _moves(self, node: _Node) -> Iterator[_Move]:
        saga = self.sagas[node.saga].saga
        for request in sorted(node.world.flying, key=lambda one: one.effect.key):
            yield _arrival(node.world, request)
        if saga.status is SagaStatus.RUNNING:
            for call in calls_due(saga, T0):
                for move in self._answers(node.world, call):
                    if move.cost <= node.faults:
                        yield move
            if not node.world.aborted and node.faults:
                world = evolve(node.world, aborted=True)
                yield _Move(label="abort", world=world, message=Abort(reason="abort"), cost=1)
        if node.operator:
            yield from _by_hand(saga, node.world)

    def _answers(self, world: World, call: Call) -> Iterator[_Move]:
        deadline = T0 + timedelta(seconds=self.definition.step(call.step).deadline_s)
        for reply in replies(world, call):
            message = None
            if reply.outcome is not None:
                message = _answer(call.branch, call.step, call.attempt, call.forward, reply.outcome)
            yield _Move(
                label=f"{call.branch}/{call.step} {call.kind.value}: {reply.label}",
                world=reply.world,
                message=message,
                now=deadline if reply.at_deadline else T0,
                cost=reply.cost,
            )

    def _after(self, node: _Node, move: _Move) -> _Node:
        saga = node.saga
        if move.message is not None:
            saga = self._tell(saga, move.message, move.now)
        return _Node(
            saga=saga,
            world=move.world,
            faults=node.faults - move.cost,
            operator=node.operator - move.by_operator,
        )

    def _tell(self, saga: int, message: Message, now: datetime) -> int:
        known = self.told.get((saga, message, now))
        if known is not None:
            return known
        before = self.sagas[saga]
        after = watch(before, advance(self.definition, before.saga, message, now=now).state)
        if isinstance(message, RetryParked):
            order = tuple(p for p in after.order if p != (message.branch, message.step))
            after = evolve(after, order=order)
        if isinstance(message, Answer) and _told_of_effect(message):
            place = (message.branch, message.step)
            after = evolve(after, remembered=after.remembered | {place})
        self.broken_laws.extend(laws_of_move(before.saga, after))
        reached = self._keep(after)
        self.told[saga, message, now] = reached
        return reached

    def _keep(self, watched: Watched) -> int:
        self.broken_laws.extend(laws_of_saga(watched))
        plain = canonical(watched)
        if plain not in self.saga_ids:
            self.saga_ids[plain] = len(self.sagas)
            self.sagas.append(plain)
            self.broken_laws.extend(self._laws_of_lateness(plain.saga))
        return self.saga_ids[plain]

    # -- findings -------------------------------------------------------------------------------

    def _reach(self, node: _Node, *, came_from: tuple[int, str]) -> int:
        index = self.nodes.get(node)
        if index is None:
            index = self.nodes[node] = len(self.nodes)
            self.came_from.append(came_from)
            self.next_nodes.append([])
            self.broken_laws.extend(laws_of_world(node.world))
            if self.at_end(node):
                saga = self.sagas[node.saga].saga
                self.broken_laws.extend(
                    laws_of_end(self.definition, saga, node.world, self.may_stay)
                )
        self._report_found(*came_from)
        return index

    def _report_found(self, index: int, *last: str) -> None:
        for law in self.broken_laws:
            self._report(law, index, *last)
        self.broken_laws.clear()

    def _report(self, law: str, index: int, *last: str) -> None:
        if law in self.violations:
            return
        story = list(last)
        while index >= 0:
            index, label = self.came_from[index]
            story.insert(0, label)
        self.violations[law] = Violation(law=law, story=tuple(story))

    def _laws_of_lateness(self, saga: SagaState) -> Iterator[str]:
        if saga.status is not SagaStatus.RUNNING:
            told = advance(self.definition, saga, Abort(reason="late"), now=T0)
            if told.state != saga:
                yield "an abort after the end changes nothing"
        for (branch, step), _, run in steps_of(saga):
            for attempt, forward in _late(run):
                for outcome in _OUTCOMES:
                    answer = _answer(branch, step, attempt, forward, outcome)
                    told = advance(self.definition, saga, answer, now=T0)
                    kinds = [note.kind for note in told.notes]
                    if told.state != saga or kinds != [NoteKind.LATE_ANSWER]:
                        yield "a late answer moves nothing"


def _answer(branch: str, step: str, attempt: int, forward: bool, outcome: Outcome) -> Answer:
    return Answer(branch=branch, step=step, attempt=attempt, forward=forward, outcome=outcome)


def _told_of_effect(answer: Answer) -> bool:
    return answer.forward and isinstance(answer.outcome, Succeeded)


def _late(run: StepRun) -> Iterator[tuple[int, bool]]:
    if run.phase in OPEN:
        yield run.attempt - 1, run.forward
        yield run.attempt, not run.forward
    elif run.attempt:
        yield run.attempt, run.forward


def _arrival(world: World, request: Request) -> _Move:
    effect = request.effect
    way = "do" if effect.forward else "undo"
    label = f"{effect.branch}/{effect.step} {way}: arrives after all"
    return _Move(label=label, world=landed(world, request))


def _by_hand(saga: SagaState, world: World) -> Iterator[_Move]:
    for (branch, step), _, run in steps_of(saga):
        if run.phase is not Phase.PARKED:
            continue
        mended = frozenset(one for one in world.broken if one[:2] != (branch, step))
        yield _Move(
            label=f"{branch}/{step}: an operator has it tried again",
            world=evolve(world, broken=mended),
            message=RetryParked(branch=branch, step=step),
            by_operator=1,
        )
        yield _Move(
            label=f"{branch}/{step}: an operator puts it right by hand",
            world=world,
            message=ResolveParked(branch=branch, step=step, note="by hand"),
            by_operator=1,
        )


def _cut(definition: SagaDefinition, retries: int) -> SagaDefinition:
    """Return the definition with no more than ``retries`` retries of each step."""
    steps = tuple(
        evolve(
            step,
            retry=evolve(step.retry, delays_s=step.retry.delays_s[:retries]),
            undo_retry=evolve(step.undo_retry, delays_s=step.undo_retry.delays_s[:retries]),
        )
        for step in definition.steps
    )
    return evolve(definition, steps=steps)
