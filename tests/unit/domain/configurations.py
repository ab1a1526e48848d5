"""Example configurations, strategies for good and broken ones, and independent oracles.

The oracles say the rules and prices again in plain Python, from the published tables and not from
the library's own tables, so that a slip in the data shows up as a disagreement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from hypothesis import strategies as st

VALID: Final[Mapping[str, dict[str, Any]]] = {
    "vps": {"region": "lj-1", "plan": "core", "os_image": "debian-12"},
    "kubernetes": {
        "region": "mb-1",
        "workers": 5,
        "storage_gb": 100,
        "storage_class": "ssd",
        "autoscaling": {"min": 3, "max": 10},
    },
    "database": {
        "engine": "postgresql",
        "engine_version": "16",
        "plan": "production",
        "storage_gb": 100,
        "high_availability": True,
    },
    "gpu": {"gpu": "H100", "nodes": 2, "storage_gb": 101, "framework": "jax"},
    "private_cloud": {"nodes": 3, "storage_tb": 5, "cluster_size": "small"},
    "storage": {"tier": "archive", "capacity_tb": 7, "replication": "geo"},
}

TYPES: Final = st.sampled_from(sorted(VALID))

JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**4000, max_value=10**5000)
    | st.floats()
    | st.text()
    | st.text(alphabet=st.characters(categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)

_REGIONS = ["lj-1", "mb-1", "hetzner-fsn1"]
_IMAGES = ["debian-12", "ubuntu-24.04", "rocky-9"]


@st.composite
def _kubernetes(draw: st.DrawFn) -> dict[str, Any]:
    config: dict[str, Any] = {
        "region": draw(st.sampled_from(_REGIONS)),
        "workers": draw(st.integers(3, 50)),
        "storage_gb": draw(st.integers(1, 10**9)),
        "storage_class": draw(st.sampled_from(["ssd", "hdd"])),
    }
    if draw(st.booleans()):
        config["autoscaling"] = {
            "min": draw(st.integers(3, config["workers"])),
            "max": draw(st.integers(config["workers"], 50)),
        }
    return config


_GOOD: Final[Mapping[str, st.SearchStrategy[dict[str, Any]]]] = {
    "vps": st.fixed_dictionaries(
        {
            "region": st.sampled_from(_REGIONS),
            "plan": st.sampled_from(["core", "business", "enterprise"]),
            "os_image": st.sampled_from(_IMAGES),
        }
    ),
    "kubernetes": _kubernetes(),
    "database": st.fixed_dictionaries(
        {
            "engine": st.just("postgresql"),
            "engine_version": st.just("16"),
            "plan": st.sampled_from(["starter", "production"]),
            "storage_gb": st.integers(20, 2000),
            "high_availability": st.booleans(),
        }
    ),
    "gpu": st.fixed_dictionaries(
        {
            "gpu": st.sampled_from(["A100", "H100"]),
            "nodes": st.integers(1, 8),
            "storage_gb": st.integers(1, 10**9),
            "framework": st.sampled_from(["pytorch", "tensorflow", "jax"]),
        }
    ),
    "private_cloud": st.fixed_dictionaries(
        {
            "nodes": st.integers(3, 20),
            "storage_tb": st.integers(5, 500),
            "cluster_size": st.sampled_from(["small", "medium", "large"]),
        }
    ),
    "storage": st.fixed_dictionaries(
        {
            "tier": st.sampled_from(["standard", "archive"]),
            "capacity_tb": st.integers(1, 1000),
            "replication": st.sampled_from(["single", "dual", "geo"]),
        }
    ),
}


@st.composite
def good_items(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a product type with a configuration that every rule accepts."""
    product_type = draw(TYPES)
    return product_type, draw(_GOOD[product_type])


@st.composite
def nearly_good_items(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a good item and spoil up to two of its fields, some of them only a little."""
    product_type, config = draw(good_items())
    for _ in range(draw(st.integers(0, 2))):
        holder = config
        nested = config.get("autoscaling")
        if isinstance(nested, dict) and draw(st.booleans()):
            holder = nested
        key = draw(st.sampled_from([*holder, "surprise"]))
        change = draw(st.sampled_from(["drop", "anything", "text", "fraction", "boundary"]))
        if change == "drop":
            holder.pop(key, None)
        elif change == "anything":
            holder[key] = draw(JSON)
        elif change == "text":
            holder[key] = draw(st.sampled_from(["5", "true", "windows-2022", "LJ-1", ""]))
        elif change == "fraction":
            holder[key] = 5.0
        else:
            holder[key] = draw(st.sampled_from([0, 1, 2, 3, 5, 8, 9, 19, 20, 21, 50, 51, 2001]))
    return product_type, config


def is_valid(product_type: str, config: Mapping[str, Any]) -> bool:
    """Say whether a configuration is valid, by the published rules."""
    return _RULES[product_type](config)


def monthly_price(product_type: str, config: Mapping[str, Any]) -> Decimal:
    """Return the exact monthly price in EUR, by the published formulas."""
    storage = Decimal("0.50") * _number(config, "storage_gb")
    match product_type:
        case "vps":
            plans = {"core": "10.00", "business": "20.10", "enterprise": "56.60"}
            return Decimal(plans[config["plan"]])
        case "private_cloud":
            return 450 * _number(config, "nodes") + 80 * _number(config, "storage_tb")
        case "kubernetes":
            return 150 * _number(config, "workers") + storage
        case "gpu":
            return {"A100": 1200, "H100": 2400}[config["gpu"]] * _number(config, "nodes") + storage
        case "database":
            plan = {"starter": 40, "production": 120}[config["plan"]]
            return plan * (2 if config["high_availability"] else 1) + storage
        case _:
            tier = {"standard": 20, "archive": 10}[config["tier"]]
            return tier * _number(config, "capacity_tb")


def price_minor(product_type: str, config: Mapping[str, Any], cycle: str) -> int:
    """Return the price for one billing period in cents, rounded once, half-even."""
    exact = monthly_price(product_type, config)
    if cycle == "annual":
        exact = exact * 12 * Decimal("0.80")
    return int((exact * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _number(config: Mapping[str, Any], key: str) -> Decimal:
    return Decimal(config.get(key, 0))


def _whole(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _one_of(value: Any, *texts: str) -> bool:
    return isinstance(value, str) and value in texts


def _vps(c: Mapping[str, Any]) -> bool:
    return (
        set(c) == {"region", "plan", "os_image"}
        and _one_of(c["region"], *_REGIONS)
        and _one_of(c["plan"], "core", "business", "enterprise")
        and (
            _one_of(c["os_image"], *_IMAGES)
            or (c["os_image"] == "windows-2022" and c["plan"] == "enterprise")
        )
    )


def _cluster(c: Mapping[str, Any]) -> bool:
    if set(c) - {"autoscaling"} != {"region", "workers", "storage_gb", "storage_class"}:
        return False
    limits = c.get("autoscaling", {"min": 3, "max": 50})
    return (
        _one_of(c["region"], *_REGIONS)
        and _whole(c["workers"], 3, 50)
        and _whole(c["storage_gb"], 1, 10**9)
        and _one_of(c["storage_class"], "ssd", "hdd")
        and isinstance(limits, dict)
        and set(limits) == {"min", "max"}
        and _whole(limits["min"], 3, c["workers"])
        and _whole(limits["max"], c["workers"], 50)
    )


def _database(c: Mapping[str, Any]) -> bool:
    return (
        set(c) == {"engine", "engine_version", "plan", "storage_gb", "high_availability"}
        and c["engine"] == "postgresql"
        and c["engine_version"] == "16"
        and _one_of(c["plan"], "starter", "production")
        and _whole(c["storage_gb"], 20, 2000)
        and isinstance(c["high_availability"], bool)
    )


def _gpu(c: Mapping[str, Any]) -> bool:
    return (
        set(c) == {"gpu", "nodes", "storage_gb", "framework"}
        and _one_of(c["gpu"], "A100", "H100")
        and _whole(c["nodes"], 1, 8)
        and _whole(c["storage_gb"], 1, 10**9)
        and _one_of(c["framework"], "pytorch", "tensorflow", "jax")
    )


def _private_cloud(c: Mapping[str, Any]) -> bool:
    return (
        set(c) == {"nodes", "storage_tb", "cluster_size"}
        and _whole(c["nodes"], 3, 20)
        and _whole(c["storage_tb"], 5, 500)
        and _one_of(c["cluster_size"], "small", "medium", "large")
    )


def _storage(c: Mapping[str, Any]) -> bool:
    return (
        set(c) == {"tier", "capacity_tb", "replication"}
        and _one_of(c["tier"], "standard", "archive")
        and _whole(c["capacity_tb"], 1, 1000)
        and _one_of(c["replication"], "single", "dual", "geo")
    )


_RULES: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "vps": _vps,
    "kubernetes": _cluster,
    "database": _database,
    "gpu": _gpu,
    "private_cloud": _private_cloud,
    "storage": _storage,
}
