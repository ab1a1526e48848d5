"""Databases for campaigns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from tests.adapters.postgres_server import Server
from tests.kill.campaign import books_of, campaign_in, on_sqlite
from tests.kill.shift import Campaign, Story
from tests.kill.verify import Books


@frozen
class Ground:
    """Where campaigns take place.

    Attributes:
        open: Opens a campaign over an empty database, by its number.
        books: Opens its books, as somebody who sees every row.
    """

    open: Callable[[Story, int], Campaign]
    books: Callable[[Campaign], Books]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """Return each kind of database."""
    if request.param == "sqlite":
        return Ground(lambda story, number: on_sqlite(tmp_path, number, story=story), books_of)
    server: Server = request.getfixturevalue("postgres_server")
    made = server.database()

    def on_postgres(story: Story, number: int) -> Campaign:
        made.empty()
        return campaign_in(tmp_path, number, story=story, url=made.app, worker_url=made.worker)

    return Ground(on_postgres, lambda each: Books(url=made.admin, world=each.folder / "world"))
