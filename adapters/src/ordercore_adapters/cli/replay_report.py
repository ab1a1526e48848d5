"""What ``ordercore replay olist`` prints: the account of all orders, rows and amounts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import IO, Final

from ordercore import Money
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.words import finding_row
from ordercore_adapters.olist import CURRENCY, Arrival, MoneyMatch, Problem, Tally

__all__ = ["Account", "problem_row"]

_SHOWN: Final = 10
_MATCHES: Final = {
    MoneyMatch.MATCHED: "payments equal items",
    MoneyMatch.OVER: "more was paid",
    MoneyMatch.UNDER: "less was paid",
    MoneyMatch.WITHOUT_ITEMS: "payments, but no items",
    MoneyMatch.WITHOUT_PAYMENTS: "items, but no payments",
    MoneyMatch.NEITHER: "neither items nor payments",
}


def problem_row(problem: Problem) -> dict[str, object]:
    """Return what is wrong with a row as plain data."""
    return {"file": problem.file, "line": problem.line, **finding_row(problem.finding)}


class Account:
    """Everything the command reports.

    Attributes:
        tally: What became of the orders.
        rows: How many good rows each table has.
        problems: How often each kind of bad row was found, by code.
    """

    def __init__(self, flags: IO[str] | None = None) -> None:
        """Begin with nothing; whatever is flagged is also written to ``flags``, as JSON Lines."""
        self.tally = Tally()
        self.rows: dict[str, int] = {}
        self.problems: Counter[str] = Counter()
        self._first: list[Problem] = []
        self._bad_rows = 0
        self._last_bad = ("", 0)
        self._flags = flags

    def problem(self, problem: Problem) -> None:
        """Count something that is wrong with a row; a row may have several such things."""
        self.problems[problem.finding.code] += 1
        place = (problem.file, problem.line)
        self._bad_rows += place != self._last_bad
        self._last_bad = place
        if len(self._first) < _SHOWN:
            self._first.append(problem)

    def flag(self, flag: dict[str, object]) -> None:
        """Write something noteworthy to the file of flags, if there is one."""
        if self._flags is not None:
            self._flags.write(json.dumps(flag) + "\n")

    def as_dict(self) -> dict[str, object]:
        """Return the account as plain data; amounts in minor units."""
        tally = self.tally
        return {
            "orders": tally.orders,
            "by_state": _by_state(tally),
            "cancelled_because": {
                said: count
                for (state, said), count in sorted(tally.states.items())
                if state == "cancelled"
            },
            "rows": dict(self.rows),
            "totals": {CURRENCY: _totals(tally)},
            "money": {str(match): tally.money[match] for match in MoneyMatch},
            "without_order": {
                "payments": tally.totals["ids_with_payments_only"],
                "items": tally.totals["ids_with_items_only"],
            },
            "delivered": {name: tally.late[name] for name in ("in_time", "late")},
            "flagged": tally.flagged,
            "contradictions": dict(sorted(tally.contradictions.items())),
            "examples": {
                code: [
                    {
                        "order": example.order_id,
                        "what": example.contradiction.what,
                        "against": example.contradiction.against,
                    }
                    for example in examples
                ]
                for code, examples in sorted(tally.examples.items())
            },
            "bad_rows": self._bad_rows,
            "problems": dict(sorted(self.problems.items())),
            "first_problems": [problem_row(problem) for problem in self._first],
            "digest": tally.digest,
        }

    def show(self, out: Output, *, arrival: Arrival, flags: Path | None) -> None:
        """Write the account for people."""
        tally = self.tally
        rows = ", ".join(f"{count} {name}" for name, count in self.rows.items())
        out.line(f"{tally.orders} orders replayed, {arrival}; good rows: {rows}")
        out.table(
            ("state", "status there", "orders#"),
            ((*key, count) for key, count in sorted(tally.states.items())),
        )
        self._money(out)
        late, in_time = tally.late["late"], tally.late["in_time"]
        out.line(f"deliveries with a time: {in_time} as promised, {late} late")
        self._contradictions(out)
        self._bad(out)
        if flags is not None:
            out.line(f"everything noteworthy is in {flags}")
        out.line(f"digest {tally.digest}")

    def _money(self, out: Output) -> None:
        tally, totals = self.tally, _totals(self.tally)
        out.line()
        out.table(
            ("money", "amount#"),
            (
                (name.removesuffix("_minor").replace("_", " "), Money(amount, CURRENCY))
                for name, amount in totals.items()
            ),
        )
        out.line()
        out.table(
            ("payments and items", "orders#", "paid beyond the items#"),
            (
                (text, tally.money[match], Money(tally.totals[f"{match}_minor"], CURRENCY))
                for match, text in _MATCHES.items()
                if tally.money[match]
            ),
        )
        for name in ("payments", "items"):
            if count := tally.totals[f"ids_with_{name}_only"]:
                out.line(f"{name} without an order: {count} ids")

    def _contradictions(self, out: Output) -> None:
        tally = self.tally
        out.line()
        out.line(f"{tally.flagged} orders with contradictions")
        if not tally.flagged:
            return
        out.table(
            ("contradiction", "orders#", "found#"),
            (
                (code, tally.contradicted[code], count)
                for code, count in sorted(tally.contradictions.items())
            ),
        )
        for code, examples in sorted(tally.examples.items()):
            first = examples[0]
            out.line(f"{code}, such as order {first.order_id}:")
            out.line(f"    {first.contradiction.what}")
            out.line(f"    against {first.contradiction.against}")

    def _bad(self, out: Output) -> None:
        out.line()
        out.line(f"{self._bad_rows} bad rows")
        for problem in self._first:
            row = problem_row(problem)
            where = f"{row['file']} line {row['line']}"
            column = f" {row['field']}" if row["field"] else ""
            hint = f" (allowed: {row['allowed']})" if row["allowed"] else ""
            out.line(f"    {where}{column}: {row['message']}{hint} ({row['code']})")
        if more := self.problems.total() - len(self._first):
            out.line(f"    and {more} more; --flags FILE writes all of them to a file")


def _by_state(tally: Tally) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (state, _said), count in sorted(tally.states.items()):
        counts[state] += count
    return dict(counts)


def _totals(tally: Tally) -> dict[str, int]:
    totals = tally.totals
    items = totals["price_minor"] + totals["freight_minor"]
    return {
        "price_minor": totals["price_minor"],
        "freight_minor": totals["freight_minor"],
        "items_minor": items,
        "payments_minor": totals["payments_minor"],
        "difference_minor": totals["payments_minor"] - items,
        "items_without_order_minor": totals["orphan_items_minor"],
        "payments_without_order_minor": totals["orphan_payments_minor"],
    }
