"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from ordercore.domain.orders.lifecycles import (
    PROVISIONING_GUARDS,
    RETAIL_GUARDS,
    LifeFacts,
    RetailFacts,
)

ROOT = Path(__file__).parents[2]
LIBRARY = "src/ordercore"
ADAPTERS = "adapters/src/ordercore_adapters"


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


def source(folder: str) -> Iterator[str]:
    """Yield the text of every module that a host may meet, line breaks made blanks."""
    for path in (ROOT / folder).rglob("*.py"):
        if "testing" not in path.parts:
            yield " ".join(path.read_text(encoding="utf-8").split())


def missing(page: str, codes: set[str]) -> set[str]:
    """Return those of ``codes`` that no row of a reference page begins with, class or not."""
    lines = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8").splitlines()
    cells = (cell for line in lines for cell in line.split(" | ")[:2])
    return codes - {cell.strip("| `") for cell in cells}


_REFUSALS = r"\b(?:Refusal|Finding)\([^()]*?\bcode=\"(\w+)\""
_FAULTS = r"(?<=\"\"\") code(?:: ClassVar\[str\])? = \"(\w+)\""
_EVENTS = r"\"((?:order|payment|billing|invoice)\.[a-z]+(?:-[a-z]+)*)\""


@pytest.mark.parametrize(
    ("page", "folder", "written"),
    [
        ("refusals.md", LIBRARY, _REFUSALS),
        ("refusals.md", ADAPTERS, _REFUSALS),
        ("errors.md", LIBRARY, _FAULTS),
        ("errors.md", ADAPTERS, _FAULTS),
        ("events.md", f"{LIBRARY}/domain", _EVENTS),
    ],
)
def test_what_the_source_writes_out_is_on_its_page(page: str, folder: str, written: str) -> None:
    """Looked for in the plain text, in another way than the generator looks."""
    found = {code for text in source(folder) for code in re.findall(written, text)}
    assert found
    assert missing(page, found) == set()


def test_what_a_guard_says_no_with_is_on_the_page() -> None:
    """Asked of the guards themselves, with nothing that speaks for the order."""
    answers = [guard(RetailFacts()) for guard in RETAIL_GUARDS.values()]
    answers += [guard(LifeFacts()) for guard in PROVISIONING_GUARDS.values()]
    codes = {answer.code for answer in answers if answer is not None}
    assert len(codes) >= len(RETAIL_GUARDS)
    assert missing("refusals.md", codes) == set()


MAKERS = """\
FOUR = "four"

def refuse(code, why="because"):
    def later():
        reason = f"it is {state}, {why}"
        return Refusal(code=code, reason=reason)
    return later

TABLE = {"a": refuse("one"), "b": refuse(code="two", why="so")}

class Reader:
    def read(self, column, code):
        return Refusal(code=code, reason=column)

def row(reader, told):
    reader.read("price", "three")
    if told is None:
        reason = FOUR
        return Refusal(code=FOUR, reason=reason)
    return Refusal(code=told.code, reason="as it was")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty package; what reads the source can be imported meanwhile."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    (tmp_path / "made_up").mkdir()
    return tmp_path / "made_up"


def test_codes_are_found_behind_functions_and_names(package: Path) -> None:
    """A function or a method that is given the code, a closure in it, a default, a name."""
    from generators.source import said

    (package / "makers.py").write_text(MAKERS, encoding="utf-8")
    found = {each.words["code"]: each for each in said(package, "Refusal", "code", "reason")}
    assert found.keys() == {"one", "two", "three", "four", "{code}"}
    assert found["one"].module == "made_up.makers"
    assert found["one"].words["reason"] == "it is {state}, {why}"
    assert found["three"].words["reason"] == "price"
    assert found["{code}"].copied == {"code"}


@pytest.mark.parametrize(
    "unseen",
    [
        "def refuse(code):\n    return Refusal(code=code, reason='')",
        "def refuse(**words):\n    return Refusal(**words)",
        "for code in CODES:\n    Refusal(code=code, reason='')",
    ],
)
def test_a_code_that_cannot_be_told_is_no_silent_gap(package: Path, unseen: str) -> None:
    """The page is not written without it."""
    from generators.source import said

    (package / "unseen.py").write_text(unseen, encoding="utf-8")
    with pytest.raises(ValueError, match="code"):
        list(said(package, "Refusal", "code", "reason"))
