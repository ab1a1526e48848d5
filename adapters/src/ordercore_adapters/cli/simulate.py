"""``ordercore simulate``: a whole life of orders under seeded faults, in memory.

Customers, operators, providers and workers are interleaved by a seed while processes crash, answers
get lost and readers lag behind; the conservation laws are checked all the way. A broken law is made
small, told as a story and kept in a file that repeats it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ordercore_adapters.cli.faults import CommandFault, ExitCode, wrong_use
from ordercore_adapters.cli.options import Json
from ordercore_adapters.cli.output import Output

if TYPE_CHECKING:
    from ordercore.ports import Clock, Ids, Ports
    from ordercore.testing.simulation import Plan, Progress, Run

__all__ = ["Kind", "simulate"]

_REPLAY = "simulation-{seed}.json"


class Kind(StrEnum):
    """Which kinds of orders are simulated."""

    ALL = "all"
    PROVISIONING = "provisioning"


def simulate(
    orders: Annotated[int, typer.Option(min=1, help="How many orders.")] = 200,
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
    as_json: Json = False,
) -> None:
    """Run orders under seeded faults and check every law. Exits with 1 when one is broken."""
    from ordercore.testing.simulation import run_plan

    out = Output(as_json=as_json)
    plan = _plan(orders, seed, faults, replay)
    began = time.perf_counter()
    with _progress(out, len(plan.scripts)) as progress:
        run = run_plan(plan, _ports, keep_story=replay is not None, progress=progress)
    seconds = time.perf_counter() - began
    kept, lines = _kept(out, run, report, again=replay is not None)
    if report is not None:
        _write_page(run, report, lines)
    if out.as_json:
        out.value(_as_json(run, seconds, kept, lines))
    else:
        _tell(out, run, seconds)
        for line in lines:
            out.line(line)
    broken = run.violation
    if broken is not None:
        where = f"; ordercore simulate --replay {kept}" if kept else ""
        raise CommandFault(
            "law_broken",
            f"{broken.law} is broken with seed {plan.seed}: {broken.text}{where}",
            exit_code=ExitCode.REFUSED,
        )


def _ports(clock: Clock, ids: Ids) -> Ports:
    from ordercore_adapters import memory

    return memory.ports(clock=clock, ids=ids)


def _plan(orders: int, seed: int, faults: str, replay: Path | None) -> Plan:
    from ordercore.testing.simulation import PROFILES, make_plan, plan_from_json

    if replay is not None:
        try:
            kept = replay.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "is not text"
            about = f"{replay}: {why}"
            raise wrong_use("file_not_readable", about, file=str(replay)) from None
        return plan_from_json(kept)
    if faults not in PROFILES:
        allowed = ", ".join(PROFILES)
        raise wrong_use("unknown_profile", f"there is no profile {faults!r}", allowed=allowed)
    return make_plan(seed=seed, orders=orders, profile=faults)


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
    small = shrink(run, _ports)
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
        page,
        states_over_time,
        times_to_fulfil,
    )

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(page(run, lines=lines), encoding="utf-8")
    (folder / "states.svg").write_text(states_over_time(run), encoding="utf-8")
    (folder / "faults.svg").write_text(faults_over_time(run), encoding="utf-8")
    (folder / "latencies.svg").write_text(times_to_fulfil(run), encoding="utf-8")


def _as_json(run: Run, seconds: float, kept: str | None, lines: list[str]) -> dict[str, object]:
    broken = run.violation
    return {
        "seed": run.plan.seed,
        "profile": run.plan.profile,
        "orders": len(run.plan.scripts),
        "digest": run.digest,
        "steps": run.steps,
        "virtual_ms": run.virtual_ms,
        "seconds": round(seconds, 3),
        "states": dict(run.states),
        "requests": dict(run.ends),
        "faults": _faults(run),
        "laws": dict(run.checked),
        "latency_ms": _latency(run),
        "violation": None
        if broken is None
        else {"law": broken.law, "order": broken.tag, "text": broken.text, "at_ms": broken.at_ms},
        "replay": kept,
        "story": lines,
    }


def _tell(out: Output, run: Run, seconds: float) -> None:
    orders = len(run.plan.scripts)
    out.line(
        f"seed {run.plan.seed}, {run.plan.profile}: {orders} orders in {seconds:.1f} s "
        f"({orders / max(seconds, 0.001):.0f} a second), {run.virtual_ms / 3_600_000:.1f} h virtual"
    )
    out.table(("state at the end", "orders#"), run.states.items())
    out.table(("fault injected", "times#"), _faults(run).items())
    out.table(("law", "checked#"), run.checked.items())
    latency = _latency(run)
    if latency:
        times = ", ".join(f"{name} {ms / 1000:.1f} s" for name, ms in latency.items())
        out.line(f"from payment to fulfilment: {times}")
    out.line(f"trace {run.digest}")


def _faults(run: Run) -> dict[str, int]:
    return dict(sorted(Counter(str(injected.fault) for _, injected in run.injected).items()))


def _latency(run: Run) -> dict[str, int]:
    from ordercore.testing.simulation import latencies_ms

    found = latencies_ms(run)
    if not found:
        return {}
    last = len(found) - 1
    return {f"p{share}": found[last * share // 100] for share in (50, 90, 99, 100)}
