"""One workflow for every saga: wait until a call is due, hand it out, look at what the store says.

It interprets the saga as a value and knows no table of steps, so a new version of a definition
changes nothing here, and a workflow that was started under the old one goes on. Deciding, calling
and writing happen in activities; replaying a history therefore asks nobody anything.

Whoever changes the order in which this module hands out calls, sets timers or reacts to signals
puts the change behind `temporalio.workflow.patched`; the recorded histories in the tests fail
otherwise. The type of a workflow carries name and version of its definition, see
`ordercore_adapters.temporal.workflow_type`, so that one class serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError

from ordercore.engine.saga import Call, CallKind, SagaState, calls_due, next_due
from ordercore_adapters.temporal.messages import (
    LOAD_SAGA,
    MAKE_CALL,
    PROGRESS,
    REFRESH,
    REPORT,
    CallWanted,
    Report,
    Run,
)

__all__ = ["SagaWorkflow"]

_Place = tuple[str, str]
_SOMETIME = datetime.max.replace(tzinfo=UTC)
# Faults are not outcomes: a database that is away is waited for. Outcomes of calls never come here.
_FAULTS = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


# Without the sandbox, which would import all of this anew for every run: what it guards against
# cannot get in, since the engine imports neither clock nor chance nor I/O, by contract.
@workflow.defn(dynamic=True, sandboxed=False)
class SagaWorkflow:
    """Drives one saga until nothing of it is outstanding; returns its status."""

    def __init__(self) -> None:
        self._saga: SagaState | None = None
        self._stale = True
        self._reports: list[Report] = []
        self._under_way: dict[_Place, workflow.ActivityHandle[SagaState]] = {}

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> str:
        """Drive the saga that the one argument, a `Run`, names."""
        run = _only(args)
        while True:
            if self._stale:
                self._stale = False
                self._saga = await self._load(run)
                continue
            saga = self._known()
            ending = workflow.info().is_continue_as_new_suggested()
            if not ending:
                self._hand_out(run, saga)
            if not self._under_way:
                if next_due(saga) is None:
                    return saga.status.value
                if ending:
                    workflow.continue_as_new(run)
            await self._rest(saga)
            await self._take_in()

    @workflow.signal(name=REFRESH)
    def refresh(self) -> None:
        """Read the stored saga again: somebody else has changed it."""
        self._stale = True

    @workflow.signal(name=REPORT)
    def report(self, report: Report) -> None:
        """Look up at once what became of an attempt that takes its time."""
        self._reports.append(report)

    @workflow.query(name=PROGRESS)
    def progress(self) -> SagaState | None:
        """Return branches, phases and attempts; None before the saga was read."""
        return self._saga

    def _known(self) -> SagaState:
        assert self._saga is not None, "the first thing a run does is to read it"
        return self._saga

    async def _load(self, run: Run) -> SagaState:
        loaded: SagaState = await workflow.execute_activity(
            LOAD_SAGA,
            run,
            result_type=SagaState,
            start_to_close_timeout=timedelta(seconds=run.call_timeout_s),
            retry_policy=_FAULTS,
        )
        return loaded

    def _hand_out(self, run: Run, saga: SagaState) -> None:
        """Start an activity for each call that is due, unless one is under way at the same step."""
        now = workflow.now()
        for call in (*calls_due(saga, now), *self._reported(saga)):
            place = (call.branch, call.step)
            if place in self._under_way:
                continue
            wanted = CallWanted(
                tenant=run.tenant,
                saga_id=run.saga_id,
                branch=call.branch,
                step=call.step,
                attempt=call.attempt,
                wanted_at=now,
            )
            self._under_way[place] = workflow.start_activity(
                MAKE_CALL,
                wanted,
                result_type=SagaState,
                start_to_close_timeout=timedelta(seconds=run.call_timeout_s),
                heartbeat_timeout=timedelta(seconds=run.heartbeat_s),
                retry_policy=_FAULTS,
            )

    def _reported(self, saga: SagaState) -> Iterator[Call]:
        """Return look-ups that need not wait; keep reports on calls that have not yet ended."""
        reports, self._reports = self._reports, []
        for report in reports:
            for call in calls_due(saga, _SOMETIME):
                if (call.key, call.attempt) != (report.key, report.attempt):
                    continue
                if (call.branch, call.step) in self._under_way:
                    self._reports.append(report)
                elif call.kind is CallKind.FIND:
                    yield call

    async def _rest(self, saga: SagaState) -> None:
        """Wait for the end of a call, for news, or for the next call to come due."""
        waiting = [
            run.due_at
            for branch in saga.branches
            for run in branch.steps
            if run.due_at is not None and (branch.key, run.name) not in self._under_way
        ]
        ending = workflow.info().is_continue_as_new_suggested()
        timeout = None if ending or not waiting else min(waiting) - workflow.now()
        held = len(self._reports)
        try:
            await workflow.wait_condition(
                lambda: (
                    self._stale
                    or len(self._reports) > held
                    or any(handle.done() for handle in self._under_way.values())
                ),
                timeout=timeout,
            )
        except TimeoutError:
            return

    async def _take_in(self) -> None:
        """Adopt what the store said after each call that has ended; the newest word counts."""
        ended = [place for place, handle in self._under_way.items() if handle.done()]
        for place in ended:
            told = await self._under_way.pop(place)
            if told.version > self._known().version:
                self._saga = told


def _only(args: Sequence[RawValue]) -> Run:
    values = [workflow.payload_converter().from_payload(arg.payload) for arg in args]
    if len(values) != 1 or not isinstance(values[0], Run):
        raise ApplicationError("a saga's workflow takes one Run", non_retryable=True)
    return values[0]
