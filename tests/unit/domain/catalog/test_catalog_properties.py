from __future__ import annotations

from typing import Any

from hypothesis import given

from ordercore.domain.catalog import default_catalogue
from tests.unit.domain.configurations import JSON, TYPES, good_items, is_valid, nearly_good_items


@given(item=good_items())
def test_every_configuration_within_the_published_rules_is_accepted(
    item: tuple[str, dict[str, Any]],
) -> None:
    """Nothing valid is turned down."""
    product_type, config = item
    product = default_catalogue().product(product_type)
    assert product is not None

    assert product.config_findings(config) == ()


@given(item=nearly_good_items())
def test_findings_agree_with_the_published_rules_said_again_in_plain_code(
    item: tuple[str, dict[str, Any]],
) -> None:
    """A configuration with a spoiled field has findings exactly when the oracle refuses it."""
    product_type, config = item
    product = default_catalogue().product(product_type)
    assert product is not None

    assert is_valid(product_type, config) == (not product.config_findings(config))


@given(product_type=TYPES, config=JSON)
def test_arbitrary_json_is_judged_without_an_error(product_type: str, config: object) -> None:
    """Whatever comes in, the answer is findings, never an exception."""
    product = default_catalogue().product(product_type)
    assert product is not None

    assert product.config_findings(config)
