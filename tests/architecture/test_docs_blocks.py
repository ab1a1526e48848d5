"""Every example a reader meets is run, so that none can lie.

Python blocks of one page share a namespace and a temporary folder. A block with ``file=NAME``
behind its backticks is written to that file instead, to be imported or used by a command further
down. In ``console`` and ``sh`` blocks each line starting with ``$ ordercore`` or ``$ pytest`` is
run; it has to succeed unless ``# exit N`` follows, and to print what the page shows below it
(``...`` stands for anything). A block that cannot be run says so behind its backticks:
``no-run reason=...``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from tests.architecture._markdown import Block, Command, blocks, commands, run_command, run_python

ROOT = Path(__file__).parents[2]
PYTHON = {"python", "pycon"}
CONSOLE = {"console", "sh", "bash"}
NOT_RUN_AT_MOST = 6


def pages() -> list[Path]:
    """List the front page and every documentation page."""
    found = [ROOT / "README.md", ROOT / "adapters" / "README.md", *(ROOT / "docs").rglob("*.md")]
    return sorted(path for path in found if "_build" not in path.parts)


def name_of(path: Path) -> str:
    """Name a page by its place in the project."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_the_blocks_of_a_page_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python blocks raise nothing, commands exit and print as shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    run_page(path.read_text(encoding="utf-8"), name=name_of(path), folder=tmp_path)


def run_page(text: str, *, name: str, folder: Path) -> None:
    """Run every block of one page in order, in one namespace and one folder."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(text):
        if not block.is_run:
            continue
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language in PYTHON:
            run_python(block, page=name, namespace=namespace)
        elif block.language in CONSOLE:
            for command in commands(block):
                run_command(command, folder=folder)


def test_blocks_that_are_not_run_are_few_and_say_why() -> None:
    """An exception is rare and carries its reason."""
    silent: list[tuple[str, Block]] = [
        (name_of(path), block)
        for path in pages()
        for block in blocks(path.read_text(encoding="utf-8"))
        if not block.is_run
    ]
    assert [(name, block.line) for name, block in silent if not block.reason] == []
    assert len(silent) <= NOT_RUN_AT_MOST


def test_a_lying_python_block_is_found(tmp_path: Path) -> None:
    """A block that raises fails its page, and later blocks see what earlier ones defined."""
    run_page(
        "```python\nx = 1\n```\ntext\n```python\nassert x == 1\n```\n", name="p", folder=tmp_path
    )
    with pytest.raises(ZeroDivisionError):
        run_page("```python\n1 / 0\n```\n", name="p", folder=tmp_path)
    with pytest.raises(AssertionError, match="Expected"):
        run_page("```pycon\n>>> 1 + 1\n3\n```\n", name="p", folder=tmp_path)


def test_a_lying_command_is_found(tmp_path: Path) -> None:
    """A command with another exit code or other output than promised fails its page."""
    honest = Command(line="echo one two; exit 3", output="one ...", exit_code=3)
    run_command(honest, folder=tmp_path)
    with pytest.raises(AssertionError, match="one two"):
        run_command(evolve(honest, exit_code=0), folder=tmp_path)
    with pytest.raises(AssertionError, match="the page shows"):
        run_command(evolve(honest, output="all is well"), folder=tmp_path)


def test_a_block_says_what_it_is() -> None:
    """Language, line, indentation, opting out and nested fences are read from the page."""
    page = (
        '# Title\n\n  ```python no-run reason="needs a server"\n  go()\n  ```\n````md\n```\n````\n'
    )
    first, second = blocks(page)
    assert first == Block(info='python no-run reason="needs a server"', text="go()\n", line=4)
    assert (first.language, first.is_run, first.reason) == ("python", False, "needs a server")
    assert (second.language, second.text) == ("md", "```\n")


def test_a_block_may_be_a_file(tmp_path: Path) -> None:
    """Its text is written where commands find it, and it is not run in place."""
    run_page("```python file=wrong.py\n1 / 0\n```\n", name="p", folder=tmp_path)
    assert (tmp_path / "wrong.py").read_text() == "1 / 0\n"


def test_a_command_says_what_it_promises() -> None:
    """Only our own commands are run; lines may continue; output and exit code are the page's."""
    text = "$ ls\nfile\n$ ordercore price \\\n  --json  # exit 1\n{...}\n$ ordercore help\n"
    first, second = commands(Block(info="console", text=text, line=1))
    assert (first.exit_code, first.output) == (1, "{...}")
    assert first.line.split() == ["ordercore", "price", "--json", "#", "exit", "1"]
    assert (second.exit_code, second.output) == (0, "")
