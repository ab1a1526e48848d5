from __future__ import annotations

import pytest

from ordercore.engine.saga import (
    ORDER_BRANCH,
    Absent,
    NoteKind,
    OnExhausted,
    Phase,
    Rejected,
    ResolveParked,
    RetryParked,
    SagaStatus,
    Step,
)
from ordercore.kernel.errors import InvalidInput
from tests.unit.engine.saga.sagas import (
    FAILED,
    PROVISION,
    Play,
    chain,
    define,
    fulfilment,
    pairs,
)

NO = Rejected(code="no", reason="no")
LABEL = Step(name="label", undoes=True, on_exhausted=OnExhausted.PARK)
STICKER = Step(name="sticker", on_exhausted=OnExhausted.PARK)


def retry(play: Play, branch: str, step: str) -> Play:
    """Let a parked step try again."""
    return play.tell(RetryParked(branch=branch, step=step))


def test_a_parked_step_that_is_tried_again_reopens_the_saga() -> None:
    """It counts its attempts afresh under new numbers, and the saga ends again afterwards."""
    play = Play(fulfilment(), "a").answer("a", "provision").exhaust(ORDER_BRANCH, "deliver")
    assert (play.state.status, play.state.parked) == (SagaStatus.DONE, True)
    retry(play, ORDER_BRANCH, "deliver")

    assert play.state.status is SagaStatus.RUNNING
    assert pairs(play.due()) == [(ORDER_BRANCH, "deliver", "do")]
    assert (
        play.run(ORDER_BRANCH, "deliver").attempt,
        play.run(ORDER_BRANCH, "deliver").failures,
    ) == (7, 0)
    play.answer(ORDER_BRANCH, "deliver")
    assert (play.state.status, play.state.parked) == (SagaStatus.DONE, False)


def test_a_parked_step_that_fails_again_is_parked_again() -> None:
    """With its full number of attempts in between."""
    play = Play(fulfilment(), "a").answer("a", "provision").exhaust(ORDER_BRANCH, "deliver")
    retry(play, ORDER_BRANCH, "deliver").exhaust(ORDER_BRANCH, "deliver")

    assert [note.attempt for note in play.noted(NoteKind.STEP_PARKED)] == [6, 12]
    assert play.state.status is SagaStatus.DONE


def test_a_parked_undo_that_is_tried_again_completes_its_branch() -> None:
    """Only then is the branch noted as undone."""
    play = Play(chain("one"), "a").answer("a", "one", NO).answer("a", "one", NO)
    assert play.noted(NoteKind.BRANCH_UNDONE) == []
    retry(play, "a", "one").answer("a", "one")

    assert [note.branch for note in play.noted(NoteKind.BRANCH_UNDONE)] == ["a"]
    assert play.state.status is SagaStatus.UNDONE


def test_a_parked_step_waits_while_its_branch_is_busy() -> None:
    """A branch makes one step at a time, also when an operator steps in."""
    play = Play(define(LABEL, PROVISION, Step(name="check")), "a").answer("a", "label", NO)
    retry(play, "a", "label")

    assert pairs(play.due()) == [("a", "provision", "do")]
    play.answer("a", "provision")
    assert pairs(play.due()) == [("a", "label", "do")]
    play.answer("a", "label")
    assert pairs(play.due()) == [("a", "check", "do")]


def test_a_parked_undo_waits_for_the_undo_that_is_under_way() -> None:
    """It is next in line because it is higher on the stack."""
    play = Play(chain("one", "two", "three"), "a").answer("a", "one").answer("a", "two")
    play.answer("a", "three", NO).answer("a", "three", NO)
    retry(play, "a", "three")

    assert pairs(play.due()) == [("a", "two", "undo")]
    play.answer("a", "two")
    assert pairs(play.due()) == [("a", "three", "undo")]
    play.answer("a", "three")
    assert pairs(play.due()) == [("a", "one", "undo")]


def test_a_parked_undo_waits_for_calls_of_siblings_that_an_abort_looks_up() -> None:
    """An operator's hand does not jump the queue of an abort."""
    play = Play(chain("one"), "a", "b").answer("a", "one", NO).answer("a", "one", NO).abort()
    retry(play, "a", "one")

    assert pairs(play.due()) == [("b", "one", "find")]
    play.answer("b", "one", Absent())
    assert pairs(play.due()) == [("b", "one", "undo")]


def test_a_parked_step_of_a_branch_taken_back_is_undone_not_done() -> None:
    """Doing it now would leave an effect behind on an order that is gone."""
    play = Play(define(LABEL, PROVISION), "a").answer("a", "label", NO).abort()
    retry(play, "a", "label").answer("a", "provision", Absent())

    assert pairs(play.due()) == [("a", "provision", "undo")]
    play.answer("a", "provision")
    assert pairs(play.due()) == [("a", "label", "undo")]
    assert play.answer("a", "label").state.status is SagaStatus.UNDONE


def test_a_parked_step_without_undo_is_dropped_on_a_branch_taken_back() -> None:
    """There is nothing to do and nothing to undo."""
    play = Play(define(STICKER, PROVISION), "a").answer("a", "sticker", NO).abort()
    retry(play, "a", "sticker")

    assert play.phase("a", "sticker") is Phase.UNDONE
    assert pairs(play.due()) == [("a", "provision", "find")]


def test_a_step_waiting_to_be_tried_again_is_undone_when_its_branch_turns() -> None:
    """It was tried before, so something of it may be there."""
    play = Play(define(LABEL, STICKER, PROVISION), "a").answer("a", "label", NO)
    play.answer("a", "sticker", NO)
    retry(retry(play, "a", "label"), "a", "sticker").answer("a", "provision", NO)

    assert play.phases("a") == [Phase.TO_UNDO, Phase.TODO, Phase.UNDOING]
    play.answer("a", "provision").answer("a", "label")
    assert play.state.status is SagaStatus.UNDONE


def test_a_step_put_right_by_hand_rests_and_says_so() -> None:
    """The operator's note is kept and noted; nothing is called."""
    play = Play(fulfilment(), "a").answer("a", "provision").exhaust(ORDER_BRANCH, "deliver")
    play.tell(ResolveParked(branch=ORDER_BRANCH, step="deliver", note="handed over by phone"))

    assert play.phase(ORDER_BRANCH, "deliver") is Phase.RESOLVED
    assert play.run(ORDER_BRANCH, "deliver").reason == "handed over by phone"
    assert play.kinds() == [NoteKind.STEP_RESOLVED, NoteKind.FINISHED]
    told = play.notes[0]
    assert (told.branch, told.step, told.attempt, told.reason) == (
        ORDER_BRANCH,
        "deliver",
        6,
        "handed over by phone",
    )
    assert (play.state.status, play.state.parked) == (SagaStatus.DONE, False)


def test_an_undo_put_right_by_hand_completes_its_branch() -> None:
    """What an operator took back by hand is taken back."""
    play = Play(chain("one"), "a").answer("a", "one", NO).answer("a", "one", NO)
    play.tell(ResolveParked(branch="a", step="one", note="deleted in the console"))

    assert NoteKind.BRANCH_UNDONE in play.kinds()


@pytest.mark.parametrize("message", [RetryParked, ResolveParked])
def test_only_parked_steps_can_be_moved_by_hand(
    message: type[RetryParked] | type[ResolveParked],
) -> None:
    """A step that runs, or does not exist, is refused and nothing changes."""
    more = {"note": "x"} if message is ResolveParked else {}
    play = Play(fulfilment(), "a").answer("a", "provision", FAILED)
    before = play.state

    with pytest.raises(InvalidInput, match="a/provision is not parked in saga saga-1"):
        play.tell(message(branch="a", step="provision", **more))
    with pytest.raises(InvalidInput, match="there is no z/provision in saga saga-1"):
        play.tell(message(branch="z", step="provision", **more))
    assert play.state == before
