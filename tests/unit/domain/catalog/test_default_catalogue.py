from __future__ import annotations

from typing import Any

import pytest

from ordercore.domain.catalog import BillingCycle, default_catalogue
from tests.unit.domain.configurations import VALID

FIELD_CODES = tuple[tuple[str, str], ...]


def changed(product_type: str, **changes: Any) -> dict[str, Any]:
    """Return the valid example with some fields replaced; `...` takes a field out."""
    config = {**VALID[product_type], **changes}
    return {key: value for key, value in config.items() if value is not ...}


def found(product_type: str, config: object) -> FIELD_CODES:
    """Return field and code of every finding."""
    product = default_catalogue().product(product_type)
    assert product is not None
    return tuple((finding.field, finding.code) for finding in product.config_findings(config))


def test_the_default_catalogue_sells_the_six_infrastructure_types() -> None:
    """Each by both billing cycles, each with a name for a person."""
    catalogue = default_catalogue()

    assert tuple(VALID) == catalogue.types
    assert {(BillingCycle.MONTHLY, BillingCycle.ANNUAL)} == {
        product.billing_cycles for product in catalogue.products
    }
    assert all(product.name for product in catalogue.products)


@pytest.mark.parametrize("product_type", VALID)
def test_a_valid_configuration_has_no_findings(product_type: str) -> None:
    """The example of every type is accepted."""
    assert found(product_type, VALID[product_type]) == ()


@pytest.mark.parametrize(
    ("product_type", "field", "low", "high"),
    [
        ("kubernetes", "workers", 3, 50),
        ("database", "storage_gb", 20, 2000),
        ("gpu", "nodes", 1, 8),
        ("private_cloud", "nodes", 3, 20),
        ("private_cloud", "storage_tb", 5, 500),
        ("storage", "capacity_tb", 1, 1000),
        ("kubernetes", "storage_gb", 1, 1_000_000_000),
        ("gpu", "storage_gb", 1, 1_000_000_000),
    ],
)
def test_both_ends_of_a_range_are_inside_and_their_neighbours_are_not(
    product_type: str, field: str, low: int, high: int
) -> None:
    """Limits are inclusive; one below and one above is out of range."""
    outcomes = [
        found(product_type, changed(product_type, autoscaling=..., **{field: value}))
        for value in (low - 1, low, high, high + 1)
    ]

    outside = ((field, "out_of_range"),)
    assert [outside, (), (), outside] == outcomes


@pytest.mark.parametrize("end", ["min", "max"])
@pytest.mark.parametrize("value", [2, 51])
def test_autoscaling_limits_are_held_to_the_same_range_as_workers(end: str, value: int) -> None:
    """Both ends of automatic scaling lie within 3 and 50 themselves."""
    limits = {"min": 3, "max": 50, end: value}

    assert ((f"autoscaling.{end}", "out_of_range"),) == found(
        "kubernetes", changed("kubernetes", autoscaling=limits)
    )


@pytest.mark.parametrize(
    ("workers", "low", "high", "expected"),
    [
        (3, 3, 3, ()),
        (50, 50, 50, ()),
        (10, 3, 50, ()),
        (10, 11, 50, (("autoscaling.min", "out_of_order"),)),
        (10, 3, 9, (("autoscaling.max", "out_of_order"),)),
        (10, 11, 9, (("autoscaling.min", "out_of_order"), ("autoscaling.max", "out_of_order"))),
        (51, 9, 8, (("workers", "out_of_range"), ("autoscaling.min", "out_of_order"))),
    ],
)
def test_workers_lie_between_the_autoscaling_limits(
    workers: int, low: int, high: int, expected: FIELD_CODES
) -> None:
    """The limits are blamed, not the workers; they are compared also when workers are wrong."""
    config = changed("kubernetes", workers=workers, autoscaling={"min": low, "max": high})

    assert expected == found("kubernetes", config)


def test_autoscaling_may_be_left_out() -> None:
    """It is the one optional field."""
    assert found("kubernetes", changed("kubernetes", autoscaling=...)) == ()


@pytest.mark.parametrize("value", [None, [], "3-10", True, 5])
def test_autoscaling_that_is_not_an_object_is_a_finding(value: object) -> None:
    """Null does not mean "left out"."""
    assert found("kubernetes", changed("kubernetes", autoscaling=value)) == (
        ("autoscaling", "wrong_type"),
    )


def test_missing_and_unknown_keys_inside_autoscaling_are_findings() -> None:
    """The nested object is as strict as the outer one, and paths lead into it."""
    config = changed("kubernetes", autoscaling={"min": 3, "maximum": 9})

    assert found("kubernetes", config) == (
        ("autoscaling.max", "missing"),
        ("autoscaling.maximum", "unknown_field"),
    )


@pytest.mark.parametrize("value", ["5", 5.0, 5.5, True, False, None, [5], {"n": 5}, float("nan")])
@pytest.mark.parametrize(
    ("product_type", "field"),
    [
        ("kubernetes", "workers"),
        ("kubernetes", "storage_gb"),
        ("database", "storage_gb"),
        ("gpu", "nodes"),
        ("gpu", "storage_gb"),
        ("private_cloud", "nodes"),
        ("private_cloud", "storage_tb"),
        ("storage", "capacity_tb"),
    ],
)
def test_whole_numbers_are_never_coerced(product_type: str, field: str, value: object) -> None:
    """Quoted numbers, fractions (5.0 too), booleans, null and lists are findings."""
    config = changed(product_type, autoscaling=..., **{field: value})

    assert ((field, "wrong_type"),) == found(product_type, config)


@pytest.mark.parametrize("value", ["true", 1, 0, None, "on", []])
def test_high_availability_is_true_or_false_and_nothing_like_it(value: object) -> None:
    """One is not a flag."""
    assert found("database", changed("database", high_availability=value)) == (
        ("high_availability", "wrong_type"),
    )


@pytest.mark.parametrize(
    ("product_type", "field", "value"),
    [
        ("vps", "region", "us-east-1"),
        ("vps", "plan", "Core"),
        ("vps", "os_image", "debian-11"),
        ("kubernetes", "region", "lj-2"),
        ("kubernetes", "storage_class", "nvme"),
        ("database", "engine", "mysql"),
        ("database", "engine_version", "15"),
        ("database", "plan", "business"),
        ("gpu", "gpu", "B200"),
        ("gpu", "framework", "mxnet"),
        ("private_cloud", "cluster_size", "huge"),
        ("storage", "tier", "standard "),
        ("storage", "replication", ""),
    ],
)
def test_a_text_that_is_not_offered_is_a_finding_that_lists_what_is(
    product_type: str, field: str, value: str
) -> None:
    """Case and spaces count; the finding says what would do."""
    product = default_catalogue().product(product_type)
    assert product is not None

    (finding,) = product.config_findings(changed(product_type, **{field: value}))

    assert (field, "not_allowed") == (finding.field, finding.code)
    assert VALID[product_type][field] in (finding.allowed or "").split(", ")


@pytest.mark.parametrize("version", [16, 16.0, None])
def test_an_engine_version_is_text_not_a_number(version: object) -> None:
    """A version is a name; 16 and "16" differ."""
    assert found("database", changed("database", engine_version=version)) == (
        ("engine_version", "wrong_type"),
    )


@pytest.mark.parametrize(
    ("plan", "image", "expected"),
    [
        ("core", "windows-2022", (("os_image", "incompatible"),)),
        ("business", "windows-2022", (("os_image", "incompatible"),)),
        ("enterprise", "windows-2022", ()),
        ("enterprise", "debian-12", ()),
        ("core", "rocky-9", ()),
        ("core", "ubuntu-24.04", ()),
        ("gold", "windows-2022", (("plan", "not_allowed"),)),
    ],
)
def test_windows_goes_with_enterprise_only(plan: str, image: str, expected: FIELD_CODES) -> None:
    """An unknown plan is reported as such, not as incompatible."""
    assert expected == found("vps", changed("vps", plan=plan, os_image=image))


@pytest.mark.parametrize("product_type", VALID)
def test_every_missing_and_every_unknown_key_is_reported_together(product_type: str) -> None:
    """An empty object misses everything, and what it has instead is unknown."""
    expected = [(key, "missing") for key in VALID[product_type] if key != "autoscaling"]

    assert (*expected, ("extra", "unknown_field"), ("Plan", "unknown_field")) == found(
        product_type, {"extra": None, "Plan": "core"}
    )


@pytest.mark.parametrize("product_type", VALID)
@pytest.mark.parametrize("config", [None, [], "text", 3, 3.5, True, [{"plan": "core"}]])
def test_a_configuration_that_is_not_an_object_is_one_finding(
    product_type: str, config: object
) -> None:
    """It has no fields to report, so the configuration itself is reported."""
    assert found(product_type, config) == (("", "wrong_type"),)


@pytest.mark.parametrize("type", ["VPS", "", None, 3, [], {}])
def test_an_unknown_product_type_is_not_found_whatever_it_is(type: object) -> None:
    """Asking never raises, even for values that cannot be keys."""
    assert default_catalogue().product(type) is None
