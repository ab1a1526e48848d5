"""What a suite says when a promise is broken: short, in words, and about what differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ordercore.engine.messaging import Release, WorkKind
from ordercore.kernel.errors import ConcurrencyConflict, LeaseLost
from ordercore.ports import Batch
from ordercore.testing.contracts import BrokenPromise, Contract, Subject, drive
from ordercore.testing.contracts.differences import Differs, described, expect, only
from ordercore.testing.contracts.promises import blames, refusal
from ordercore.testing.contracts.rows import ONE, a_batch, a_claim, a_record, new_order
from ordercore.testing.contracts.trail import Trail
from ordercore_adapters import memory

AT = datetime(2026, 1, 5, tzinfo=UTC)


class Suite(Contract):
    """A suite with a test for every way to fail."""

    blame = "Store.claim"

    def test_answers_are_equal(self, subject: Subject) -> None:
        """One is two."""
        subject.run(subject.ports.store.next_due(tenant=ONE))
        expect(1, 2, "the number")

    @blames("Store.commit")
    def test_nothing_is_accepted(self, subject: Subject, case: str) -> None:
        """Not even nothing."""
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(Batch(tenant=ONE)))

    def test_it_is_larger(self, subject: Subject) -> None:
        """As a bare assertion has it."""
        small, large = 1, 2
        assert small > large

    def test_no_fault(self, subject: Subject) -> None:
        """But there is one."""
        raise KeyError("missing")

    async def test_of_a_binding(self) -> None:
        """Tests that suspend are left as they are."""


class Undecided(Contract):
    """A suite that blames whoever was asked last."""

    def test_something(self, subject: Subject) -> None:
        """Whatever."""
        subject.run(subject.ports.orders.list(ONE, hidden=True))
        expect(None, True)


def said_by(test: Callable[..., None], *arguments: object) -> str:
    """Return what a failing test says."""
    with pytest.raises(BrokenPromise) as broken:
        test(Subject(memory.ports(), drive), *arguments)
    return str(broken.value)


def test_a_failure_says_promise_blame_expectation_and_sight() -> None:
    """And what was asked."""
    assert said_by(Suite().test_answers_are_equal).splitlines() == [
        "Broken promise: Answers are equal.",
        "    One is two.",
        "To blame: Store.claim",
        "Expected: the number: 2",
        "Seen: the number: 1",
        "It was asked: ",
        "    Store.next_due(tenant='tenant-1')",
    ]


def test_what_should_have_been_refused_is_told() -> None:
    """With the case, and the method the test itself blames."""
    said = said_by(Suite().test_nothing_is_accepted, "the empty one")
    assert "Broken promise: Nothing is accepted (case = the empty one)." in said
    assert "To blame: Store.commit\n" in said
    assert "Expected: it is refused with ConcurrencyConflict, and nothing is written\n" in said
    assert "Seen: it was accepted\n" in said
    assert said.endswith("Store.commit(a batch of tenant-1 with nothing)")


def test_bare_assertions_and_faults_are_told_too() -> None:
    """As well as can be."""
    assert "Expected: small > large\n" in said_by(Suite().test_it_is_larger)
    assert "Seen: the fault KeyError was raised: 'missing'" in said_by(Suite().test_no_fault)


def test_who_was_asked_last_is_to_blame_where_nobody_else_is() -> None:
    """By port and method; yes, no and nothing are words."""
    said = said_by(Undecided().test_something)
    assert "To blame: OrdersPort.list\nExpected: yes\nSeen: nothing\n" in said
    assert said.endswith("OrdersPort.list('tenant-1', hidden=yes)")


def test_tests_that_suspend_are_not_wrapped() -> None:
    """Pytest has to see that they do."""
    assert not hasattr(Suite.test_of_a_binding, "__wrapped__")
    assert hasattr(Suite.test_no_fault, "__wrapped__")


def test_another_fault_than_the_one_expected_passes_through() -> None:
    """It is told as what it is."""
    with pytest.raises(LookupError), refusal(LeaseLost):
        raise LookupError


@pytest.mark.parametrize(
    ("seen", "wanted", "told"),
    [
        ({"a": 1, "b": (2,)}, {"a": 1, "b": (3,)}, ("b: 3", "b: 2")),
        ({"a": 1}, {}, ("a: nothing", "a: 1")),
        ((), ("x",), ("'x'", "none")),
        ([1, 2], [1, 3], ("1, 3", "1, 2")),
        (
            AT,
            AT.replace(tzinfo=None),
            ("2026-01-05T00:00:00 (without a time zone)", AT.isoformat()),
        ),
        ("", "x", ("'x'", "an empty text")),
        (False, WorkKind.SAGA, ("saga", "no")),
    ],
)
def test_only_what_differs_is_told(seen: object, wanted: object, told: tuple[str, str]) -> None:
    """Place by place."""
    with pytest.raises(Differs) as differs:
        expect(seen, wanted)
    assert (differs.value.expected, differs.value.seen) == told


def test_of_rows_only_the_fields_that_differ_are_told() -> None:
    """However deep they are."""
    with pytest.raises(Differs) as differs:
        expect((new_order(1).stored,), (new_order(2).stored,), "rows")
    places = [line.partition(":")[0] for line in differs.value.expected.splitlines()]
    assert places == ["rows no. 1.order.id", "rows no. 1.order.reference", "rows no. 1.fingerprint"]


def test_many_differences_are_counted() -> None:
    """Eight are told."""
    with pytest.raises(Differs) as differs:
        expect(dict.fromkeys(range(20), 1), {})
    assert differs.value.seen.splitlines()[-1] == "... and 12 more"


def test_one_row_is_not_none_and_not_two() -> None:
    """And one is given back."""
    assert only([5]) == 5
    for wrong in ([], [1, 2]):
        with pytest.raises(Differs, match=f"seen {len(wrong)}: "):
            only(wrong)


def test_long_values_are_cut() -> None:
    """A line is a line."""
    assert described("x" * 500).endswith("...")
    assert described({"key": a_record()}).startswith("key: IdempotencyRecord(tenant='tenant-1'")


def test_a_trail_counts_reads_and_tells_writes() -> None:
    """The last ones; whoever is followed keeps its type and its attributes."""
    trail = Trail()
    store = trail.follow("Store", memory.ports().store)
    assert isinstance(store, memory.MemoryStore)
    drive(store.commit(a_batch(1)))
    for _ in range(5):
        drive(store.next_due())
    drive(store.release(Release(claim=a_claim("x"), due_at=AT)))
    drive(store.release(Release(claim=a_claim("x"), due_at=None)))
    assert str(trail).splitlines()[2:] == [
        "... 4 more reads",
        "Store.next_due()",
        "Store.release(lease 1 of x, due again 2026-01-05T00:00:00+00:00)",
        "Store.release(lease 1 of x, finished)",
    ]
