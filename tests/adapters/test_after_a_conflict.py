"""A batch that was refused leaves nothing behind on its connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from ordercore.app._drive import drive
from ordercore.engine.messaging import Claim, InboxMark, Release, Work, WorkKind
from ordercore.kernel.errors import LeaseLost
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch, Ports
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database

pytestmark = pytest.mark.postgres

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


@pytest.mark.parametrize("before", range(5))
def test_a_batch_goes_through_after_one_of_the_same_form_was_refused(
    bundle: Ports, before: int
) -> None:
    """The driver prepares a text after some uses; it must not take a skipped one for prepared."""

    def finish(claim: Claim, message: str) -> None:
        mark = InboxMark(tenant=_TENANT, consumer="portal", message_id=message)
        release = Release(claim=claim, due_at=None)
        drive(_committed(bundle, Batch(tenant=_TENANT, inbox=(mark,), releases=(release,))))

    for number in range(before):
        finish(_leased(bundle, f"before-{number}"), f"before-{number}")
    held = _leased(bundle, "refused")
    with pytest.raises(LeaseLost):
        finish(evolve(held, fence=held.fence - 1), "refused")
    finish(held, "refused")
    for number in range(5):
        finish(_leased(bundle, f"after-{number}"), f"after-{number}")
