"""How fast the library wants to be, beside whom: one row for each goal that a benchmark decides.

Every goal is a ratio, measured side by side in one run: the median of the rounds decides. A goal
says how many times as fast as somebody else the library wants to be; below 1 it wants to cost no
more than so much of what a bare, hand-written version costs that does nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

__all__ = ["GOALS", "Goal"]


@frozen
class Goal:
    """What is to be how fast.

    Attributes:
        work: What is done.
        beside: By whom else.
        at_least: How many times as fast the library wants to be.
    """

    work: str
    beside: str
    at_least: float


_CORE = "SQLAlchemy Core"

GOALS: Mapping[str, Goal] = MappingProxyType(
    {
        "postgres-one-peer": Goal("store an order, PostgreSQL, one client", _CORE, 1.5),
        "postgres-one-limit": Goal(
            "store an order, PostgreSQL, one client", "psycopg, one statement", 0.45
        ),
        "postgres-four-peer": Goal("store an order, PostgreSQL, four clients", _CORE, 1.5),
        "sqlite-one-peer": Goal("store an order, SQLite", _CORE, 1.2),
        "sqlite-one-limit": Goal("store an order, SQLite", "bare sqlite3", 0.45),
        "sqlite-four-tail": Goal(
            "95th percentile of four processes on one SQLite file", "bare sqlite3", 10
        ),
        "sqlite-four-rate": Goal("four processes on one SQLite file", "bare sqlite3", 0.5),
        "sqlite-fifty-own": Goal("fifty orders in one transaction, SQLite", "one each", 2.5),
        "sqlite-fifty-limit": Goal(
            "fifty orders in one transaction, SQLite", "bare sqlite3, fifty together", 0.5
        ),
        "postgres-fifty-own": Goal("fifty orders in one transaction, PostgreSQL", "one each", 2.5),
        "saga-sqlite-limit": Goal(
            "a fulfilment on SQLite, start to end", "bare commits, as many", 0.65
        ),
        "transition-peer": Goal("a transition with guards", "transitions, mutable model", 4),
        "transition-limit": Goal(
            "a transition with guards", "a dictionary, without guards", 1 / 2.5
        ),
        "json-dump-plain": Goal("an order to JSON, no extra", "cattrs with json", 1 / 1.1),
        "json-load-plain": Goal("an order from JSON, no extra", "cattrs with json", 1 / 1.1),
    }
)
