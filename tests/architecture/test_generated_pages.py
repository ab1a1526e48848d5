"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[2]


def generate(docs: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the page generator that lies in the folder ``docs``."""
    return subprocess.run(
        [sys.executable, docs / "generate.py", *options],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Return a copy of the documentation that may be spoiled."""
    return copytree(ROOT / "docs", tmp_path / "docs", ignore=ignore_patterns("_build"))


def test_no_generated_page_is_stale() -> None:
    """The check that runs before a push is content with the pages as they are."""
    result = generate(ROOT / "docs", "--check")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_changed_page_is_stale_until_it_is_written_again(docs: Path) -> None:
    """The check names the page and changes nothing; writing puts it right."""
    page = docs / "reference" / "errors.md"
    current = page.read_text(encoding="utf-8")
    page.write_text(f"{current}by hand\n", encoding="utf-8")

    checked = generate(docs, "--check")
    assert (checked.returncode, "reference/errors.md is stale" in checked.stderr) == (1, True)
    assert page.read_text(encoding="utf-8").endswith("by hand\n")

    assert generate(docs).stdout == "wrote docs/reference/errors.md\n"
    assert page.read_text(encoding="utf-8") == current


def test_a_missing_page_is_stale(docs: Path) -> None:
    """A page that was never written counts as stale."""
    (docs / "reference" / "errors.md").unlink()
    assert generate(docs, "--check").returncode == 1
