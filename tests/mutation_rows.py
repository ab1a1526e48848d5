"""Change one cell of a shipped lifecycle and ask the tests of the tables whether they notice.

``mutmut`` changes what functions do; a table is data. A change that the constructor of `Lifecycle`
refuses cannot be made and does not count. Each change is tried in a process of its own.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve

from ordercore.domain.orders import lifecycles
from ordercore.engine.lifecycle import Guard, Lifecycle, Row, mermaid
from ordercore.kernel.errors import DefinitionError
from ordercore.kernel.result import Refusal

TESTS = "tests/unit/domain/orders/lifecycles"
PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
TABLES: Final = {"PROVISIONING": lifecycles.PROVISIONING, "RETAIL": lifecycles.RETAIL}
GUARDS: Final[Mapping[str, Mapping[str, Guard[Any]]]] = {
    "PROVISIONING_GUARDS": lifecycles.PROVISIONING_GUARDS,
    "RETAIL_GUARDS": lifecycles.RETAIL_GUARDS,
}

Change = tuple[str, str, object]
"""What is changed in words, the name of the value, and the value instead."""


def cells(row: Row, table: Lifecycle) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every other row that differs from this one in a single cell."""
    for role in lifecycles.Role:
        who = tuple(each for each in row.who if each != role)
        yield f"who: {role}", {"who": who if role in row.who else (*row.who, role)}
    for guard in table.guard_ids:
        guards = tuple(each for each in row.guards if each != guard)
        yield f"guard: {guard}", {"guards": guards if guard in row.guards else (*guards, guard)}
    for dest in table.states:
        if dest != row.dest:
            yield f"to {dest}", {"dest": dest}
    yield "another event", {"emits": f"{row.emits}-or-so"}
    yield "manual", {"manual": not row.manual}


def tables(name: str, table: Lifecycle) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every change of a single cell of the table, sound or not."""
    for place, row in enumerate(table.rows):
        before, after = table.rows[:place], table.rows[place + 1 :]
        title = f"{name}: {row.trigger} from {row.source}"
        yield f"{title}: left out", {"rows": (*before, *after)}
        for cell, change in cells(row, table):
            yield f"{title}: {cell}", {"rows": (*before, evolve(row, **change), *after)}
    for place, timeout in enumerate(table.timeouts):
        before_, after_ = table.timeouts[:place], table.timeouts[place + 1 :]
        title = f"{name}: timeout of {timeout.state}"
        yield f"{title}: left out", {"timeouts": (*before_, *after_)}
        for off in (-1, 1):
            other = evolve(timeout, after_s=timeout.after_s + off)
            yield f"{title}: {off:+} s", {"timeouts": (*before_, other, *after_)}
        for trigger in table.triggers:
            if trigger != timeout.trigger:
                other = evolve(timeout, trigger=trigger)
                yield f"{title}: {trigger}", {"timeouts": (*before_, other, *after_)}
    for state in table.states:
        rest = tuple(each for each in table.terminal if each != state)
        yield (
            f"{name}: ends in {state}",
            {"terminal": rest if state in table.terminal else (*rest, state)},
        )
        if state != table.initial:
            yield f"{name}: starts in {state}", {"initial": state}


def changes(ended: Counter[str]) -> Iterator[Change]:
    """Yield every change that can be made; count those that cannot."""
    for name, table in TABLES.items():
        for title, change in tables(name, table):
            try:
                yield title, name, evolve(table, **change)
            except DefinitionError:
                ended["not sound"] += 1
    for name, guards in GUARDS.items():
        for guard in guards:
            yield f"{name}: {guard} always agrees", name, {**guards, guard: _agrees}
            yield f"{name}: {guard} never agrees", name, {**guards, guard: _refuses}


def _agrees(_facts: object) -> Refusal | None:
    return None


def _refuses(_facts: object) -> Refusal | None:
    return Refusal(code="no", reason="not today")


def noticed(name: str, value: object) -> bool:
    """Return whether a test fails with the value in place of the one that is shipped."""
    child = os.fork()
    if not child:
        setattr(lifecycles, name, value)
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            code = pytest.main([TESTS, "-x", "-q", "--noconftest", *PLUGINS])
        os._exit(code)
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, 2), ended
    return ended != pytest.ExitCode.OK


def main() -> int:
    """Try every change and print those that nobody minds."""
    ended = Counter[str]()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # nothing but the tests is wanted
    for table in TABLES.values():
        mermaid(table)  # reads what draws, once for all processes
    assert not noticed("RETAIL", lifecycles.RETAIL), "the tests fail without any change"
    for title, name, value in changes(ended):
        fate = "killed" if noticed(name, value) else "alive"
        ended[fate] += 1
        if fate == "alive":
            print(title, flush=True)
    print(", ".join(f"{count} {how}" for how, count in sorted(ended.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
