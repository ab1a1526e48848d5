"""Which sagas run as workflows, and how patiently."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import InvalidInput
from ordercore_adapters.temporal.messages import Run

__all__ = ["Settings", "workflow_type"]


@frozen(kw_only=True)
class Settings:
    """The configuration of this adapter; the same for every process that serves a task queue.

    Attributes:
        definitions: Names of the saga definitions that run as workflows, in all their versions;
            the bridge runs the others itself, as an embedded worker would.
        task_queue: Where workflows and activities wait for workers.
        call_timeout_s: A call that has not ended after so many seconds is made again, under the
            same key; above the time-outs of the clients of your providers.
        heartbeat_s: A worker that has said nothing for so many seconds is taken for dead, and what
            it had in hand is given to another.
        calls_at_once: How many calls a process may have in hand; over a blocking bundle, how many
            threads it may use.
        pause: How long the bridge rests when nothing is due: how long a new saga may wait.

    Raises:
        InvalidInput: a time or a number is not above zero, or no definition is named.
    """

    definitions: frozenset[str] = frozenset({"fulfilment"})
    task_queue: str = "ordercore-sagas"
    call_timeout_s: int = 60
    heartbeat_s: int = 10
    calls_at_once: int = 20
    pause: timedelta = timedelta(seconds=0.5)

    def __attrs_post_init__(self) -> None:
        if not self.definitions:
            raise InvalidInput(field="definitions", problem="no saga would run as a workflow")
        numbers = (self.call_timeout_s, self.heartbeat_s, self.calls_at_once)
        if min(numbers) <= 0 or self.pause <= timedelta():
            raise InvalidInput(field="settings", problem="a time or a number is not above zero")

    def run(self, saga: SagaState) -> Run:
        """Return what the workflow of a saga is started with."""
        return Run(
            tenant=saga.tenant,
            saga_id=saga.id,
            call_timeout_s=self.call_timeout_s,
            heartbeat_s=self.heartbeat_s,
        )


def workflow_type(saga: SagaState) -> str:
    """Return the type of a saga's workflow: it tells which table of steps is being driven."""
    return f"ordercore.{saga.definition}.v{saga.definition_version}"
