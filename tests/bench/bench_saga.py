"""Five-step sagas as values, in memory: success, and failure with compensation."""

from __future__ import annotations

from datetime import UTC, datetime

from ordercore.engine.retry import NO_RETRY
from ordercore.engine.saga import (
    Answer,
    CallKind,
    Failed,
    Outcome,
    SagaDefinition,
    SagaStatus,
    Step,
    Succeeded,
    advance,
    calls_due,
    start,
)
from ordercore.kernel.ids import SagaId, TenantId
from tests.bench.measure import compare

AT = datetime(2026, 3, 2, tzinfo=UTC)
STEPS = 5
DEFINITION = SagaDefinition(
    name="five",
    version=1,
    steps=tuple(Step(name=f"step-{n}", undoes=True, retry=NO_RETRY) for n in range(STEPS)),
)


def _walk(*, failing: bool) -> int:
    progress = start(
        DEFINITION,
        saga_id=SagaId("s-1"),
        tenant=TenantId("tenant-a"),
        subject="o-1",
        items={"1": ()},
        now=AT,
    )
    notes, state = len(progress.notes), progress.state
    while state.status is SagaStatus.RUNNING:
        call = calls_due(state, AT)[0]
        broken = failing and call.kind is CallKind.DO and call.step == "step-4"
        outcome: Outcome = Failed(code="x", reason="y") if broken else Succeeded()
        answer = Answer(
            branch=call.branch,
            step=call.step,
            attempt=call.attempt,
            forward=call.forward,
            outcome=outcome,
        )
        progress = advance(DEFINITION, state, answer, now=AT)
        notes, state = notes + len(progress.notes), progress.state
    return notes


def _by_hand(*, failing: bool) -> int:
    """The least a saga can be: a list of names, a log, an undo loop; nothing could resume it."""
    log: list[tuple[str, str]] = []
    done: list[str] = []
    for number in range(STEPS):
        if failing and number == STEPS - 1:
            log.append(("failed", str(number)))
            log.extend(("undone", name) for name in reversed(done))
            break
        done.append(str(number))
        log.append(("done", str(number)))
    return len(log)


def test_saga_in_memory() -> None:
    """Sagas per second, with the notes for the audit trail."""
    for failing in (False, True):
        kind = "failing" if failing else "success"
        compare(
            f"five-step saga in memory, {kind} (loop by hand = 1)",
            {
                "loop by hand, cannot resume": lambda f=failing: _by_hand(failing=f),
                "ordercore saga as a value": lambda f=failing: _walk(failing=f),
            },
        )
