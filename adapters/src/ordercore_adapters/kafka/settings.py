"""Settings of the client: ours where a guarantee hangs on them, the host's for all the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ordercore.kernel.errors import InvalidInput

__all__ = ["Settings", "client_settings"]

Settings = Mapping[str, str | int | float | bool]
"""Properties of librdkafka by name, such as ``security.protocol``."""


def client_settings(
    bootstrap: str, given: Settings | None, **ours: str | int | float | bool
) -> dict[str, Any]:
    """Return the settings of a client; in ``ours`` an underscore stands for a dot.

    Raises:
        InvalidInput: the host gives one that is not its to give.
    """
    fixed = {name.replace("_", "."): value for name, value in ours.items()}
    fixed["bootstrap.servers"] = bootstrap
    taken = sorted(fixed.keys() & (given or {}).keys())
    if taken:
        raise InvalidInput(
            field="settings",
            problem=f"{', '.join(taken)} cannot be set here, a guarantee or an argument decides it",
        )
    return {**(given or {}), **fixed}
