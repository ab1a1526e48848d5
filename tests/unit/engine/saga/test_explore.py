from __future__ import annotations

import pytest

from ordercore.engine.retry import PATIENT
from ordercore.engine.saga import OnExhausted, Policy, SagaDefinition, Scope, Step
from ordercore.engine.saga._explore_world import Effect, Request, World, landed
from ordercore.engine.saga.explore import Exploration, explore
from tests.unit.engine.saga.sagas import DELIVER, PROVISION, chain, define, fulfilment

SENT = frozenset({"deliver"})
LABEL = Step(name="label", undoes=True, on_exhausted=OnExhausted.PARK)
CLOSE = Step(name="close", scope=Scope.ORDER, undoes=True)
POLICIES = pytest.mark.parametrize("policy", list(Policy))


def told(found: Exploration) -> list[str]:
    """Return each broken law with its story, readable in a failed test."""
    return [f"{one.law}: {' > '.join(one.story)}" for one in found.violations]


def test_without_faults_there_is_one_state_after_another() -> None:
    """Start, provisioned, delivered: one run with one ending."""
    found = explore(fulfilment(), items=1, faults=0)

    assert found == Exploration(states=3, runs=1, ends=1, endings={"done": 1}, violations=())


def test_branches_are_interleaved_in_every_order() -> None:
    """Three items of one step: six orders over eight states."""
    found = explore(chain("one"), items=3, faults=0)

    # The order of success decides the order of undoing, so states are told apart by it:
    # 1 before the first answer, 3 after it, 6 after the second and 6 at the end.
    assert (found.states, found.runs) == (16, 6)


@POLICIES
def test_one_item_keeps_the_laws_through_every_three_faults(policy: Policy) -> None:
    """Every way to go wrong thrice, an operator stepping in twice included."""
    found = explore(fulfilment(policy), items=1, faults=3, operator=2, may_stay=SENT)

    assert told(found) == []
    assert set(found.endings) == {"done", "undone", "parked"}


@POLICIES
def test_two_items_keep_the_laws_through_every_two_faults(policy: Policy) -> None:
    """Every crash, loss, failure, rejection, delay and abort, in every order of the branches."""
    found = explore(fulfilment(policy), items=2, faults=2, may_stay=SENT)

    assert told(found) == []
    assert set(found.endings) == {"done", "undone", "parked"}
    assert found.states > 5_000
    assert found.runs > 10_000
    assert found.ends == sum(found.endings.values())


@POLICIES
def test_three_items_keep_the_laws_through_every_fault(policy: Policy) -> None:
    """A third branch brings no new kind of trouble."""
    assert told(explore(fulfilment(policy), items=3, faults=1, may_stay=SENT)) == []


def test_the_full_schedule_of_retries_ends_the_same_ways() -> None:
    """Cutting retries short loses no ending."""
    short = explore(fulfilment(), items=1, faults=2, may_stay=SENT)
    full = explore(fulfilment(), items=1, faults=2, retries=len(PATIENT.delays_s), may_stay=SENT)

    assert told(full) == []
    assert full.states > short.states
    assert full.endings.keys() == short.endings.keys()


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(define(LABEL, PROVISION, Step(name="bill", undoes=True)), id="parking first"),
        pytest.param(define(PROVISION, LABEL), id="parking last"),
        pytest.param(define(PROVISION, CLOSE, DELIVER), id="order with undo"),
        pytest.param(
            define(
                PROVISION,
                Step(name="tell", scope=Scope.ORDER, does=False, undoes=True),
                CLOSE,
                policy=Policy.ALL_OR_NOTHING,
            ),
            id="order with undo only",
        ),
    ],
)
def test_other_shapes_keep_the_laws_with_an_operator_at_hand(definition: SagaDefinition) -> None:
    """Parking in the middle, order steps with undo, undo-only steps of the order."""
    assert told(explore(definition, items=1, faults=2, operator=2, may_stay=SENT)) == []


def test_an_order_without_items_keeps_the_laws() -> None:
    """The order's own branch goes both ways by itself."""
    found = explore(define(CLOSE, DELIVER), items=0, faults=2, may_stay=SENT)

    assert told(found) == []
    assert set(found.endings) == {"done", "undone", "parked"}


def test_a_forgotten_undo_is_noticed() -> None:
    """Edge case: a step whose effect would stay behind is found, with the shortest way there."""
    found = explore(define(Step(name="provision")), items=1, faults=1)

    assert [(one.law, one.story) for one in found.violations] == [
        (
            "a branch taken back leaves no effect behind",
            ("start", "item-1/provision do: half runs, then is rejected"),
        )
    ]
    assert (
        told(explore(define(Step(name="provision")), faults=1, may_stay=frozenset({"provision"})))
        == []
    )


def test_a_refund_armed_too_late_is_noticed() -> None:
    """An undo-only step after the step that fails would never run."""
    refund = Step(name="refund", does=False, undoes=True)
    found = explore(define(PROVISION, refund), items=1, faults=1)

    assert [one.law for one in found.violations] == [
        "a branch taken back has made all that is only done then"
    ]


def test_a_limit_on_states_is_reported_when_it_is_reached() -> None:
    """An exploration that stops early does not pass for a complete one."""
    found = explore(fulfilment(), may_stay=SENT, limit=50)

    assert [one.law for one in found.violations] == ["a saga has fewer than 50 states"]


def test_what_was_taken_back_does_not_come_back() -> None:
    """The model's provider refuses a forward key once it was undone."""
    do = Request(Effect("a", "provision", True, "k1"), "k1")
    undo = Request(Effect("a", "provision", False, "k2"), "k1")
    empty = landed(World(flying=frozenset({do})), undo)

    assert (empty.flying, empty.live) == (frozenset(), frozenset())
    assert landed(empty, do) == empty
    assert landed(landed(World(), do), undo).live == frozenset()
