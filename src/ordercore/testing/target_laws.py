"""The law of targets: an order that stays in a state for too long does not do so unnoticed (R1).

See `ordercore.testing.laws`; hosts may check it on their own data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from ordercore.codec import decode
from ordercore.domain.orders import Order, Overdue
from ordercore.domain.processes import OVERDUE, StateTarget, timer_subject
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import WorkKind

__all__ = ["said_overdue", "targets_are_watched"]

_KINDS = frozenset({"order.overdue", "order.needs-operator"})


def said_overdue(history: Iterable[AuditRecord]) -> list[Overdue]:
    """Return what was said of stays that were too long, oldest first.

    Args:
        history: Records of one order's audit trail; those of other kinds are passed over.
    """
    return [decode(Overdue, record.data) for record in history if record.kind in _KINDS]


def targets_are_watched(
    order: Order,
    said: Iterable[Overdue],
    due: Collection[tuple[WorkKind, str]],
    *,
    targets: Iterable[StateTarget],
) -> list[str]:
    """In a state that should not last an order has its timer, until an operator was called.

    Whatever is said of one stay is said once.

    Args:
        order: The order.
        said: What its trail says of stays that were too long.
        due: Kind and subject of everything that is scheduled or leased.
        targets: How long states should last.
    """
    told = Counter((each.state, each.since, each.task) for each in said)
    found = [
        f"its stay in {state} since {since} was {_named(task)} {times} times"
        for (state, since, task), times in told.items()
        if times > 1
    ]
    since = order.life.entered_at
    wanted = any(target.state == order.state for target in targets)
    asked = (WorkKind.TIMER, timer_subject(order.id, OVERDUE)) in due
    if wanted and not asked and (order.state, since, True) not in told:
        said_so = (order.state, since, False) in told
        rest = "to give it to an operator" if said_so else "to say when that is too long"
        found.append(f"{order.state} since {since}, but no timer {rest} is set")
    return found


def _named(task: bool) -> str:
    return "given to an operator" if task else "said to be too long"
