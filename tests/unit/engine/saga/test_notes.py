"""What a saga writes down: the trail of an operator who has to understand it later."""

from __future__ import annotations

import pytest

from ordercore.engine.saga import (
    Absent,
    Accepted,
    Note,
    NoteKind,
    Outcome,
    Phase,
    Rejected,
    RetryParked,
    Unclear,
    call_key,
)
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import derive_key
from tests.unit.engine.saga.sagas import FAILED, Play, chain, fulfilment, remembering

REJECTED = Rejected(code="no", reason="out of the question")


def going_back() -> Play:
    """Return a saga whose first step is about to be undone."""
    return (
        Play(chain("one", "two"), "a")
        .answer("a", "one")
        .answer("a", "two", REJECTED)
        .answer("a", "two")
    )


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [(Unclear(reason="no answer"), "no answer"), (Accepted(), "accepted")],
)
def test_an_open_outcome_is_noted_with_the_step_it_is_of(outcome: Outcome, reason: str) -> None:
    """On the way forward and on the way back, with the attempt that is looked up."""
    forward = Play(chain("one"), "a").answer("a", "one", outcome)
    back = going_back().answer("a", "one", outcome)

    assert forward.notes == (
        Note(kind=NoteKind.STEP_UNCLEAR, branch="a", step="one", attempt=1, reason=reason),
    )
    assert back.notes == (
        Note(
            kind=NoteKind.STEP_UNCLEAR,
            branch="a",
            step="one",
            attempt=2,
            forward=False,
            reason=reason,
        ),
    )


def test_an_undo_is_noted_with_what_it_reports() -> None:
    """Such as the reference of a refund."""
    play = going_back().answer("a", "one", remembering(reference="r-1"))

    assert play.notes[0] == Note(
        kind=NoteKind.STEP_UNDONE,
        branch="a",
        step="one",
        attempt=2,
        forward=False,
        memory=(("reference", "r-1"),),
    )


def test_an_undo_that_fails_for_good_is_noted_and_parked_with_its_cause() -> None:
    """The step itself keeps the reason too, for whoever looks at the saga and not at its trail."""
    play = going_back().answer("a", "one", REJECTED)
    failed, parked = play.notes[:2]

    for note, kind in ((failed, NoteKind.STEP_FAILED), (parked, NoteKind.STEP_PARKED)):
        assert note == Note(
            kind=kind,
            branch="a",
            step="one",
            attempt=2,
            forward=False,
            code="no",
            reason="out of the question",
        )
    assert (play.phase("a", "one"), play.run("a", "one").reason) == (
        Phase.PARKED,
        "out of the question",
    )


def test_an_abort_turns_every_branch_and_says_that_it_was_one() -> None:
    """A branch that was turned by the failure of its own step says so instead."""
    aborted = Play(fulfilment(), "a").abort()
    failed = Play(fulfilment(), "a").answer("a", "provision", REJECTED)

    assert aborted.noted(NoteKind.BRANCH_TURNED)[0] == Note(
        kind=NoteKind.BRANCH_TURNED, branch="a", code="aborted", reason="changed my mind"
    )
    assert failed.noted(NoteKind.BRANCH_TURNED) == [
        Note(
            kind=NoteKind.BRANCH_TURNED,
            branch="a",
            code="no",
            reason="out of the question",
            own=True,
        )
    ]


def test_an_attempt_at_something_not_parked_names_field_step_and_saga() -> None:
    """An operator who mistypes learns what was looked for."""
    with pytest.raises(InvalidInput) as caught:
        Play(chain("one"), "a").tell(RetryParked(branch="a", step="one"))

    assert (caught.value.field, caught.value.problem) == (
        "step",
        "a/one is not parked in saga saga-1",
    )


def test_a_late_answer_is_noted_by_the_kind_of_its_outcome() -> None:
    """It moves nothing; the trail shows that it came."""
    play = Play(chain("one"), "a").answer("a", "one")

    assert play.answer("a", "one", FAILED, attempt=0).notes == (
        Note(kind=NoteKind.LATE_ANSWER, branch="a", step="one", attempt=1, reason="Failed"),
    )


def test_an_attempt_that_left_no_trace_failed_and_says_how_that_was_found() -> None:
    """Nobody answered, so the engine has to find the words itself."""
    play = Play(chain("one"), "a").answer("a", "one", Unclear(reason="no answer"))

    assert play.answer("a", "one", Absent()).notes[0] == Note(
        kind=NoteKind.STEP_FAILED,
        branch="a",
        step="one",
        attempt=1,
        code="absent",
        reason="a look-up found no trace of the attempt",
    )


def test_a_step_keeps_why_it_failed_until_it_is_undone_and_after() -> None:
    """A step that never failed has no reason; at rest neither is due any more."""
    play = Play(chain("one", "two"), "a").answer("a", "one").answer("a", "two", REJECTED)
    assert play.run("a", "two").reason == "out of the question"

    play.answer("a", "two").answer("a", "one")

    assert [(run.reason, run.due_at) for run in play.state.branch("a").steps] == [
        ("", None),
        ("out of the question", None),
    ]


def test_the_stack_grows_by_one_for_each_step_that_may_have_to_be_undone() -> None:
    """Two that only undo, and the one that failed and may have half run."""
    play = Play(fulfilment(), "a")
    assert play.state.armed == 2

    play.answer("a", "provision", REJECTED)

    assert play.state.armed == 3
    assert play.run("a", "provision").armed == 3


def test_the_end_is_noted_with_what_it_came_to() -> None:
    """Done or undone; it is the last note."""
    done = Play(chain("one"), "a").answer("a", "one")
    undone = Play(chain("one"), "a").answer("a", "one", REJECTED).answer("a", "one")

    assert done.notes[-1] == Note(kind=NoteKind.FINISHED, reason="done")
    assert undone.notes[-1] == Note(kind=NoteKind.FINISHED, reason="undone")


def test_the_key_of_an_effect_is_made_of_saga_branch_step_and_direction() -> None:
    """Spelled out once: a new release must not repeat what an old one did under another key."""
    assert call_key("saga", "1", "refund", forward=True) == derive_key("saga", "1", "refund", "do")
    assert call_key("saga", "1", "refund", forward=False) == derive_key(
        "saga", "1", "refund", "undo"
    )
