from __future__ import annotations

import pytest

from ordercore.engine.retry import PATIENT, Polling
from ordercore.engine.saga import (
    ORDER_BRANCH,
    Abort,
    Absent,
    Accepted,
    NoteKind,
    OnExhausted,
    Outcome,
    Phase,
    Policy,
    Rejected,
    SagaStatus,
    Scope,
    Step,
    Unclear,
    next_due,
)
from tests.unit.engine.saga.sagas import (
    DELIVER,
    FAILED,
    PROVISION,
    Play,
    chain,
    define,
    fulfilment,
    pairs,
    remembering,
)

REJECTED = Rejected(code="no", reason="out of the question")


def undone(play: Play) -> list[tuple[str, str]]:
    """Answer every undo with success, and return the order in which they came."""
    seen = []
    while calls := play.wait():
        seen += [(call.branch, call.step) for call in calls if call.kind.value == "undo"]
        for call in calls:
            outcome = Absent() if call.kind.value == "find" else remembering()
            play.answer(call.branch, call.step, outcome)
    return seen


def test_the_step_that_failed_is_undone_first_with_nothing_to_go_by() -> None:
    """Edge case: it may have half run, and its result was never seen."""
    play = Play(chain("one", "two", "three"), "a").answer("a", "one", remembering(ip="::1"))
    play.answer("a", "two", FAILED)
    (call,) = play.due()

    assert (call.step, call.kind.value, call.memory) == ("two", "undo", ())
    play.answer("a", "two")
    (call,) = play.due()
    assert (call.step, call.kind.value, call.memory) == ("one", "undo", (("ip", "::1"),))
    assert play.answer("a", "one").state.status is SagaStatus.UNDONE
    assert play.phases("a") == [Phase.UNDONE, Phase.UNDONE, Phase.TODO]


def test_a_step_that_ran_into_its_deadline_is_undone_too() -> None:
    """Edge case: a timed-out step may have run as well as a failed one."""
    play = Play(chain("one"), "a").later(900).answer("a", "one", Unclear(reason="timeout"))

    assert pairs(play.due()) == [("a", "one", "undo")]


def test_a_stack_is_undone_from_the_top() -> None:
    """Deprovision, then refund, then tell: what was armed first comes last."""
    play = Play(fulfilment(), "a").answer("a", "provision", REJECTED)

    assert undone(play) == [("a", "provision"), ("a", "refund"), ("a", "announce")]
    assert play.state.status is SagaStatus.UNDONE


def test_a_failed_item_goes_back_alone_when_active_ones_are_kept() -> None:
    """The others stay, and the order's own steps still run."""
    play = Play(fulfilment(), "a", "b").answer("a", "provision", REJECTED)
    (turned,) = play.noted(NoteKind.BRANCH_TURNED)
    assert (turned.branch, turned.own, turned.code) == ("a", True, "no")
    play.answer("b", "provision")

    assert [branch for branch, _ in undone(play)] == ["a", "a", "a"]
    assert [note.branch for note in play.noted(NoteKind.BRANCH_UNDONE)] == ["a"]
    assert play.state.status is SagaStatus.DONE
    assert play.phases("b") == [Phase.DONE] * 3


def test_a_failed_item_takes_all_back_when_they_belong_together() -> None:
    """``all_or_nothing``: the others turn because of it, not on their own account."""
    play = Play(fulfilment(Policy.ALL_OR_NOTHING), "a", "b").answer("b", "provision")
    play.answer("a", "provision", REJECTED)

    turned = {note.branch: note.own for note in play.noted(NoteKind.BRANCH_TURNED)}
    assert turned == {"a": True, "b": False, ORDER_BRANCH: False}
    assert undone(play) == [
        ("a", "provision"),
        ("b", "provision"),
        ("b", "refund"),
        ("b", "announce"),
        ("a", "refund"),
        ("a", "announce"),
    ]
    assert play.state.status is SagaStatus.UNDONE


def test_a_failed_step_of_the_order_takes_all_items_back() -> None:
    """What belongs to the whole order cannot fail for one item only."""
    close = Step(name="close", scope=Scope.ORDER, undoes=True)
    play = Play(define(PROVISION, close), "a", "b").answer("a", "provision")
    play.answer("b", "provision").answer(ORDER_BRANCH, "close", REJECTED)

    assert undone(play) == [(ORDER_BRANCH, "close"), ("b", "provision"), ("a", "provision")]
    assert play.state.status is SagaStatus.UNDONE


def test_without_items_a_failed_step_of_the_order_leaves_nothing() -> None:
    """The order's own branch decides the ending."""
    close = Step(name="close", scope=Scope.ORDER, undoes=True)
    play = Play(define(close)).answer(ORDER_BRANCH, "close", REJECTED).answer(ORDER_BRANCH, "close")

    assert play.state.status is SagaStatus.UNDONE


def test_an_abort_waits_for_calls_under_way_and_looks_them_up() -> None:
    """Edge case: nothing is undone while a sibling's call may still be out there."""
    play = Play(fulfilment(), "a", "b").answer("a", "provision").abort()

    assert pairs(play.due()) == [("b", "provision", "find")]
    assert play.phase("a", "provision") is Phase.TO_UNDO
    play.answer("b", "provision", Unclear(reason="timeout"))
    assert play.due() == ()
    play.later(5).answer("b", "provision", remembering(ip="::2"))
    (call,) = play.due()
    assert (call.branch, call.kind.value, call.memory) == ("b", "undo", (("ip", "::2"),))


def test_a_call_that_an_abort_finds_absent_is_not_repeated_but_undone() -> None:
    """It may be on its way; its undo makes sure that it comes to nothing."""
    play = Play(fulfilment(), "a").abort().answer("a", "provision", Absent())

    assert pairs(play.due()) == [("a", "provision", "undo")]


def test_a_call_that_an_abort_finds_still_open_at_its_deadline_is_undone() -> None:
    """The deadline counts from the abort, so the look-up is not given up at once."""
    play = Play(fulfilment(), "a").later(1000).abort().answer("a", "provision", Accepted())
    assert play.phase("a", "provision") is Phase.CHECKING
    play.later(900).answer("a", "provision", Accepted())

    assert pairs(play.due()) == [("a", "provision", "undo")]


def test_an_abort_between_two_attempts_does_not_start_the_next() -> None:
    """The waiting retry becomes a look-up that is due now."""
    play = Play(fulfilment(), "a").answer("a", "provision", FAILED).abort()

    assert pairs(play.due()) == [("a", "provision", "find")]


def test_an_abort_leaves_a_look_up_that_is_under_way_alone() -> None:
    """It is already being found out how that call ended: its answer counts, its deadline stands."""
    play = Play(fulfilment(), "a").answer("a", "provision", Unclear(reason="timeout")).later(1)
    before = play.run("a", "provision")
    after = play.abort().run("a", "provision")

    assert (after.phase, after.attempt, after.since, after.looks) == (
        Phase.CHECKING,
        before.attempt,
        before.since,
        before.looks,
    )


def test_an_abort_does_not_wait_for_the_next_poll() -> None:
    """However slow the polling has become: nothing can be undone before the look-up is made."""
    step = Step(name="slow", undoes=True, polling=Polling(first_s=600))
    play = Play(define(step), "a").answer("a", "slow", Accepted()).later(20)

    assert play.due() == ()
    assert pairs(play.abort().due()) == [("a", "slow", "find")]


def test_an_abort_puts_no_look_up_off_that_is_late() -> None:
    """One that no worker has come to yet was due before."""
    play = Play(fulfilment(), "a").answer("a", "provision", Unclear(reason="timeout")).later(8)
    due = next_due(play.state)

    assert next_due(play.abort().state) == due


def test_a_second_abort_changes_nothing() -> None:
    """Taking everything back is asked for once, and the first reason stays."""
    play = Play(fulfilment(), "a").abort()
    before = play.state

    assert play.tell(Abort(reason="really")).state == before
    assert play.notes == ()


def test_an_abort_after_the_end_changes_nothing() -> None:
    """What is done stays done; another process deals with it."""
    play = Play(chain("one"), "a").answer("a", "one")
    before = play.state

    assert play.abort().state == before
    assert play.notes == ()


def test_an_abort_without_a_reason_is_still_an_abort() -> None:
    """An empty reason is not taken for "not aborted"."""
    play = Play(chain("one"), "a").tell(Abort(reason=""))

    assert play.state.aborted == "aborted"
    assert play.state.branch("a").back


def test_steps_of_the_order_that_never_began_are_stored_as_skipped() -> None:
    """Edge case: the decision is kept, so that nothing evaluates it again later."""
    play = Play(fulfilment(), "a").answer("a", "provision", REJECTED)
    undone(play)

    assert play.phases(ORDER_BRANCH) == [Phase.SKIPPED]
    assert play.noted(NoteKind.BRANCH_STARTED)[-1].branch == "a"


def test_a_skipped_step_is_skipped_on_the_way_back_too() -> None:
    """Edge case: an undo-only step of the order is not armed by being skipped."""
    tell = Step(name="tell", scope=Scope.ORDER, does=False, undoes=True)
    play = Play(define(PROVISION, tell, DELIVER), "a", "b").answer("a", "provision", REJECTED)
    play.abort()

    assert (ORDER_BRANCH, "tell") not in undone(play)
    assert play.phases(ORDER_BRANCH) == [Phase.SKIPPED, Phase.SKIPPED]


def test_a_step_without_undo_is_passed_over_on_the_way_back() -> None:
    """It stays done, or counts as undone when it was the one that failed."""
    check = Step(name="check")
    play = Play(define(check, PROVISION), "a").answer("a", "check").exhaust("a", "provision")
    assert undone(play) == [("a", "provision")]
    assert play.phases("a") == [Phase.DONE, Phase.UNDONE]

    alone = Play(define(check), "a").answer("a", "check", REJECTED)
    assert alone.phases("a") == [Phase.UNDONE]
    assert alone.state.status is SagaStatus.UNDONE


def test_a_success_that_an_abort_finds_is_kept_when_it_cannot_be_undone() -> None:
    """The order's last message went out; that is recorded as done, not as undone."""
    play = Play(define(PROVISION, DELIVER), "a").answer("a", "provision").abort()
    assert play.phases(ORDER_BRANCH) == [Phase.CHECKING]
    play.answer(ORDER_BRANCH, "deliver")

    assert play.phases(ORDER_BRANCH) == [Phase.DONE]
    assert undone(play) == [("a", "provision")]


def test_an_aborted_step_that_would_be_parked_is_undone_instead() -> None:
    """Once everything goes back, there is nothing left for an operator to retry."""
    parking = Step(name="label", undoes=True, on_exhausted=OnExhausted.PARK)
    play = Play(define(parking), "a").abort().answer("a", "label", FAILED)

    assert pairs(play.due()) == [("a", "label", "undo")]


@pytest.mark.parametrize("outcome", [Unclear(reason="timeout"), Accepted()])
def test_an_open_undo_is_looked_up(outcome: Outcome) -> None:
    """Unknown has the same path on the way back."""
    play = Play(chain("one"), "a").answer("a", "one", REJECTED).answer("a", "one", outcome)

    assert play.phases("a") == [Phase.UNDO_CHECKING]
    assert pairs(play.later(5).due()) == [("a", "one", "find")]
    assert play.answer("a", "one").phases("a") == [Phase.UNDONE]


def test_an_undo_that_is_not_found_is_made_again() -> None:
    """After the first delay of the undo's own policy."""
    play = Play(chain("one", undo_retry=PATIENT), "a").answer("a", "one", REJECTED)
    play.answer("a", "one", Unclear(reason="timeout")).later(5).answer("a", "one", Absent())

    assert play.due() == ()
    assert pairs(play.later(2).due()) == [("a", "one", "undo")]


def test_an_undo_that_fails_for_good_is_parked_and_the_walk_goes_on() -> None:
    """Edge case: a failed compensation is an end that operators see; the rest is still undone."""
    play = Play(chain("one", "two"), "a").answer("a", "one", remembering(ip="::1"))
    play.answer("a", "two", REJECTED).answer("a", "two").answer("a", "one", FAILED)

    assert play.phases("a") == [Phase.PARKED, Phase.UNDONE]
    assert play.state.parked
    (note,) = play.noted(NoteKind.STEP_PARKED)
    assert (note.step, note.forward, note.code, note.memory) == (
        "one",
        False,
        "down",
        (("ip", "::1"),),
    )
    assert play.state.status is SagaStatus.UNDONE
    assert play.noted(NoteKind.BRANCH_UNDONE) == []

    middle = Play(fulfilment(), "a").answer("a", "provision", REJECTED)
    middle.answer("a", "provision", REJECTED)
    assert undone(middle) == [("a", "refund"), ("a", "announce")]


def test_retries_of_an_undo_are_counted_afresh() -> None:
    """The forward attempts that failed do not use up those of the undo."""
    play = Play(fulfilment(), "a").exhaust("a", "provision").exhaust("a", "provision")

    failures = [note.forward for note in play.noted(NoteKind.STEP_FAILED)]
    assert failures == [True] * 6 + [False] * 6


def test_a_branch_going_back_by_itself_joins_the_stack_of_an_abort() -> None:
    """What it is undoing is finished first; then the top of the whole stack comes."""
    play = Play(chain("one", "two"), "a", "b").answer("a", "one").answer("a", "two", REJECTED)
    play.answer("b", "one").abort().answer("b", "two", Absent())

    assert pairs(play.due()) == [("a", "two", "undo")]
    assert undone(play) == [("a", "two"), ("b", "two"), ("b", "one"), ("a", "one")]


def test_advancing_never_changes_the_state_it_was_given() -> None:
    """States are values: the old one is as good as before."""
    play = Play(fulfilment(), "a")
    before = play.state
    play.abort()

    assert before == Play(fulfilment(), "a").state != play.state
