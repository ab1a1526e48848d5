"""Everything that decides a run, as one value that can be kept in a file."""

from __future__ import annotations

import json

from attrs import frozen

from ordercore.codec import make_converter
from ordercore.kernel.errors import InvalidInput
from ordercore.testing.simulation.faults import PROFILES, Injected
from ordercore.testing.simulation.script import OrderScript, population

__all__ = ["Plan", "make_plan", "plan_from_json", "plan_to_json"]

_FORMAT = "ordercore-simulation/1"


@frozen(kw_only=True)
class Plan:
    """One run; the same plan gives the same run, byte for byte.

    Attributes:
        seed: Decides about every pause, and about the faults unless they are listed.
        profile: Name of the fault profile.
        scripts: The population.
        faults: Exactly these faults; None: those that the seed draws by the profile.
        processes: How many processes there are; each may crash.
        workers: Workers in each process.
    """

    seed: int
    profile: str
    scripts: tuple[OrderScript, ...]
    faults: tuple[Injected, ...] | None = None
    processes: int = 3
    workers: int = 2


def make_plan(*, seed: int, orders: int, profile: str = "rough") -> Plan:
    """Return the plan of a seed.

    Raises:
        InvalidInput: there is no such profile, or no order.
    """
    if profile not in PROFILES:
        allowed = ", ".join(PROFILES)
        raise InvalidInput(field="profile", problem=f"there is no {profile!r}", allowed=allowed)
    if orders < 1:
        raise InvalidInput(field="orders", problem=f"got {orders}", allowed="1 or more")
    return Plan(seed=seed, profile=profile, scripts=population(seed, orders))


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
