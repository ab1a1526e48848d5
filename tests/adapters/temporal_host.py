"""One process that serves sagas over a database file, and may get stuck where a test sets a trap.

A trap is a file named after a call: the process that makes this call has its effect at the
provider, takes the trap away, and never comes back with the answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import evolve

from ordercore.domain.processes import ProvisioningRules
from ordercore.ports import Ports
from ordercore_adapters import sqlalchemy, temporal
from ordercore_adapters.simulated import FaultPlan, Rates, World, world
from tests.adapters.temporal_shop import rules

__all__ = ["SETTINGS", "ports", "providers"]

SETTINGS = temporal.Settings(call_timeout_s=30, heartbeat_s=1, pause=timedelta(milliseconds=20))
_FOR_EVER_S = 3600


def providers(folder: Path) -> World:
    """Return the providers; those of a folder with a file ``sold-out`` build nothing."""
    rates = {"provision": Rates(rejected=1000)} if (folder / "sold-out").exists() else {}
    return world(folder / "world", faults=FaultPlan(rates=rates))


def ports(folder: Path, made: World, **services: Any) -> Ports:
    """Return the bundle over the file in ``folder``."""
    tables: ProvisioningRules = rules()
    return sqlalchemy.ports(
        f"sqlite:///{folder / 'orders.db'}",
        **{**made.services(), "provisioning": tables, **services},
    )


class Trapped:
    """A provider that is honest about its effects, but silent where a trap is set."""

    def __init__(self, provider: Any, folder: Path) -> None:
        self._provider = provider
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        return self._watched(getattr(self._provider, name), name)

    def _watched(self, method: Callable[..., Any], name: str) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            answer = await method(*args, **kwargs)
            trap = self._folder / name
            if trap.exists():
                trap.rename(self._folder / f"{name}.sprung")
                time.sleep(_FOR_EVER_S)
            return answer

        return call


async def main(address: str, queue: str, folder: Path) -> None:
    """Serve until killed."""
    made = providers(folder)
    bundle = ports(
        folder,
        made,
        provisioner=Trapped(made.cloud, folder),
        payments=Trapped(made.gateway, folder),
    )
    client = await temporal.connect(address)
    settings = evolve(SETTINGS, task_queue=queue)
    # How long the server waits for a dead process before it asks another; 10 seconds by default.
    patience = timedelta(seconds=1)
    await temporal.serve(client, bundle, settings, sticky_queue_schedule_to_start_timeout=patience)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
