"""What was added to the population after its first edition, order by order.

Each addition has dice of its own and comes after all that was there before, so an order to which
nothing was added lives as it always did, and a seed of an earlier edition still tells its story.
"""

from __future__ import annotations

from random import Random
from typing import Final

from attrs import evolve

from ordercore.testing.simulation.sales import SaleScript

__all__ = ["EDITION", "with_additions"]

EDITION: Final = 2
"""The newest edition. 1: the first population; 2: carriers and cashiers who take very long."""


def with_additions(script: SaleScript, seed: int, *, edition: int) -> SaleScript:
    """Return a script as it is in an edition."""
    return _slow(script, seed) if edition >= 2 else script


def _slow(script: SaleScript, seed: int) -> SaleScript:
    dice = Random(f"{seed}/slow/{script.number}")
    if dice.random() >= 0.06:
        return script
    return evolve(
        script,
        parcel_late_days=dice.choice((0, 6, 9, 15)),
        cash_late_days=dice.choice((0, 3, 8)),
    )
