"""A transition with guard: this library, `transitions`, and a dictionary look-up."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen
from transitions import Machine

from ordercore import PROVISIONING
from ordercore.domain.orders import Life
from ordercore.domain.orders.lifecycles import PROVISIONING_GUARDS, LifeFacts
from ordercore.engine.lifecycle import Row, step
from tests.bench.measure import compare

AT = datetime(2026, 3, 2, tzinfo=UTC)
PATH = (
    "submit",
    "confirm_payment",
    "start_validation",
    "start_provisioning",
    "fulfil_some",
    "fulfil",
)
FACTS = {trigger: LifeFacts(active_items=1) for trigger in PATH} | {
    "fulfil_some": LifeFacts(active_items=1, open_items=1)
}


def _library() -> Life:
    life = Life(state="draft", version=1, entered_at=AT, updated_at=AT)
    for trigger in PATH:
        row = step(PROVISIONING, life.state, trigger, FACTS[trigger], PROVISIONING_GUARDS)
        assert isinstance(row, Row)
        life = Life(state=row.dest, version=life.version + 1, entered_at=AT, updated_at=AT)
    return life


PLAIN = {(row.source, row.trigger): row.dest for row in PROVISIONING.rows}


def _dictionary() -> Life:
    life = Life(state="draft", version=1, entered_at=AT, updated_at=AT)
    for trigger in PATH:
        dest = PLAIN[life.state, trigger]
        life = Life(state=dest, version=life.version + 1, entered_at=AT, updated_at=AT)
    return life


@frozen
class _Ruled:
    """The same machine built once, with a model that is set back before each walk."""

    machine: Machine
    model: object


class _Model:
    state = "draft"


def _ruled() -> _Ruled:
    model = _Model()
    machine = Machine(
        model=model,
        states=[str(state) for state in PROVISIONING.states],
        initial="draft",
        auto_transitions=False,
        transitions=[
            {
                "trigger": str(row.trigger),
                "source": str(row.source),
                "dest": str(row.dest),
                "conditions": [lambda *_: True] if row.guards else [],
            }
            for row in PROVISIONING.rows
        ],
    )
    return _Ruled(machine, model)


def test_transitions() -> None:
    """Six transitions from draft to fulfilled, each ending in a frozen value."""
    ruled = _ruled()

    def walk() -> None:
        ruled.machine.set_state("draft", ruled.model)
        for trigger in PATH:
            ruled.machine.events[trigger].trigger(ruled.model)

    compare(
        "transitions (dictionary + frozen constructor = 1)",
        {
            "dictionary + frozen constructor, no guards": _dictionary,
            "ordercore step + frozen constructor, guards": _library,
            "transitions Machine, mutable model, guards": walk,
        },
        per_call=len(PATH),
        goals={
            "transition-peer": (
                "ordercore step + frozen constructor, guards",
                "transitions Machine, mutable model, guards",
            ),
            "transition-limit": (
                "ordercore step + frozen constructor, guards",
                "dictionary + frozen constructor, no guards",
            ),
        },
    )
