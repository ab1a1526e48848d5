"""Every way a command can end badly, with its exit code: one clear line, never a traceback.

What libraries raise is told by its type and the short words meant for people. Parameters, rows and
configurations are never repeated here, since they may hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TypeVar

from ordercore import Finding, OrderCoreError, Refusal
from ordercore.kernel.errors import (
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    TransitionNotAllowed,
)
from ordercore_adapters.cli.words import finding_rows

__all__ = ["CommandFault", "ExitCode", "as_fault", "granted", "refused", "wrong_use"]

_DRIVERS = frozenset({"alembic", "psycopg", "sqlalchemy", "sqlite3"})
R = TypeVar("R")

_INSTALL = "install ordercore-adapters[all]"


class ExitCode(IntEnum):
    """What the exit code of the command says."""

    DONE = 0
    REFUSED = 1
    WRONG_USE = 2
    FAILED = 3


class CommandFault(Exception):
    """The command ends here.

    Attributes:
        code: Stable, for programs.
        message: One line, for people.
        exit_code: What the process ends with.
        findings: One per field that is wrong.
        details: Further fields of the JSON form, such as ``allowed``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        exit_code: ExitCode = ExitCode.FAILED,
        findings: tuple[Finding, ...] = (),
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.exit_code = exit_code
        self.findings = findings
        self.details = dict(details or {})

    def as_dict(self) -> dict[str, object]:
        """Return the JSON form."""
        body: dict[str, object] = {"code": self.code, "message": self.message, **self.details}
        return body | {"findings": finding_rows(self.findings)} if self.findings else body


def wrong_use(code: str, message: str, **details: object) -> CommandFault:
    """Return the fault of a command that was called in a way it does not understand."""
    return CommandFault(code, message, exit_code=ExitCode.WRONG_USE, details=details)


def refused(refusal: Refusal) -> CommandFault:
    """Return the fault of a request that a rule turned down."""
    return CommandFault(
        refusal.code, refusal.reason, exit_code=ExitCode.REFUSED, findings=refusal.findings
    )


def granted(answer: R | Refusal) -> R:
    """Return the answer to a request, where no rule turned it down.

    Raises:
        CommandFault: one did.
    """
    if isinstance(answer, Refusal):
        raise refused(answer)
    return answer


def as_fault(error: BaseException) -> CommandFault:
    """Return the fault that an exception amounts to."""
    if isinstance(error, CommandFault):
        return error
    if isinstance(error, OrderCoreError):
        known = error.as_dict()
        code, message = str(known.pop("code")), str(known.pop("message"))
        return CommandFault(code, message, exit_code=_exit_code(error), details=known)
    if isinstance(error, KeyboardInterrupt):
        return CommandFault("interrupted", "interrupted; what was done before is kept")
    if isinstance(error, ModuleNotFoundError):
        return CommandFault("not_installed", f"{error.name} is not installed; {_INSTALL}")
    if isinstance(error, OSError):
        about = f"{error.filename}: " if error.filename else ""
        return CommandFault("io_error", f"{about}{error.strerror or type(error).__name__}")
    kind = type(error)
    if kind.__module__.partition(".")[0] in _DRIVERS:
        return CommandFault("storage_fault", f"the database failed ({kind.__name__})")
    where = "set ORDERCORE_TRACEBACK=1 to see where it came from"
    return CommandFault("internal_error", f"unexpected {kind.__name__}; {where}")


def _exit_code(error: OrderCoreError) -> ExitCode:
    if isinstance(error, (TransitionNotAllowed, IdempotencyKeyReused)):
        return ExitCode.REFUSED
    if isinstance(error, (InvalidInput, NotFound)):
        return ExitCode.WRONG_USE
    return ExitCode.FAILED
