from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.ids import derive_key, text_id

PARTS = st.lists(st.text(alphabet="a1:", max_size=6), max_size=4)


@given(first=PARTS, second=PARTS)
def test_two_keys_are_equal_exactly_when_all_their_parts_are(
    first: list[str], second: list[str]
) -> None:
    """Neither moving a letter over a border nor imitating the separator makes two keys meet."""
    assert (first == second) == (derive_key(*first) == derive_key(*second))


@given(parts=st.lists(st.text(), max_size=5))
def test_a_derived_key_is_itself_a_usable_id(parts: list[str]) -> None:
    """Keys are short printable text whatever they were made of."""
    key = derive_key(*parts)

    assert key == text_id(key, field="key")
    assert len(key) == 40
