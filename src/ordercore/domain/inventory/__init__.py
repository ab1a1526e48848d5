"""Stock on the shelf: moves that are asked for, levels, and the ledger they are the fold of."""

from ordercore.domain.inventory.booking import Booking, book
from ordercore.domain.inventory.ledger import Holding, Movement, fold, holdings
from ordercore.domain.inventory.levels import StockLevel, apply
from ordercore.domain.inventory.moves import (
    MOST_UNITS,
    MoveKind,
    StockMove,
    line_moves,
    reserve_lines,
    summed,
)
from ordercore.kernel.shortage import Shortage

__all__ = [
    "Booking",
    "Holding",
    "MOST_UNITS",
    "MoveKind",
    "Movement",
    "Shortage",
    "StockLevel",
    "StockMove",
    "apply",
    "book",
    "fold",
    "holdings",
    "line_moves",
    "reserve_lines",
    "summed",
]
