"""The book of locks: a name given twice, a fence that does not rise, a call without a lock."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, Fence, Lease
from ordercore.testing.fakes import START
from ordercore.testing.simulation import Fault, make_plan, run_plan
from ordercore.testing.simulation.lock_watch import LockBook
from tests.simulation.planted import healthy

TENANT, ORDER = TenantId("t"), OrderId("o-1")
LEASE = Lease(
    tenant=TENANT,
    name=f"payment/{ORDER}",
    token="a",
    fence=7,
    expires_at=START + timedelta(minutes=1),
)
NEXT = evolve(LEASE, token="b", fence=8)


def wrote(book: LockBook, fence: int) -> list[str]:
    """Return what is wrong with writing under a fence."""
    batch = Batch(tenant=TENANT, fences=(Fence(name=LEASE.name, token=fence),))
    return [text for _, found in book.wrote(batch) for text in found]


def test_a_lock_that_is_given_twice_is_found() -> None:
    """While it is held, by the clock of whoever asks; not when it has run out or was let go."""
    book = LockBook(in_use=True)
    assert book.given("one", LEASE, now=START) == []
    (text,) = book.given("two", NEXT, now=START)
    assert text == f"payment/o-1 was given twice, while it is held until {LEASE.expires_at}"
    book = LockBook(in_use=True)
    book.given("one", LEASE, now=START)
    assert book.given("two", NEXT, now=LEASE.expires_at) == []
    book.ended(LEASE)  # by its holder of before, which ends nothing
    assert book.given("three", evolve(LEASE, fence=9), now=START) != []
    book.ended(evolve(LEASE, fence=9))
    assert book.given("four", evolve(LEASE, fence=10), now=START) == []


def test_a_lease_that_is_prolonged_stands_for_longer() -> None:
    """Then it is given twice later on too."""
    book = LockBook(in_use=True)
    book.given("one", LEASE, now=START)
    book.prolonged(evolve(LEASE, expires_at=LEASE.expires_at + timedelta(minutes=1)))
    assert book.given("two", NEXT, now=LEASE.expires_at) != []


def test_a_fence_that_does_not_rise_is_found() -> None:
    """Whatever lock it is of."""
    book = LockBook(in_use=True)
    book.given("one", LEASE, now=START)
    (text,) = book.given("two", evolve(LEASE, name="payment/o-2"), now=START)
    assert text == "payment/o-2 was given fence 7 after 7"


def test_a_holder_who_was_overtaken_and_writes_is_found() -> None:
    """Under the same fence it may write as often as it likes."""
    book = LockBook()
    assert wrote(book, 7) == wrote(book, 7) == wrote(book, 8) == []
    assert wrote(book, 7) == ["payment/o-1 was written under 7 after 8"]


def test_money_that_is_moved_without_a_lock_is_found() -> None:
    """It has to be that of the order, and the caller's own; without any locks nothing is asked."""
    book = LockBook(in_use=True)
    assert LockBook().unguarded("one", ORDER) == []
    assert book.unguarded("one", ORDER) == ["money was moved by one without a lock of its order"]
    book.given("one", LEASE, now=START)
    assert book.unguarded("one", ORDER) == []
    assert book.unguarded("two", ORDER) != []
    assert book.unguarded("one", OrderId("o-11")) != []
    book.let_go("one", LEASE)
    assert book.unguarded("one", ORDER) != []


def test_locks_are_lived_with() -> None:
    """Away, forgotten, held by somebody who is paused: each happens, and nothing is lost."""
    run = run_plan(make_plan(seed=5, orders=100, profile="hostile", kinds="retail"), healthy)
    assert run.violation is None
    at_locks = {i.fault for _, i in run.injected if i.site.startswith("lock:")}
    assert {Fault.LOST_REQUEST, Fault.PAUSED, Fault.FORGOTTEN} <= at_locks
    assert run.checked["money_is_guarded"] > 100
    assert run.checked["one_holder"] > 100
    assert run.checked["later_holder_wins"] > 100
