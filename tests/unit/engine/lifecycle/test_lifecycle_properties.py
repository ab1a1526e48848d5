"""What holds for every sound lifecycle, not only for ours."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.lifecycle import (
    Guard,
    Lifecycle,
    Row,
    allowed,
    allowed_now,
    diff,
    oracle,
    row,
    step,
)
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.result import Refusal

GUARD_IDS = ("g0", "g1", "g2")
TRIGGERS = ("t0", "t1", "t2", "t3")
NAMES = tuple(f"s{number}" for number in range(6))

Objecting = frozenset[str]


def _guard(name: str) -> Callable[[Objecting], Refusal | None]:
    return lambda facts: Refusal(code=name, reason=name) if name in facts else None


GUARDS: Mapping[str, Guard[Objecting]] = {name: _guard(name) for name in GUARD_IDS}


def rows_between(states: tuple[str, ...]) -> st.SearchStrategy[Row]:
    """Return a strategy for rows from any of ``states`` to any of them."""
    return st.builds(
        row,
        st.sampled_from(TRIGGERS),
        st.sampled_from(states),
        st.sampled_from(states),
        who=st.just(("anybody",)),
        guards=st.lists(st.sampled_from(GUARD_IDS), unique=True, max_size=2).map(tuple),
    )


objections = st.frozensets(st.sampled_from(GUARD_IDS))


@st.composite
def lifecycles(draw: st.DrawFn) -> Lifecycle:
    """Draw a sound lifecycle: a chain from first to last state, with random rows across it."""
    states = NAMES[: draw(st.integers(2, len(NAMES)))]
    chain = tuple(
        row(f"next{place}", source, dest, who=("anybody",))
        for place, (source, dest) in enumerate(pairwise(states))
    )
    taken: dict[tuple[str, str], list[frozenset[str]]] = {}
    extra: list[Row] = []
    for each in draw(st.lists(rows_between(states), max_size=12)):
        asked = frozenset(each.guards)
        earlier = taken.setdefault((each.trigger, each.source), [])
        if each.source != states[-1] and not any(guards <= asked for guards in earlier):
            earlier.append(asked)
            extra.append(each)
    return Lifecycle(
        name="drawn",
        states=states,
        initial=states[0],
        terminal=states[-1:],
        rows=(*chain, *extra),
    )


@given(lifecycle=lifecycles(), objecting=objections)
def test_the_table_and_the_library_agree_everywhere(
    lifecycle: Lifecycle, objecting: Objecting
) -> None:
    """Every state times every trigger: same destination, same refusal, same fault."""
    witness = oracle(lifecycle, GUARDS)
    for state in lifecycle.states:
        for trigger in (*lifecycle.triggers, "unheard of"):
            expected = witness.fire(state, trigger, objecting)
            if not witness.knows(state, trigger):
                with pytest.raises(TransitionNotAllowed) as caught:
                    step(lifecycle, state, trigger, objecting, GUARDS)
                assert caught.value.allowed == allowed(lifecycle, state)
                continue
            answer = step(lifecycle, state, trigger, objecting, GUARDS)
            assert expected == (None if isinstance(answer, Refusal) else answer.dest)


@given(lifecycle=lifecycles(), objecting=objections)
def test_what_is_allowed_now_is_exactly_what_step_takes(
    lifecycle: Lifecycle, objecting: Objecting
) -> None:
    """The menu and the funnel never disagree."""
    for state in lifecycle.states:
        now = allowed_now(lifecycle, state, objecting, GUARDS)
        assert set(now) <= set(allowed(lifecycle, state))
        for trigger in allowed(lifecycle, state):
            answer = step(lifecycle, state, trigger, objecting, GUARDS)
            assert (trigger in now) == isinstance(answer, Row)


@given(lifecycle=lifecycles())
def test_a_lifecycle_is_the_same_after_storing_it(lifecycle: Lifecycle) -> None:
    """Equal, equally hashed, and no difference to be found."""
    twin = pickle.loads(pickle.dumps(lifecycle))
    assert twin == lifecycle
    assert hash(twin) == hash(lifecycle)
    assert diff(lifecycle, twin).empty


@given(old=lifecycles(), new=lifecycles())
def test_a_difference_read_backwards_swaps_its_sides(old: Lifecycle, new: Lifecycle) -> None:
    """What one direction adds the other removes, and both see the same changes."""
    there, back = diff(old, new), diff(new, old)
    assert there.added_states == back.removed_states
    assert there.added_rows == back.removed_rows
    assert len(there.changed_rows) == len(back.changed_rows)
    assert set(there.removed_states) == set(old.states) - set(new.states)
    for state, orders in there.stranded(dict.fromkeys(old.states, 1)):
        assert orders == 1
        assert state not in new.states
