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

__all__ = ["LOST", "WITHOUT_EFFECT", "Call", "Desk", "no_answer"]

A = TypeVar("A")

LOST = frozenset({Fate.LOST_DONE, Fate.LOST_UNDONE})
WITHOUT_EFFECT = frozenset({Fate.TRANSIENT, Fate.STUBBORN, Fate.LOST_UNDONE})


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


@frozen
class Desk:
    """Where a provider takes calls.

    Attributes:
        books: Where effects and calls are written down.
        faults: Decides how a call ends.
        clock: Tells when it is made.
    """

    books: Books
    faults: FaultPlan
    clock: Clock

    def take(
        self,
        work: Callable[[Call], A],
        *,
        tenant: str,
        kind: str,
        key: str,
        busy: str | None,
        no: Rejected | None = None,
        unclear: str = "no answer",
    ) -> A | Failed | Rejected | Unclear:
        """Take a call under a key and return its answer.

        Args:
            work: Has the effect, if it is not there yet, and says how it stands.
            tenant: Whose call.
            kind: Which rates apply.
            key: Which effect.
            busy: Code of a failure; None for a question, whose failure tells nothing about the
                effect.
            no: The answer for a key that is rejected for good; None where nothing ever is.
            unclear: What is said of an effect that may be there although an error was answered.

        Raises:
            TimeoutError: the answer was lost, told the way network libraries tell it (other lost
                answers are returned as `Unclear`).
        """
        scoped = f"{tenant}/{key}"
        with self.books.transaction() as db:
            at = self.clock.now()
            attempt = number_of_call(db, tenant, kind, key)
            fate = self.faults.fate(kind, scoped, attempt)
            late = fate in (Fate.DELAYED, Fate.LATE_FAILURE)
            delay = timedelta(seconds=self.faults.delay_s(kind, scoped, attempt) if late else 0)
            call = Call(db=db, at=at, due_at=at + delay, fate=fate)
            answer = _answer(work, call, busy=busy, no=no)
            name = fate if fate in LOST else type(answer).__name__.lower()
            note_call(db, tenant, kind, key, attempt, at=at, answer=name)
        if fate in LOST:
            return no_answer(self.faults, kind, scoped, attempt, reason=unclear)
        return answer


def no_answer(
    faults: FaultPlan, kind: str, scoped: str, attempt: int, *, reason: str = "no answer"
) -> Unclear:
    """Return that the answer was lost or made no sense, or raise it."""
    if faults.draw("how", kind, scoped, str(attempt), below=2):
        raise TimeoutError("no answer")
    return Unclear(reason=reason)


def _answer(
    work: Callable[[Call], A], call: Call, *, busy: str | None, no: Rejected | None
) -> A | Failed | Rejected | Unclear:
    if call.fate is Fate.REJECTED and no is not None:
        return no
    if call.fate in WITHOUT_EFFECT:
        reason = "the provider could not take the call"
        return Failed(code=busy, reason=reason) if busy else Unclear(reason=reason)
    answer = work(call)
    return work(call) if call.fate is Fate.DUPLICATED else answer
