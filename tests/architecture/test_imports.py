"""The import contracts hold, and they are able to break."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]

# A house of the same plan with nothing in it, using every door that is meant to be open.
ALLOWED = {
    "ordercore": "import ordercore.app",
    "ordercore.kernel": "",
    "ordercore.kernel.time": "import dateutil.rrule",
    "ordercore.engine": "",
    "ordercore.engine.retry": "import ordercore.kernel",
    "ordercore.engine.lifecycle": "",
    "ordercore.engine.lifecycle._machine": "def draw():\n    import transitions",
    "ordercore.engine.messaging": "",
    "ordercore.engine.saga": "import ordercore.engine.messaging, ordercore.engine.retry",
    "ordercore.domain": "",
    "ordercore.domain.catalog": "import attrs, importlib.resources, json",
    "ordercore.domain.pricing": "import ordercore.domain.catalog",
    "ordercore.domain.payments": "import ordercore.domain.pricing",
    "ordercore.domain.validation": "import ordercore.domain.pricing",
    "ordercore.domain.orders": "import ordercore.domain.payments, ordercore.domain.validation",
    "ordercore.domain.processes": "import ordercore.domain.orders, ordercore.engine.saga",
    "ordercore.codec": "import cattrs, ordercore.domain.orders",
    "ordercore.ports": "import ordercore.codec",
    "ordercore.app": "import ordercore.ports",
    "ordercore.testing": "import asyncio, random, hypothesis, pytest, ordercore.app",
    "ordercore_adapters": "",
    "ordercore_adapters.system": "import time, uuid6, ordercore.ports",
    "ordercore_adapters.memory": "import ordercore.ports, ordercore_adapters.system",
    "ordercore_adapters.sqlalchemy": "import sqlalchemy, ordercore.codec",
    "ordercore_adapters.crypto": "import cryptography",
    "ordercore_adapters.kafka": "import confluent_kafka, ordercore.ports",
    "ordercore_adapters.otel": "import opentelemetry, ordercore.ports",
    "ordercore_adapters.redis": "import redis, ordercore.ports",
    "ordercore_adapters.simulated": "import random, ordercore.app, ordercore_adapters.memory",
    "ordercore_adapters.webhooks": "import standardwebhooks, ordercore.ports",
    "ordercore_adapters.temporal": "import temporalio, ordercore.app",
    "ordercore_adapters.cli": "import typer, ordercore.app, ordercore_adapters.simulated",
    "ordercore_adapters.cli.run": "import ordercore",
}

# One fault per entry: the module that commits it, the line, and the contract that must say no.
FAULTS = [
    ("ordercore.kernel.upward", "import ordercore.engine.retry", "Rings"),
    ("ordercore.domain.orders.upward", "import ordercore.ports", "Rings"),
    ("ordercore.stray", "", "Rings"),
    ("ordercore.domain.payments.sideways", "import ordercore.domain.validation", "Tiers of the d"),
    ("ordercore.domain.pricing.upward", "import ordercore.domain.orders", "Tiers of the d"),
    ("ordercore.domain.misc", "", "Tiers of the d"),
    ("ordercore.engine.lifecycle.upward", "import ordercore.engine.saga", "Tiers of the e"),
    ("ordercore.testing.outward", "import ordercore_adapters.memory", "The core knows no adapter"),
    ("ordercore.app.looping", "import asyncio", "No I/O"),
    ("ordercore.domain.orders.dated", "def now():\n    import time", "No I/O"),
    ("ordercore.engine.saga.jitter", "from random import Random", "No I/O"),
    ("ordercore.codec.stored", "import sqlalchemy.orm", "No I/O"),
    ("ordercore.testing.stored", "import sqlalchemy", "The test kit"),
    ("ordercore.domain.orders.coded", "import cattrs", "cattrs"),
    ("ordercore.domain.orders.moved", "import transitions", "transitions"),
    ("ordercore.kernel.dated", "from dateutil import rrule", "dateutil"),
    ("ordercore.app.tested", "import hypothesis", "hypothesis"),
    ("ordercore_adapters.crypto.sideways", "import ordercore_adapters.memory", "Adapters do not"),
    ("ordercore_adapters.redis.sideways", "import ordercore_adapters.memory", "Adapters do not"),
    ("ordercore_adapters.system.upward", "import ordercore_adapters.memory", "Adapters do not"),
    ("ordercore_adapters.pigeons", "", "Adapters do not"),
    ("ordercore_adapters.sqlalchemy.inward", "import ordercore.app", "Only the command line"),
    ("ordercore_adapters.temporal.inward", "import ordercore.testing", "Only the command line"),
    ("ordercore.app.watched", "import opentelemetry", "No I/O"),
    ("ordercore.engine.saga.flowing", "import temporalio", "No I/O"),
    ("ordercore_adapters.memory.facade", "import ordercore", "Only the command line"),
]


def build(folder: Path, modules: dict[str, str]) -> None:
    """Write each module as a package with one line of code."""
    for name, code in modules.items():
        package = folder.joinpath(*name.split("."))
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(f"{code}\n")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the project's contracts against the packages in ``folder``."""
    command = Path(sys.executable).parent / "lint-imports"
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300"}
    return subprocess.run(
        [command, "--no-cache", "--no-logo", "--config", ROOT / ".importlinter"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what the linter says about a house in which every fault was planted."""
    folder = tmp_path_factory.mktemp("faulty")
    build(folder, ALLOWED | {module: line for module, line, _ in FAULTS})
    return lint(folder).stdout


def test_every_contract_holds_in_this_project(tmp_path: Path) -> None:
    """The linter exits with success on the packages as they are installed."""
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_open_doors_are_open(tmp_path: Path) -> None:
    """No contract forbids what the plan allows."""
    build(tmp_path, ALLOWED)
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("module", "line", "contract"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_planted_fault_is_reported(faulty: str, module: str, line: str, contract: str) -> None:
    """The contract that was broken names the module that broke it."""
    details = faulty.partition("Broken contracts")[2]
    start = details.index(f"\n{contract}")
    section = details[start : _next_title(details, start)]
    assert (module if line else module.rpartition(".")[2]) in section


def test_nothing_inside_reads_the_front_door() -> None:
    """Inner modules import each other by their own names, never through ``ordercore`` itself."""
    graph = grimp.build_graph("ordercore", cache_dir=None)
    assert graph.find_modules_that_directly_import("ordercore") == set()


def _next_title(text: str, start: int) -> int:
    """Return where the heading after the one at ``start`` begins: a line underlined with dashes."""
    underlined = text.find("\n---", text.find("\n---", start) + 1)
    return len(text) if underlined < 0 else text.rfind("\n", 0, underlined)
