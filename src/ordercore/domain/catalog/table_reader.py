"""Read a table that a host wrote (catalogue, price book) and report all that is wrong with it.

Hosts edit these tables by hand, so the reader collects every problem with its path before it gives
up; it never stops at the first. Reading methods return a harmless stand-in after a problem, and
`TableReader.finish` raises before anything built from stand-ins can be used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ordercore.kernel.errors import DefinitionError

__all__ = ["TableReader"]


class TableReader:
    """Collects the problems of one table.

    Args:
        name: What the table is, such as ``catalogue``; it heads the error.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []

    def problem(self, path: str, text: str) -> None:
        """Note one problem at a path."""
        self.problems.append(f"{path}: {text}")

    def finish(self) -> None:
        """Raise if anything was noted.

        Raises:
            DefinitionError: with every problem.
        """
        if self.problems:
            raise DefinitionError(name=self.name, problems=tuple(self.problems))

    def table(
        self, value: object, path: str, *, keys: Collection[str] | None = None
    ) -> Mapping[str, object]:
        """Return ``value`` if it is an object with text keys; with ``keys`` no others may occur."""
        if not isinstance(value, Mapping):
            self.problem(path, "must be an object")
            return {}
        for key in value:
            if not isinstance(key, str) or not key:
                self.problem(path, f"has a key that is not text: {key!r}")
            elif keys is not None and key not in keys:
                self.problem(path, f"has the unknown key {key!r}; known: {', '.join(sorted(keys))}")
        return {key: item for key, item in value.items() if isinstance(key, str)}

    def rows(self, value: object, path: str, *, empty: bool = False) -> list[object]:
        """Return ``value`` if it is a list; an empty one is a problem unless ``empty``."""
        if not isinstance(value, (list, tuple)):
            self.problem(path, "must be a list")
            return []
        if not value and not empty:
            self.problem(path, "must not be empty")
        return list(value)

    def text(self, value: object, path: str) -> str:
        """Return ``value`` if it is text that is not empty."""
        if isinstance(value, str) and value:
            return value
        self.problem(path, "must be text")
        return ""

    def texts(self, value: object, path: str) -> tuple[str, ...]:
        """Return ``value`` if it is a list of different texts."""
        texts = tuple(
            self.text(item, f"{path}[{number}]")
            for number, item in enumerate(self.rows(value, path))
        )
        if len(set(texts)) < len(texts):
            self.problem(path, "names something twice")
        return texts

    def whole(self, value: object, path: str, *, minimum: int) -> int:
        """Return ``value`` if it is a whole number of at least ``minimum``."""
        if type(value) is int and value >= minimum:
            return value
        self.problem(path, f"must be a whole number of at least {minimum}")
        return minimum

    def flag(self, value: object, path: str) -> bool:
        """Return ``value`` if it is true or false."""
        if not isinstance(value, bool):
            self.problem(path, "must be true or false")
        return value is True
