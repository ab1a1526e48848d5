"""What ``ordercore simulate`` says in the end: tables for people, or plain data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ordercore_adapters.cli.output import Output

if TYPE_CHECKING:
    from ordercore.testing.simulation import Run, Tally, Violation, Worlds

__all__ = ["run_as_json", "tell_broken", "tell_run", "tell_worlds", "worlds_as_json"]


def run_as_json(run: Run, seconds: float, kept: str | None, lines: list[str]) -> dict[str, object]:
    """Return one run as plain data."""
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
        "violation": None if broken is None else _violation(broken),
        "replay": kept,
        "story": lines,
    }


def worlds_as_json(
    worlds: Worlds, total: Tally, seconds: float, kept: str | None, lines: list[str]
) -> dict[str, object]:
    """Return many worlds as plain data."""
    broken = total.broken
    return {
        "first": worlds.first,
        "last": worlds.first + total.worlds - 1,
        "profile": worlds.profile,
        "kind": str(worlds.kinds),
        "worlds": total.worlds,
        "orders": total.orders,
        "digest": total.digest,
        "steps": total.steps,
        "virtual_ms": total.virtual_ms,
        "seconds": round(seconds, 3),
        "states": dict(total.states),
        "requests": dict(total.ends),
        "faults": dict(total.faults),
        "laws": dict(total.checked),
        "violation": None if broken is None else _violation(broken[1]) | {"seed": broken[0]},
        "replay": kept,
        "story": lines,
    }


def tell_run(out: Output, run: Run, seconds: float) -> None:
    """Tell about one run."""
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


def tell_worlds(out: Output, worlds: Worlds, total: Tally, seconds: float) -> None:
    """Tell about many worlds together."""
    last = worlds.first + total.worlds - 1
    out.line(
        f"worlds {worlds.first}..{last}, {worlds.profile}, {worlds.kinds}: {total.orders} orders "
        f"in {seconds:.1f} s ({total.orders / max(seconds, 0.001):.0f} a second), "
        f"{total.virtual_ms / 3_600_000:.0f} h virtual"
    )
    out.table(("state at the end", "orders#"), total.states.items())
    out.table(("fault injected", "times#"), total.faults.items())
    out.table(("law", "checked#"), total.checked.items())
    out.line(f"trace {total.digest}")


def tell_broken(out: Output, broken: Violation) -> None:
    """Tell in plain words what is broken, as the contract suites do."""
    from ordercore.testing.verdicts import verdict

    out.line()
    for line in str(verdict(broken)).splitlines():
        out.line(line)
    out.line()


def _violation(broken: Violation) -> dict[str, object]:
    from ordercore.testing.verdicts import verdict

    told = verdict(broken)
    return {
        "law": told.law,
        "order": told.order,
        "text": told.seen,
        "at_ms": told.at_ms,
        "promise": told.promise,
        "blame": told.blame or None,
        "look_at": list(told.look_at),
        "expected": told.expected,
        "plain": str(told),
    }


def _faults(run: Run) -> dict[str, int]:
    return dict(sorted(Counter(str(injected.fault) for _, injected in run.injected).items()))


def _latency(run: Run) -> dict[str, int]:
    from ordercore.testing.simulation import latencies_ms

    found = latencies_ms(run)
    if not found:
        return {}
    last = len(found) - 1
    return {f"p{share}": found[last * share // 100] for share in (50, 90, 99, 100)}
