from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from ordercore.domain.catalog import (
    BillingCycle,
    ProductSnapshot,
    default_catalogue,
    take_snapshot,
)
from ordercore.kernel.money import Money
from tests.unit.domain.configurations import VALID


def snapshot(config: Any) -> ProductSnapshot:
    """Take a snapshot of a cluster."""
    product = default_catalogue().product("kubernetes")
    assert product is not None
    return take_snapshot(
        product,
        config,
        unit_price=Money(80000, "EUR"),
        price_book_version="v7",
        billing_cycle=BillingCycle.MONTHLY,
    )


def test_a_snapshot_keeps_all_that_was_agreed() -> None:
    """Type, name, configuration, price, price book and cycle are copied."""
    taken = snapshot(VALID["kubernetes"])

    assert (
        ProductSnapshot(
            product_type="kubernetes",
            name="Managed Kubernetes cluster",
            config_json=(
                '{"autoscaling":{"max":10,"min":3},"region":"mb-1","storage_class":"ssd",'
                '"storage_gb":100,"workers":5}'
            ),
            unit_price=Money(80000, "EUR"),
            price_book_version="v7",
            billing_cycle=BillingCycle.MONTHLY,
        )
        == taken
    )
    assert VALID["kubernetes"] == taken.config


def test_changing_the_configuration_later_does_not_change_the_snapshot() -> None:
    """Neither the object that was passed in nor the one that is handed out is shared."""
    config = {**VALID["kubernetes"], "autoscaling": {"min": 3, "max": 10}}
    taken = snapshot(config)

    config["autoscaling"]["max"] = 50
    taken.config["workers"] = 1

    assert VALID["kubernetes"] == taken.config


def test_equal_configurations_give_equal_snapshots_whatever_the_order_of_their_keys() -> None:
    """Snapshots can be compared, hashed and fingerprinted."""
    turned = dict(reversed(VALID["kubernetes"].items()))

    assert {snapshot(VALID["kubernetes"])} == {snapshot(turned)}


def test_immutable_mappings_are_copied_like_dicts() -> None:
    """A host may hold its configurations in read-only form, also inside."""
    config = {**VALID["kubernetes"], "autoscaling": MappingProxyType({"min": 3, "max": 10})}

    assert snapshot(VALID["kubernetes"]) == snapshot(MappingProxyType(config))


def test_a_value_that_is_not_json_cannot_enter_a_snapshot() -> None:
    """A configuration that was never validated is a programming error, reported as such."""
    with pytest.raises(TypeError, match="set cannot be part"):
        snapshot({"workers": {1, 2}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        snapshot({"workers": float("nan")})
