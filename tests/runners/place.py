"""Where a shop is: its database, its providers' books, and who runs its sagas."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import asdict, frozen

from ordercore import Ports
from ordercore_adapters import sqlalchemy
from ordercore_adapters.simulated import World, world

__all__ = ["Place"]


@frozen(kw_only=True)
class Place:
    """Everything a process has to know.

    Attributes:
        folder: Of the providers' books.
        url: The orders' database.
        worker_url: The same, for a role that sees every tenant's work; empty where none is needed.
        all_rows_url: The same, for somebody who sees every row.
        address: Of a Temporal server; empty for the embedded runner.
        queue: Where its workflows wait.
    """

    folder: Path
    url: str
    worker_url: str = ""
    all_rows_url: str
    address: str = ""
    queue: str = ""

    @classmethod
    def of(cls, file: Path) -> Place:
        """Return the place that `write` wrote down."""
        told = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**told, "folder": Path(told["folder"])})

    def write(self) -> Path:
        """Write down where it is, for processes."""
        file = self.folder / "place.json"
        told = asdict(self) | {"folder": str(self.folder)}
        file.write_text(json.dumps(told), encoding="utf-8")
        return file

    def world(self) -> World:
        """Return the providers, with a connection to their books."""
        return world(self.folder / "world")

    def ports(self, providers: World | None = None) -> Ports:
        """Return a bundle over the database, with connections of its own."""
        services = (providers or self.world()).services()
        return sqlalchemy.ports(self.url, worker_url=self.worker_url or None, **services)
