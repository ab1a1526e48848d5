"""What a module says it exports is what it defines, in sorted order."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import ordercore
import ordercore_adapters

# Revision scripts are loaded by file path; their names are Alembic's.
LOADED_BY_PATH = ".migrations"


def public_modules() -> list[str]:
    """Name every module of both packages that has no underscore in its path."""
    found = [package.__name__ for package in (ordercore, ordercore_adapters)]
    for package in (ordercore, ordercore_adapters):
        walked = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        found.extend(module.name for module in walked)
    return sorted(
        name
        for name in found
        if not any(part.startswith("_") for part in name.split(".")) and LOADED_BY_PATH not in name
    )


def defined_names(source: str) -> set[str]:
    """Collect the public names that ``source`` binds at its top level, but not what it imports.

    Type variables do not count either: they name nothing a reader could use.
    """
    names: set[str] = set()
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec"))):
                continue
            case ast.Assign():
                names.update(name.id for name in node.targets if isinstance(name, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("name", public_modules())
def test_a_module_exports_what_it_defines(name: str) -> None:
    """``__all__`` is sorted, without repeats, importable, and leaves out no public definition."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    exported = list(getattr(module, "__all__", []))
    assert exported == sorted(set(exported))
    assert [export for export in exported if not hasattr(module, export)] == []
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert defined_names(source) - set(exported) == set()


def test_a_forgotten_name_would_be_found() -> None:
    """Functions, classes and constants count as definitions; imports and private names do not."""
    source = (
        "import os\nLIMIT = 1\nrate: int = 2\n_x = 3\nT = TypeVar('T')\n"
        "class A: ...\nasync def go(): ...\n"
    )
    assert defined_names(source) == {"LIMIT", "rate", "A", "go"}


def test_a_star_import_of_the_front_door_brings_its_names() -> None:
    """The everyday names are listed, and no underscore name is among them."""
    assert [name for name in ordercore.__all__ if name.startswith("_")] == []
