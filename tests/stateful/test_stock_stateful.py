"""Random moves of stock are what the model says, in memory and in a file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings

from ordercore.ports import Ports
from ordercore.testing.contracts import drive
from ordercore_adapters import sqlalchemy
from tests.stateful.stock_machine import StockMachine


class SqliteStockMachine(StockMachine):
    """The same over a file."""

    def open(self) -> Ports:
        """Return ports over a new file."""
        self.folder = Path(tempfile.mkdtemp(prefix="ordercore-stock-"))
        return sqlalchemy.ports(f"sqlite:///{self.folder / 'orders.db'}")

    def teardown(self) -> None:
        """Remove the file."""
        drive(self.ports.close())
        shutil.rmtree(self.folder)


TestStock = StockMachine.TestCase
TestStock.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestStockOnSqlite = SqliteStockMachine.TestCase
TestStockOnSqlite.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
