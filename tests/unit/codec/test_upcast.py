"""Old documents are brought to today's shape one version at a time."""

from __future__ import annotations

import pytest

from ordercore.codec import UPCASTERS, VERSIONS, upcast
from ordercore.codec.upcast import Document
from ordercore.kernel.errors import InvalidInput


def named(document: Document) -> Document:
    """Version 1 had one name, version 2 has two."""
    first, _, last = str(document.pop("name")).partition(" ")
    return {**document, "first": first, "last": last}


def counted(document: Document) -> Document:
    """Version 3 counts."""
    return {**document, "count": 0}


STEPS = {("thing", 1): named, ("thing", 2): counted}


def test_every_step_on_the_way_is_taken_in_turn() -> None:
    """From the version it was written in to the current one."""
    old: Document = {"name": "Ada Lovelace"}
    assert upcast("thing", 1, old, current=3, upcasters=STEPS) == {
        "first": "Ada",
        "last": "Lovelace",
        "count": 0,
    }


def test_a_document_half_way_takes_only_the_rest() -> None:
    """It has the other changes already."""
    assert upcast("thing", 2, {"first": "A"}, current=3, upcasters=STEPS) == {
        "first": "A",
        "count": 0,
    }


def test_a_current_document_is_left_as_it_is() -> None:
    """No step is taken."""
    assert upcast("thing", 3, {"x": 1}, current=3, upcasters={}) == {"x": 1}


def test_a_document_of_a_newer_release_is_refused() -> None:
    """With the version we can read."""
    with pytest.raises(InvalidInput, match="newer release") as caught:
        upcast("thing", 4, {}, current=3)
    assert caught.value.allowed == "at most version 3"


@pytest.mark.parametrize("version", [0, 1])
def test_a_missing_step_is_named(version: int) -> None:
    """Rather than skipped."""
    with pytest.raises(InvalidInput, match=f"no way from version {version} to {version + 1}"):
        upcast("thing", version, {}, current=3, upcasters={})


def test_there_is_a_way_from_the_first_version_of_every_type() -> None:
    """Whoever raises a version adds the step that leads to it."""
    missing = [
        (name, step)
        for name, version in VERSIONS.items()
        for step in range(1, version)
        if (name, step) not in UPCASTERS
    ]
    assert missing == []
