"""From the rows that a commit leaves to workflows: find sagas that are due, start or wake them.

A saga's workflow has the saga's id, and one request to the server starts it or, where it runs
already, tells it to read the saga again. So it does not matter how often a saga is found here: when
it begins, when somebody cancelled its order or answered late, when an operator moved parked work,
or when its workflow has been silent for too long.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from attrs import frozen
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError

from ordercore.app import TAKEOVER, WorkOn
from ordercore.engine.messaging import Claim, Release, WorkKind
from ordercore.engine.saga import SagaState, next_due
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.ids import SagaId
from ordercore.ports import Ports
from ordercore_adapters.temporal._face import Face
from ordercore_adapters.temporal.faults import WorkflowServerFault
from ordercore_adapters.temporal.messages import REFRESH
from ordercore_adapters.temporal.settings import Settings, workflow_type

__all__ = ["Bridge"]

_log = logging.getLogger(__name__)
_SERVER_DOWN_RETRY = timedelta(seconds=5)
_SERVER_PATIENCE = timedelta(seconds=10)  # well below the lease on the claim


class Bridge:
    """Hands sagas over to workflows; any number may run at once."""

    def __init__(self, client: Client, ports: Ports, settings: Settings) -> None:
        self._client = client
        self._face = Face(ports, at_once=1)
        self._settings = settings

    async def run(self) -> None:
        """Work until cancelled, resting for a moment whenever nothing is due."""
        while True:
            try:
                found = await self.once()
            except OrderCoreError as fault:
                # One saga that cannot go on must not hold up the others; its work is due again.
                _log.warning("a saga has to wait: %s", fault.code)
                found = None
            if found is None:
                await asyncio.sleep(self._settings.pause.total_seconds())

    async def once(self) -> Claim | None:
        """Deal with one saga that is due; return its claim, or None when none is due.

        Raises:
            WorkflowServerFault: the server refused or is away; the saga is due again in 5 seconds.
            OrderCoreError: a saga that the bridge runs itself cannot go on, as for `WorkOnce`.
        """
        found = await self._face.handle(_Find(definitions=self._settings.definitions))
        if found is None or found.saga is None:
            return None if found is None else found.claim
        try:
            await self._start_or_wake(found.saga)
        except WorkflowServerFault:
            await self._face.handle(_Leave(claim=found.claim, wait=_SERVER_DOWN_RETRY))
            raise
        due = next_due(found.saga)
        await self._face.handle(_Leave(claim=found.claim, wait=TAKEOVER, after=due))
        return found.claim

    async def _start_or_wake(self, saga: SagaState) -> None:
        try:
            await self._client.start_workflow(
                workflow_type(saga),
                self._settings.run(saga),
                id=saga.id,
                task_queue=self._settings.task_queue,
                # An operator may reopen a saga whose workflow has ended.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                start_signal=REFRESH,
                rpc_timeout=_SERVER_PATIENCE,
            )
        except RPCError as error:
            raise WorkflowServerFault(problem=error.status.name.lower()) from None
        except RuntimeError:  # what a client that was never connected raises
            raise WorkflowServerFault(problem="cannot be reached") from None


@frozen(kw_only=True)
class _Found:
    """A claim, and the saga it is about; None when it has been dealt with."""

    claim: Claim
    saga: SagaState | None


@frozen(kw_only=True)
class _Find:
    """Claim a saga that is due, and run it here unless it belongs to a workflow."""

    definitions: frozenset[str]

    async def run(self, ports: Ports) -> _Found | None:
        claims = await ports.store.claim(WorkKind.SAGA, now=ports.clock.now())
        if not claims:
            return None
        claim = claims[0]
        saga = await ports.sagas.get(claim.tenant, SagaId(claim.subject))
        if saga is None or saga.definition not in self.definitions or next_due(saga) is None:
            await WorkOn(claim=claim).run(ports)
            return _Found(claim=claim, saga=None)
        return _Found(claim=claim, saga=saga)


@frozen(kw_only=True)
class _Leave:
    """End a lease: due again ``wait`` after now, or after ``after`` where that is later."""

    claim: Claim
    wait: timedelta
    after: datetime | None = None

    async def run(self, ports: Ports) -> None:
        now = ports.clock.now()
        due = max(now, self.after or now) + self.wait
        await ports.store.release(Release(claim=self.claim, due_at=due))
