"""How long to wait before trying again, as a table.

A policy is a list of delays: the n-th failure is followed by the n-th delay, and when the list is
used up there is no further attempt. Waiting itself is never done here: the due time is stored and a
worker picks the work up when it has come.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from ordercore.kernel.errors import DefinitionError

__all__ = ["NO_RETRY", "PATIENT", "QUICK", "RetryPolicy"]

_PER_MILLE = 1000


@frozen(kw_only=True)
class RetryPolicy:
    """Delays between attempts.

    Attributes:
        name: Stable name for documents and logs.
        delays_s: Seconds to wait after the first, second, ... failure.
        jitter_per_mille: Up to this share of a delay is added at random; the random number comes
            from outside, see `next_attempt`.
    """

    name: str
    delays_s: tuple[int, ...]
    jitter_per_mille: int = 0

    def __attrs_post_init__(self) -> None:
        if any(delay < 0 for delay in self.delays_s) or self.jitter_per_mille < 0:
            raise DefinitionError(name=self.name, problems=("delays and jitter are at least 0",))

    @property
    def attempts(self) -> int:
        """How many attempts there are at most, the first included."""
        return len(self.delays_s) + 1

    def next_attempt(self, failures: int, now: datetime, draw: int = 0) -> datetime | None:
        """Return when to try again after ``failures`` failed attempts; None: give up.

        Args:
            failures: Attempts that have failed so far, at least 1.
            now: The instant of the last failure.
            draw: A number from 0 to 999 that decides the share of the jitter.
        """
        if failures > len(self.delays_s):
            return None
        delay_ms = self.delays_s[failures - 1] * 1000
        extra_ms = delay_ms * self.jitter_per_mille * draw // (_PER_MILLE * _PER_MILLE)
        return now + timedelta(milliseconds=delay_ms + extra_ms)


PATIENT = RetryPolicy(name="patient", delays_s=(2, 4, 8, 16, 30))
QUICK = RetryPolicy(name="quick", delays_s=(1, 2, 4, 8, 16))
NO_RETRY = RetryPolicy(name="no-retry", delays_s=())
