"""What was added to the population after its first edition, order by order.

Each addition has dice of its own and comes after all that was there before, so an order to which
nothing was added lives as it always did, and a seed of an earlier edition still tells its story.
"""

from __future__ import annotations

from random import Random
from typing import Final

from attrs import evolve

from ordercore.testing.simulation.sales import SaleScript
from ordercore.testing.simulation.script import Action, ActionKind

__all__ = ["EDITION", "with_additions"]

EDITION: Final = 2
"""The newest edition. 1: the first population; 2: carriers and cashiers who take very long, and
letters that are sent again, prices that are lowered, cards that are held for moments only, parcels
that are lost."""
_HOUR_MS = 3_600_000
_LETTERS = ("confirmed", "confirmed", "shipped", "awaiting-payment", "payment-returned")


def with_additions(script: SaleScript, seed: int, *, edition: int) -> SaleScript:
    """Return a script as it is in an edition."""
    if edition < 2:
        return script
    more = [*_resends(seed, script.number), *_reprices(seed, script.number)]
    return _doing(_lost(_brief(_slow(script, seed), seed), seed), more)


def _doing(script: SaleScript, more: list[Action]) -> SaleScript:
    """Return the script with more actions, numbered on from those it has."""
    first = len(script.actions)
    numbered = (evolve(action, number=first + place) for place, action in enumerate(more))
    return evolve(script, actions=(*script.actions, *numbered))


def _slow(script: SaleScript, seed: int) -> SaleScript:
    dice = Random(f"{seed}/slow/{script.number}")
    if dice.random() >= 0.06:
        return script
    return evolve(
        script,
        parcel_late_days=dice.choice((0, 6, 9, 15)),
        cash_late_days=dice.choice((0, 3, 8)),
    )


def _brief(script: SaleScript, seed: int) -> SaleScript:
    dice = Random(f"{seed}/brief/{script.number}")
    if dice.random() >= 0.08:
        return script
    return evolve(script, hold_ms=1000 * dice.choice((2, 5, 10, 20, 60)) + dice.randrange(1000))


def _lost(script: SaleScript, seed: int) -> SaleScript:
    dice = Random(f"{seed}/lost/{script.number}")
    return evolve(script, parcel_lost=True) if dice.random() < 0.04 else script


def _resends(seed: int, number: int) -> list[Action]:
    """Return who has a letter sent again, now and then more often than is allowed."""
    dice = Random(f"{seed}/resend/{number}")
    if dice.random() >= 0.2:
        return []
    begin = dice.choice((1, 12, 80)) * dice.randrange(_HOUR_MS)
    return [
        Action(
            kind=ActionKind.RESEND,
            at_ms=begin + dice.randrange(_HOUR_MS),
            by=dice.choice(("customer", "customer", "operator")),
            letter=dice.choice(_LETTERS),
        )
        for _ in range(dice.choice((1, 1, 2, 5)))
    ]


def _reprices(seed: int, number: int) -> list[Action]:
    """Return who lowers what a line costs: early, or when it was paid, or has left, or come back.

    Some take off more than there is, some again and again, and some who ask may not.
    """
    dice = Random(f"{seed}/reprice/{number}")
    if dice.random() >= 0.25:
        return []
    begin = dice.choice((3000, 20_000, 120_000, _HOUR_MS, 30 * _HOUR_MS, 200 * _HOUR_MS))
    by = "customer" if dice.random() < 0.05 else "operator"
    return [
        Action(
            kind=ActionKind.REPRICE,
            at_ms=begin // 2 + dice.randrange(begin),
            by=by,
            off_minor=dice.choice((1, 99, 100, 355, 500, 0)),
            line=dice.randrange(3),
        )
        for _ in range(dice.choice((1, 1, 1, 2, 4)))
    ]
