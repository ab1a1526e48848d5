"""What a saga is told and what it tells.

Messages go in: answers to calls, an abort, an operator's decision about parked work. Notes come
out: what happened, in order, for the audit trail and for the domain to translate into its own
events.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from ordercore.engine.saga.state import Memory
from ordercore.kernel.text import readable

__all__ = [
    "Abort",
    "Absent",
    "Accepted",
    "Answer",
    "Failed",
    "Message",
    "Note",
    "NoteKind",
    "Outcome",
    "Rejected",
    "ResolveParked",
    "RetryParked",
    "Succeeded",
    "TakeBack",
    "Unclear",
]


@frozen(kw_only=True)
class Succeeded:
    """The effect is there; ``memory`` is all its undo will be given."""

    memory: Memory = ()


@frozen(kw_only=True)
class Failed:
    """The attempt had no effect and may be repeated."""

    code: str = field(converter=readable)
    reason: str = field(converter=readable)


@frozen(kw_only=True)
class Rejected:
    """The other side said no for good; repeating would be pointless."""

    code: str = field(converter=readable)
    reason: str = field(converter=readable)


@frozen(kw_only=True)
class Unclear:
    """Nobody knows whether the effect is there (a timeout, a lost answer); it is looked up."""

    reason: str = field(converter=readable)


@frozen(kw_only=True)
class Accepted:
    """The other side is at it and will be asked again."""


@frozen(kw_only=True)
class Absent:
    """A look-up found that the effect is not there."""


Outcome = Succeeded | Failed | Rejected | Unclear | Accepted | Absent


@frozen(kw_only=True)
class Answer:
    """The outcome of one call."""

    branch: str
    step: str
    attempt: int
    forward: bool
    outcome: Outcome


@frozen(kw_only=True)
class Abort:
    """Take everything back."""

    reason: str


@frozen(kw_only=True)
class TakeBack:
    """Take everything back that a finished saga has left, as an abort would have."""

    reason: str


@frozen(kw_only=True)
class RetryParked:
    """An operator lets a parked step try again, with a fresh count of attempts."""

    branch: str
    step: str
    note: str = ""


@frozen(kw_only=True)
class ResolveParked:
    """An operator has put a parked step right by hand."""

    branch: str
    step: str
    note: str


Message = Answer | Abort | TakeBack | RetryParked | ResolveParked


class NoteKind(StrEnum):
    """What happened."""

    BRANCH_STARTED = "branch_started"
    BRANCH_DONE = "branch_done"
    BRANCH_TURNED = "branch_turned"
    BRANCH_UNDONE = "branch_undone"
    STEP_DONE = "step_done"
    STEP_FAILED = "step_failed"
    STEP_UNCLEAR = "step_unclear"
    STEP_UNDONE = "step_undone"
    STEP_PARKED = "step_parked"
    STEP_RETRIED = "step_retried"
    STEP_RESOLVED = "step_resolved"
    LATE_ANSWER = "late_answer"
    ITEMS_SETTLED = "items_settled"
    FINISHED = "finished"


@frozen(kw_only=True)
class Note:
    """One thing that happened, for the audit trail.

    Attributes:
        code: Machine-readable cause of a failure, empty otherwise.
        own: For a turned branch: its own step failed (False: it is taken back with the others).
    """

    kind: NoteKind
    branch: str = ""
    step: str = ""
    attempt: int = 0
    forward: bool = True
    code: str = ""
    reason: str = ""
    own: bool = False
    memory: Memory = ()
