"""Secrets planted in every hand are found nowhere: no row, file, message, log or answer."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import pytest
from attrs import frozen

from tests.adapters.haystacks import BOTH, Haystack, Place, forms, found, place_of
from tests.adapters.storyteller import card_number, tell_elsewhere

pytestmark = pytest.mark.slow


@frozen(kw_only=True)
class Told:
    """What is left of a story.

    Attributes:
        secrets: What must not be found, by what it is.
        reference: What must be found.
        haystacks: Everything that somebody could get hold of.
    """

    secrets: dict[str, bytes]
    reference: bytes
    haystacks: list[Haystack]


def _told(place: Place, *, leaky: bool = False) -> Told:
    unique = secrets.token_hex
    hidden = {
        "password": f"pä$$-\"{unique(12)}'\\word",
        "private_key": f"-----BEGIN KEY-----\n{unique(24)}\n{unique(24)}\n-----END KEY-----\n",
        "connection_string": f"postgresql://app:{unique(12)}@db.example:5432/app?a=1&b=2",
        "card": card_number(),
        "trouble": f"cannot reach cloud with token {unique(16)}",
    }
    reference = f"visible-{unique(12)}"
    said = tell_elsewhere("sentinel_story", place, hidden, reference=reference, leaky=leaky)
    hidden["connection_password"] = hidden["connection_string"].split(":")[2].partition("@")[0]
    hidden["half_of_the_private_key"] = hidden["private_key"].split("\n")[1]
    return Told(
        secrets={name: text.encode() for name, text in hidden.items()} | {"data_key": said.key},
        reference=reference.encode(),
        haystacks=[*said.haystacks, *place.haystacks()],
    )


@pytest.fixture(scope="module", params=BOTH)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Return what is left of a story on each database."""
    return _told(place_of(request, tmp_path_factory.mktemp("sentinels")))


@pytest.fixture(params=BOTH)
def leaky(request: pytest.FixtureRequest, tmp_path: Path) -> Told:
    """Return what is left of a story in which nothing was sealed."""
    return _told(place_of(request, tmp_path), leaky=True)


def test_no_secret_is_found_anywhere(told: Told) -> None:
    """In no shape, in whatever a thief of databases, backups, mail folders or logs would have."""
    hits = {name: found(secret, told.haystacks) for name, secret in told.secrets.items()}
    assert hits == {name: [] for name in told.secrets}


def test_what_is_no_secret_is_found_by_the_same_search(told: Told) -> None:
    """An order's reference is stored, published and told: so the search does look."""
    places = found(told.reference, told.haystacks)
    for where in ("standard output", "events", ".eml", "deliveries", "orders"):
        assert any(where in place for place in places), (where, places)


def test_a_sealer_that_seals_nothing_is_found_out(leaky: Told) -> None:
    """Credentials stored as they are would be seen: in the database's files, and nowhere else."""
    places = found(leaky.secrets["connection_password"], leaky.haystacks)
    assert places
    assert not [place for place in places if "standard" in place or ".eml" in place]


@pytest.mark.parametrize("shape", forms(b"m"))
def test_every_shape_is_recognised(shape: str) -> None:
    """A marker in any shape, in the middle of other bytes."""
    marker = "pä$$ \"wo'rd\\\n".encode()
    content = b"before" + forms(marker)[shape] + b"behind"
    assert any(shape in hit for hit in found(marker, [Haystack("here", content)]))


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("behind", range(4))
def test_base64_is_recognised_wherever_the_marker_lies_in_it(before: int, behind: int) -> None:
    """Encoding moves bits between characters; every place within a triple has its own shape."""
    marker = secrets.token_bytes(12)
    encoded = base64.b64encode(secrets.token_bytes(before) + marker + secrets.token_bytes(behind))
    assert found(marker, [Haystack("here", encoded)])
