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

ITEMS, FAULTS = 2, 2

# A message that was sent and money that was paid back cannot be taken back. What is packed
# is put back with its pick, captured money goes back by a refund, an invoice by a credit note.
_MAY_STAY = frozenset(
    {
        DELIVER,
        REFUND_STEP,
        retail.PACK,
        retail.CAPTURE,
        retail.RELEASE,
        retail.INVOICE,
        retail.HAND_OVER,
        retail.SEND,
        retail.CREDIT,
    }
)

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
{ITEMS} items and {FAULTS} faults. A fault is a crash before or after a call, a lost answer with or
without its effect, a failure for now or for good, an answer that comes late or twice, an abort, an
operator who retries or resolves. Calls may end in any order. States that are equal are visited
once, so the search is exhaustive and finite. See [How sagas work](../explanation/sagas.md).

At every state the laws are checked: a running saga always has something due; every outside effect
belongs to a branch that is done or to a dead letter; no effect is made twice; what is taken back is
taken back in reverse order; each run ends done, undone or with a dead letter.
"""


def page() -> str:
    """Return the page: one row per definition and policy, then how a run can end."""
    rows = [
        (
            f"`{name}`",
            policy,
            *_figures(explore(saga, items=items, faults=FAULTS, may_stay=_MAY_STAY)),
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


def _figures(found: Exploration) -> tuple[str, ...]:
    ends = (found.endings.get(end, 0) for end in ("done", "undone", "parked"))
    numbers = (found.states, found.runs, *ends, len(found.violations))
    return tuple(f"{number:,}" for number in numbers)
