"""A run in pictures: plain SVG, without a library, and one page that holds them all.

Colours are told apart by brightness too, every series is named beside its colour, and the numbers
stand in tables below, so that nothing depends on seeing the picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from ordercore.domain.orders.lifecycles import ProvisioningState, RetailState
from ordercore.testing.simulation.faults import Fault
from ordercore.testing.simulation.plan import Kinds
from ordercore.testing.simulation.run import Run
from ordercore.testing.simulation.sales import SaleScript

__all__ = [
    "faults_over_time",
    "kinds_of",
    "latencies_ms",
    "page",
    "states_over_time",
    "times_to_fulfil",
]

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 900, 260, 56, 34, 34
_COLUMNS = 120
_COLOURS = (
    "#1b4965",
    "#ca6702",
    "#94d2bd",
    "#9b2226",
    "#5fa8d3",
    "#e9c46a",
    "#3d5a40",
    "#b8a1d9",
    "#6c757d",
    "#f28482",
    "#264653",
    "#d9d9d9",
)
_SHOWN_FAULTS = 8
_STATES: Mapping[Kinds, tuple[str, type[ProvisioningState] | type[RetailState]]] = {
    Kinds.PROVISIONING: ("Orders of services by state", ProvisioningState),
    Kinds.RETAIL: ("Orders of goods by state", RetailState),
}
_BEGIN = frozenset({ProvisioningState.PAYMENT_CONFIRMED, RetailState.CONFIRMED})
_END = frozenset({ProvisioningState.FULFILLED, RetailState.SHIPPED})
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;"
    "color:#1c2321;background:#fff}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}"
    "table{border-collapse:collapse;margin:.5rem 0}td,th{text-align:left;padding:.15rem .8rem "
    ".15rem 0;border-bottom:1px solid #ddd}td+td{text-align:right}svg{max-width:100%;height:auto}"
    "pre{overflow:auto;background:#f5f5f2;padding:1rem;font-size:12px}"
)


def latencies_ms(run: Run) -> list[int]:
    """Return how long each order took to be fulfilled, or shipped, in virtual milliseconds.

    Counted from its payment, or, where goods are paid on delivery, from its confirmation.
    """
    paid: dict[str, int] = {}
    found = []
    for change in run.changes:
        if change.after in _BEGIN:
            paid[change.tag] = change.at_ms
        elif change.after in _END and change.tag in paid:
            found.append(change.at_ms - paid[change.tag])
    return sorted(found)


def kinds_of(run: Run) -> tuple[Kinds, ...]:
    """Return the kinds of orders there are in a run."""
    sales = {isinstance(script, SaleScript) for script in run.plan.scripts}
    return tuple(kind for kind in _STATES if (kind is Kinds.RETAIL) in sales)


def states_over_time(run: Run, kind: Kinds) -> str:
    """Return how many orders of a kind are in which state, over the busy part of the run.

    Args:
        run: What happened.
        kind: Provisioning or retail.
    """
    title, states = _STATES[kind]
    mine = {s.tag for s in run.plan.scripts if isinstance(s, SaleScript) is (kind is Kinds.RETAIL)}
    end = _busy_until(run)
    series: dict[str, list[int]] = {state: [0] * _COLUMNS for state in states}
    for change in run.changes:
        if change.tag not in mine:
            continue
        column = min(change.at_ms * _COLUMNS // end, _COLUMNS - 1)
        if change.before:
            series[change.before][column] -= 1
        series[change.after][column] += 1
    for counts in series.values():
        for place in range(1, _COLUMNS):
            counts[place] += counts[place - 1]
    seen = {state: counts for state, counts in series.items() if any(counts)}
    return _stacked(title, seen, end)


def faults_over_time(run: Run) -> str:
    """Return how many faults of each kind were injected, over the busy part of the run."""
    end = _busy_until(run)
    series: dict[str, list[int]] = {fault: [0] * _COLUMNS for fault in Fault}
    for at_ms, injected in run.injected:
        series[injected.fault][min(at_ms * _COLUMNS // end, _COLUMNS - 1)] += 1
    seen = {fault: counts for fault, counts in series.items() if any(counts)}
    most = sorted(seen, key=lambda name: (-sum(seen[name]), name))
    shown = {name: seen[name] for name in most[:_SHOWN_FAULTS]}
    rest = [sum(column) for column in zip(*(seen[n] for n in most[len(shown) :]), strict=True)]
    return _stacked("Faults injected", shown | ({"others": rest} if rest else {}), end)


def times_to_fulfil(run: Run) -> str:
    """Return how many orders were fulfilled or shipped within which time after their payment."""
    edges = (500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 300_000, 900_000, 3_600_000)
    counts = [0] * (len(edges) + 1)
    for each in latencies_ms(run):
        counts[sum(each >= edge for edge in edges)] += 1
    labels = [f"< {_span(edge)}" for edge in edges] + ["more"]
    top, step = max(counts) or 1, (_WIDTH - _LEFT) / len(counts)
    bars = []
    for place, count in enumerate(counts):
        high = (_HEIGHT - _TOP - _BOTTOM) * count / top
        x, y = _LEFT + place * step, _HEIGHT - _BOTTOM - high
        bars.append(
            f'<rect x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{high:.1f}" '
            f'fill="{_COLOURS[0]}"/>'
            f'<text x="{x + step / 2:.1f}" y="{y - 4:.1f}" text-anchor="middle">{count}</text>'
            f'<text x="{x + step / 2:.1f}" y="{_HEIGHT - 14}" text-anchor="middle">'
            f"{escape(labels[place])}</text>"
        )
    return _svg("From payment to fulfilment or parcel, in virtual time", "".join(bars))


def page(run: Run, *, lines: Iterable[str] = ()) -> str:
    """Return one self-contained page about a run.

    Args:
        run: What happened.
        lines: The story of a broken law, if there is one.
    """
    told = "\n".join(escape(line) for line in lines)
    broken = run.violation
    verdict = f"broken: {broken.law}, {broken.text}" if broken else "all laws held"
    pictures = "".join(states_over_time(run, kind) for kind in kinds_of(run))
    faults = Counter(str(injected.fault) for _, injected in run.injected)
    parts = [
        f"<h1>Simulation with seed {run.plan.seed}, {escape(run.plan.profile)}</h1>",
        f"<p>{len(run.plan.scripts)} orders, {run.steps} steps, {_span(run.virtual_ms)} of virtual "
        f"time: {escape(verdict)}.<br>Trace {run.digest}</p>",
        f"<h2>What happened</h2><pre>{told}</pre>" if told else "",
        f"<h2>States</h2>{pictures}{_table('state at the end', run.states)}",
        f"<h2>Faults</h2>{faults_over_time(run)}{_table('fault', faults)}",
        f"<h2>Time</h2>{times_to_fulfil(run)}",
        f"<h2>Laws</h2>{_table('law checked', run.checked)}",
        f"<h2>Requests</h2>{_table('request and how it ended', run.ends)}",
    ]
    head = f'<meta charset="utf-8"><title>Simulation {run.plan.seed}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def _busy_until(run: Run) -> int:
    """Return where the last script began, and a little more: what follows is mostly waiting."""
    last = max(script.start_ms for script in run.plan.scripts)
    return max(min(run.virtual_ms, last + 600_000), 1)


def _stacked(title: str, series: Mapping[str, Sequence[int]], end_ms: int) -> str:
    top = max((sum(column) for column in zip(*series.values(), strict=True)), default=0) or 1
    scale, step = (_HEIGHT - _TOP - _BOTTOM) / top, (_WIDTH - _LEFT) / _COLUMNS
    floor, parts = [0] * _COLUMNS, []
    for number, (name, counts) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        roof = [low + count for low, count in zip(floor, counts, strict=True)]
        points = [
            *((place, high) for place, high in enumerate(roof)),
            *((place, low) for place, low in reversed(list(enumerate(floor)))),
        ]
        drawn = " ".join(
            f"{_LEFT + place * step:.1f},{_HEIGHT - _BOTTOM - value * scale:.1f}"
            for place, value in points
        )
        at = _LEFT + 4 + number % 5 * 168, _TOP + 4 + number // 5 * 16
        parts.append(
            f'<polygon points="{drawn}" fill="{colour}"/>'
            f'<rect x="{at[0]}" y="{at[1]}" width="10" height="10" fill="{colour}" stroke="#fff"/>'
            f'<text x="{at[0] + 14}" y="{at[1] + 9}">{escape(name)}</text>'
        )
        floor = roof
    axis = (
        f'<text x="4" y="{_TOP + 8}">{top}</text><text x="4" y="{_HEIGHT - _BOTTOM}">0</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 12}">0</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 12}" text-anchor="end">{_span(end_ms)}</text>'
    )
    return _svg(title, "".join(parts) + axis)


def _svg(title: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="system-ui,sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<text x="4" y="18" font-weight="bold">{escape(title)}</text>{body}</svg>'
    )


def _table(heading: str, counts: Mapping[str, int]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{count}</td></tr>"
        for name, count in sorted(counts.items())
    )
    return f"<table><tr><th>{escape(heading)}</th><th></th></tr>{rows}</table>"


def _span(ms: int) -> str:
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if ms >= size:
            return f"{ms / size:.3g} {unit}"
    return f"{ms} ms"
