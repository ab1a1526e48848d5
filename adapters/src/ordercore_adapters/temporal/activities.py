"""What a workflow has done for it: read a saga, or make one call and record how it ended.

Call and record are one activity. A worker that dies in between leaves an activity that is given to
another, which makes the same call under the same key; so nothing about the outcome, credentials
least of all, ever rests in Temporal's history.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from ordercore.app import CALL_WITHIN, GetSaga, MakeCall, UseCase
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import OrderCoreError
from ordercore.ports import Ports
from ordercore_adapters.temporal._face import Face
from ordercore_adapters.temporal.messages import LOAD_SAGA, MAKE_CALL, CallWanted, Run

__all__ = ["Activities"]

R = TypeVar("R")
_BEATS = 3


class Activities:
    """The activities over one bundle; ``at_once`` is how many a process may have in hand."""

    def __init__(self, ports: Ports, *, at_once: int) -> None:
        self._face = Face(ports, at_once=at_once)

    @property
    def all(self) -> list[Callable[..., Awaitable[SagaState]]]:
        """What a worker has to be given."""
        return [self.load_saga, self.make_call]

    @activity.defn(name=LOAD_SAGA)
    async def load_saga(self, run: Run) -> SagaState:
        """Return the saga as it is stored."""
        return await self._carry_out(GetSaga(tenant=run.tenant, saga_id=run.saga_id))

    @activity.defn(name=MAKE_CALL)
    async def make_call(self, wanted: CallWanted) -> SagaState:
        """Make a call, record it, and return the saga as it is stored then."""
        use_case = MakeCall(
            tenant=wanted.tenant,
            saga_id=wanted.saga_id,
            branch=wanted.branch,
            step=wanted.step,
            attempt=wanted.attempt,
            wanted_at=wanted.wanted_at,
            within=activity.info().start_to_close_timeout or CALL_WITHIN,
        )
        async with _beating():
            return await self._carry_out(use_case)

    async def _carry_out(self, use_case: UseCase[R]) -> R:
        try:
            return await self._face.handle(use_case)
        except OrderCoreError as fault:
            raise ApplicationError(str(fault), type=fault.code) from None
        except Exception as fault:  # its text is somebody else's and may hold anything
            raise ApplicationError("a fault outside ordercore", type=type(fault).__name__) from None


@asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    """Tell the server that this process is alive, until the block ends."""
    beating = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat() -> None:
    limit = activity.info().heartbeat_timeout
    while limit is not None:
        activity.heartbeat()
        await asyncio.sleep(limit.total_seconds() / _BEATS)
