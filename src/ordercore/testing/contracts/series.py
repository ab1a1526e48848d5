"""Contracts of numbers without gaps and of the fences that a store remembers."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from ordercore.kernel.errors import ConcurrencyConflict, LeaseLost
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch, Fence, Mode, TakenNumber
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.promises import refusal
from ordercore.testing.contracts.rows import ONE, OTHER, a_batch, a_record, contents, new_order
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["FencesContract", "NumbersContract"]

_SERIES = "invoice/2026"
_LOCK = "payment/order-1"
_ISSUERS = 8


class NumbersContract(Contract):
    """What every store does with `Batch.numbers`."""

    blame = "Store.commit, by Batch.numbers"

    def _take(
        self, subject: Subject, *numbers: int, series: str = _SERIES, tenant: TenantId = ONE
    ) -> None:
        taken = tuple(TakenNumber(series=series, number=number) for number in numbers)
        subject.run(subject.ports.store.commit(Batch(tenant=tenant, numbers=taken)))

    def _next(self, subject: Subject, series: str = _SERIES, tenant: TenantId = ONE) -> int:
        return subject.run(subject.ports.numbers.next(tenant, series))

    def test_a_series_begins_at_one_and_counts(self, subject: Subject) -> None:
        """Asking for the next number takes nothing."""
        for number in (1, 2, 3):
            assert self._next(subject) == self._next(subject) == number
            self._take(subject, number)
        expect(self._next(subject), 4, "the next number")

    @pytest.mark.parametrize("wrong", [1, 2, 4, 2**63 - 1])
    def test_only_the_next_number_may_be_taken(self, subject: Subject, wrong: int) -> None:
        """Neither one that was taken nor one that would leave a gap."""
        self._take(subject, 1)
        self._take(subject, 2)
        with refusal(ConcurrencyConflict) as refused:
            self._take(subject, wrong)
        assert not isinstance(refused.value, LeaseLost)
        expect((refused.value.kind, refused.value.id), ("number", _SERIES))
        expect(self._next(subject), 3, "the next number")

    def test_a_series_that_was_never_used_begins_with_one_only(self, subject: Subject) -> None:
        """Two would leave a gap before it."""
        with refusal(ConcurrencyConflict):
            self._take(subject, 2)
        expect(self._next(subject), 1, "the next number")

    def test_a_refused_batch_leaves_no_gap(self, subject: Subject) -> None:
        """The number it wanted is the next one still."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        batch = evolve(a_batch(2), idempotency=a_record(1))
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(batch))
        expect(self._next(subject, "series-2"), 1, "the next number")

    def test_a_batch_may_take_several_numbers_of_several_series(self, subject: Subject) -> None:
        """One after the other; a gap between them is refused like any other."""
        both = tuple(
            TakenNumber(series=series, number=number) for number in (1, 2) for series in ("b", "a")
        )
        subject.run(subject.ports.store.commit(Batch(tenant=ONE, numbers=both)))
        expect((self._next(subject, "a"), self._next(subject, "b")), (3, 3))
        for numbers in ((3, 5), (3, 3), (4, 3)):
            with refusal(ConcurrencyConflict):
                self._take(subject, *numbers, series="a")
        expect(self._next(subject, "a"), 3, "the next number")

    def test_each_tenant_counts_for_itself(self, subject: Subject) -> None:
        """The same series of another tenant begins at one."""
        self._take(subject, 1)
        self._take(subject, 2)
        expect(self._next(subject, tenant=OTHER), 1, "the next number")
        self._take(subject, 1, tenant=OTHER)
        expect((self._next(subject), self._next(subject, tenant=OTHER)), (3, 2))

    def test_whoever_is_refused_asks_again_and_no_number_is_missing(self, subject: Subject) -> None:
        """Many issue at once; each gets a number of its own and none is left out."""
        ports = subject.ports

        async def issue(issuer: int) -> int:
            for _ in range(1000):
                number = await ports.numbers.next(ONE, _SERIES)
                taken = (TakenNumber(series=_SERIES, number=number),)
                orders = (new_order(issuer),)
                try:
                    await ports.store.commit(Batch(tenant=ONE, orders=orders, numbers=taken))
                except ConcurrencyConflict:
                    continue
                return number
            raise AssertionError("always somebody else was first")

        async def together() -> list[int]:
            return list(await asyncio.gather(*(issue(issuer) for issuer in range(_ISSUERS))))

        if ports.mode is Mode.ASYNC:
            numbers = subject.run(together())
        else:
            with ThreadPoolExecutor(_ISSUERS) as pool:
                numbers = list(pool.map(lambda n: subject.run(issue(n)), range(_ISSUERS)))
        expect(sorted(numbers), list(range(1, _ISSUERS + 1)))


class FencesContract(Contract):
    """What every store does with `Batch.fences`."""

    blame = "Store.commit, by Batch.fences"

    def _write(
        self, subject: Subject, *tokens: int, name: str = _LOCK, tenant: TenantId = ONE
    ) -> None:
        fences = tuple(Fence(name=name, token=token) for token in tokens)
        subject.run(subject.ports.store.commit(Batch(tenant=tenant, fences=fences)))

    def _lost(self, subject: Subject, *tokens: int, name: str = _LOCK) -> LeaseLost:
        with refusal(LeaseLost) as lost:
            self._write(subject, *tokens, name=name)
        return lost.value

    def test_a_holder_writes_as_often_as_it_likes(self, subject: Subject) -> None:
        """Under one fence, and again under each higher one."""
        for token in (0, 5, 5, 6, 1767571200000, 2**63 - 1):
            self._write(subject, token)

    def test_once_a_later_holder_has_written_an_earlier_one_cannot(self, subject: Subject) -> None:
        """It is told which lock it has lost; the later holder goes on."""
        self._write(subject, 6)
        lost = self._lost(subject, 5)
        expect((lost.kind, lost.id, lost.expected), ("lock", _LOCK, 5))
        assert "lost" in str(lost)
        self._write(subject, 6)

    def test_what_the_earlier_holder_wanted_to_write_is_not_written(self, subject: Subject) -> None:
        """Nothing of the batch; the fence does not fall either."""
        self._write(subject, 6)
        absent = subject.run(contents(subject.ports, ONE, 2))
        batch = evolve(a_batch(2), fences=(Fence(name=_LOCK, token=5),))
        with refusal(LeaseLost):
            subject.run(subject.ports.store.commit(batch))
        expect(subject.run(contents(subject.ports, ONE, 2)), absent, "afterwards")
        self._lost(subject, 5)

    def test_a_refused_batch_raises_no_fence(self, subject: Subject) -> None:
        """Who has written nothing has overtaken nobody."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        batch = evolve(a_batch(2), idempotency=a_record(1), fences=(Fence(name=_LOCK, token=9),))
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(batch))
        self._write(subject, 1)

    def test_locks_and_tenants_have_fences_of_their_own(self, subject: Subject) -> None:
        """A high one of another lock or tenant stands in nobody's way."""
        self._write(subject, 9)
        self._write(subject, 1, name="payment/order-2")
        self._write(subject, 1, tenant=OTHER)
        self._lost(subject, 1)

    def test_a_batch_may_name_a_lock_twice(self, subject: Subject) -> None:
        """Then the higher fence is remembered; a lower one after it is lost."""
        self._write(subject, 5, 5, 6)
        self._lost(subject, 5)
        self._lost(subject, 8, 7)
        self._write(subject, 6)
