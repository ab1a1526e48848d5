"""Two versions of a lifecycle, and the orders in between."""

from __future__ import annotations

from attrs import evolve

from ordercore.engine.lifecycle import Lifecycle, RowChange, Timeout, diff, row

ANY = ("anybody",)

OLD = Lifecycle(
    name="parcel",
    states=("new", "packed", "weighed", "sent"),
    initial="new",
    terminal=("sent",),
    rows=(
        row("pack", "new", "packed", who=ANY),
        row("weigh", "packed", "weighed", who=ANY),
        row("send", "weighed", "sent", who=ANY, guards=("paid",)),
    ),
    timeouts=(Timeout(state="packed", after_s=60, trigger="weigh", reason="waiting"),),
)
NEW = Lifecycle(
    name="parcel",
    version=2,
    states=("new", "packed", "sent", "lost"),
    initial="new",
    terminal=("sent", "lost"),
    rows=(
        row("pack", "new", "packed", who=ANY, guards=("paid",)),
        row("send", "packed", "sent", who=ANY),
        row("lose", "packed", "lost", who=ANY),
    ),
    timeouts=(Timeout(state="packed", after_s=90, trigger="lose", reason="waiting"),),
)


def test_equal_tables_differ_in_nothing() -> None:
    """A new version number alone is no change."""
    assert diff(OLD, evolve(OLD, version=2, name="other")).empty


def test_added_and_removed_states_and_rows_are_told_apart() -> None:
    """What only one version has is listed on its side."""
    change = diff(OLD, NEW)
    assert not change.empty
    assert change.added_states == ("lost",)
    assert change.removed_states == ("weighed",)
    assert change.added_rows == NEW.rows[1:]
    assert change.removed_rows == OLD.rows[1:]
    assert change.added_timeouts == NEW.timeouts
    assert change.removed_timeouts == OLD.timeouts


def test_a_row_with_another_guard_or_destination_is_a_change() -> None:
    """The same trigger from the same state, but it no longer means the same."""
    assert diff(OLD, NEW).changed_rows == (
        RowChange(trigger="pack", source="new", before=OLD.rows[:1], after=NEW.rows[:1]),
    )


def test_alternatives_of_one_trigger_are_compared_together() -> None:
    """Adding a way out for the same trigger and source changes that pair, and adds no other."""
    returned = row("send", "weighed", "new", who=ANY)
    change = diff(OLD, evolve(OLD, rows=(*OLD.rows, returned)))
    assert change.added_rows == ()
    assert change.changed_rows == (
        RowChange(
            trigger="send", source="weighed", before=OLD.rows[2:], after=(OLD.rows[2], returned)
        ),
    )


def test_a_state_that_becomes_terminal_is_a_change_of_kind() -> None:
    """Where an order ends matters as much as where it goes."""
    reopened = evolve(
        OLD,
        terminal=("new", "sent"),
        initial="packed",
        rows=(row("unpack", "packed", "new", who=ANY), *OLD.rows[1:]),
    )
    change = diff(OLD, reopened)
    assert change.changed_kinds == ("new",)
    assert change.changed_initial == ("new", "packed")


def test_orders_left_in_removed_states_are_counted() -> None:
    """Only removed states that somebody is in are reported."""
    change = diff(OLD, NEW)
    assert change.stranded({"new": 4, "weighed": 3, "sent": 90}) == (("weighed", 3),)
    assert change.stranded({"weighed": 0}) == ()
    assert change.stranded({}) == ()
    assert diff(NEW, OLD).stranded({"lost": 1, "weighed": 3}) == (("lost", 1),)
