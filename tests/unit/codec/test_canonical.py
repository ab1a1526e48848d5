"""One byte form for everything that is hashed, compared or stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import canonical_json, fingerprint

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    """At every level."""
    assert canonical_json({"b": [1, {"d": 1, "c": 2}], "a": "ä"}) == (
        '{"a":"ä","b":[1,{"c":2,"d":1}]}'
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_have_are_refused(number: float) -> None:
    """They would not come back."""
    with pytest.raises(ValueError, match="JSON"):
        canonical_json([number])


def test_what_is_not_plain_data_is_refused() -> None:
    """Rather than written as something else."""
    with pytest.raises(TypeError):
        canonical_json({1, 2})


def test_half_a_character_has_a_fingerprint() -> None:
    """It can arrive in JSON; it must not break the comparison of requests."""
    assert fingerprint("\ud800") != fingerprint("\ud801")


@given(PLAIN)
def test_the_form_reads_back_as_what_was_written(value: Any) -> None:
    """Nothing is lost."""
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), PLAIN, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], random: Any) -> None:
    """Neither for the form nor for the fingerprint."""
    keys = list(value)
    random.shuffle(keys)
    shuffled = {key: value[key] for key in keys}
    assert canonical_json(shuffled) == canonical_json(value)
    assert fingerprint(shuffled) == fingerprint(value)


@given(PLAIN, PLAIN)
def test_different_content_has_different_fingerprints(one: Any, two: Any) -> None:
    """Compared by their form: true is not one, and 1 is not "1"."""
    same = canonical_json(one) == canonical_json(two)
    assert (fingerprint(one) == fingerprint(two)) is same
