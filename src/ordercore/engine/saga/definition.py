"""What a saga consists of: steps, each with its undo declared beside it.

A definition is a table. Steps of scope ``item`` run once per item, each item on its own branch, all
branches side by side; steps of scope ``order`` follow when every item branch has come to rest. The
table says nothing about how an effect is made: a host's worker maps step names to port calls.

A step may have only an undo: it calls nothing on the way forward, but arms its undo. That is how a
stack such as "deprovision, refund, notify" is written: notify and refund are armed first and
therefore undone last.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from attrs import frozen

from ordercore.engine.retry import EVERY_5_S, PATIENT, Polling, RetryPolicy
from ordercore.kernel.errors import DefinitionError

__all__ = ["OnExhausted", "Policy", "SagaDefinition", "Scope", "Step"]


class Scope(StrEnum):
    """Whether a step runs once for each item or once for the whole order."""

    ITEM = "item"
    ORDER = "order"


class OnExhausted(StrEnum):
    """What follows when a step's attempts are used up.

    ``compensate`` turns the branch round; ``park`` files a dead letter and goes on.
    """

    COMPENSATE = "compensate"
    PARK = "park"


class Policy(StrEnum):
    """What one failed branch means for the others."""

    KEEP_ACTIVE_ITEMS = "keep_active_items"
    ALL_OR_NOTHING = "all_or_nothing"


@frozen(kw_only=True)
class Step:
    """One step with its undo.

    Attributes:
        name: Unique within the definition; part of the idempotency key of its calls.
        scope: Per item, or once for the order.
        does: It makes an outside call on the way forward.
        undoes: It makes an outside call on the way back.
        retry: Delays between forward attempts.
        undo_retry: Delays between attempts to undo.
        on_exhausted: What follows when the forward attempts are used up.
        deadline_s: An attempt still unclear or unfinished after this many seconds has failed.
        polling: How long to wait before an unclear or accepted call is looked up, and looked up
            again; the last look-up falls on the deadline.
    """

    name: str
    scope: Scope = Scope.ITEM
    does: bool = True
    undoes: bool = False
    retry: RetryPolicy = PATIENT
    undo_retry: RetryPolicy = PATIENT
    on_exhausted: OnExhausted = OnExhausted.COMPENSATE
    deadline_s: int = 900
    polling: Polling = EVERY_5_S


@frozen(kw_only=True)
class SagaDefinition:
    """An ordered list of steps: item steps first, order steps after them.

    Raises:
        DefinitionError: on construction, with every problem found.
    """

    name: str
    version: int
    steps: tuple[Step, ...]
    policy: Policy = Policy.KEEP_ACTIVE_ITEMS

    def __attrs_post_init__(self) -> None:
        problems = tuple(_problems(self.steps))
        if problems:
            raise DefinitionError(name=self.name, problems=problems)

    @property
    def item_steps(self) -> tuple[Step, ...]:
        """The steps that run on every item's branch."""
        return tuple(step for step in self.steps if step.scope is Scope.ITEM)

    @property
    def order_steps(self) -> tuple[Step, ...]:
        """The steps that run once, after the item branches."""
        return tuple(step for step in self.steps if step.scope is Scope.ORDER)

    def step(self, name: str) -> Step:
        """Return the step called ``name``.

        Raises:
            DefinitionError: when there is none, as for a saga stored by a newer version.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise DefinitionError(name=self.name, problems=(f"there is no step {name!r}",))


def _problems(steps: tuple[Step, ...]) -> list[str]:
    found = [
        f"step {name!r} appears twice"
        for name, n in Counter(s.name for s in steps).items()
        if n > 1
    ]
    if not steps:
        found.append("a saga needs at least one step")
    scopes = [step.scope for step in steps]
    if scopes != sorted(scopes):
        found.append("item steps come before order steps")
    for step in steps:
        if not step.does and not step.undoes:
            found.append(f"step {step.name!r} neither does nor undoes anything")
        if not step.does and step.on_exhausted is OnExhausted.PARK:
            found.append(f"step {step.name!r} calls nothing forward, so it cannot be parked")
        if step.deadline_s <= 0:
            found.append(f"step {step.name!r} needs a deadline above 0")
    return found
