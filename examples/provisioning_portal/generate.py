"""Make ``orders.jsonl``: 200 lines of every kind a file of orders may have.

The seed is fixed, so the file that is committed is the one this makes. Run it with
``python -m examples.provisioning_portal.generate`` after a change of catalogue or prices.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from ordercore import ProvisioningRules
from ordercore.domain.catalog import BillingCycle
from ordercore.domain.pricing import price_order

ORDERS = Path(__file__).with_name("orders.jsonl")

LINES = 200
SEED = 20
TENANTS = ("paper-moon", "left-sock-exchange", "teapot-in-orbit", "department-of-mondays")
CUSTOMERS = (
    "Captain Nimbus",
    "The Society of Unread Manuals",
    "Ministry of Rubber Ducks",
    "Ångström & Ügly Duckling",
    "Königin der Kekse",
    "Žabica Kvak",
    "四月一日の会",
)
REGIONS = ("lj-1", "mb-1", "hetzner-fsn1")
BAD_LINES = (
    "this is not an order",
    '{"reference": "TORN", "tenant": "paper-moon", "customer": "Capt',
    "null",
    '{"reference": "TWICE", "reference": "TWICE"}',
)

Json = dict[str, object]


def lines(seed: int = SEED) -> list[str]:
    """Return the lines; the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose, guards no secret
    made: list[str] = []
    while len(made) < LINES - len(BAD_LINES):
        order = _order(random, number=len(made))
        spoil = random.choices(_SPOILERS, weights=_WEIGHTS)[0]
        made.append(json.dumps(spoil(random, order), ensure_ascii=False))
        if random.randrange(20) == 0:
            made.append(random.choice(made))  # sent twice, sometimes much later
    made = made[: LINES - len(BAD_LINES)]
    for bad in BAD_LINES:
        made.insert(random.randrange(len(made)), bad)
    return made


def _order(random: Random, *, number: int) -> Json:
    kinds = random.choices(tuple(_CONFIGS), k=random.choice((1, 1, 2, 3, 4)))
    return {
        "reference": f"PM-{number:04d}",
        "tenant": random.choice(TENANTS),
        "customer": random.choice(CUSTOMERS),
        "currency": "EUR",
        "billing_cycle": random.choice(("monthly", "annual")),
        "items": [{"type": kind, "config": _CONFIGS[kind](random)} for kind in kinds],
    }


def _vps(random: Random) -> Json:
    plan = random.choice(("core", "business", "enterprise"))
    images = ["debian-12", "ubuntu-24.04", "rocky-9"] + ["windows-2022"] * (plan == "enterprise")
    return {"region": random.choice(REGIONS), "plan": plan, "os_image": random.choice(images)}


def _kubernetes(random: Random) -> Json:
    workers = random.randint(3, 50)
    config: Json = {
        "region": random.choice(REGIONS),
        "workers": workers,
        "storage_gb": random.randint(10, 5000),
        "storage_class": random.choice(("ssd", "hdd")),
    }
    if random.randrange(3) == 0:
        limits = {"min": random.randint(3, workers), "max": random.randint(workers, 50)}
        config["autoscaling"] = limits
    return config


def _database(random: Random) -> Json:
    return {
        "engine": "postgresql",
        "engine_version": "16",
        "plan": random.choice(("starter", "production")),
        "storage_gb": random.randint(20, 2000),
        "high_availability": random.choice((True, False)),
    }


def _gpu(random: Random) -> Json:
    return {
        "gpu": random.choice(("A100", "H100")),
        "nodes": random.randint(1, 8),
        "storage_gb": random.randint(1, 9000),
        "framework": random.choice(("pytorch", "tensorflow", "jax")),
    }


def _private_cloud(random: Random) -> Json:
    return {
        "nodes": random.randint(3, 20),
        "storage_tb": random.randint(5, 500),
        "cluster_size": random.choice(("small", "medium", "large")),
    }


def _storage(random: Random) -> Json:
    return {
        "tier": random.choice(("standard", "archive")),
        "capacity_tb": random.randint(1, 1000),
        "replication": random.choice(("single", "dual", "geo")),
    }


def _good(_random: Random, order: Json) -> Json:
    return order


def _quoted(random: Random, order: Json) -> Json:
    """Say a total that is off by up to one euro, which is accepted at our price."""
    return {**order, "quoted_total_minor": _total(order) + random.randint(-100, 100)}


def _misquoted(random: Random, order: Json) -> Json:
    """Say a total that is off by more than that."""
    return {**order, "quoted_total_minor": _total(order) + random.choice((-1, 1)) * 101}


def _misconfigured(random: Random, order: Json) -> Json:
    """Order something that is not on offer."""
    wrong: tuple[Json, ...] = (
        {"type": "vps", "config": {**_vps(random), "region": "atlantis-1"}},
        {"type": "vps", "config": {**_vps(random), "plan": "core", "os_image": "windows-2022"}},
        {"type": "kubernetes", "config": {**_kubernetes(random), "workers": 2}},
        {"type": "gpu", "config": {**_gpu(random), "nodes": "4"}},
        {"type": "storage", "config": {**_storage(random), "colour": "beige"}},
    )
    items = order["items"]
    assert isinstance(items, list)
    return {**order, "items": [*items, random.choice(wrong)]}


def _unpriced(_random: Random, order: Json) -> Json:
    """Ask for a currency we have no price book for."""
    return {**order, "currency": "CHF"}


def _malformed(random: Random, order: Json) -> Json:
    """Leave out, empty or mistype a field, which makes it no order at all."""
    wrong: tuple[Json, ...] = (
        {"items": []},
        {"tenant": ""},
        {"billing_cycle": "whenever"},
        {"currency": "EURO"},
        {"quoted_total_minor": 10.5},
        {"customer": 7},
    )
    return {**order, **random.choice(wrong)}


def _total(order: Json) -> int:
    rules, items = ProvisioningRules(), order["items"]
    book = rules.price_books.for_currency("EUR")
    assert book is not None
    assert isinstance(items, list)
    cycle = BillingCycle(str(order["billing_cycle"]))
    wanted = [(str(item["type"]), dict(item["config"])) for item in items]
    return price_order(wanted, cycle, book).total.amount_minor


_CONFIGS = {
    "vps": _vps,
    "kubernetes": _kubernetes,
    "database": _database,
    "gpu": _gpu,
    "private_cloud": _private_cloud,
    "storage": _storage,
}
_SPOILERS = (_good, _quoted, _misquoted, _misconfigured, _unpriced, _malformed)
_WEIGHTS = (76, 8, 3, 7, 1, 5)


if __name__ == "__main__":
    ORDERS.write_text("".join(f"{line}\n" for line in lines()), encoding="utf-8")
    print(f"{LINES} lines in {ORDERS.name}")
