"""Connect to a Temporal server and serve sagas there: bridge, workflows and activities."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from ordercore.ports import Ports
from ordercore_adapters.temporal.activities import Activities
from ordercore_adapters.temporal.bridge import Bridge
from ordercore_adapters.temporal.converter import DATA_CONVERTER
from ordercore_adapters.temporal.settings import Settings
from ordercore_adapters.temporal.workflows import SagaWorkflow

__all__ = ["connect", "make_worker", "serve"]


async def connect(address: str, **options: Any) -> Client:
    """Return a client that speaks the library's values.

    Args:
        address: Host and port of the server.
        options: Whatever `temporalio.client.Client.connect` takes besides: namespace, TLS, API key,
            or another data converter over `ValueConverter`, such as one that encrypts.
    """
    return await Client.connect(address, **{"data_converter": DATA_CONVERTER, **options})


def make_worker(client: Client, ports: Ports, settings: Settings, **options: Any) -> Worker:
    """Return a worker for workflows and activities, to be run by the host.

    When it is told to stop, it lets the calls in hand come to their end.

    Args:
        client: From `connect`.
        ports: The same bundle as everywhere else; async, neutral, or blocking with adapters that
            may be used from several threads.
        settings: As for `serve`.
        options: Whatever `temporalio.worker.Worker` takes besides, such as interceptors.
    """
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[SagaWorkflow],
        activities=Activities(ports, at_once=settings.calls_at_once).all,
        max_concurrent_activities=settings.calls_at_once,
        graceful_shutdown_timeout=timedelta(seconds=settings.call_timeout_s),
        **options,
    )


async def serve(
    client: Client, ports: Ports, settings: Settings | None = None, **options: Any
) -> None:
    """Serve sagas until cancelled; any number of processes may do so at once.

    Sagas only: events, validations and timers want embedded workers besides.

    Args:
        client: From `connect`.
        ports: As for `make_worker`, likewise ``options``.
        settings: Which sagas, and how patiently.
        options: As for `make_worker`.
    """
    settings = settings or Settings()
    async with make_worker(client, ports, settings, **options):
        await Bridge(client, ports, settings).run()
