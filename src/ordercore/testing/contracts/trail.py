"""Follows the calls a suite makes, so that a failure can say what the port was asked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import attrs
from attrs import define, field

from ordercore.engine.messaging import Release
from ordercore.ports import Batch
from ordercore.testing.contracts.differences import described

__all__ = ["Trail"]

_LAST = 8
_READS = 3
_LONGEST = 100


@define
class Trail:
    """The last calls of one test; several threads may leave theirs."""

    last: str = ""
    _calls: list[str] = field(factory=list, init=False)

    def follow(self, name: str, port: Any) -> Any:
        """Return a stand-in for ``port`` that notes every call as one of ``name``."""
        return _Followed(self, name, port)

    def note(self, method: str, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        """Note a call."""
        words = [_said(each) for each in given]
        words += [f"{key}={_said(each)}" for key, each in named.items() if each is not None]
        self.last = method
        self._calls.append(f"{method}({', '.join(words)})")

    def __str__(self) -> str:
        told: list[str] = []
        for writes, run in groupby(self._calls, key=_writes):
            calls = list(run)
            if not writes and len(calls) > _READS:
                calls = [f"... {len(calls) - 1} more reads", calls[-1]]
            told += calls
        return "".join(f"\n{call}" for call in told[-_LAST:])


class _Followed:
    """Stands where a port stood."""

    def __init__(self, trail: Trail, name: str, port: Any) -> None:
        self._trail, self._name, self._port = trail, name, port

    @property  # type: ignore[misc] # `isinstance` sees the port that is behind
    def __class__(self) -> type:
        return type(self._port)

    def __getattr__(self, method: str) -> Any:
        member = getattr(self._port, method)
        if not callable(member):
            return member

        def call(*given: Any, **named: Any) -> Any:
            self._trail.note(f"{self._name}.{method}", given, named)
            return member(*given, **named)

        return call


def _writes(call: str) -> bool:
    return call.startswith("Store.") and not call.startswith("Store.next_due")


def _said(value: object) -> str:
    if isinstance(value, Batch):
        rows = [
            a.name for a in attrs.fields(Batch) if a.name != "tenant" and getattr(value, a.name)
        ]
        return f"a batch of {value.tenant} with {', '.join(rows) or 'nothing'}"
    if isinstance(value, Release):
        again = f"due again {described(value.due_at)}" if value.due_at else "finished"
        return f"lease {value.claim.fence} of {value.claim.subject}, {again}"
    if attrs.has(type(value)):
        return type(value).__name__
    text = described(value) if not callable(value) else "a decision"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
