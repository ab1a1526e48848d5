"""One call to a simulated provider: find its fate, do its work, write both down, answer or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import frozen

from ordercore.engine.saga import Failed, Rejected, Unclear
from ordercore.ports import Clock
from ordercore_adapters.simulated.books import Books, note_call, number_of_call
from ordercore_adapters.simulated.faults import Fate, FaultPlan

__all__ = ["LOST", "Call", "make", "no_answer"]

A = TypeVar("A")

LOST = frozenset({Fate.LOST_DONE, Fate.LOST_UNDONE})


@frozen(kw_only=True)
class Call:
    """A call as the provider sees it.

    Attributes:
        due_at: When a delayed effect is there; equal to ``at`` for one that is not delayed.
    """

    db: sqlite3.Connection
    at: datetime
    due_at: datetime
    fate: Fate


def make(
    work: Callable[[Call], A],
    *,
    books: Books,
    faults: FaultPlan,
    clock: Clock,
    tenant: str,
    kind: str,
    key: str,
    busy: str | None,
    no: Rejected | None = None,
) -> A | Failed | Rejected | Unclear:
    """Make a call under a key and return its answer.

    Args:
        work: Has the effect, if it is not there yet, and says how it stands.
        books: Where effect and call are written down, in one transaction.
        faults: Decides how the call ends.
        clock: Tells when it is made.
        tenant: Whose call.
        kind: Which rates apply.
        key: Which effect.
        busy: Code of a failure; None for a question, whose failure says nothing about the effect.
        no: The answer for a key that is rejected for good; None where nothing ever is.

    Raises:
        TimeoutError: the answer was lost, told the way network libraries tell it (others of these
            calls return `Unclear` instead).
    """
    with books.transaction() as db:
        at = clock.now()
        scoped = f"{tenant}/{key}"
        attempt = number_of_call(db, tenant, kind, key)
        fate = faults.fate(kind, scoped, attempt)
        late = fate in (Fate.DELAYED, Fate.LATE_FAILURE)
        delay = timedelta(seconds=faults.delay_s(kind, scoped, attempt) if late else 0)
        call = Call(db=db, at=at, due_at=at + delay, fate=fate)
        answer: A | Failed | Rejected | Unclear
        if fate is Fate.REJECTED and no is not None:
            answer = no
        elif fate in (Fate.TRANSIENT, Fate.STUBBORN, Fate.LOST_UNDONE):
            reason = "the provider could not take the call"
            answer = Failed(code=busy, reason=reason) if busy else Unclear(reason=reason)
        else:
            answer = work(call)
            if fate is Fate.DUPLICATED:
                answer = work(call)
        name = fate if fate in LOST else type(answer).__name__.lower()
        note_call(db, tenant, kind, key, attempt, at=at, answer=name)
    if fate in LOST:
        return no_answer(faults, kind, scoped, attempt)
    return answer


def no_answer(faults: FaultPlan, kind: str, scoped: str, attempt: int) -> Unclear:
    """Return that the answer was lost, or raise it."""
    if faults.draw("how", kind, scoped, str(attempt), below=2):
        raise TimeoutError("no answer")
    return Unclear(reason="no answer")
