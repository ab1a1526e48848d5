from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.saga import ORDER_BRANCH, Rejected, Unclear, call_key, next_due
from tests.unit.engine.saga.sagas import FAILED, NOW, Play, chain, fulfilment, pairs, remembering

names = st.text(min_size=1, max_size=8)
effects = st.tuples(names, names, names, st.booleans())


def test_every_item_is_worked_on_at_once() -> None:
    """Branches run side by side; what only has an undo calls nothing."""
    play = Play(fulfilment(), "a", "b")

    assert pairs(play.due()) == [("a", "provision", "do"), ("b", "provision", "do")]


def test_a_call_carries_what_its_branch_was_given() -> None:
    """Item data goes to item calls, order data to the order's."""
    play = Play(fulfilment(), "a").answer("a", "provision")

    assert Play(fulfilment(), "a").due()[0].data == (("for", "a"),)
    assert [(call.branch, call.data) for call in play.due()] == [(ORDER_BRANCH, (("for", "all"),))]


def test_the_key_of_an_effect_outlives_retries_and_look_ups() -> None:
    """Edge case: a provider's idempotency key is derived, so every attempt carries the same one."""
    play = Play(fulfilment(), "a")
    keys = {call.key for call in play.due()}
    play.answer("a", "provision", FAILED)
    keys |= {call.key for call in play.wait()}
    play.answer("a", "provision", Unclear(reason="timeout"))
    keys |= {call.key for call in play.wait()}

    assert keys == {call_key("saga-1", "a", "provision", forward=True)}


def test_an_undo_has_a_key_of_its_own_and_names_the_effect() -> None:
    """The undo is an effect too; what it takes back is told by the forward key."""
    play = Play(chain("one", "two"), "a")
    (forward,) = play.due()
    play.answer("a", "one", remembering(ip="10.0.0.1"))
    play.answer("a", "two", Rejected(code="no", reason="no")).answer("a", "two")
    (undo,) = play.due()

    assert (undo.step, undo.kind.value, undo.forward) == ("one", "undo", False)
    assert undo.key != forward.key
    assert undo.effect_key == forward.key == forward.effect_key
    assert undo.memory == (("ip", "10.0.0.1"),)


@given(one=effects, other=effects)
def test_different_effects_never_share_a_key(
    one: tuple[str, str, str, bool], other: tuple[str, str, str, bool]
) -> None:
    """Edge case: run, branch, step and direction all tell effects apart, however they are named."""
    first = call_key(*one[:3], forward=one[3])
    second = call_key(*other[:3], forward=other[3])

    assert (first == second) == (one == other)


def test_nothing_is_due_before_its_time() -> None:
    """A retry shows up at its due time, not before, and stays due until it is answered."""
    play = Play(fulfilment(), "a").answer("a", "provision", FAILED)

    assert play.due() == ()
    assert next_due(play.state) == NOW + timedelta(seconds=2)
    assert play.later(1).due() == ()
    assert pairs(play.later(1).due()) == [("a", "provision", "do")]
    assert play.later(3600).due() == play.due()


def test_the_next_due_time_is_the_earliest_of_all_branches() -> None:
    """One worker looks after every branch of a saga."""
    play = Play(fulfilment(), "a", "b").answer("a", "provision", FAILED).later(1)

    assert next_due(play.state) == NOW
    play.answer("b", "provision", FAILED)
    assert next_due(play.state) == NOW + timedelta(seconds=2)


def test_a_finished_saga_wants_no_worker() -> None:
    """Nothing is due any more, and no time is asked for."""
    play = Play(chain("one"), "a").answer("a", "one")

    assert play.due() == ()
    assert next_due(play.state) is None
