"""Count what became of the lines of a file, in little memory however long the file is.

Two equations hold at every moment at which a report is made::

    lines = submitted + repeated + bad lines
    submitted = refused + fulfilled + partially_fulfilled + failed + cancelled + running

What is wrong with bad lines is kept in a file; orders are remembered only while they may still
change.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from typing import IO, Final

from attrs import frozen

from ordercore import Order, Refusal
from ordercore.kernel.ids import OrderId, TenantId
from ordercore_adapters.cli.order_lines import BadLine, OrderLine
from ordercore_adapters.cli.words import FindingRow, finding_rows

__all__ = ["ENDS", "OUTCOMES", "Report", "Turned"]

ENDS: Final = ("fulfilled", "partially_fulfilled", "failed", "cancelled")
"""States of an order that are counted by their name; in any other it is ``running``."""
OUTCOMES: Final = ("refused", *ENDS, "running")

_SHOWN = 10
_SETTLED = frozenset({"fulfilled", "failed", "cancelled"})


@frozen(kw_only=True)
class Turned:
    """A line that was turned away, for the report to people.

    Attributes:
        kind: ``bad`` or ``refused``.
        reference: Of the order; empty for a bad line.
    """

    line: int
    kind: str
    reference: str
    code: str
    message: str
    findings: tuple[FindingRow, ...]


class Report:
    """What became of every line so far.

    Attributes:
        turned: The first bad and refused lines, to be shown.
        open: Orders of this file that may still change, with whether they count as submitted.
    """

    def __init__(self, bad: IO[str], details: IO[str] | None = None) -> None:
        """Begin with nothing.

        Args:
            bad: An empty file to keep what is wrong with bad lines.
            details: Every line turned away is also written here, as JSON Lines.
        """
        self.turned: deque[Turned] = deque()
        self.open: dict[tuple[TenantId, OrderId], bool] = {}
        self._details = details
        self._counts: Counter[str] = Counter()
        self._bad = bad

    def __getitem__(self, name: str) -> int:
        """Return a count: ``lines``, ``submitted``, ``repeated``, ``bad`` or an outcome."""
        if name == "running":
            return self._counts[name] + sum(self.open.values())
        return self._counts[name]

    def bad(self, line: BadLine) -> None:
        """Count a line that is no order."""
        self._counts["lines"] += 1
        self._counts["bad"] += 1
        errors = finding_rows(line.errors)
        text = json.dumps({"line": line.number, "errors": errors})
        self._bad.write(("" if self._counts["bad"] == 1 else ", ") + text)
        codes = sorted({error.code for error in line.errors})
        self._turn(line.number, "bad", "", ", ".join(codes), "not an order", errors)

    def refused(self, line: OrderLine, refusal: Refusal) -> None:
        """Count an order that a rule turned down."""
        self._counts["lines"] += 1
        self._counts["submitted"] += 1
        self._counts["refused"] += 1
        findings = finding_rows(refusal.findings)
        reference = line.request.reference
        self._turn(line.number, "refused", reference, refusal.code, refusal.reason, findings)

    def taken(self, order: Order, *, repeated: bool) -> None:
        """Count an order that is there, and remember it until it is settled."""
        self._counts["lines"] += 1
        self._counts["repeated" if repeated else "submitted"] += 1
        key = (order.tenant, order.id)
        # A line repeated within one file must not count its order twice, nor forget it.
        self.open[key] = self.open.get(key, False) or not repeated

    def seen(self, order: Order, *, last: bool = False) -> None:
        """Take in how an order stands; with ``last`` it will not be looked at again."""
        key = (order.tenant, order.id)
        if (order.state in _SETTLED or last) and self.open.pop(key):
            self._counts[order.state if order.state in ENDS else "running"] += 1

    def as_json(self) -> Iterator[str]:
        """Yield the pieces of the report as one JSON object on one line."""
        names = ("lines", "submitted", "repeated", *OUTCOMES)
        counts = {name: self[name] for name in names}
        yield json.dumps(counts).removesuffix("}") + ', "bad_lines": ['
        self._bad.seek(0)
        while piece := self._bad.read(65536):
            yield piece
        yield "]}"

    def _turn(
        self,
        line: int,
        kind: str,
        reference: str,
        code: str,
        message: str,
        findings: list[FindingRow],
    ) -> None:
        turned = Turned(
            line=line,
            kind=kind,
            reference=reference,
            code=code,
            message=message,
            findings=tuple(findings),
        )
        if len(self.turned) < _SHOWN:
            self.turned.append(turned)
        if self._details is not None:
            row = {
                "line": line,
                "kind": kind,
                "reference": reference,
                "code": code,
                "message": message,
                "findings": findings,
            }
            self._details.write(json.dumps(row) + "\n")
