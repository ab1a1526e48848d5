"""The chain under the audit trail: what each digest covers."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ordercore.engine.audit import GENESIS, first_broken, link, personal_digest

Entry = tuple[str, str, bytes, str]


def chain(*records: bytes) -> list[Entry]:
    """Return a sound chain over these public parts."""
    entries: list[Entry] = []
    previous = GENESIS
    for public in records:
        personal = personal_digest(public, "salt")
        digest = link(previous, public, personal)
        entries.append((previous, digest, public, personal))
        previous = digest
    return entries


def test_a_digest_covers_the_one_before_the_length_the_record_and_its_personal_part() -> None:
    """Spelled out once, because stored chains must verify for as long as they are kept."""
    spelled = sha256(b"before" + b"\x00\x00\x00\x00\x00\x00\x00\x03" + b"abc" + b"person")

    assert link("before", b"abc", "person") == spelled.hexdigest()


def test_the_personal_part_is_digested_with_its_salt() -> None:
    """Without the salt, a name could be found by trying names."""
    assert personal_digest(b"name", "salt") == sha256(b"salt\x00name").hexdigest()


def test_no_byte_can_move_between_a_record_and_its_personal_part() -> None:
    """The length in between keeps them apart."""
    assert link(GENESIS, b"ab", "c") != link(GENESIS, b"a", "bc")


def test_a_sound_chain_has_no_broken_record() -> None:
    """Nor has an empty one."""
    assert first_broken(chain(b"a", b"b", b"c")) is None
    assert first_broken([]) is None


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("field", [0, 1, 2, 3], ids=["previous", "digest", "public", "personal"])
def test_the_first_record_that_was_touched_is_found(position: int, field: int) -> None:
    """Whichever of its parts it was; records before it still verify."""
    entries = chain(b"a", b"b", b"c")
    touched = list(entries[position])
    touched[field] = b"x" if field == 2 else "f" * 64
    previous, digest, public, personal = touched
    assert isinstance(public, bytes)
    entries[position] = (str(previous), str(digest), public, str(personal))

    assert first_broken(entries) == position


def test_a_record_sealed_anew_on_its_own_is_found_by_its_neighbour() -> None:
    """A forger has to rewrite everything that follows."""
    entries = chain(b"a", b"b", b"c")
    previous, _, _, personal = entries[1]
    entries[1] = (previous, link(previous, b"x", personal), b"x", personal)

    assert first_broken(entries) == 2


def test_a_record_that_verifies_alone_but_follows_another_is_broken() -> None:
    """A record cut out leaves a gap; its successor still seals itself correctly."""
    entries = chain(b"a", b"b", b"c")
    del entries[1]

    assert first_broken(entries) == 1
