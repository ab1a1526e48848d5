"""What is told to the telemetry port: which use case and which outside call, under which name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from generators.markdown import section, table
from ordercore.app.tracing import CALLS, SILENT, TRACED
from ordercore.engine.saga import CallKind
from ordercore.ports import TraceErrorKind, TraceName

__all__ = ["page"]

_INTRODUCTION = """\
# Trace events

What the [telemetry port](ports.md#telemetry) is told: one event for each use case and for each
outside call of a worker, when it has ended. How to watch them is in
[Trace with OpenTelemetry](../how-to/trace-with-opentelemetry.md).
"""


def page() -> str:
    """Return the page: names with what they are told of, silent use cases, sorts of failure."""
    rows = ((f"`{name}`", _use_cases(name) or "the host's", _calls(name)) for name in TraceName)
    silent = _listed(kind.__name__ for kind in SILENT)
    directions = ", ".join(f"`.{kind}`" for kind in CallKind)
    return "\n".join(
        [
            _INTRODUCTION,
            table(("event", "use cases", "outside calls"), rows),
            f"The operation of a saga's call is the step with what is asked of it ({directions}), "
            "such as `refund.find`; with `.lock`, that no call was made because nobody knows who "
            "holds the lock of the order.\n",
            section(2, "What is not told"),
            f"{silent}. Workers ask all day long. For the others none of the names fits; what they "
            "lead to is told as the outside calls that follow. Use cases of a host's own are not "
            "told either.\n",
            section(2, "Sorts of failure"),
            _sorts(),
        ]
    )


def _use_cases(name: TraceName) -> str:
    return _listed(kind.__name__ for kind, told in TRACED.items() if told is name)


def _calls(name: TraceName) -> str:
    return _listed(step for step, told in CALLS.items() if told is name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _sorts() -> str:
    text = (inspect.getdoc(TraceErrorKind) or "").partition("\n\n")[2]
    return " ".join(text.split()).replace("``", "`") + "\n"
