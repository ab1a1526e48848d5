"""A limit on how many codes a metric may tell apart.

Codes of refusals and faults are few, but a provider's adapter may make up codes of its own, and
each is another time series for as long as the process lives.
"""

from __future__ import annotations

from threading import Lock

from ordercore.kernel.errors import InvalidInput
from ordercore.ports import OTHER_CODE

__all__ = ["BoundedCodes"]


class BoundedCodes:
    """The first codes that come by keep their names; all later ones are `OTHER_CODE`.

    Args:
        limit: How many codes keep their names, at least 1.

    Raises:
        InvalidInput: the limit is none.
    """

    def __init__(self, limit: int = 100) -> None:
        if type(limit) is not int or limit < 1:
            raise InvalidInput(field="limit", problem=f"got {limit!r}", allowed="1 or more")
        self._limit = limit
        self._known: set[str] = set()
        self._adding = Lock()

    def named(self, code: str) -> str:
        """Return the code, or what stands for all that came too late."""
        if code in self._known:
            return code
        with self._adding:
            if len(self._known) < self._limit:
                self._known.add(code)
        return code if code in self._known else OTHER_CODE
