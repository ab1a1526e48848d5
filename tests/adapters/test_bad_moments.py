"""What a connection meets when others collide with it, or have just died."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from ordercore.app._drive import drive
from ordercore.engine.messaging import Claim, InboxMark, Release, Work, WorkKind
from ordercore.kernel.errors import LeaseLost
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch, Ports
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database

_NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
_TENANT = TenantId("tenant-a")


@pytest.fixture
def bundle(postgres: Database) -> Iterator[Ports]:
    """Return a bundle whose statements all go over one connection."""
    made = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    yield made
    drive(sqlalchemy.close(made))


def _leased(bundle: Ports, subject: str) -> Claim:
    work = Work(kind=WorkKind.SAGA, subject=subject, due_at=_NOW)
    drive(_committed(bundle, Batch(tenant=_TENANT, work=(work,))))
    return drive(_claimed(bundle))[0]


async def _committed(bundle: Ports, batch: Batch) -> None:
    await bundle.store.commit(batch)


async def _claimed(bundle: Ports) -> tuple[Claim, ...]:
    return await bundle.store.claim(WorkKind.SAGA, now=_NOW, lease=timedelta(seconds=30))


@pytest.mark.postgres
@pytest.mark.parametrize("before", range(5))
def test_batches_go_through_after_others_of_the_same_form_were_refused(
    bundle: Ports, before: int
) -> None:
    """The driver prepares a text after some uses; it must not take a skipped one for prepared."""

    def finish(claim: Claim, message: str) -> None:
        mark = InboxMark(tenant=_TENANT, consumer="portal", message_id=message)
        release = Release(claim=claim, due_at=None)
        drive(_committed(bundle, Batch(tenant=_TENANT, inbox=(mark,), releases=(release,))))

    for round_ in range(8):
        for number in range(before):
            finish(_leased(bundle, f"before-{round_}-{number}"), f"before-{round_}-{number}")
        held = _leased(bundle, f"refused-{round_}")
        with pytest.raises(LeaseLost):
            finish(evolve(held, fence=held.fence - 1), f"refused-{round_}")
        finish(held, f"refused-{round_}")


def test_a_new_connection_waits_while_another_process_has_the_file_to_itself(
    tmp_path: Path,
) -> None:
    """As while a process recovers the file after a crash: nobody else may even read it."""
    path = tmp_path / "orders.db"
    bundle = sqlalchemy.ports(f"sqlite:///{path}")
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN IMMEDIATE")
    let_go = threading.Timer(0.3, holder.close)
    let_go.start()
    assert drive(_claimed(bundle)) == ()
    let_go.join()
    drive(sqlalchemy.close(bundle))
