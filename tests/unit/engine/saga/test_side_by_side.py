"""Branches go back side by side, and what is asked of a saga in vain says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.engine.retry import RetryPolicy
from ordercore.engine.saga import (
    ORDER_BRANCH,
    Absent,
    Answer,
    Note,
    NoteKind,
    Rejected,
    RetryParked,
    Step,
    advance,
    next_due,
)
from ordercore.kernel.errors import InvalidInput
from tests.unit.engine.saga.sagas import FAILED, NOW, OK, Play, chain, define, pairs, remembering

REJECTED = Rejected(code="no", reason="out of the question")


def test_two_branches_that_failed_are_undone_side_by_side() -> None:
    """Each has a stack of its own; only an abort makes one of all."""
    play = Play(chain("one"), "a", "b").answer("a", "one", REJECTED)
    assert pairs(play.due()) == [("a", "one", "undo"), ("b", "one", "do")]

    play.answer("b", "one", REJECTED)

    assert pairs(play.due()) == [("a", "one", "undo"), ("b", "one", "undo")]


def test_after_an_abort_one_undo_follows_the_other() -> None:
    """What was done last is undone first, whichever branch it is on."""
    play = Play(chain("one", "two"), "b", "a").answer("b", "one").answer("a", "one").abort()
    play.answer("b", "two", Absent()).answer("a", "two", Absent())
    undone = []
    while calls := play.due():
        assert len(calls) == 1
        undone += [(call.branch, call.step) for call in calls]
        play.answer(*undone[-1])

    assert undone == [("a", "two"), ("b", "two"), ("a", "one"), ("b", "one")]


def test_a_step_done_is_noted_with_what_it_remembers_and_is_due_no_more() -> None:
    """The note is what an operator sees; the state is what a worker sees."""
    play = Play(chain("one"), "a").answer("a", "one", remembering(ip="::1"))

    assert play.notes[0] == Note(
        kind=NoteKind.STEP_DONE, branch="a", step="one", attempt=1, memory=(("ip", "::1"),)
    )
    assert play.run("a", "one").due_at is None


def test_a_retry_by_an_operator_is_noted_with_the_step_and_the_words() -> None:
    """Which attempt was given up before is part of it."""
    play = Play(chain("one", "two"), "b").answer("b", "one").answer("b", "two", REJECTED)
    play.answer("b", "two").answer("b", "one", REJECTED)

    play.tell(RetryParked(branch="b", step="one", note="unlocked"))

    assert play.notes[0] == Note(
        kind=NoteKind.STEP_RETRIED,
        branch="b",
        step="one",
        attempt=2,
        forward=False,
        reason="unlocked",
    )


def test_without_a_draw_a_saga_waits_without_jitter() -> None:
    """A caller without randomness gets the table."""
    shaky = RetryPolicy(name="shaky", delays_s=(10,), jitter_per_mille=1000)
    definition = define(Step(name="one", retry=shaky))
    play = Play(definition, "a")
    message = Answer(branch="a", step="one", attempt=1, forward=True, outcome=FAILED)

    after = advance(definition, play.state, message, now=NOW).state

    assert next_due(after) == NOW + timedelta(seconds=10)


def test_a_saga_in_which_nothing_is_outstanding_wants_no_worker() -> None:
    """Even where its status says that it runs: there is no call to make."""
    done = Play(chain("one"), "a").answer("a", "one").state
    stuck = evolve(done, status=Play(chain("one"), "a").state.status)

    assert next_due(stuck) is None


def test_an_item_named_like_the_branch_of_the_order_is_refused() -> None:
    """Their steps could not be told apart."""
    with pytest.raises(InvalidInput) as caught:
        Play(chain("one"), ORDER_BRANCH)

    assert (caught.value.field, caught.value.problem) == (
        "items",
        "'order' is the order's own branch",
    )


def test_an_answer_to_a_step_that_is_not_there_is_refused() -> None:
    """A saga of another table, or a typing error of an operator."""
    answer = Answer(branch="a", step="two", attempt=1, forward=True, outcome=OK)

    with pytest.raises(InvalidInput) as caught:
        Play(chain("one"), "a").tell(answer)

    assert (caught.value.field, caught.value.problem) == (
        "step",
        "there is no a/two in saga saga-1",
    )
