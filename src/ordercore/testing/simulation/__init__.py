"""A whole life of orders under seeded faults, with the conservation laws checked all the way.

One seed decides everything: who orders what, which flow goes next, what goes wrong. The simulator
is handed a factory of ports, so it can be pointed at any host's own storage and tables.
"""

from __future__ import annotations

from ordercore.testing.simulation.faults import Fault, FaultProfile, Injected
from ordercore.testing.simulation.pictures import (
    faults_over_time,
    kinds_of,
    latencies_ms,
    page,
    states_over_time,
    times_to_fulfil,
)
from ordercore.testing.simulation.plan import (
    Kinds,
    Plan,
    Script,
    make_plan,
    plan_from_json,
    plan_to_json,
    population,
)
from ordercore.testing.simulation.profiles import CALM, HOSTILE, NONE, PROFILES, ROUGH
from ordercore.testing.simulation.run import Progress, Run, run_plan
from ordercore.testing.simulation.sales import Delivery, SaleScript
from ordercore.testing.simulation.script import (
    Action,
    ActionKind,
    OrderScript,
)
from ordercore.testing.simulation.shrink import minimise, shrink, story
from ordercore.testing.simulation.watch import Change, Violation
from ordercore.testing.simulation.world import MakePorts
from ordercore.testing.simulation.worlds import Tally, Worlds, run_worlds, tally_of

__all__ = [
    "Action",
    "ActionKind",
    "CALM",
    "Change",
    "Delivery",
    "Fault",
    "FaultProfile",
    "HOSTILE",
    "Injected",
    "Kinds",
    "MakePorts",
    "NONE",
    "OrderScript",
    "PROFILES",
    "Plan",
    "Progress",
    "ROUGH",
    "Run",
    "SaleScript",
    "Script",
    "Tally",
    "Violation",
    "Worlds",
    "faults_over_time",
    "kinds_of",
    "latencies_ms",
    "make_plan",
    "minimise",
    "page",
    "plan_from_json",
    "plan_to_json",
    "population",
    "run_plan",
    "run_worlds",
    "shrink",
    "states_over_time",
    "story",
    "tally_of",
    "times_to_fulfil",
]
