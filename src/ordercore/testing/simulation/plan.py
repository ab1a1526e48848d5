"""Everything that decides a run, as one value that can be kept in a file."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TypeAlias

from attrs import frozen

from ordercore.codec import make_converter
from ordercore.kernel.errors import InvalidInput
from ordercore.testing.simulation.additions import (
    EDITION,
    sale_with_additions,
    service_with_additions,
)
from ordercore.testing.simulation.faults import Injected
from ordercore.testing.simulation.housekeeping import sweeps
from ordercore.testing.simulation.profiles import PROFILES
from ordercore.testing.simulation.sales import Delivery, SaleScript, deliveries, sale_script
from ordercore.testing.simulation.script import OrderScript, order_script

__all__ = [
    "Kinds",
    "Plan",
    "Script",
    "make_plan",
    "plan_from_json",
    "plan_to_json",
    "population",
]

_FORMAT = "ordercore-simulation/2"

Script: TypeAlias = OrderScript | SaleScript
"""One order of either kind, and all that is done about it."""


class Kinds(StrEnum):
    """Which kinds of orders there are."""

    ALL = "all"
    PROVISIONING = "provisioning"
    RETAIL = "retail"


@frozen(kw_only=True)
class Plan:
    """One run; the same plan gives the same run, byte for byte.

    Attributes:
        seed: Decides about every pause, and about the faults unless they are listed.
        profile: Name of the fault profile.
        scripts: The population.
        deliveries: Goods that come in.
        faults: Exactly these faults; None: those that the seed draws by the profile.
        processes: How many processes there are; each may crash.
        workers: Workers in each process.
        sweeps: When somebody sweeps old records away.
    """

    seed: int
    profile: str
    scripts: tuple[Script, ...]
    deliveries: tuple[Delivery, ...] = ()
    faults: tuple[Injected, ...] | None = None
    processes: int = 3
    workers: int = 2
    sweeps: tuple[int, ...] = ()


def population(
    seed: int, orders: int, kinds: Kinds = Kinds.ALL, *, edition: int = EDITION
) -> tuple[Script, ...]:
    """Return the scripts of so many orders; each follows from the seed and its number alone."""
    return tuple(
        sale_with_additions(sale_script(seed, number), seed, edition=edition)
        if _is_sale(number, kinds)
        else service_with_additions(order_script(seed, number), seed, edition=edition)
        for number in range(orders)
    )


def make_plan(
    *,
    seed: int,
    orders: int,
    profile: str = "rough",
    kinds: Kinds | str = Kinds.ALL,
    edition: int = EDITION,
) -> Plan:
    """Return the plan of a seed; where there are all kinds of orders, they take turns.

    Args:
        seed: Decides about everything.
        orders: How many.
        profile: How much goes wrong.
        kinds: Which kinds of orders there are.
        edition: Of the population: seeds that were found with an earlier one are repeated with it.

    Raises:
        InvalidInput: there is no such profile, no such kind, or no order.
    """
    if profile not in PROFILES:
        allowed = ", ".join(PROFILES)
        raise InvalidInput(field="profile", problem=f"there is no {profile!r}", allowed=allowed)
    if orders < 1:
        raise InvalidInput(field="orders", problem=f"got {orders}", allowed="1 or more")
    if kinds not in tuple(Kinds):
        raise InvalidInput(
            field="kinds", problem=f"there is no {kinds!r}", allowed=", ".join(Kinds)
        )
    kinds = Kinds(kinds)
    sales = (number for number in range(orders) if _is_sale(number, kinds))
    return Plan(
        seed=seed,
        profile=profile,
        scripts=population(seed, orders, kinds, edition=edition),
        deliveries=tuple(each for number in sales for each in deliveries(seed, number)),
        sweeps=sweeps(seed) if edition > 2 else (),
    )


def _is_sale(number: int, kinds: Kinds) -> bool:
    return kinds is Kinds.RETAIL or (kinds is Kinds.ALL and number % 2 == 1)


def plan_to_json(plan: Plan) -> str:
    """Return the plan as JSON text for a file."""
    body = make_converter().unstructure(plan)
    return json.dumps({"format": _FORMAT, "plan": body}, indent=1) + "\n"


def plan_from_json(text: str) -> Plan:
    """Return the plan that `plan_to_json` wrote.

    Raises:
        InvalidInput: the text holds no such plan.
    """
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT:
            raise ValueError(document["format"])
        return make_converter().structure(document["plan"], Plan)
    except Exception as error:
        raise InvalidInput(
            field="plan", problem=f"not a kept plan ({type(error).__name__})", allowed=_FORMAT
        ) from None
