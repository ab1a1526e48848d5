"""Find and run the code blocks of a Markdown page."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

from attrs import frozen

__all__ = ["Block", "Command", "blocks", "commands", "run_command", "run_python"]

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`]*)$")
_FILE = re.compile(r"\bfile=(?P<name>[\w.-]+)")
_RUN = frozenset({"ordercore", "pytest"})
_EXIT = re.compile(r"#\s*exit (?P<code>\d+)\s*$")
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@frozen(kw_only=True)
class Block:
    """One fenced block: what follows the backticks, its text, and the line its text starts at."""

    info: str
    text: str
    line: int

    @property
    def language(self) -> str:
        """The first word behind the backticks."""
        return self.info.split()[0] if self.info.split() else ""

    @property
    def is_run(self) -> bool:
        """False for a block that says ``no-run``."""
        return "no-run" not in self.info.split()

    @property
    def file(self) -> str:
        """The file the block is the content of, behind ``file=``; empty when it is run in place."""
        named = _FILE.search(self.info)
        return named["name"] if named else ""

    @property
    def reason(self) -> str:
        """Why it is not run: everything behind ``reason=``."""
        return self.info.partition("reason=")[2].strip().strip("\"'")


@frozen(kw_only=True)
class Command:
    """One line behind a ``$`` with the output and the exit code the page promises for it."""

    line: str
    output: str
    exit_code: int


def blocks(page: str) -> list[Block]:
    """List the fenced blocks of ``page`` in order."""
    found: list[Block] = []
    opened: re.Match[str] | None = None
    body: list[str] = []
    start = 0
    for number, line in enumerate(page.splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, body, start = fence, [], number + 1
        elif fence and not fence["info"].strip() and len(fence["ticks"]) >= len(opened["ticks"]):
            text = "".join(f"{row}\n" for row in body)
            found.append(Block(info=opened["info"].strip(), text=text, line=start))
            opened = None
        else:
            body.append(line.removeprefix(opened["indent"]))
    return found


def commands(block: Block) -> list[Command]:
    """List the lines of a console block that are run, each with what the page shows below it."""
    found: list[Command] = []
    joined = block.text.replace("\\\n", " ")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        promised = _EXIT.search(line)
        exit_code = int(promised["code"]) if promised else 0
        if line.split()[0] in _RUN:
            found.append(Command(line=line, output=output.strip(), exit_code=exit_code))
    return found


def run_python(block: Block, *, page: str, namespace: dict[str, object]) -> None:
    """Run a block in ``namespace``; one with prompts is compared with the output it shows.

    Raises:
        AssertionError: when a block with prompts prints something else.
    """
    name = f"{page}:{block.line}"
    if block.text.lstrip().startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(block.text, namespace, name, page, block.line)
        report: list[str] = []
        result = doctest.DocTestRunner(optionflags=_FLAGS).run(
            test, out=report.append, clear_globs=False
        )
        namespace.update(test.globs)
        assert result.failed == 0, "".join(report)
        return
    # Blank lines in front make a traceback show the line of the page.
    source = "\n" * (block.line - 1) + block.text
    exec(compile(source, page, "exec"), namespace)


def run_command(command: Command, *, folder: Path) -> None:
    """Run a command line with the programs installed beside this Python.

    Raises:
        AssertionError: on another exit code or other output than the page shows.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", command.line],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    everything = f"$ {command.line}\n{result.stdout}{result.stderr}"
    assert result.returncode == command.exit_code, everything
    if command.output:
        shown = result.stdout if result.stdout.strip() else result.stderr
        same = doctest.OutputChecker().check_output(command.output, shown.strip(), _FLAGS)
        assert same, f"the page shows\n{command.output}\nbut got\n{everything}"
