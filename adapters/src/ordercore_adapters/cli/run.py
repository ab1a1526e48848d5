"""``ordercore run FILE``: take a file of orders through to delivered services, or say why not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO

import typer

from ordercore_adapters.cli.driving import Driver
from ordercore_adapters.cli.faults import CommandFault, wrong_use
from ordercore_adapters.cli.hosting import DEFAULT_DB, Host, open_world
from ordercore_adapters.cli.intake import Intake
from ordercore_adapters.cli.lines import Line, read_lines
from ordercore_adapters.cli.options import Db, Json, Providers, Seed
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.report import OUTCOMES, Report
from ordercore_adapters.cli.stopping import stopping
from ordercore_adapters.cli.words import finding_text

__all__ = ["run"]

_STDIN = "-"
_IN_MEMORY = 256 * 1024
_FINDINGS = 5
_WORDS = {
    "refused": "turned down by a rule; nothing of it is stored",
    "fulfilled": "delivered; an item that could not be built was refunded",
    "partially_fulfilled": "some items active, others still under way or with an operator",
    "failed": "nothing could be built; refunded",
    "cancelled": "cancelled; refunded if it was paid",
    "running": "not finished; run the file again, or a worker",
}


def run(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Orders as JSON Lines; - for stdin.")],
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    seed: Seed = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Also write every line turned away to this file, as JSON Lines."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Place, submit, pay and fulfil every order of a file.

    A line that was placed before is carried on if it is unfinished and never makes a second order,
    so a run that was interrupted is completed by running the same file again. Exits with 0 when the
    file was read to its end, whatever was refused.
    """
    out = Output(as_json=as_json)
    with ExitStack() as stack:
        stream = stack.enter_context(_opened(file))
        details = stack.enter_context(report.open("w", encoding="ascii")) if report else None
        host = stack.enter_context(open_world(db, providers=providers, seed=seed))
        bad = stack.enter_context(SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="ascii"))
        counted = Report(bad, details)
        stop = stack.enter_context(stopping())
        driver = Driver(host.core, stop=stop)
        with _progress(out, stream) as show:
            Intake(host, driver, counted, stop=stop).all(read_lines(stream), progress=show)
        if stop():
            raise CommandFault(
                "interrupted",
                f"stopped after {counted['lines']} lines; run the file again to go on",
                details={"lines": counted["lines"]},
            )
        _say(out, counted, host, driver, report=report)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == _STDIN:
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(Path(file).open("rb"))
        except OSError as error:
            raise wrong_use("file_not_readable", f"{file}: {error.strerror}", file=file) from None
        yield stream


@contextmanager
def _progress(out: Output, stream: BinaryIO) -> Iterator[Callable[[Line], None]]:
    if out.is_quiet:
        yield lambda line: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out.err, transient=True) as bar:
        task = bar.add_task("orders", total=_size(stream))
        count = 0

        def show(line: Line) -> None:
            nonlocal count
            count += 1
            bar.update(task, completed=line.end, description=f"{count} lines")

        yield show


def _size(stream: BinaryIO) -> int | None:
    """Return how many bytes there are to read, where that is known."""
    if not stream.seekable():
        return None
    here = stream.tell()
    size = stream.seek(0, 2)
    stream.seek(here)
    return size


def _say(
    out: Output,
    counted: Report,
    host: Host,
    driver: Driver,
    *,
    report: Path | None,
) -> None:
    if out.as_json:
        for piece in counted.as_json():
            sys.stdout.write(piece)
        sys.stdout.write("\n")
        sys.stdout.flush()
        return
    out.line(
        f"{counted['lines']} line{'' if counted['lines'] == 1 else 's'}: "
        f"{counted['submitted']} submitted, "
        f"{counted['repeated']} repeated, {counted['bad']} bad"
    )
    rows = [(name, counted[name], _WORDS[name]) for name in OUTCOMES if counted[name]]
    if rows:
        out.table(("submitted", "orders#", "what it means"), rows)
    _turned(out, counted, report)
    for code, count in sorted(driver.faults.items()):
        out.note(f"{count} times a piece of work failed with {code}; it is tried again later")
    out.line()
    if not host.is_kept:
        out.line("nothing was kept: the database was in memory")
        return
    world = host.world.folder
    out.line(f"orders in {host.where}; books of the simulated providers in {world}")
    out.line(f"sealed messages with access credentials in {world / 'mail'}")
    out.line("next: ordercore orders list --tenant TENANT, ordercore dead-letters list -t TENANT")


def _turned(out: Output, counted: Report, report: Path | None) -> None:
    if not counted.turned:
        return
    out.line()
    for line in counted.turned:
        name = f" {line.reference}" if line.reference else ""
        out.line(f"line {line.line} {line.kind}{name}: {line.message} ({line.code})")
        for row in line.findings[:_FINDINGS]:
            out.line(f"    {finding_text(row)}")
        if len(line.findings) > _FINDINGS:
            out.line(f"    and {len(line.findings) - _FINDINGS} more findings")
    more = counted["bad"] + counted["refused"] - len(counted.turned)
    if report is not None:
        out.line(f"all of them are in {report}")
    elif more:
        out.line(f"and {more} more; --report FILE writes all of them to a file")
