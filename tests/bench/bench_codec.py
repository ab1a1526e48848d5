"""A five-line order to JSON and back: this library, and cattrs' own JSON converter."""

from __future__ import annotations

from datetime import datetime

from cattrs.preconf.json import make_converter

from ordercore.codec import decode, encode
from ordercore.domain.orders import Order, evolve
from ordercore.domain.processes import ItemRequest, OrderRequest, ProvisioningRules, place
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import parse_instant
from tests.bench.measure import compare


def _order() -> Order:
    config = {"region": "lj-1", "plan": "core", "os_image": "debian-12"}
    request = OrderRequest(
        reference="R-1",
        customer="someone",
        currency="EUR",
        billing_cycle="monthly",
        items=(ItemRequest(type="vps", config=config),) * 5,
    )
    created = place(
        request, tenant=TenantId("tenant-a"), order_id=OrderId("o-1"), rules=ProvisioningRules()
    )
    assert not isinstance(created, Refusal)
    return evolve(None, created, parse_instant("2026-03-02T08:00:00Z"))


def test_codec() -> None:
    """Dump and load; the yardstick coerces and knows no versions, ours does neither."""
    order = _order()
    peer = make_converter()
    peer.register_unstructure_hook(
        Money, lambda m: {"amount_minor": m.amount_minor, "currency": m.currency}
    )
    peer.register_structure_hook(Money, lambda v, _: Money(v["amount_minor"], v["currency"]))
    peer.register_structure_hook(datetime, lambda v, _: datetime.fromisoformat(v))
    peer_text, text = peer.dumps(order), encode(order)
    assert peer.loads(peer_text, Order) == decode(Order, text) == order
    compare(
        "dump a five-line order (cattrs preconf.json = 1)",
        {
            "cattrs preconf.json": lambda: peer.dumps(order),
            "ordercore encode (canonical, named, versioned)": lambda: encode(order),
        },
        goals={
            "json-dump-plain": (
                "ordercore encode (canonical, named, versioned)",
                "cattrs preconf.json",
            )
        },
    )
    compare(
        "load a five-line order (cattrs preconf.json = 1)",
        {
            "cattrs preconf.json": lambda: peer.loads(peer_text, Order),
            "ordercore decode (strict)": lambda: decode(Order, text),
        },
        goals={"json-load-plain": ("ordercore decode (strict)", "cattrs preconf.json")},
    )
