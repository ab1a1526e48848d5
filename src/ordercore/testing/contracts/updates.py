"""Contract of `Store.update`: writers of one order queue up instead of colliding."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from ordercore.domain.orders import RedeliveryRequested
from ordercore.engine.messaging import Release
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import LeaseLost, NotFound
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Mode, OrderWrite, SagaWrite, StoredOrder
from ordercore.testing.builders import with_events
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.promises import refusal
from ordercore.testing.contracts.rows import (
    AT,
    ONE,
    OTHER,
    a_batch,
    a_claim,
    a_saga,
    contents,
    new_order,
    order_id,
    saga_id,
    stored,
)
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["UpdateContract"]

_WRITERS = 8


def _once_more(found: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch:
    order = with_events(found.order, RedeliveryRequested(items=()), at=AT)
    write = OrderWrite(stored=stored(order), read_version=found.order.version)
    return Batch(tenant=order.tenant, orders=(write,))


class UpdateContract(Contract):
    """What every store does when it decides under a lock."""

    blame = "Store.update"

    def test_the_decision_sees_the_order_and_its_sagas(self, subject: Subject) -> None:
        """As they are stored, and of this order only."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        subject.run(subject.ports.store.commit(a_batch(2)))
        seen: list[object] = []

        def look(found: StoredOrder, sagas: tuple[SagaState, ...]) -> Refusal:
            seen.extend((found, sagas))
            return Refusal(code="only_looking", reason="nothing to do")

        subject.run(subject.ports.store.update(ONE, order_id(1), look))
        expect(seen, [new_order(1).stored, (a_saga(1),)])

    def test_what_was_decided_is_written_and_returned(self, subject: Subject) -> None:
        """The batch comes back, so the caller knows what happened."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        batch = subject.run(subject.ports.store.update(ONE, order_id(1), _once_more))
        assert isinstance(batch, Batch)
        found = subject.run(subject.ports.orders.get(ONE, order_id(1)))
        expect(found, batch.orders[0].stored)

    def test_a_saga_moves_on_while_its_order_stays_as_it_is(self, subject: Subject) -> None:
        """A look-up that found nothing new: another due time, the same order, no event."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        before = subject.run(contents(subject.ports, ONE))
        later = evolve(a_saga(1), version=2)

        def look_up(found: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch:
            row = OrderWrite(stored=found, read_version=found.order.version)
            return Batch(tenant=ONE, orders=(row,), sagas=(SagaWrite(state=later, read_version=1),))

        subject.run(subject.ports.store.update(ONE, order_id(1), look_up))
        moved = {"sagas.get": later, "sagas.of_order": (later,)}
        expect(subject.run(contents(subject.ports, ONE)), {**before, **moved}, "afterwards")

    def test_a_refusal_writes_nothing_and_is_returned(self, subject: Subject) -> None:
        """It is a value here as everywhere."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        before = subject.run(contents(subject.ports, ONE))
        no = Refusal(code="no", reason="no")
        expect(subject.run(subject.ports.store.update(ONE, order_id(1), lambda *_: no)), no)
        expect(subject.run(contents(subject.ports, ONE)), before, "afterwards")

    def test_a_decision_that_raises_writes_nothing_and_locks_nothing(
        self, subject: Subject
    ) -> None:
        """The exception passes through, and the next writer gets its turn."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        before = subject.run(contents(subject.ports, ONE))

        def stumble(found: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch:
            raise ArithmeticError("a defect in the decision")

        with refusal(ArithmeticError):
            subject.run(subject.ports.store.update(ONE, order_id(1), stumble))
        expect(subject.run(contents(subject.ports, ONE)), before, "afterwards")
        assert isinstance(
            subject.run(subject.ports.store.update(ONE, order_id(1), _once_more)), Batch
        )

    @pytest.mark.parametrize(("tenant", "number"), [(ONE, 2), (OTHER, 1)])
    def test_an_order_that_is_not_there_is_not_found(
        self, subject: Subject, tenant: str, number: int
    ) -> None:
        """Neither an unknown one nor another tenant's; the decision is not even asked."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        asked: list[StoredOrder] = []

        def look(found: StoredOrder, sagas: tuple[SagaState, ...]) -> Refusal:
            asked.append(found)
            return Refusal(code="no", reason="no")

        where = OTHER if tenant == OTHER else ONE
        with refusal(NotFound):
            subject.run(subject.ports.store.update(where, order_id(number), look))
        expect(asked, [])

    def test_a_lost_lease_refuses_what_was_decided(self, subject: Subject) -> None:
        """Nothing of the decision is written."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        before = subject.run(contents(subject.ports, ONE))

        def decide(found: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch:
            write = SagaWrite(state=a_saga(3), read_version=None)
            lost = Release(claim=a_claim(saga_id(1)), due_at=None)
            return Batch(tenant=ONE, sagas=(write,), releases=(lost,))

        with refusal(LeaseLost):
            subject.run(subject.ports.store.update(ONE, order_id(1), decide))
        expect(subject.run(contents(subject.ports, ONE)), before, "afterwards")

    def test_many_writers_of_one_order_all_get_their_turn(self, subject: Subject) -> None:
        """Each sees what the one before it wrote; no write is lost and none is refused."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        versions: list[int] = []

        def decide(found: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch:
            versions.append(found.order.version)
            time.sleep(0.002)  # long enough for another writer to read the same version
            return _once_more(found, sagas)

        def update() -> object:
            return subject.run(subject.ports.store.update(ONE, order_id(1), decide))

        async def together() -> None:
            store = subject.ports.store
            await asyncio.gather(*(store.update(ONE, order_id(1), decide) for _ in range(_WRITERS)))

        if subject.ports.mode is Mode.ASYNC:
            subject.run(together())
        else:
            with ThreadPoolExecutor(_WRITERS) as pool:
                for done in [pool.submit(update) for _ in range(_WRITERS)]:
                    done.result()
        expect(versions, list(range(1, _WRITERS + 1)))
        found = subject.run(subject.ports.orders.get(ONE, order_id(1)))
        assert found is not None
        expect(found.order.version, 1 + _WRITERS)
