"""In CI nothing is skipped unnoticed, wherever the skip comes from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]

SKIPPING = {
    "test_by_fixture.py": """
        import pytest
        @pytest.fixture(scope="session")
        def engine():
            pytest.skip("no engine: none is installed")
        def test_one(engine): ...
        def test_another(engine): ...
    """,
    "test_by_mark.py": """
        import pytest
        @pytest.mark.skip(reason="no engine: none is installed")
        def test_it(): ...
    """,
    "test_as_a_module.py": """
        import pytest
        pytest.skip("no engine: none is installed", allow_module_level=True)
    """,
    "test_by_itself.py": """
        import pytest
        from tests.skips import NOT_OURS_TO_SHIP
        def test_it():
            pytest.skip("no engine: none is installed")
        def test_of_a_set_that_is_not_ours_to_ship():
            pytest.skip(f"{NOT_OURS_TO_SHIP}: a set")
        @pytest.mark.xfail(strict=True)
        def test_what_is_known_to_fail():
            assert False
    """,
}
_FOUND = "1 failed, 1 skipped, 1 xfailed, 4 errors"
_ALL = ("-p", "no:cacheprovider", "--continue-on-collection-errors")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"CI": "true"}, _FOUND),
        ({"CI": "true", "ORDERCORE_MAY_SKIP": "no fuel"}, _FOUND),
        ({"CI": "true", "ORDERCORE_MAY_SKIP": "no fuel,no engine"}, "6 skipped, 1 xfailed"),
        ({}, "6 skipped, 1 xfailed"),
    ],
    ids=["in ci", "for another reason", "excused", "elsewhere"],
)
def test_a_skip_is_a_failure_in_ci_alone(
    tmp_path: Path, said: dict[str, str], outcome: str
) -> None:
    """By a fixture, a mark, a whole module or the test itself."""
    for name, text in SKIPPING.items():
        (tmp_path / name).write_text(dedent(text))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.skips", *_ALL],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **said},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert outcome in ended.stdout.splitlines()[-1], ended.stdout + ended.stderr
