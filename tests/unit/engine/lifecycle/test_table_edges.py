"""The smallest values a table may have, and what it says when several things are wrong."""

from __future__ import annotations

import pytest

from ordercore.engine.lifecycle import Lifecycle, Row, Timeout, row
from ordercore.kernel.errors import DefinitionError

ANY = ("anybody",)


def shop(*timeouts: Timeout) -> Lifecycle:
    """Return a sound table with these timeouts."""
    return Lifecycle(
        name="shop",
        version=4,
        states=("new", "closed"),
        initial="new",
        terminal=("closed",),
        rows=(row("close", "new", "closed", who=ANY),),
        timeouts=timeouts,
    )


def test_the_short_form_of_a_row_leaves_nothing_out() -> None:
    """A row in a hand-written table is the row spelled out."""
    short = row(
        "close", "new", "closed", who=ANY, guards=("paid",), emits="shop.closed", manual=True
    )

    assert short == Row(
        trigger="close",
        source="new",
        dest="closed",
        who=ANY,
        guards=("paid",),
        emits="shop.closed",
        manual=True,
    )


def test_a_second_is_the_shortest_timeout() -> None:
    """Whole seconds above nought; one is enough."""
    timeout = Timeout(state="new", after_s=1, trigger="close", reason="too slow")

    assert shop(timeout).timeouts == (timeout,)


def test_a_timeout_in_an_unknown_state_does_not_hide_the_next() -> None:
    """Every problem is listed, so that a table is repaired in one go."""
    with pytest.raises(DefinitionError) as caught:
        shop(
            Timeout(state="lost", after_s=1, trigger="close", reason="too slow"),
            Timeout(state="new", after_s=0, trigger="close", reason="too slow"),
        )

    assert caught.value.problems == (
        "timeout close in lost: the state is unknown",
        "timeout close in new: after_s must be a whole number of seconds above 0",
    )


def test_a_table_made_out_of_another_starts_at_version_one() -> None:
    """It is a lifecycle of its own; the version of its origin says nothing about it."""
    assert shop().extend(name="other shop").version == 1
