"""Readable literals: an order in one line, with only what matters to the test spelled out."""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.orders import Event, Order, evolve, transition
from ordercore.domain.orders.lifecycles import PROVISIONING, PROVISIONING_GUARDS
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.domain.processes import ItemRequest, OrderRequest, ProvisioningRules, place
from ordercore.kernel.ids import ActorId, OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal
from ordercore.testing.fakes import START

__all__ = [
    "TENANT",
    "a_database",
    "a_gpu_cluster",
    "a_kubernetes",
    "a_private_cloud",
    "a_storage",
    "a_vps",
    "an_order",
    "an_order_request",
    "money_in",
    "moved",
    "with_events",
]

TENANT = TenantId("tenant-a")


def a_vps(**changes: object) -> ItemRequest:
    """Return a virtual server at 10.00 EUR a month; ``changes`` replace or add keys."""
    config = {"region": "lj-1", "plan": "core", "os_image": "debian-12"}
    return ItemRequest(type="vps", config={**config, **changes})


def a_kubernetes(**changes: object) -> ItemRequest:
    """Return a cluster of three workers and 100 GB, at 500.00 EUR a month."""
    config = {"region": "mb-1", "workers": 3, "storage_gb": 100, "storage_class": "ssd"}
    return ItemRequest(type="kubernetes", config={**config, **changes})


def a_database(**changes: object) -> ItemRequest:
    """Return a starter database with 100 GB, at 90.00 EUR a month."""
    config = {
        "engine": "postgresql",
        "engine_version": "16",
        "plan": "starter",
        "storage_gb": 100,
        "high_availability": False,
    }
    return ItemRequest(type="database", config={**config, **changes})


def a_gpu_cluster(**changes: object) -> ItemRequest:
    """Return one A100 node with 100 GB, at 1250.00 EUR a month."""
    config = {"gpu": "A100", "nodes": 1, "storage_gb": 100, "framework": "pytorch"}
    return ItemRequest(type="gpu", config={**config, **changes})


def a_private_cloud(**changes: object) -> ItemRequest:
    """Return three nodes and 5 TB, at 1750.00 EUR a month."""
    config = {"nodes": 3, "storage_tb": 5, "cluster_size": "small"}
    return ItemRequest(type="private_cloud", config={**config, **changes})


def a_storage(**changes: object) -> ItemRequest:
    """Return 1 TB of standard storage, at 20.00 EUR a month."""
    config = {"tier": "standard", "capacity_tb": 1, "replication": "single"}
    return ItemRequest(type="storage", config={**config, **changes})


def an_order_request(
    *items: ItemRequest,
    reference: str = "REF-1",
    customer: str = "customer-1",
    currency: str = "EUR",
    billing_cycle: str = "monthly",
    quoted_total_minor: int | None = None,
    express_request: bool = False,
) -> OrderRequest:
    """Return a request for ``items``, or for one virtual server when none are named."""
    return OrderRequest(
        reference=reference,
        customer=customer,
        currency=currency,
        billing_cycle=billing_cycle,
        items=items or (a_vps(),),
        quoted_total_minor=quoted_total_minor,
        express_request=express_request,
    )


def an_order(
    request: OrderRequest | None = None,
    *,
    order_id: str = "order-1",
    tenant: str = TENANT,
    at: datetime = START,
    rules: ProvisioningRules | None = None,
) -> Order:
    """Return the draft order that a request makes.

    Raises:
        AssertionError: the rules refuse the request; the message is the refusal.
    """
    created = place(
        request or an_order_request(),
        tenant=TenantId(tenant),
        order_id=OrderId(order_id),
        rules=rules or ProvisioningRules(),
    )
    assert not isinstance(created, Refusal), created
    return evolve(None, created, at)


def moved(
    order: Order,
    *triggers: str,
    at: datetime = START,
    postings: tuple[LedgerEntry, ...] = (),
) -> Order:
    """Return the order after the triggers, each pulled by somebody who may.

    Args:
        order: The order before.
        triggers: In the order in which they are pulled.
        at: When.
        postings: Ledger entries of the last of them.
    """
    for number, trigger in enumerate(triggers, start=1):
        who = next(
            (
                r.who[0]
                for r in PROVISIONING.rows
                if (r.trigger, r.source) == (trigger, order.state)
            ),
            "system",
        )
        event = transition(
            order,
            trigger,
            lifecycle=PROVISIONING,
            guards=PROVISIONING_GUARDS,
            facts=order.facts,
            actor=Actor(ActorId("someone"), who),
            postings=postings if number == len(triggers) else (),
        )
        assert not isinstance(event, Refusal), event
        order = evolve(order, event, at)
    return order


def with_events(order: Order, *events: Event, at: datetime = START) -> Order:
    """Return the order after the events, all at one instant."""
    for event in events:
        order = evolve(order, event, at)
    return order


def money_in(
    amount_minor: int, *, currency: str = "EUR", key: str = "payment-1", at: datetime = START
) -> LedgerEntry:
    """Return the ledger entry of a payment that arrived."""
    return LedgerEntry(
        kind=EntryKind.CONFIRMED, amount=Money(amount_minor, currency), key=key, at=at
    )
