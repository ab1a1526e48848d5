"""What a finished saga has left is taken back on request, once."""

from __future__ import annotations

from ordercore.engine.saga import ORDER_BRANCH, NoteKind, Phase, SagaStatus, TakeBack
from tests.unit.engine.saga.sagas import Play, chain, fulfilment, pairs, remembering

BACK = TakeBack(reason="withdrawn from")


def test_a_finished_saga_is_taken_back_as_an_abort_would_have_done() -> None:
    """Over all branches, the last thing done first, each with what it remembered."""
    play = Play(chain("one"), "a", "b")
    play.answer("b", "one", remembering(ip="::1")).answer("a", "one", remembering(ip="::2"))
    assert play.state.status is SagaStatus.DONE
    play.tell(BACK)

    assert (play.state.status, play.state.aborted) == (SagaStatus.RUNNING, "withdrawn from")
    assert [(n.kind, n.branch, n.code, n.reason, n.own) for n in play.notes] == [
        (NoteKind.BRANCH_TURNED, key, "aborted", "withdrawn from", False) for key in ("a", "b")
    ]
    (first,) = play.due()
    assert (first.branch, first.kind.value, first.memory) == ("a", "undo", (("ip", "::2"),))
    assert pairs(play.answer("a", "one").due()) == [("b", "one", "undo")]
    play.answer("b", "one")
    assert play.state.status is SagaStatus.UNDONE
    assert play.due() == ()


def test_what_cannot_be_undone_stays_when_the_rest_is_taken_back() -> None:
    """A letter that was delivered is not delivered any less."""
    play = Play(fulfilment(), "a").answer("a", "provision").answer(ORDER_BRANCH, "deliver")
    play.tell(BACK)

    assert play.phase(ORDER_BRANCH, "deliver") is Phase.DONE
    assert pairs(play.due()) == [("a", "provision", "undo")]


def test_a_saga_that_runs_is_not_taken_back() -> None:
    """It is aborted, which waits for the calls that are under way."""
    play = Play(chain("one"), "a")
    before = play.state

    assert play.tell(BACK).state == before
    assert play.notes == ()


def test_what_was_taken_back_is_not_taken_back_again() -> None:
    """Not by a second request, while the first is at it or afterwards, nor after an abort."""
    asked = Play(chain("one"), "a").answer("a", "one").tell(BACK)
    ended = Play(chain("one"), "a").answer("a", "one").tell(BACK).answer("a", "one")
    aborted = Play(chain("one"), "a").abort().answer("a", "one").answer("a", "one")
    assert ended.state.status is aborted.state.status is SagaStatus.UNDONE

    for play in (asked, ended, aborted):
        before = play.state
        assert play.tell(BACK).state == before
        assert play.notes == ()
