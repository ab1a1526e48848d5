"""A worker process: runs the sagas of a shop, embedded or as workflows, until it is killed."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import warnings
from datetime import timedelta
from pathlib import Path

from ordercore import OrderCore, Ports, WorkOnce
from ordercore.engine.messaging import WorkKind
from tests.runners.place import Place

__all__ = ["main"]

THREADS = 2
"""As many as this kind of machine has cores; the providers answer at once."""
PAUSE_S = 0.01
"""How long an idle runner of either kind rests before it looks for work again."""
CALLS_AT_ONCE = 16


def main(place: Place) -> None:
    """Work until killed."""
    warnings.simplefilter("error")
    ports = place.ports()
    if place.address:
        asyncio.run(_serve(place, ports))
    else:
        threads = [threading.Thread(target=_embedded, args=(ports,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _embedded(ports: Ports) -> None:
    core, sagas = OrderCore(ports), WorkOnce(kinds=(WorkKind.SAGA,))
    while True:
        if core.handle(sagas) is None:
            time.sleep(PAUSE_S)


async def _serve(place: Place, ports: Ports) -> None:
    from ordercore_adapters import temporal

    settings = temporal.Settings(
        task_queue=place.queue,
        calls_at_once=CALLS_AT_ONCE,
        heartbeat_s=1,
        call_timeout_s=30,
        pause=timedelta(seconds=PAUSE_S),
    )
    client = await temporal.connect(place.address)
    patience = timedelta(seconds=1)  # with a process that died; 10 seconds by default
    await temporal.serve(client, ports, settings, sticky_queue_schedule_to_start_timeout=patience)


if __name__ == "__main__":
    main(Place.of(Path(sys.argv[1])))
