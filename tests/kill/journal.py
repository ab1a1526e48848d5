"""A list of lines that survives its writers: half a line counts as none."""

from __future__ import annotations

from pathlib import Path


class Journal:
    """What is known to be done, one line each."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> list[str]:
        if not self._path.exists():
            return []
        whole, _, _ = self._path.read_text().rpartition("\n")
        return whole.splitlines()

    def add(self, line: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{line}\n")
