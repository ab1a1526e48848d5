"""Contract of telemetry: whatever it is told, it answers nothing, at once, and never raises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from ordercore.kernel.ids import OrderId
from ordercore.ports import TraceError, TraceErrorKind, TraceEvent, TraceName
from ordercore.testing.contracts.rows import ONE, OTHER
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["TelemetryContract"]

_THREADS = 4


def _event(name: TraceName, **more: Any) -> TraceEvent:
    usual: dict[str, Any] = {
        "operation": "PlaceOrder",
        "tenant": ONE,
        "started_at": datetime(2026, 1, 5, tzinfo=UTC),
        "duration": timedelta(milliseconds=5),
    }
    return TraceEvent(name=name, **{**usual, **more})


class TelemetryContract(Contract):
    """Taking trace events."""

    @pytest.mark.parametrize("name", list(TraceName))
    def test_it_takes_every_event_and_answers_nothing(
        self, subject: Subject, name: TraceName
    ) -> None:
        """A coroutine would be an answer: nobody would await it."""
        emit: Any = subject.ports.telemetry.emit
        assert emit(_event(name)) is None

    @pytest.mark.parametrize("kind", list(TraceErrorKind))
    def test_it_takes_every_failure(self, subject: Subject, kind: TraceErrorKind) -> None:
        """Whatever sort it is of."""
        error = TraceError(kind=kind, code="code")
        subject.ports.telemetry.emit(_event(TraceName.PAYMENT_PROCESSING, error=error))

    @pytest.mark.parametrize(
        "more",
        [
            {"duration": timedelta()},
            {"duration": timedelta(days=400)},
            {"started_at": datetime(1969, 12, 31, tzinfo=UTC)},
            {"started_at": datetime(2262, 4, 12, tzinfo=UTC)},
            {"correlation_id": "\ud7ff\U0001f600 " * 600},
            {"order_id": OrderId("o" * 200), "tenant": OTHER},
        ],
        ids=["at once", "endless", "before 1970", "beyond 2262", "long text", "long id"],
    )
    def test_odd_values_do_not_trouble_it(self, subject: Subject, more: dict[str, Any]) -> None:
        """A virtual clock, a clock that is wrong, a caller with a lot to say."""
        subject.ports.telemetry.emit(_event(TraceName.ORDER_CREATION, **more))

    def test_threads_may_tell_it_at_the_same_time(self, subject: Subject) -> None:
        """Workers share it."""
        go, raised = Barrier(_THREADS), list[BaseException]()

        def tell() -> None:
            go.wait()
            try:
                for _ in range(50):
                    subject.ports.telemetry.emit(_event(TraceName.DATA_LOOKUP))
            except BaseException as trouble:
                raised.append(trouble)

        threads = [Thread(target=tell) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert raised == []
