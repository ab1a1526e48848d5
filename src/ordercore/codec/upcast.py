"""Bring documents written by older releases to today's shape, one version at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ordercore.kernel.errors import InvalidInput

__all__ = ["Document", "UPCASTERS", "Upcaster", "upcast"]

Document = dict[str, object]
Upcaster = Callable[[Document], Document]

UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = MappingProxyType({})
"""By name and old version: a function that returns the document in the next version."""


def upcast(
    name: str,
    version: int,
    document: Document,
    *,
    current: int,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Document:
    """Return ``document`` in the current version.

    Raises:
        InvalidInput: it was written by a newer release, or a step on the way is missing.
    """
    if version > current:
        raise InvalidInput(
            field=name,
            problem=f"written in version {version} by a newer release",
            allowed=f"at most version {current}",
        )
    for step in range(version, current):
        upcaster = upcasters.get((name, step))
        if upcaster is None:
            raise InvalidInput(field=name, problem=f"no way from version {step} to {step + 1}")
        document = upcaster(document)
    return document
