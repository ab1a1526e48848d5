"""Processes that run sagas are shot while they work, and others take their place."""

from __future__ import annotations

import random
import time

from attrs import frozen

from tests.runners.shop import PATIENCE_S, Process, Shop

__all__ = ["Killed", "kill_while_working"]

_STAFF = 2


@frozen(kw_only=True)
class Killed:
    """What a shooting did.

    Attributes:
        kills: Processes that were killed with SIGKILL.
        busy: Kills after which some saga had a call or a decision under way.
        seconds: Until every saga was done.
        breaches: What does not add up in the books; nothing, if all is well.
    """

    kills: int
    busy: int
    seconds: float
    breaches: list[str]


def kill_while_working(shop: Shop, *, sagas: int, items: int, kills: int, seed: int) -> Killed:
    """Begin sagas one after the other, and kill a process now and then; nothing may be lost."""
    held = shop.paid(sagas, items=items)
    dice = random.Random(seed)
    staff = [shop.start() for _ in range(_STAFF)]
    begun, busy = time.monotonic(), 0
    try:
        for share in range(kills):
            for saga in held[share * sagas // kills : (share + 1) * sagas // kills]:
                shop.begin(saga)
            _wait_for_work(shop, until=begun + PATIENCE_S)
            time.sleep(dice.random() * 0.05)
            _shoot(staff.pop(dice.randrange(_STAFF)))
            busy += bool(shop.running())
            staff.append(shop.start())
        while shop.running():
            assert time.monotonic() < begun + PATIENCE_S, "sagas never came to their end"
            time.sleep(0.05)
        seconds = time.monotonic() - begun
    finally:
        for process in staff:
            _shoot(process)
    return Killed(kills=kills, busy=busy, seconds=seconds, breaches=shop.breaches())


def _wait_for_work(shop: Shop, *, until: float) -> None:
    """Wait until somebody is at it, so that the shot hits."""
    while not shop.in_hand() and shop.running():
        assert time.monotonic() < until, "nobody began"
        time.sleep(0.002)


def _shoot(process: Process) -> None:
    process.kill()
    process.wait()
