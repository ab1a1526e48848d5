"""The surroundings as the machine gives them; what they promise is checked by the contracts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ordercore_adapters.system import SystemClock, SystemIds


def test_the_clock_tells_the_time_of_the_machine() -> None:
    """Between two looks at another clock of the same machine."""
    before = datetime.now(UTC)  # noqa: TID251 - what the adapter is compared with
    now = SystemClock().now()
    after = datetime.now(UTC)  # noqa: TID251 - likewise
    assert before - timedelta(seconds=1) <= now <= after + timedelta(seconds=1)


def test_ids_are_uuids_that_begin_with_the_time() -> None:
    """Version 7, milliseconds since 1970 in the first 48 bits."""
    new = UUID(SystemIds().new())
    assert new.version == 7
    made = datetime.fromtimestamp((new.int >> 80) / 1000, UTC)
    assert abs(made - SystemClock().now()) < timedelta(minutes=1)


def test_ids_are_distinct_across_threads() -> None:
    """Many at once from one source."""
    ids = SystemIds()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ids.new(), range(4000)))
    assert len(set(made)) == len(made)
