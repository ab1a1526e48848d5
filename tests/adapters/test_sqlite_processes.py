"""Eight processes over one database file: nothing is lost, nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.sql_processes import Address
from tests.adapters.sql_storm import Storm

pytestmark = pytest.mark.slow


class TestOnSqlite(Storm):
    """Binds the tests to a file."""

    @pytest.fixture
    def address(self, tmp_path: Path) -> Address:
        """Return the address of a fresh file."""
        return Address(f"sqlite:///{tmp_path / 'orders.db'}")
