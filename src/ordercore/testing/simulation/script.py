"""Scripts of orders of services: who orders what, and what everybody then does about it.

A script is plain data, so it can be cut down and kept in a file. Every action has an instant of its
own and does not wait for the one before: what belongs together in life comes close together here,
and what should not happen at the same moment sometimes does.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from random import Random
from typing import Final

from attrs import evolve, frozen

from ordercore.domain.processes import ItemRequest, OrderRequest
from ordercore.testing.builders import (
    a_database,
    a_gpu_cluster,
    a_kubernetes,
    a_private_cloud,
    a_storage,
    a_vps,
)

__all__ = [
    "Action",
    "ActionKind",
    "ITEMS",
    "OrderScript",
    "SPACING_MS",
    "TENANTS",
    "order_request",
    "order_script",
    "pried",
]

SPACING_MS: Final = 6000
"""A new order begins about so often."""
TENANTS: Final = ("tenant-a", "tenant-b", "tenant-c")
"""Whose orders they are."""
ITEMS: Final[Mapping[str, ItemRequest]] = {
    "vps": a_vps(),
    "big vps": a_vps(plan="enterprise", region="hetzner-fsn1", os_image="windows-2022"),
    "kubernetes": a_kubernetes(workers=5),
    "database": a_database(high_availability=True),
    "gpu": a_gpu_cluster(nodes=2),
    "private cloud": a_private_cloud(),
    "storage": a_storage(capacity_tb=3),
    "impossible vps": a_vps(region="nowhere-1"),
}
"""What can be ordered, by a short name; the last one never passes the checks."""
_SOUND = tuple(ITEMS)[:-1]


class ActionKind(StrEnum):
    """What somebody does."""

    PLACE = "place"
    CLASH = "clash"  # the same reference with other content
    SUBMIT = "submit"
    PAY = "pay"
    CANCEL = "cancel"
    REVERT = "revert"
    RESTORE = "restore"
    REDELIVER = "redeliver"
    LOOK = "look"
    CHECK_OUT = "check_out"
    PAY_PAGE = "pay_page"  # on the page of the provider, and then comes back from there
    CHECK = "check"  # asks what became of the payment
    RETRY = "retry"
    PROLONG = "prolong"
    SEND_BACK = "send_back"
    PRY = "pry"  # somebody of another tenant tries
    RESEND = "resend"  # has a letter sent again
    REPRICE = "reprice"  # lowers the price of a line
    CHARGE_BACK = "charge_back"  # the bank takes a payment back
    WITHDRAW = "withdraw"  # from a service that runs
    BOUNCE = "bounce"  # a refund comes back to whoever sent it


@frozen(kw_only=True)
class Action:
    """One thing that somebody does.

    Attributes:
        at_ms: When, counted from the start of the order's script.
        number: Names the action among those of its order, also when others are taken away.
        off_minor: For a payment: by how much it misses the total. For a lowered price: by how much;
            0: to nothing.
        payment: For a payment: its number; the same number is the same payment told again.
        paid_for: For a payment: number of the order it was made for; -1: for this one.
        by: The role of whoever does it.
        card: What becomes of it when it is charged, or on the page: ``good`` or ``declined``.
        letter: What the letter is about that is to be sent again.
        line: Place of the line whose price is lowered.
        part: How much of a payment the bank takes back, in parts of a thousand.
        won: How much of that it gives back in the end, in parts of a thousand; 0: nothing.
        wait_ms: How long that takes.
    """

    kind: ActionKind
    at_ms: int
    number: int = 0
    off_minor: int = 0
    payment: int = 1
    paid_for: int = -1
    by: str = "customer"
    card: str = "good"
    letter: str = ""
    line: int = 0
    part: int = 1000
    won: int = 0
    wait_ms: int = 0


@frozen(kw_only=True)
class OrderScript:
    """One order and all that is done about it.

    Attributes:
        number: Names the order: ``o<number>``.
        start_ms: When its script begins.
        items: Keys of `ITEMS`.
        common_keys: Its customer chooses idempotency keys that other customers choose as well.
    """

    number: int
    start_ms: int
    tenant: str
    items: tuple[str, ...]
    billing_cycle: str
    currency: str
    express: bool
    actions: tuple[Action, ...]
    common_keys: bool = False

    @property
    def tag(self) -> str:
        """What everything that belongs to this order is called by."""
        return f"o{self.number}"


def order_request(script: OrderScript, *, other: bool = False) -> OrderRequest:
    """Return the request of a script; the ``other`` one has its reference but not its content."""
    return OrderRequest(
        reference=f"{script.tag}.ref",
        customer=f"{script.tag}.customer" + (".other" if other else ""),
        currency=script.currency,
        billing_cycle=script.billing_cycle,
        items=tuple(ITEMS[name] for name in script.items),
        express_request=script.express,
    )


def order_script(seed: int, number: int) -> OrderScript:
    """Return the script of one order; it follows from the seed and the number alone."""
    dice = Random(f"{seed}/script/{number}")
    impossible = dice.random() < 0.03
    items = tuple(dice.choice(_SOUND) for _ in range(dice.choice((1, 1, 2, 2, 3, 4))))
    actions = sorted(_actions(dice), key=lambda action: action.at_ms)
    actions += pried(seed, number)
    return OrderScript(
        number=number,
        start_ms=number * SPACING_MS + dice.randrange(SPACING_MS),
        tenant=dice.choice(TENANTS),
        items=(*items, "impossible vps") if impossible else items,
        billing_cycle=dice.choice(("monthly", "annual")),
        currency="USD" if dice.random() < 0.02 else "EUR",
        express=dice.random() < 0.3,
        actions=tuple(evolve(action, number=place) for place, action in enumerate(actions)),
    )


def pried(seed: int, number: int) -> list[Action]:
    """Return what people of another tenant try with an order that is not theirs."""
    dice = Random(f"{seed}/pry/{number}")
    at_ms = 3000 + dice.randrange(200_000)
    return [Action(kind=ActionKind.PRY, at_ms=at_ms)] if dice.random() < 0.25 else []


def _actions(dice: Random) -> list[Action]:
    k = ActionKind
    submit = 500 + dice.randrange(3000)
    pay = submit + 200 + dice.randrange(8000)
    made = [Action(kind=k.PLACE, at_ms=0), Action(kind=k.SUBMIT, at_ms=submit)]
    if dice.random() < 0.05:  # told again, or taken by somebody else
        made.append(Action(kind=dice.choice((k.PLACE, k.CLASH)), at_ms=dice.randrange(5000)))
    fate = dice.random()
    if fate < 0.03:
        return made  # never paid; the timer cancels it
    made += _payments(dice, pay)
    soon = pay + dice.choice((dice.randrange(50), dice.randrange(2000), dice.randrange(120_000)))
    if fate < 0.30:
        by = dice.choice(("customer", "customer", "operator"))
        made.append(Action(kind=k.CANCEL, at_ms=soon, by=by))
        if dice.random() < 0.3:
            later = soon + 1000 + dice.randrange(60_000)
            made.append(Action(kind=k.PAY, at_ms=later, payment=7))
        if dice.random() < 0.5:
            back = soon + 30_000 + dice.randrange(120_000)
            made.append(Action(kind=k.RESTORE, at_ms=back, by="operator"))
            made.append(Action(kind=k.SUBMIT, at_ms=back + 60_000 + dice.randrange(60_000)))
            made.append(Action(kind=k.PAY, at_ms=back + 150_000, payment=dice.choice((1, 8))))
    elif fate < 0.40:
        early = pay + dice.randrange(400)
        made.append(Action(kind=k.REVERT, at_ms=early, by="operator"))
        again = early + 1000 + dice.randrange(20_000)
        made.append(Action(kind=k.PAY, at_ms=again, payment=dice.choice((1, 9))))
    made += [
        Action(kind=k.REDELIVER, at_ms=pay + dice.randrange(200_000))
        for _ in range(dice.choice((0, 0, 0, 0, 1, 1, 2, 5)))
    ]
    if dice.random() < 0.2:
        made.append(Action(kind=k.LOOK, at_ms=dice.randrange(100_000)))
    return made


def _payments(dice: Random, at_ms: int) -> list[Action]:
    kind, how = ActionKind.PAY, dice.random()
    if how < 0.10:  # within the tolerance
        off = dice.choice((-100, -7, 7, 100))
        return [Action(kind=kind, at_ms=at_ms, off_minor=off)]
    if how < 0.16:  # wrong first, right later
        off = dice.choice((-101, 101, -500, 5000))
        later = at_ms + 1000 + dice.randrange(60_000)
        return [
            Action(kind=kind, at_ms=at_ms, off_minor=off),
            Action(kind=kind, at_ms=later, payment=2),
        ]
    exact = Action(kind=kind, at_ms=at_ms)
    if how < 0.24:  # told twice
        return [exact, Action(kind=kind, at_ms=at_ms + dice.choice((0, 1, 40, 5000)))]
    if how < 0.30:  # paid twice
        return [exact, Action(kind=kind, at_ms=at_ms + dice.randrange(90_000), payment=2)]
    return [exact]
