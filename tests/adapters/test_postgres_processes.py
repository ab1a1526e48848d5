"""Eight processes over one PostgreSQL database: nothing is lost, nothing is done twice."""

from __future__ import annotations

import pytest

from tests.adapters.postgres_server import Database
from tests.adapters.sql_processes import Address
from tests.adapters.sql_storm import Storm

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


class TestOnPostgres(Storm):
    """Binds the tests to a database, as the plain roles."""

    @pytest.fixture
    def address(self, postgres: Database) -> Address:
        """Return the address of a database with empty tables."""
        return Address(postgres.app, postgres.worker)
