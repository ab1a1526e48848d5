"""The sagas of both kinds of order, as they are defined."""

from __future__ import annotations

from generators.markdown import section, table
from ordercore.domain.processes import ProvisioningRules, RetailRules
from ordercore.engine.messaging import LEASE, WorkKind
from ordercore.engine.retry import Polling
from ordercore.engine.saga import OnExhausted, Policy, SagaDefinition, Scope, Step

__all__ = ["page"]

_INTRODUCTION = """\
# Sagas

A saga is a table of steps. Steps of scope `item` run once per item, each item on a branch of its
own; steps of scope `order` follow when every item has come to rest. A step that undoes something
is armed when it is passed on the way forward, and armed steps are undone in reverse order. See
[How sagas work](../explanation/sagas.md).
"""

_POLICIES = {
    Policy.KEEP_ACTIVE_ITEMS: "a failed item is taken back alone; the others stay",
    Policy.ALL_OR_NOTHING: "a failed item takes every other item back with it",
}
_EXHAUSTED = {
    OnExhausted.COMPENSATE: "take the item back",
    OnExhausted.PARK: "dead letter",
}


def page() -> str:
    """Return the page, one section per definition, then the policies and the kinds of work."""
    services, goods = ProvisioningRules().sagas, RetailRules().sagas
    work = table(
        ("kind of work", "what a worker does"),
        (
            (f"`{WorkKind.STREAM}`", "publish the waiting events of one order, in order"),
            (f"`{WorkKind.SAGA}`", "make the calls of one saga that are due"),
            (f"`{WorkKind.VALIDATION}`", "fetch the live facts of one paid order and judge it"),
            (f"`{WorkKind.TIMER}`", "fire a deadline that has passed: of a state, of held money"),
            (f"`{WorkKind.RESERVATION}`", "let unpaid goods go whose time is over"),
        ),
    )
    return "\n".join(
        [
            _INTRODUCTION,
            *(_saga(saga) for saga in dict.fromkeys((*services, *goods))),
            section(2, "Policies"),
            table(
                ("policy", "meaning"), ((f"`{policy}`", text) for policy, text in _POLICIES.items())
            ),
            section(2, "Kinds of work"),
            f"A worker leases a piece of work for {int(LEASE.total_seconds())} seconds.\n",
            work,
        ]
    )


def _saga(saga: SagaDefinition) -> str:
    policy = f", policy `{saga.policy}`" if saga.item_steps else ""
    way_back = [step.name for step in reversed(saga.item_steps) if step.undoes]
    back = f"\nOn the way back: {', '.join(f'`{name}`' for name in way_back)}.\n"
    return "\n".join(
        [
            section(2, f"`{saga.name}`"),
            f"Version {saga.version}{policy}.\n",
            table(
                (
                    "step",
                    "scope",
                    "forward",
                    "back",
                    "waits after failures (s)",
                    "when they are used up",
                    "attempt ends after (s)",
                    "looked up after (s)",
                ),
                (_cells(step) for step in saga.steps),
            ),
            *([back.lstrip()] if way_back else []),
        ]
    )


def _cells(step: Step) -> tuple[str, ...]:
    waits = ", ".join(str(delay) for delay in step.retry.delays_s)
    return (
        f"`{step.name}`",
        "order" if step.scope is Scope.ORDER else "item",
        "call" if step.does else "only arms its undo",
        "call" if step.undoes else "nothing",
        waits,
        _EXHAUSTED[step.on_exhausted] if step.does else "an undo: dead letter",
        str(step.deadline_s),
        _polling(step.polling),
    )


def _polling(polling: Polling) -> str:
    """Return the first waits as numbers, and what becomes of them."""
    if polling.longest_s in (None, polling.first_s):
        return f"{polling.first_s} each time"
    waits = [polling.wait_s(looks) for looks in range(3)]
    return f"{', '.join(map(str, waits))}, ... up to {polling.longest_s}"
