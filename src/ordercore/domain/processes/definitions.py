"""Find the definition a saga was started with among those a host still knows."""

from __future__ import annotations

from ordercore.engine.saga import SagaDefinition
from ordercore.kernel.errors import DefinitionError

__all__ = ["newest"]


def newest(
    sagas: tuple[SagaDefinition, ...], name: str, version: int | None = None
) -> SagaDefinition:
    """Return the definition called ``name``; without a version the newest.

    Raises:
        DefinitionError: when there is none, as for a saga started by a newer release.
    """
    matching = [
        saga for saga in sagas if saga.name == name and (version is None or saga.version == version)
    ]
    if not matching:
        wanted = name if version is None else f"{name} version {version}"
        raise DefinitionError(name="sagas", problems=(f"there is no saga {wanted}",))
    return max(matching, key=lambda saga: saga.version)
