"""The suites can fail: each kind of broken adapter is caught by the test that is meant for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.domain.orders import Order
from ordercore.engine.messaging import Claim, Envelope, Release, WorkKind
from ordercore.kernel.errors import LeaseLost, OrderCoreError, Suspended
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    Batch,
    Decide,
    Ports,
    ProvisionOutcome,
    ProvisionRequest,
    StoredOrder,
)
from ordercore.testing import contracts
from ordercore.testing.contracts import Subject, drive
from ordercore.testing.contracts.rows import AT
from ordercore_adapters import memory

LATE = AT + timedelta(days=1)
Contract = contracts.Contract


class Wrapped:
    """An object that passes everything on to the one it wraps, but for what a subclass breaks."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class TornStore(Wrapped):
    """Writes its outbox before it looks at anything else."""

    async def commit(self, batch: Batch) -> None:
        await self.inner.commit(Batch(tenant=batch.tenant, outbox=batch.outbox))
        await self.inner.commit(evolve(batch, outbox=()))


class BlindStore(Wrapped):
    """Overwrites orders whatever version they are at."""

    async def commit(self, batch: Batch) -> None:
        writes = []
        for write in batch.orders:
            order = write.stored.order
            found = await self.inner._orders.get(batch.tenant, order.id)
            version = write.read_version and found and found.order.version
            writes.append(evolve(write, read_version=version))
        await self.inner.commit(evolve(batch, orders=tuple(writes)))


class UnlockedStore(Wrapped):
    """Reads, decides and commits without holding anything."""

    async def update(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        stored = await self.inner._orders.get(tenant, order_id)
        decided = decide(stored, ())
        if isinstance(decided, Batch):
            await self.inner.commit(decided)
        return decided


class FencelessStore(Wrapped):
    """Lets a worker write although its lease was given to another."""

    async def commit(self, batch: Batch) -> None:
        try:
            await self.inner.commit(batch)
        except LeaseLost:
            await self.inner.commit(evolve(batch, releases=()))


class GenerousStore(Wrapped):
    """Gives leases that end at once, so the same work goes to everybody."""

    async def claim(
        self, kind: WorkKind, *, lease: timedelta = timedelta(), **rest: Any
    ) -> tuple[Claim, ...]:
        claims: tuple[Claim, ...] = await self.inner.claim(
            kind, lease=timedelta(microseconds=1), **rest
        )
        return claims


class HastyStore(Wrapped):
    """Ends work on release even though it was asked for meanwhile."""

    async def release(self, release: Release) -> None:
        await self.inner.release(release)
        claim = release.claim
        (again,) = await self.inner.claim(claim.kind, now=LATE)
        await self.inner.release(Release(claim=again, due_at=release.due_at))


class ShowingOrders(Wrapped):
    """Lists hidden orders as well."""

    async def list(self, tenant: TenantId, **query: Any) -> tuple[Order, ...]:
        found: tuple[Order, ...] = await self.inner.list(tenant, **{**query, "hidden": True})
        return found


class LeakyOrders(Wrapped):
    """Forgets the tenant when it looks up a reference."""

    async def by_reference(self, tenant: TenantId, reference: str) -> StoredOrder | None:
        found: StoredOrder | None = await self.inner.by_reference(TenantId("tenant-1"), reference)
        return found


class JumbledOutbox(Wrapped):
    """Reads positions as text."""

    async def pending(
        self, tenant: TenantId, stream: str, *, limit: int = 100
    ) -> tuple[Envelope, ...]:
        found = await self.inner.pending(tenant, stream)
        return tuple(sorted(found, key=lambda event: str(event.seq)))[:limit]


class TransparentSealer(Wrapped):
    """Does not encrypt."""

    async def seal(self, credentials: Credentials, **place: Any) -> SealedCredentials:
        sealed: SealedCredentials = await self.inner.seal(credentials, **place)
        return evolve(sealed, ciphertext=repr(credentials.values).encode())


class MovableSealer(Wrapped):
    """Opens seals wherever they are."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.first: SealedCredentials | None = None

    async def seal(self, credentials: Credentials, **place: Any) -> SealedCredentials:
        sealed: SealedCredentials = await self.inner.seal(credentials, **place)
        self.first = sealed
        return sealed

    async def open(self, sealed: SealedCredentials) -> Credentials:
        opened: Credentials = await self.inner.open(self.first)
        return opened


class ForgetfulProvisioner(Wrapped):
    """Builds again for the same key."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.calls = 0

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        self.calls += 1
        outcome: ProvisionOutcome = await self.inner.provision(
            evolve(request, key=f"{request.key} {self.calls}")
        )
        return outcome


def broken(port: str, breaker: Callable[[Any], object]) -> Ports:
    """Return a bundle in memory with one port spoilt."""
    ports = memory.ports()
    inner = getattr(ports, port)
    if port == "store":
        inner._orders = ports.orders
    changes: dict[str, Any] = {port: breaker(inner)}
    return evolve(ports, **changes)


def check(contract: type[Contract], name: str, *arguments: object) -> Callable[[Subject], None]:
    """Return a run of one test of a suite."""
    return lambda subject: getattr(contract(), name)(subject, *arguments)


STORE, READ = contracts.StoreContract, contracts.OrdersContract
CASES: list[tuple[str, Callable[[Any], object], Callable[[Subject], None]]] = [
    (
        "store",
        TornStore,
        check(STORE, "test_a_refused_batch_writes_nothing_at_all", "reference: taken"),
    ),
    ("store", BlindStore, check(STORE, "test_writers_of_one_version_exclude_each_other")),
    ("store", UnlockedStore, check(STORE, "test_many_writers_of_one_order_all_get_their_turn")),
    ("store", FencelessStore, check(STORE, "test_a_worker_paused_beyond_its_lease_cannot_write")),
    ("store", FencelessStore, check(STORE, "test_fences_are_not_reused_for_work_asked_for_anew")),
    ("store", GenerousStore, check(STORE, "test_claimed_work_is_not_given_out_again_while_leased")),
    ("store", HastyStore, check(STORE, "test_work_asked_for_meanwhile_survives_its_worker")),
    ("orders", ShowingOrders, check(READ, "test_hidden_orders_are_listed_on_request_only")),
    ("orders", LeakyOrders, check(STORE, "test_no_reader_shows_another_tenants_rows")),
    (
        "outbox",
        JumbledOutbox,
        check(contracts.OutboxContract, "test_pending_events_come_in_the_order_of_their_stream"),
    ),
    (
        "sealer",
        TransparentSealer,
        check(contracts.SealerContract, "test_nothing_shows_through_the_seal"),
    ),
    (
        "sealer",
        MovableSealer,
        check(contracts.SealerContract, "test_a_seal_cannot_be_moved", "item"),
    ),
    (
        "provisioner",
        ForgetfulProvisioner,
        check(contracts.ProvisionerContract, "test_the_same_key_never_builds_twice"),
    ),
]


@pytest.mark.parametrize(
    ("port", "breaker", "test"),
    CASES,
    ids=[f"{port}-{b.__name__}" for port, b, _ in CASES],
)
def test_a_broken_adapter_is_caught(
    port: str, breaker: Callable[[Any], object], test: Callable[[Subject], None]
) -> None:
    """The test passes with the sound adapter and fails with the broken one."""
    test(Subject(memory.ports(), drive))
    with pytest.raises((AssertionError, OrderCoreError, pytest.fail.Exception)):
        test(Subject(broken(port, breaker), drive))


def test_a_suite_without_a_binding_says_what_is_missing() -> None:
    """The hook is abstract in deed: it names the fixture to override."""
    hook = contracts.Contract.subject
    with pytest.raises(NotImplementedError, match="subject"):
        hook.__wrapped__(contracts.Contract())  # type: ignore[attr-defined]


def test_a_port_that_suspends_is_found_out() -> None:
    """The driver of blocking bundles does not wait for ever."""

    class Later:
        def __await__(self) -> Any:
            yield self

    async def wait() -> None:
        await Later()

    with pytest.raises(Suspended):
        drive(wait())
