"""Change one area of the core and put the changes before the tests of that area alone.

``make mutate`` asks every test of the core; this asks those that were written for the rule, which
is quicker and stricter: what only a test of something else notices counts as alive. It works in a
copy, so the checkout may be changed meanwhile.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from attrs import frozen

ROOT = Path(__file__).parents[1]
COPIED = ("src", "adapters/src", "tests", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info")


@frozen
class Area:
    """A part of the core with tests of its own.

    Attributes:
        files: What is changed; patterns below ``src/ordercore``.
        tests: What has to notice; below ``tests``.
        slow: Tests below them that are left out, because they take seconds for each change.
    """

    files: tuple[str, ...]
    tests: tuple[str, ...]
    slow: tuple[str, ...] = ()


AREAS: Final = {
    "billing": Area(("domain/billing/*.py",), ("unit/domain/billing",)),
    "inventory": Area(
        ("domain/inventory/*.py",), ("unit/domain/inventory", "stateful/test_stock_stateful.py")
    ),
    "lifecycle": Area(
        ("engine/lifecycle/*.py",),
        ("unit/engine/lifecycle", "stateful/test_lifecycle_lockstep.py"),
    ),
    "messaging": Area(
        ("engine/audit/chain.py", "engine/messaging/*.py"),
        ("unit/engine/audit", "unit/engine/messaging"),
    ),
    "money": Area(("kernel/money.py", "kernel/allocate.py"), ("unit/kernel",)),
    "payments": Area(("domain/payments/*.py",), ("unit/domain/payments",)),
    "processes": Area(
        ("domain/processes/**/*.py",),
        ("unit/domain/processes",),
        ("unit/domain/processes/test_sagas_explored.py",),
    ),
    "retry": Area(("engine/retry/*.py",), ("unit/engine/retry",)),
    "saga": Area(
        tuple(
            f"engine/saga/{name}.py"
            for name in ("_walk", "calls", "coordinator", "definition", "state")
        ),
        ("unit/engine/saga", "stateful/test_saga_machine.py"),
        ("unit/engine/saga/test_explore.py", "unit/engine/saga/test_explore_bites.py"),
    ),
}


def _table(name: str, values: list[str]) -> str:
    return f"{name} = [\n" + "".join(f'    "{value}",\n' for value in values) + "]\n"


def settings(project: str, area: Area) -> str:
    """Return the project's settings, narrowed to the area."""
    wanted = {
        "only_mutate": [f"src/ordercore/{pattern}" for pattern in area.files],
        "pytest_add_cli_args_test_selection": [
            *(f"tests/{path}" for path in area.tests),
            *(f"--ignore=tests/{path}" for path in area.slow),
        ],
    }
    for name, values in wanted.items():
        before, opening, after = project.partition(f"\n{name} = [\n")
        _, closing, rest = after.partition("\n]\n")
        assert opening, name
        assert closing, name
        project = f"{before}\n{_table(name, values)}{rest}"
    return project


def copy(folder: Path, area: Area) -> None:
    """Copy what the tests need to a folder of its own."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(ROOT / name, folder / name)
    project = folder / "pyproject.toml"
    project.write_text(settings(project.read_text(encoding="utf-8"), area), encoding="utf-8")


def mutate(folder: Path, names: list[str]) -> None:
    """Run the changes, or those that are named; print the scores and each change that lives."""
    tools = Path(sys.executable).parent
    surroundings = {
        **os.environ,
        "HYPOTHESIS_PROFILE": "mutation",
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(str(folder / name) for name in ("src", "adapters/src")),
    }

    for command in (
        (str(tools / "mutmut"), "run", "--max-children", "1", *names),
        (sys.executable, "-m", "tests.mutation_scores"),
    ):
        subprocess.run(command, cwd=folder, env=surroundings, check=True)


def main() -> int:
    """Change the area that is named on the command line, or some of its functions."""
    title, *names = sys.argv[1:] or ("",)
    if title not in AREAS:
        known = ",".join(AREAS)
        print(f"usage: python -m tests.mutation_area {{{known}}} [MUTANT ...]", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="ordercore-mutants-") as folder:
        copy(Path(folder), AREAS[title])
        mutate(Path(folder), names)
    return 0


if __name__ == "__main__":
    sys.exit(main())
