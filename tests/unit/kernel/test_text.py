"""Notes from outside are made storable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.saga import Failed, Rejected, Unclear
from ordercore.kernel.text import LONGEST_NOTE, readable


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=50))
def test_whatever_comes_in_can_be_encoded_and_holds_no_control_character(text: str) -> None:
    """No NUL, no lone surrogate, nothing a database or a terminal would choke on."""
    kept = readable(text)
    kept.encode()
    assert len(kept) == len(text)
    assert all(c.isprintable() or c in "\n\t" for c in kept)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_left_alone(text: str) -> None:
    """What can be shown is not touched."""
    assert readable(text) == text[:LONGEST_NOTE]


def test_a_flood_is_cut() -> None:
    """A provider's page of HTML does not become an audit record of megabytes."""
    assert len(readable("x" * 10_000_000)) == LONGEST_NOTE


@pytest.mark.parametrize("kind", [Failed, Rejected])
def test_answers_of_providers_are_made_readable(kind: type[Failed] | type[Rejected]) -> None:
    """The reason of an answer can be stored, whatever the provider wrote."""
    answer = kind(code="c\x00", reason="no\x00room\ud800")
    assert (answer.code, answer.reason) == ("c\ufffd", "no\ufffdroom\ufffd")
    assert Unclear(reason="\x1b[31m").reason == "\ufffd[31m"
