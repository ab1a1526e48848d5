from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.engine.retry import Polling, RetryPolicy
from ordercore.engine.saga import (
    ORDER_BRANCH,
    Absent,
    Accepted,
    Answer,
    NoteKind,
    OnExhausted,
    Outcome,
    Phase,
    Rejected,
    SagaStatus,
    Scope,
    Step,
    Succeeded,
    Unclear,
    next_due,
    recall,
)
from ordercore.kernel.errors import InvalidInput
from tests.unit.engine.saga.sagas import (
    DELIVER,
    FAILED,
    NOW,
    OK,
    PROVISION,
    Play,
    chain,
    define,
    fulfilment,
    pairs,
    remembering,
)

LATE: list[Outcome] = [
    Succeeded(memory=(("ip", "late"),)),
    FAILED,
    Rejected(code="no", reason="no"),
    Unclear(reason="timeout"),
    Accepted(),
    Absent(),
]


def test_a_saga_whose_calls_all_succeed_is_done() -> None:
    """Items first, then the order's own step, then the end, each noted once."""
    play = Play(fulfilment(), "a", "b").answer("b", "provision").answer("a", "provision")

    assert pairs(play.due()) == [(ORDER_BRANCH, "deliver", "do")]
    play.answer(ORDER_BRANCH, "deliver")
    assert play.state.status is SagaStatus.DONE
    assert [(note.kind.value, note.branch, note.step) for note in play.log] == [
        ("branch_started", "a", ""),
        ("branch_started", "b", ""),
        ("step_done", "b", "provision"),
        ("branch_done", "b", ""),
        ("step_done", "a", "provision"),
        ("branch_done", "a", ""),
        ("items_settled", "", ""),
        ("branch_started", "order", ""),
        ("step_done", "order", "deliver"),
        ("branch_done", "order", ""),
        ("finished", "", ""),
    ]


def test_steps_of_a_branch_run_one_after_another() -> None:
    """The next call is due only when the last has succeeded."""
    play = Play(chain("one", "two", "three"), "a")
    seen = []
    while calls := play.due():
        seen.append(pairs(calls))
        play.answer("a", calls[0].step)

    assert seen == [[("a", name, "do")] for name in ("one", "two", "three")]


def test_a_step_remembers_what_its_success_said() -> None:
    """The memory is stored with the step and can be asked by name."""
    memory = (
        Play(chain("one"), "a").answer("a", "one", remembering(ip="::1")).run("a", "one").memory
    )

    assert recall(memory, "ip") == "::1"
    assert recall(memory, "host") is None


def test_a_failed_attempt_is_repeated_after_each_delay_until_none_is_left() -> None:
    """2, 4, 8, 16 and 30 seconds after the first failures; the sixth is the last."""
    play = Play(fulfilment(), "a")
    waited = []
    while play.phase("a", "provision") is Phase.DOING:
        before = play.now
        play.wait()
        waited.append((play.now - before).total_seconds())
        play.answer("a", "provision", FAILED)

    assert waited == [0, 2, 4, 8, 16, 30]
    assert play.run("a", "provision").attempt == 7  # six attempts to do, then the first to undo
    assert len(play.noted(NoteKind.STEP_FAILED)) == 6


def test_the_draw_spreads_retries_in_both_directions() -> None:
    """The random number comes in as a value and reaches the policies."""
    spread = RetryPolicy(name="spread", delays_s=(10,), jitter_per_mille=500)
    play = Play(chain("one", retry=spread, undo_retry=spread), "a")
    play.answer("a", "one", FAILED, draw=400)
    assert next_due(play.state) == NOW + timedelta(seconds=12)

    play.answer("a", "one", Rejected(code="no", reason="no")).answer("a", "one", FAILED, draw=800)
    assert play.phase("a", "one") is Phase.UNDOING
    assert next_due(play.state) == NOW + timedelta(seconds=14)


def test_a_rejection_is_not_repeated() -> None:
    """A no for good ends the step at its first attempt."""
    play = Play(fulfilment(), "a").answer("a", "provision", Rejected(code="quota", reason="full"))

    assert play.state.branch("a").back
    assert [(note.code, note.reason) for note in play.noted(NoteKind.STEP_FAILED)] == [
        ("quota", "full")
    ]


@pytest.mark.parametrize("outcome", [Unclear(reason="timeout"), Accepted()])
def test_an_open_outcome_is_looked_up_not_repeated(outcome: Outcome) -> None:
    """Unknown is neither success nor failure: the same attempt is asked about after a while."""
    play = Play(fulfilment(), "a").answer("a", "provision", outcome)

    assert play.due() == ()
    assert pairs(play.later(5).due()) == [("a", "provision", "find")]
    assert play.run("a", "provision").attempt == 1
    assert play.noted(NoteKind.STEP_FAILED) == []
    assert play.answer("a", "provision").phase("a", "provision") is Phase.DONE


def test_a_look_up_that_finds_nothing_counts_as_a_failed_attempt() -> None:
    """The call is made again, under the next attempt, after the delay."""
    play = Play(fulfilment(), "a").answer("a", "provision", Unclear(reason="timeout")).later(5)
    play.answer("a", "provision", Absent())

    assert [note.code for note in play.noted(NoteKind.STEP_FAILED)] == ["absent"]
    assert pairs(play.later(2).due()) == [("a", "provision", "do")]
    assert play.run("a", "provision").attempt == 2


def test_the_last_look_up_falls_on_the_deadline() -> None:
    """Polls never overshoot it, and what is open then has failed."""
    step = Step(name="slow", undoes=True, deadline_s=12, polling=Polling(first_s=5))
    play = Play(define(step), "a").answer("a", "slow", Accepted())
    polls = []
    while play.phase("a", "slow") is Phase.CHECKING:
        play.wait()
        polls.append((play.now - NOW).total_seconds())
        play.answer("a", "slow", Accepted())

    assert polls == [5, 10, 12]
    assert [note.code for note in play.noted(NoteKind.STEP_FAILED)] == ["deadline"]
    assert next_due(play.state) == NOW + timedelta(seconds=14)


def test_a_success_counts_even_after_the_deadline() -> None:
    """The deadline judges what is open, not what has worked."""
    play = Play(fulfilment(), "a").later(10_000).answer("a", "provision")

    assert play.phase("a", "provision") is Phase.DONE


def test_each_attempt_has_a_deadline_of_its_own() -> None:
    """The time an earlier attempt took does not shorten the next one."""
    play = Play(define(Step(name="slow", undoes=True, deadline_s=10)), "a").later(10)
    play.answer("a", "slow", Unclear(reason="timeout")).wait()
    play.answer("a", "slow", Unclear(reason="timeout"))

    assert play.phase("a", "slow") is Phase.CHECKING


@pytest.mark.parametrize("outcome", LATE)
def test_an_answer_to_an_earlier_attempt_moves_nothing(outcome: Outcome) -> None:
    """Edge case: what arrives after the step has moved on is noted and ignored."""
    play = Play(fulfilment(), "a").answer("a", "provision", FAILED)
    before = play.state
    play.answer("a", "provision", outcome, attempt=1)

    assert play.state == before
    assert [(note.kind, note.reason) for note in play.notes] == [
        (NoteKind.LATE_ANSWER, type(outcome).__name__)
    ]


@pytest.mark.parametrize("outcome", LATE)
def test_two_workers_with_the_same_attempt_move_the_saga_once(outcome: Outcome) -> None:
    """Edge case: two timers may both make the call; the second answer to it is ignored."""
    play = Play(fulfilment(), "a").answer("a", "provision", remembering(ip="first"))
    before = play.state
    run = play.run("a", "provision")
    play.answer("a", "provision", outcome, attempt=run.attempt)

    assert play.state == before
    assert play.kinds() == [NoteKind.LATE_ANSWER]


def test_a_step_that_is_parked_does_not_stop_its_branch() -> None:
    """``park`` files a dead letter and goes on to the next step."""
    parking = Step(name="label", on_exhausted=OnExhausted.PARK)
    play = Play(define(parking, PROVISION), "a").exhaust("a", "label")

    assert play.phases("a") == [Phase.PARKED, Phase.DOING]
    (note,) = play.noted(NoteKind.STEP_PARKED)
    assert (note.step, note.attempt, note.code, note.reason) == (
        "label",
        6,
        "down",
        "the other side is down",
    )
    assert play.answer("a", "provision").state.status is SagaStatus.DONE
    assert play.state.parked


def test_a_saga_may_have_order_steps_only() -> None:
    """Without items the order's branch starts at once and decides the ending."""
    assert Play(define(DELIVER)).answer(ORDER_BRANCH, "deliver").state.status is SagaStatus.DONE


def test_a_saga_may_have_item_steps_only() -> None:
    """It ends when the last item does; the settling of the items is noted all the same."""
    play = Play(chain("one"), "a", "b").answer("a", "one")

    assert play.state.status is SagaStatus.RUNNING
    assert play.answer("b", "one").kinds() == [
        NoteKind.STEP_DONE,
        NoteKind.BRANCH_DONE,
        NoteKind.ITEMS_SETTLED,
        NoteKind.FINISHED,
    ]


def test_a_branch_of_undo_only_steps_is_done_at_once() -> None:
    """There is nothing to call, so nothing is waited for."""
    refund = Step(name="refund", does=False, undoes=True)
    note = Step(name="note", scope=Scope.ORDER, does=False, undoes=True)
    play = Play(define(refund, note), "a")

    assert play.state.status is SagaStatus.DONE
    assert play.phases("a") == play.phases(ORDER_BRANCH) == [Phase.DONE]


def test_an_item_named_like_the_branch_of_the_order_is_refused() -> None:
    """Two branches under one name would share their keys."""
    with pytest.raises(InvalidInput, match="'order' is the order's own branch"):
        Play(fulfilment(), ORDER_BRANCH)


@pytest.mark.parametrize(("branch", "step"), [("z", "provision"), ("a", "gift_wrap")])
def test_an_answer_for_a_step_that_does_not_exist_is_a_fault(branch: str, step: str) -> None:
    """A wrong address is told apart from a late answer."""
    play = Play(fulfilment(), "a")
    with pytest.raises(InvalidInput, match=f"there is no {branch}/{step} in saga saga-1"):
        play.tell(Answer(branch=branch, step=step, attempt=1, forward=True, outcome=OK))
