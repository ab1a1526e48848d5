"""One idea per module, one screen or two per function."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def python_files(*folders: str) -> list[Path]:
    """List every Python file below the given folders of the project."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def long_functions(source: str) -> list[str]:
    """Name the functions in ``source`` that span more lines than allowed."""
    return [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]


@pytest.mark.parametrize("folder", ["src", "adapters", "examples", "tests", "docs"])
def test_no_python_file_has_outgrown_its_idea(folder: str) -> None:
    """No file has more than 400 lines."""
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files(folder)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    """Functions of both packages and of the examples fit on a screen or two."""
    found = {
        str(path.relative_to(ROOT)): names
        for path in python_files("src", "adapters", "examples")
        if (names := long_functions(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_a_long_function_would_be_found() -> None:
    """Fifty lines pass, fifty-one do not."""
    body = "    pass\n"
    assert long_functions("def fits():\n" + body * (LONGEST_FUNCTION - 1)) == []
    assert long_functions("async def grown():\n" + body * LONGEST_FUNCTION) == ["grown (51 lines)"]
