"""Which consumers an event is routed to, as a table."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ordercore.kernel.errors import DefinitionError

__all__ = ["RoutingMatrix"]


@frozen(kw_only=True)
class RoutingMatrix:
    """Consumers by event type.

    Attributes:
        consumers: Every consumer there is, in the order of the columns.
        rows: Event type to the consumers that get it.
        fallback: Consumers of every type the table does not list, so that nothing is dropped.

    Raises:
        DefinitionError: on construction, when a row names a consumer that is not a column.
    """

    consumers: tuple[str, ...]
    rows: Mapping[str, frozenset[str]] = field(hash=False)
    fallback: frozenset[str]

    def __attrs_post_init__(self) -> None:
        known = frozenset(self.consumers)
        problems = tuple(
            f"{name} is routed to unknown consumers {sorted(targets - known)}"
            for name, targets in [*self.rows.items(), ("fallback", self.fallback)]
            if targets - known
        )
        if problems:
            raise DefinitionError(name="routing matrix", problems=problems)

    def routes(self, event_type: str) -> tuple[str, ...]:
        """Return the consumers of an event type, in the order of the columns."""
        targets = self.rows.get(event_type, self.fallback)
        return tuple(consumer for consumer in self.consumers if consumer in targets)
