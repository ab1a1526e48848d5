"""Simulated providers: honest about what they did, and unreliable in saying so when asked to be.

A cloud, a payment gateway, a warehouse, a carrier, the infrastructure's limits, mail, letters,
notifications and an event broker, each with books of its own apart from the orders' database, so
that what the orders say can be compared with what really happened. They are safe with several
processes and with processes that are killed. Needs the extra ``crypto``, since credentials are
sealed here as anywhere else.
"""

from ordercore_adapters.simulated.books import Books
from ordercore_adapters.simulated.capacity import SimulatedCapacity
from ordercore_adapters.simulated.carrier import SimulatedCarrier
from ordercore_adapters.simulated.clock import VirtualClock
from ordercore_adapters.simulated.cloud import SimulatedCloud
from ordercore_adapters.simulated.events import SimulatedEvents
from ordercore_adapters.simulated.faults import (
    CALM,
    FAULT_FREE,
    HOSTILE,
    PROFILES,
    ROUGH,
    STUBBORN_CALLS,
    Fate,
    FaultPlan,
    Rates,
)
from ordercore_adapters.simulated.gateway import SimulatedGateway
from ordercore_adapters.simulated.gateway_pages import Pages
from ordercore_adapters.simulated.gateway_payments import DECLINING_TOKENS, PAGE_LIFE
from ordercore_adapters.simulated.gateway_webhooks import Delivery, Sign, Webhooks
from ordercore_adapters.simulated.ids import SeededIds
from ordercore_adapters.simulated.messages import (
    SimulatedLetters,
    SimulatedMail,
    SimulatedNotifications,
)
from ordercore_adapters.simulated.warehouse import SimulatedWarehouse
from ordercore_adapters.simulated.world import EPOCH, World, world

__all__ = [
    "Books",
    "CALM",
    "DECLINING_TOKENS",
    "Delivery",
    "EPOCH",
    "FAULT_FREE",
    "Fate",
    "FaultPlan",
    "HOSTILE",
    "PAGE_LIFE",
    "PROFILES",
    "Pages",
    "ROUGH",
    "Rates",
    "STUBBORN_CALLS",
    "SeededIds",
    "Sign",
    "SimulatedCapacity",
    "SimulatedCarrier",
    "SimulatedCloud",
    "SimulatedEvents",
    "SimulatedGateway",
    "SimulatedLetters",
    "SimulatedMail",
    "SimulatedNotifications",
    "SimulatedWarehouse",
    "VirtualClock",
    "Webhooks",
    "World",
    "world",
]
