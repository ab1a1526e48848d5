from __future__ import annotations

import pytest

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import derive_key, text_id


@pytest.mark.parametrize("value", ["a", "o-1", "stranka št. 7", "x" * 200])
def test_printable_text_serves_as_an_id_unchanged(value: str) -> None:
    """Nothing is trimmed or folded, so an id never matches another one by accident."""
    assert value == text_id(value, field="order_id")


@pytest.mark.parametrize("value", ["", " ", "\t", "a\nb", "a\x00", "x" * 201, None, 5, True, b"a"])
def test_what_cannot_be_an_id_is_refused_under_its_field_name(value: object) -> None:
    """Empty, blank, unprintable, too long or no text at all."""
    with pytest.raises(InvalidInput) as caught:
        text_id(value, field="tenant")

    assert caught.value.field == "tenant"


def test_the_derived_key_of_known_parts_never_changes() -> None:
    """Keys were stored by older releases; another value would repeat effects after an upgrade."""
    assert derive_key("saga-1", "item-2", "do") == derive_key("saga-1", "item-2", "do")
    assert derive_key("saga-1", "item-2", "do") == "54ac1d4b4a024e542cce5df45432484bdcd5e029"
