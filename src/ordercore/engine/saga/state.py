"""A running saga as a value.

Everything a worker needs to go on after a crash is in `SagaState`: which calls are outstanding,
when the next attempt is due, what a finished step chose to remember for its undo. There are no
commands beside the state; the calls that are due are read off it (`ordercore.engine.saga.calls`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from ordercore.kernel.ids import SagaId, TenantId

__all__ = [
    "Branch",
    "Memory",
    "ORDER_BRANCH",
    "Phase",
    "SETTLED",
    "SagaState",
    "SagaStatus",
    "StepRun",
    "recall",
]

Memory = tuple[tuple[str, str], ...]
"""What a step remembered for its undo: pairs of text, never a secret."""

ORDER_BRANCH = "order"


class Phase(StrEnum):
    """Where one step of one branch stands."""

    TODO = "todo"
    DOING = "doing"  # a forward call is due or outstanding
    CHECKING = "checking"  # a forward call ended unclear; it is looked up
    DONE = "done"
    SKIPPED = "skipped"  # decided once and stored; never evaluated again on changed data
    TO_UNDO = "to_undo"  # waits for its turn on the compensation stack
    UNDOING = "undoing"  # an undo call is due or outstanding
    UNDO_CHECKING = "undo_checking"  # an undo call ended unclear
    UNDONE = "undone"
    PARKED = "parked"  # given up; a dead letter tells an operator
    RESOLVED = "resolved"  # an operator has put it right by hand


SETTLED = frozenset({Phase.DONE, Phase.SKIPPED, Phase.UNDONE, Phase.PARKED, Phase.RESOLVED})


class SagaStatus(StrEnum):
    """Where the whole saga stands."""

    RUNNING = "running"
    DONE = "done"  # at least one branch reached its end
    UNDONE = "undone"  # nothing is left of it


@frozen(kw_only=True)
class StepRun:
    """One step on one branch.

    Attributes:
        attempt: Number of the current call, never reused; an answer to another one is late and is
            ignored.
        failures: Failed attempts in the current direction; the retry policy counts these.
        due_at: When the outstanding call (or look-up) is to be made.
        since: When the current attempt was first made; its deadline counts from here.
        looks: Look-ups of the current attempt that were due and found nothing new; what they say
            about the next one is in `Step.polling`.
        armed: Position on the compensation stack; higher ones are undone first.
        forward: False once the step is being undone.
    """

    name: str
    phase: Phase = Phase.TODO
    attempt: int = 0
    failures: int = 0
    due_at: datetime | None = None
    since: datetime | None = None
    looks: int = 0
    armed: int = 0
    memory: Memory = ()
    reason: str = ""
    forward: bool = True


@frozen(kw_only=True)
class Branch:
    """The steps of one item, or of the order as a whole.

    Attributes:
        key: The item's id, or `ORDER_BRANCH`.
        data: What the steps of this branch need to know, fixed when the saga starts.
        back: The branch has turned round and is being undone.
    """

    key: str
    steps: tuple[StepRun, ...]
    data: Memory = ()
    back: bool = False

    def run(self, step: str) -> StepRun:
        """Return the run of the step called ``step``."""
        return next(run for run in self.steps if run.name == step)

    def put(self, changed: StepRun) -> Branch:
        """Return the branch with one step replaced."""
        steps = tuple(changed if run.name == changed.name else run for run in self.steps)
        return Branch(key=self.key, steps=steps, data=self.data, back=self.back)

    @property
    def settled(self) -> bool:
        """True when no step of the branch will move again by itself."""
        idle = SETTLED | {Phase.TODO} if self.back else SETTLED
        return all(run.phase in idle for run in self.steps)

    @property
    def parked(self) -> bool:
        """True when a step of the branch waits for an operator."""
        return any(run.phase is Phase.PARKED for run in self.steps)


@frozen(kw_only=True)
class SagaState:
    """One saga of one order.

    Attributes:
        subject: Id of the order it belongs to.
        aborted: Why everything is being taken back; empty while it is not.
        armed: Height of the compensation stack so far.
        version: Raised by the store with each write.
    """

    id: SagaId
    tenant: TenantId
    definition: str
    definition_version: int
    subject: str
    started_at: datetime
    branches: tuple[Branch, ...]
    status: SagaStatus = SagaStatus.RUNNING
    aborted: str = ""
    armed: int = 0
    version: int = 0

    def branch(self, key: str) -> Branch:
        """Return the branch with this key."""
        return next(branch for branch in self.branches if branch.key == key)

    def put(self, changed: Branch) -> SagaState:
        """Return the state with one branch replaced."""
        branches = tuple(changed if b.key == changed.key else b for b in self.branches)
        return evolve(self, branches=branches)

    @property
    def item_branches(self) -> tuple[Branch, ...]:
        """Every branch but the order's own."""
        return tuple(branch for branch in self.branches if branch.key != ORDER_BRANCH)

    @property
    def parked(self) -> bool:
        """True when some step waits for an operator."""
        return any(branch.parked for branch in self.branches)


def recall(memory: Memory, name: str) -> str | None:
    """Return what was remembered under ``name``, or None."""
    return next((value for key, value in memory if key == name), None)
