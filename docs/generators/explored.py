"""Every run of every shipped saga within bounds, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from generators.markdown import section, table
from ordercore.domain.processes import (
    DELIVER,
    FULFILMENT,
    REDELIVERY,
    REFUND,
    REFUND_STEP,
    retail,
)
from ordercore.engine.saga import Policy, SagaDefinition
from ordercore.engine.saga.explore import Exploration, explore

__all__ = ["page"]

ITEMS, FAULTS, RETRIES, OPERATOR = 2, 2, 1, 1

# What stays when its branch is taken back. A look-up stands for the undo of a capture.
_MAY_STAY = {
    DELIVER: "a message that was sent cannot be called back",
    REFUND_STEP: "money that was paid back is the customer's",
    retail.PACK: "packed goods leave their box with the pick that is put back",
    retail.CAPTURE: "its undo finds out whether it came about; the money goes back by a refund",
    retail.RELEASE: "money that is held no longer was to be let go anyway",
    retail.INVOICE: "an invoice is never taken away; a credit note takes it back",
    retail.HAND_OVER: "a parcel that has left comes back by the carrier",
    retail.SEND: "a letter that was sent cannot be called back",
    retail.CREDIT: "a credit note is never taken away",
}

_OF_GOODS = (
    retail.PAYMENT,
    retail.PAGE_PAYMENT,
    retail.SHIPPING,
    retail.LETTER,
    retail.CREDIT_NOTE,
)

_INTRODUCTION = f"""\
# Sagas explored

This page is the result of running every shipped saga in every way there is, within bounds: at most
{ITEMS} items, {FAULTS} faults, {RETRIES} retry of each step and {OPERATOR} act of an operator.
A fault is a crash before or after a call, a lost answer with or without its effect, a failure for
now or for good, an answer that comes late or twice, an abort. An operator retries or resolves what
is parked. Calls may end in any order. States that are equal are visited once, so the search is
exhaustive and finite. See [How sagas work](../explanation/sagas.md).

At every state the laws are checked: a running saga always has a call to make and a time for it; no
effect is made twice; what ended last is undone first, unless an operator moved it out of turn. At
every end: what counts as done has its effect; a branch that was taken back leaves no effect behind,
but for what is in a dead letter or was put right by hand, and for [what may stay](#what-may-stay).
Each run ends done, undone or with a dead letter.
"""

_STAYS = """\
These steps are exempt from the law that a branch taken back leaves nothing behind. All but the
capture are those without an undo.
"""


def page() -> str:
    """Return the page: one row per definition and policy, then how a run can end."""
    rows = [
        (
            f"`{name}`",
            policy,
            *_figures(_explored(saga, items)),
        )
        for name, policy, saga, items in _searches()
    ]
    heads = (
        "saga",
        "policy",
        "states",
        "runs",
        "ended done",
        "ended undone",
        "ended with a dead letter",
        "violations",
    )
    return "\n".join(
        [
            _INTRODUCTION,
            table(heads, rows),
            section(2, "What may stay"),
            _STAYS,
            table(("saga", "step", "why"), _stays()),
            section(2, "Do it yourself"),
            "`explore` of `ordercore.engine.saga.explore` does the same with a saga of your own.",
            "A law that is broken comes with the shortest story that breaks it.\n",
        ]
    )


def _searches() -> Iterator[tuple[str, str, SagaDefinition, int]]:
    for policy in Policy:
        yield FULFILMENT.name, f"`{policy}`", evolve(FULFILMENT, policy=policy), ITEMS
    for saga in (REFUND, REDELIVERY):
        yield saga.name, "one step for the order", saga, 0
    goods = retail.RETAIL_FULFILMENT
    yield goods.name, f"`{goods.policy}`", goods, ITEMS
    for saga in _OF_GOODS:
        yield saga.name, "steps for the order only", saga, 0


def _explored(saga: SagaDefinition, items: int) -> Exploration:
    return explore(
        saga,
        items=items,
        faults=FAULTS,
        retries=RETRIES,
        operator=OPERATOR,
        may_stay=frozenset(_staying(saga)),
    )


def _staying(saga: SagaDefinition) -> list[str]:
    """Return the steps that leave something behind.

    Raises:
        ValueError: one has no undo, and why that is right is not said here.
    """
    steps = [step.name for step in saga.steps if step.does and not step.undoes]
    if unexplained := set(steps) - _MAY_STAY.keys():
        raise ValueError(f"say here why {sorted(unexplained)} of {saga.name} may stay")
    return [step.name for step in saga.steps if step.name in steps or step.name == retail.CAPTURE]


def _stays() -> list[tuple[str, str, str]]:
    sagas = {saga.name: saga for _, _, saga, _ in _searches()}
    return [
        (f"`{name}`", f"`{step}`", _MAY_STAY[step])
        for name, saga in sagas.items()
        for step in _staying(saga)
    ]


def _figures(found: Exploration) -> tuple[str, ...]:
    ends = (found.endings.get(end, 0) for end in ("done", "undone", "parked"))
    numbers = (found.states, found.runs, *ends, len(found.violations))
    return tuple(f"{number:,}" for number in numbers)
