"""The commands put together, and the one place where they end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Final

import typer
from typer.main import get_command

from ordercore_adapters.cli import (
    audit_laws,
    bank,
    dead_letters,
    judging,
    lifecycle,
    looking,
    orders,
    replay,
    run,
    simulate,
    sweep,
    worker,
)
from ordercore_adapters.cli.faults import CommandFault, ExitCode, as_fault, wrong_use
from ordercore_adapters.cli.output import Output, drop_output

__all__ = ["application", "run_command"]

_PROGRAM = "ordercore"
_NO_ARGUMENTS = "NoArgsIsHelpError"
_TRACEBACK = "ORDERCORE_TRACEBACK"
# The library that reads arguments may be bundled with typer or stand beside it.
_WRONG_ARGUMENTS: Final = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def application() -> typer.Typer:
    """Return all commands as one application."""
    made = typer.Typer(
        name=_PROGRAM,
        help="Take orders for infrastructure through, from a file to delivered services.",
        epilog="Exit codes: 0 done, 1 refused by a rule, 2 wrong use, 3 failed.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    made.callback()(_group)
    made.command("run")(run.run)
    made.command("price")(judging.price)
    made.command("validate")(judging.validate)
    made.command("lifecycle")(lifecycle.lifecycle)
    made.add_typer(orders.app, name="orders")
    made.command("redeliver")(orders.redeliver)
    made.add_typer(dead_letters.app, name="dead-letters")
    made.add_typer(bank.app, name="bank")
    made.command("worker")(worker.worker)
    made.command("sweep")(sweep.sweep)
    made.command("stats")(looking.stats)
    made.add_typer(
        looking.audit,
        name="audit",
        callback=audit_laws.audit,
        help="Check the conservation laws on every order of a database; see also verify.",
        invoke_without_command=True,
        no_args_is_help=False,
    )
    made.command("simulate")(simulate.simulate)
    made.add_typer(replay.app, name="replay")
    return made


def _show_version(wanted: bool) -> None:
    if wanted:
        Output().line(f"{_PROGRAM} {version(_PROGRAM)}")
        raise typer.Exit


def _group(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Say which release."),
    ] = False,
) -> None:
    """Take no part: the option has its own callback."""


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong is one line."""
    out = Output(as_json="--json" in arguments)
    try:
        # Typer's own way of ending a process would print usage where JSON is wanted.
        ended = get_command(application()).main(
            args=list(arguments), prog_name=_PROGRAM, standalone_mode=False
        )
    except (BrokenPipeError, SystemExit):
        # Typer ends the process when whoever read our output has gone: nobody is left to tell.
        drop_output()
        return ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get(_TRACEBACK) and not isinstance(error, CommandFault):
            raise
        if type(error).__name__ == _NO_ARGUMENTS and not out.as_json:
            sys.stderr.write(f"{error}\n")  # the help itself
            return ExitCode.WRONG_USE
        fault = _fault(error)
        out.fault(fault)
        return fault.exit_code
    if ended in (None, *ExitCode):
        return int(ended or ExitCode.DONE)
    return _interrupted(out)


def _fault(error: BaseException) -> CommandFault:
    if type(error).__name__ == _NO_ARGUMENTS:
        return wrong_use("wrong_use", f"no command is given (see {_PROGRAM} --help)")
    if isinstance(error, _WRONG_ARGUMENTS):
        said = getattr(error, "format_message", lambda: str(error))()
        plain = said.replace("Value error, ", "")  # how the library marks a check of ours
        return wrong_use("wrong_use", f"{plain} (see {_PROGRAM} --help)")
    if isinstance(error, typer.Abort):
        return as_fault(KeyboardInterrupt())
    return as_fault(error)


def _interrupted(out: Output) -> int:
    fault = as_fault(KeyboardInterrupt())
    out.fault(fault)
    return fault.exit_code
