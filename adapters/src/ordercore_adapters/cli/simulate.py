"""``ordercore simulate``: a whole life of orders under seeded faults, in memory.

Customers, operators, providers and workers are interleaved by a seed while processes crash, answers
get lost and readers lag behind; the conservation laws are checked all the way. A broken law is made
small, told as a story and kept in a file that repeats it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ordercore_adapters.cli.faults import CommandFault, ExitCode, wrong_use
from ordercore_adapters.cli.options import Json
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.simulate_report import (
    run_as_json,
    tell_broken,
    tell_run,
    tell_worlds,
    worlds_as_json,
)
from ordercore_adapters.cli.worlds import live_through, range_of, simulated_ports

if TYPE_CHECKING:
    from ordercore.testing.simulation import Plan, Progress, Run, Violation

__all__ = ["Kind", "simulate"]

_REPLAY = "simulation-{seed}.json"
_ONE, _WORLD = 200, 50
_NOT_WITH = {
    "": frozenset({"jobs"}),
    "replay": frozenset({"orders", "seed", "faults", "kind", "worlds", "jobs"}),
    "worlds": frozenset({"seed", "report"}),
}
"""What would be passed over: in a single run, in one that is repeated, in many worlds."""


class Kind(StrEnum):
    """Which kinds of orders are simulated."""

    ALL = "all"
    PROVISIONING = "provisioning"
    RETAIL = "retail"


def simulate(
    context: typer.Context,
    orders: Annotated[
        int | None, typer.Option(min=1, help="How many orders: 200, or 50 in each world.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides everything.")] = 1,
    faults: Annotated[
        str, typer.Option(metavar="PROFILE", help="none, calm, rough or hostile.")
    ] = "rough",
    kind: Annotated[Kind, typer.Option(help="Which kinds of orders.")] = Kind.ALL,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Repeat a kept run instead.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page with pictures there.")
    ] = None,
    worlds: Annotated[
        str | None, typer.Option(metavar="A..B", help="A small world for each of these seeds.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many processes share the worlds.")] = 1,
    as_json: Json = False,
) -> None:
    """Run orders under seeded faults and check every law. Exits with 1 when one is broken."""
    out = Output(as_json=as_json)
    _check_together(context)
    if worlds is not None:
        _many(out, range_of(worlds), orders or _WORLD, faults, kind, jobs)
    else:
        _one(out, _plan(orders or _ONE, seed, faults, kind, replay), report, replay is not None)


def _check_together(context: typer.Context) -> None:
    """Refuse options that would be passed over: nobody is to believe another run was made."""
    given = {
        name
        for name in context.params
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }
    chosen = next((name for name in ("replay", "worlds") if name in given), "")
    wrong = sorted(given & _NOT_WITH[chosen])
    if wrong:
        named = ", ".join(f"--{name}" for name in wrong)
        what = f"--{chosen}" if chosen else "a single run"
        raise wrong_use("not_together", f"{what} does not go with {named}")


def _one(out: Output, plan: Plan, report: Path | None, again: bool) -> None:
    from ordercore.testing.simulation import run_plan

    began = time.perf_counter()
    with _progress(out, len(plan.scripts)) as progress:
        run = run_plan(plan, simulated_ports, keep_story=again, progress=progress)
    seconds = time.perf_counter() - began
    kept, lines = _kept(out, run, report, again=again)
    if report is not None:
        _write_page(run, report, lines)
    if out.as_json:
        out.value(run_as_json(run, seconds, kept, lines))
    else:
        tell_run(out, run, seconds)
    _end(out, run.violation, plan.seed, kept, lines)


def _many(
    out: Output, seeds: tuple[int, int], orders: int, faults: str, kind: Kind, jobs: int
) -> None:
    from ordercore.testing.simulation import Kinds, Worlds, run_plan

    _check_profile(faults)
    worlds = Worlds(first=seeds[0], last=seeds[1], orders=orders, profile=faults, kinds=Kinds(kind))
    began = time.perf_counter()
    total = live_through(out, worlds, jobs=jobs)
    seconds = time.perf_counter() - began
    kept, lines, seed, broken = None, list[str](), seeds[0], None
    if total.broken is not None:
        seed, broken = total.broken
        kept, lines = _kept(out, run_plan(worlds.plan(seed), simulated_ports), None, again=False)
    if out.as_json:
        out.value(worlds_as_json(worlds, total, seconds, kept, lines))
    else:
        tell_worlds(out, worlds, total, seconds)
    _end(out, broken, seed, kept, lines)


def _end(
    out: Output, broken: Violation | None, seed: int, kept: str | None, lines: list[str]
) -> None:
    if broken is not None:
        tell_broken(out, broken)
    for line in lines:
        out.line(line)
    if broken is not None:
        where = f"; ordercore simulate --replay {kept}" if kept else ""
        raise CommandFault(
            "law_broken",
            f"{broken.law} is broken with seed {seed}: {broken.text}{where}",
            exit_code=ExitCode.REFUSED,
        )


def _check_profile(faults: str) -> None:
    from ordercore.testing.simulation import PROFILES

    if faults not in PROFILES:
        allowed = ", ".join(PROFILES)
        raise wrong_use("unknown_profile", f"there is no profile {faults!r}", allowed=allowed)


def _plan(orders: int, seed: int, faults: str, kind: Kind, replay: Path | None) -> Plan:
    from ordercore.testing.simulation import make_plan, plan_from_json

    if replay is not None:
        try:
            kept = replay.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "is not text"
            about = f"{replay}: {why}"
            raise wrong_use("file_not_readable", about, file=str(replay)) from None
        return plan_from_json(kept)
    _check_profile(faults)
    return make_plan(seed=seed, orders=orders, profile=faults, kinds=kind)


@contextmanager
def _progress(out: Output, orders: int) -> Iterator[Progress | None]:
    if out.is_quiet:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[virtual]}"),
    )
    with Progress(*columns, console=out.err, transient=True) as bar:
        task = bar.add_task("orders placed", total=orders, virtual="")

        def tell(placed: int, virtual_ms: int) -> None:
            bar.update(task, completed=placed, virtual=f"{virtual_ms / 3_600_000:.1f} h virtual")

        yield tell


def _kept(
    out: Output, run: Run, report: Path | None, *, again: bool
) -> tuple[str | None, list[str]]:
    """Make a broken run small, keep it, and return where and its story."""
    from ordercore.testing.simulation import plan_to_json, shrink, story

    if run.violation is None:
        return None, []
    if again:
        return None, story(run)
    out.note(f"{run.violation.law} is broken; making it small ...")
    small = shrink(run, simulated_ports)
    if small.violation is None:  # it needs the whole run
        small = run
    folder = report or Path()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _REPLAY.format(seed=run.plan.seed)
    path.write_text(plan_to_json(small.as_listed), encoding="utf-8")
    return str(path), story(small)


def _write_page(run: Run, folder: Path, lines: list[str]) -> None:
    from ordercore.testing.simulation import (
        faults_over_time,
        kinds_of,
        page,
        states_over_time,
        times_to_fulfil,
    )

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(page(run, lines=lines), encoding="utf-8")
    for kind in kinds_of(run):
        drawn = states_over_time(run, kind)
        (folder / f"states-{kind}.svg").write_text(drawn, encoding="utf-8")
    (folder / "faults.svg").write_text(faults_over_time(run), encoding="utf-8")
    (folder / "latencies.svg").write_text(times_to_fulfil(run), encoding="utf-8")
