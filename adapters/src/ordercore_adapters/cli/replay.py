"""``ordercore replay olist DIR``: replay public orders and account for every one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from ordercore import Refusal
from ordercore_adapters.cli.faults import CommandFault, ExitCode, wrong_use
from ordercore_adapters.cli.options import Json
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.replay_report import Account, problem_row
from ordercore_adapters.olist import (
    Arrival,
    DamagedFile,
    Problem,
    SetFile,
    Shelf,
    find_files,
    flags_of,
    load,
    replay,
)

__all__ = ["app", "olist"]

app = typer.Typer(help="Replay orders of elsewhere.", no_args_is_help=True)

_EVERY = 200
_Show = Callable[[int], None]


@app.callback()
def _group() -> None:
    """Keep ``olist`` a command of its own while it is the only one."""


@app.command("olist")
def olist(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the CSV files.")],
    arrival: Annotated[
        Arrival,
        typer.Option("--order", help="How events and rows arrive: time, shuffled or doubled."),
    ] = Arrival.TIME,
    seed: Annotated[int, typer.Option(help="Decides how they are shuffled, 0 unless given.")] = 0,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Replay only so many orders, the first of the files.")
    ] = None,
    flags: Annotated[
        Path | None,
        typer.Option(help="Write everything noteworthy to this file, as JSON Lines."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Replay the public Olist set through the retail lifecycle and reconcile its money.

    Every order ends in the state its status says, whatever order its events arrive in and however
    often; what contradicts that, or itself, is listed. A row that is wrong is reported with file,
    line, field and what is allowed, and the others count. Exits with 0 when the files were read to
    their end.
    """
    out = Output(as_json=as_json)
    with ExitStack() as stack:
        files = _found(folder)
        account = Account(_written(stack, flags, files))
        shelf = stack.enter_context(Shelf())
        _load(out, shelf, files, account, limit=limit)
        with _progress(out, "orders", shelf.orders) as show:
            for result in replay(shelf, arrival=arrival, seed=seed):
                account.tally.add(result)
                for flag in flags_of(result):
                    account.flag(flag)
                if account.tally.orders % _EVERY == 0:
                    show(account.tally.orders)
    if as_json:
        out.value({"arrival": str(arrival)} | account.as_dict())
    else:
        account.show(out, arrival=arrival, flags=flags)


def _found(folder: Path) -> tuple[SetFile, ...]:
    if not folder.is_dir():
        raise wrong_use("folder_not_readable", f"{folder} is not a folder", folder=str(folder))
    with _damage():
        files = find_files(folder)
    if isinstance(files, Refusal):
        raise CommandFault(
            files.code, files.reason, exit_code=ExitCode.WRONG_USE, findings=files.findings
        )
    return files


def _written(stack: ExitStack, flags: Path | None, files: tuple[SetFile, ...]) -> IO[str] | None:
    if flags is None:
        return None
    if any(flags.exists() and flags.samefile(file.path) for file in files):
        about = f"{flags} is a file of the set"
        raise wrong_use("file_not_writable", about, file=str(flags))
    try:
        return stack.enter_context(flags.open("w", encoding="ascii"))
    except OSError as error:
        about = f"{flags}: {error.strerror}"
        raise wrong_use("file_not_writable", about, file=str(flags)) from None


def _load(
    out: Output, shelf: Shelf, files: tuple[SetFile, ...], account: Account, *, limit: int | None
) -> None:
    def problem(found: Problem) -> None:
        account.problem(found)
        account.flag({"kind": "bad_row", **problem_row(found)})

    total = sum(file.size for file in files)
    with _damage(), _progress(out, "reading", total) as show:
        account.rows = load(shelf, files, limit=limit, problem=problem, progress=show)


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except DamagedFile as damage:
        details = {"file": damage.file, "line": damage.line}
        raise CommandFault("file_damaged", str(damage), details=details) from None


@contextmanager
def _progress(out: Output, what: str, total: int) -> Iterator[_Show]:
    if out.is_quiet:
        yield lambda done: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out.err, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
