"""What must hold when eight processes work on the same rows, whatever the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from ordercore.engine.messaging import Work, WorkKind
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, ONE, an_envelope, new_order, order_id
from ordercore_adapters import sqlalchemy
from tests.adapters.sql_processes import (
    ORDERS,
    Address,
    Tally,
    Task,
    claiming,
    committing,
    sweeping,
    together,
    updating,
)

__all__ = ["Storm"]

_ROUNDS = 15
_PIECES = 120


class Storm:
    """Tests over an `Address`, which a subclass provides as a fixture."""

    @pytest.fixture
    def bundle(self, address: Address) -> Iterator[Ports]:
        """Return a bundle for looking at what the processes did."""
        made = address.ports()
        yield made
        drive(sqlalchemy.close(made))

    def test_no_update_is_lost_between_optimistic_writers(
        self, address: Address, bundle: Ports
    ) -> None:
        """Every commit that succeeded shows; those that collided were told so, and left nothing."""
        tallies = self._write(address, bundle, committing)
        assert sum(tally.conflicts for tally in tallies) > 0

    def test_writers_under_the_lock_never_collide(self, address: Address, bundle: Ports) -> None:
        """They queue up, and every one of them gets its turn."""
        self._write(address, bundle, updating)

    def test_each_piece_of_work_is_done_by_one(self, address: Address, bundle: Ports) -> None:
        """No piece is claimed twice and none is forgotten."""
        names = [f"piece-{number:03d}" for number in range(_PIECES)]
        work = tuple(Work(kind=WorkKind.SAGA, subject=name, due_at=AT) for name in names)
        drive(bundle.store.commit(Batch(tenant=ONE, work=work)))
        tallies = together(address, claiming, rounds=0)
        assert [tally.fault for tally in tallies if tally.fault] == []
        assert sorted(name for tally in tallies for name in tally.done) == names
        traces = drive(bundle.store.claim(WorkKind.TIMER, now=AT, limit=2 * _PIECES))
        assert sorted(claim.subject for claim in traces) == names

    def test_each_old_record_is_removed_by_one(self, address: Address, bundle: Ports) -> None:
        """All of them go, none is counted twice, and what was not published stays."""
        numbers = range(1, ORDERS + 1)
        events = {n: [an_envelope(n, seq) for seq in range(1, 101)] for n in numbers}
        outbox = tuple(event for stream in events.values() for event in stream)
        sent = tuple(event.id for event in outbox if event.seq % 10)
        drive(bundle.store.commit(Batch(tenant=ONE, outbox=outbox)))
        drive(bundle.store.commit(Batch(tenant=ONE, published=sent)))
        tallies = together(address, sweeping, rounds=0)
        assert [tally.fault for tally in tallies if tally.fault] == []
        assert sum(len(tally.done) for tally in tallies) == len(sent)
        for number, stream in events.items():
            left = drive(bundle.outbox.feed(ONE, order_id(number), limit=1000))
            assert left == tuple(event for event in stream if event.id not in sent)

    def _write(self, address: Address, bundle: Ports, task: Task) -> list[Tally]:
        numbers = range(1, ORDERS + 1)
        orders = tuple(new_order(number) for number in numbers)
        drive(bundle.store.commit(Batch(tenant=ONE, orders=orders)))
        tallies = together(address, task, rounds=_ROUNDS)
        assert [tally.fault for tally in tallies if tally.fault] == []
        done = Counter(order for tally in tallies for order in tally.done)
        for number in numbers:
            stored = drive(bundle.orders.get(ONE, order_id(number)))
            assert stored is not None
            assert stored.order.version == 1 + done[order_id(number)]
            assert len(stored.order.redeliveries) == done[order_id(number)]
            trail = drive(bundle.audit.history(ONE, order_id(number)))
            assert [record.seq for record in trail] == list(range(2, stored.order.version + 1))
            events = drive(bundle.outbox.feed(ONE, order_id(number), limit=1000))
            assert [event.seq for event in events] == [record.seq for record in trail]
        return tallies
