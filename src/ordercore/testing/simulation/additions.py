"""What was added to the population after its first edition, order by order.

Each addition has dice of its own and comes after all that was there before, so an order to which
nothing was added lives as it always did, and a seed of an earlier edition still tells its story.
"""

from __future__ import annotations

from random import Random
from typing import Final

from attrs import evolve

from ordercore.testing.simulation.sales import SaleScript
from ordercore.testing.simulation.script import Action, ActionKind, OrderScript, order_script

__all__ = ["EDITION", "sale_with_additions", "service_with_additions"]

EDITION: Final = 3
"""The newest edition. 1: the first population; 2: carriers and cashiers who take very long, letters
that are sent again, prices that are lowered, cards that are held for moments only, parcels that are
lost, one payment told for two orders, idempotency keys that many choose; 3: banks that take
payments back and give some of it back again, refunds that come back, customers who withdraw from
what runs, old records that are swept."""
_SECOND_MS, _HOUR_MS = 1000, 3_600_000
_DAY_MS = 24 * _HOUR_MS
_LETTERS = ("confirmed", "confirmed", "shipped", "awaiting-payment", "payment-returned")


def service_with_additions(script: OrderScript, seed: int, *, edition: int) -> OrderScript:
    """Return the script of an order of services as it is in an edition."""
    if edition < 2:
        return script
    second = _twin(evolve(script, common_keys=_common_keys(seed, script.number)), seed)
    if edition < 3:
        return second
    third = [*_of_banks(seed, script.number), *_withdrawals(seed, script.number)]
    return evolve(second, actions=_numbered_on(second.actions, third))


def sale_with_additions(script: SaleScript, seed: int, *, edition: int) -> SaleScript:
    """Return the script of an order of goods as it is in an edition."""
    if edition < 2:
        return script
    more = [*_resends(seed, script.number), *_reprices(seed, script.number)]
    acting = evolve(
        script,
        common_keys=_common_keys(seed, script.number),
        actions=_numbered_on(script.actions, more),
    )
    second = _lost(_brief(_slow(acting, seed), seed), seed)
    if edition < 3:
        return second
    return evolve(second, actions=_numbered_on(second.actions, _of_banks(seed, script.number)))


def _common_keys(seed: int, number: int) -> bool:
    return Random(f"{seed}/keys/{number}").random() < 0.15


def _twin(script: OrderScript, seed: int) -> OrderScript:
    """Return, now and then, the same order as one before; its payment is told for both."""
    dice = Random(f"{seed}/twin/{script.number}")
    if script.number < 2 or dice.random() >= 0.06:
        return script
    first = order_script(seed, script.number - 2)
    told = Action(
        kind=ActionKind.PAY,
        at_ms=dice.choice((600, 5000, 10_000, 60_000)) + dice.randrange(4000),
        payment=dice.choice((1, 1, 2)),
        paid_for=first.number,
    )
    return evolve(
        first,
        number=script.number,
        start_ms=script.start_ms,
        actions=_numbered_on(script.actions, [told]),
        common_keys=script.common_keys,
    )


def _numbered_on(actions: tuple[Action, ...], more: list[Action]) -> tuple[Action, ...]:
    """Return the actions and more of them, numbered on from those there are."""
    first = len(actions)
    return (*actions, *(evolve(action, number=first + at) for at, action in enumerate(more)))


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


def _of_banks(seed: int, number: int) -> list[Action]:
    """Return what banks do of their own accord: soon or late, of all or of a part, or twice."""
    return [*_charge_backs(seed, number), *_bounces(seed, number)]


def _charge_backs(seed: int, number: int) -> list[Action]:
    dice = Random(f"{seed}/charge-back/{number}")
    if dice.random() >= 0.12:
        return []
    soon = (3 * _SECOND_MS, 20 * _SECOND_MS, 120 * _SECOND_MS, _HOUR_MS)
    begin = dice.choice((*soon, 30 * _HOUR_MS, 10 * _DAY_MS))
    return [
        Action(
            kind=ActionKind.CHARGE_BACK,
            at_ms=begin // 2 + dice.randrange(begin),
            by="bank",
            part=dice.choice((1000, 1000, 1000, 500, 100, 1)),
            won=dice.choice((0, 0, 1000, 1000, 600)),
            wait_ms=dice.choice((1, 60 * _SECOND_MS, _HOUR_MS, 3 * _DAY_MS)) + dice.randrange(5000),
        )
        for _ in range(dice.choice((1, 1, 1, 2, 3)))
    ]


def _bounces(seed: int, number: int) -> list[Action]:
    dice = Random(f"{seed}/bounce/{number}")
    if dice.random() >= 0.2:
        return []
    begin = dice.choice((60 * _SECOND_MS, _HOUR_MS, 40 * _HOUR_MS, 6 * _DAY_MS))
    return [
        Action(kind=ActionKind.BOUNCE, at_ms=begin // 2 + dice.randrange(begin), by="bank")
        for _ in range(dice.choice((1, 1, 2)))
    ]


def _withdrawals(seed: int, number: int) -> list[Action]:
    """Return who withdraws from a service: at once, after days, or when it is too late."""
    dice = Random(f"{seed}/withdraw/{number}")
    if dice.random() >= 0.08:
        return []
    begin = dice.choice((120 * _SECOND_MS, _HOUR_MS, 5 * _DAY_MS, 16 * _DAY_MS))
    by = dice.choice(("customer", "customer", "operator"))
    at_ms = begin // 2 + dice.randrange(begin)
    return [Action(kind=ActionKind.WITHDRAW, at_ms=at_ms, by=by)]
