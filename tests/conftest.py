"""Settings shared by every test.

Set ``HYPOTHESIS_PROFILE=thorough`` for a longer search.
"""

from __future__ import annotations

import os

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
    "tests.adapters.postgres_server",
    "tests.adapters.redis_server",
    "tests.adapters.temporal_server",
    "tests.skips",
]
