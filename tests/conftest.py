"""Settings shared by every test.

Set ``HYPOTHESIS_PROFILE=thorough`` for a longer search.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, settings

# No deadline: the time one example takes says more about the machine than about the code.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=2000)
settings.register_profile(
    "mutation",  # the same examples each time; a failure is enough, the smallest is not looked for
    deadline=None,
    max_examples=25,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
# The same examples in every run of CI: what is new there is the change, not the luck of the draw.
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default")
)

pytest_plugins = [
    "tests.adapters.kafka_server",
    "tests.adapters.lock_services",
    "tests.adapters.postgres_server",
    "tests.adapters.redis_server",
    "tests.adapters.temporal_server",
    "tests.skips",
]

_LONG_FIRST = ("kill", "simulation", "load", "adapters", "examples", "architecture")
"""Folders with long files: side by side, none of them is left for the end."""
_COUNTED = (
    "src/",
    "tests/adapters/test_gateway_contracts.py",
    "tests/adapters/test_memory_contracts.py",
    "tests/adapters/test_payment_laws.py",
    "tests/simulation/test_",
    "tests/stateful/",
    "tests/unit/",
)
"""Where the core is tested for itself. Elsewhere databases, processes and providers work with it in
earnest: what of it is tested has to show without them, and counting takes longer than the tests."""
_LIVED_AGAIN = (
    "tests/simulation/regressions/",
    "tests/simulation/test_additions.py::test_what_was_added_happens",
    "tests/simulation/test_lock_watch.py::test_locks_are_lived_with",
    "tests/simulation/test_planted_bugs.py::test_without_a_mistake_the_same_seeds_break_nothing",
    "tests/simulation/test_simulation.py::test_every_law_holds_whatever_goes_wrong",
    "tests/simulation/test_simulation.py::test_nothing_that_can_go_wrong_is_left_out",
    "tests/unit/app/test_crash_anywhere.py",
    "tests/unit/app/test_ill_shaped_properties.py",
    "tests/unit/app/test_retail_crash.py",
    "tests/unit/app/test_retail_faults.py",
    "tests/unit/domain/processes/test_sagas_explored.py",
    "tests/unit/engine/saga/test_explore.py",
    "tests/unit/engine/saga/test_explore_bites.py",
)
"""The same ways through the core hundreds of times: counting them each time adds nothing."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put long files first, and count branches only where that says something."""
    ranks = {f"tests/{name}": rank for rank, name in enumerate(_LONG_FIRST)}
    items.sort(key=lambda item: ranks.get("/".join(item.nodeid.split("/")[:2]), len(ranks)))
    if config.pluginmanager.has_plugin("_cov"):
        for item in items:
            if not item.nodeid.startswith(_COUNTED) or item.nodeid.startswith(_LIVED_AGAIN):
                item.add_marker("no_cover")
