"""What pays is found nowhere, and who gets the parcel only where it belongs.

A card's token and the address of a page pay, so they are in no row, file, log segment, message or
log, the token but sealed. Who gets the parcel stands with the order, in the erasable part of its
trail, and in answers kept for repeats.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen

from ordercore_adapters.sqlalchemy.tables import METADATA, TABLES
from tests.adapters.haystacks import BOTH, Haystack, Place, found, place_of
from tests.adapters.storyteller import card_number, tell_elsewhere

pytestmark = pytest.mark.slow

REFERENCE = "R-visible-reference"
_PERSONAL = ("name", "street", "mail")
_KNOWS_THE_CUSTOMER = {
    ("orders", "body"),
    ("audit_records", "personal"),
    ("idempotency", "response"),
}


@frozen(kw_only=True)
class Told:
    """What is left of a story.

    Attributes:
        secrets: What was planted, by what it is.
        said: Everything that was said, logged, published, or handed to a provider as text.
        files: Every byte of the database and of its log.
        columns: Every column of every table as text.
    """

    secrets: dict[str, bytes]
    said: list[Haystack]
    files: list[Haystack]
    columns: list[Haystack]


def _told(place: Place, *, leaky: bool) -> Told:
    unique = secrets.token_hex
    hidden = {
        "token": f"tok_{unique(16)}",
        "page": f"page-{unique(16)}",
        "name": f"Ann {unique(12)}",
        "street": f"Lime Street {unique(12)}",
        "mail": f"{unique(12)}@example.org",
        "card": card_number(),
        "trouble": f"cannot charge {unique(16)}",
    }
    told = tell_elsewhere("sentinel_sale", place, hidden, reference=REFERENCE, leaky=leaky)
    columns = _columns(place)
    files = list(place.haystacks())
    handed = [each for each in files if each.where.endswith(("events", "handed over"))]
    return Told(
        secrets={name: text.encode() for name, text in hidden.items()},
        said=[*told.haystacks, *handed],
        files=files,
        columns=columns,
    )


def _columns(place: Place) -> list[Haystack]:
    url = place.url if place.database is None else place.database.admin
    read = []
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        for table in TABLES:
            for column in METADATA.tables[table].columns.keys():  # noqa: SIM118 - a collection of its own
                rows = connection.exec_driver_sql(f"SELECT {column} FROM {table}").fetchall()
                text = b"\n".join(
                    row[0] if isinstance(row[0], bytes) else str(row[0]).encode() for row in rows
                )
                read.append(Haystack(f"{table}.{column}", text))
    return read


@pytest.fixture(scope="module", params=BOTH)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Return what is left of a story on each database."""
    return _told(place_of(request, tmp_path_factory.mktemp("sales")), leaky=False)


@pytest.fixture(params=BOTH)
def leaky(request: pytest.FixtureRequest, tmp_path: Path) -> Told:
    """Return what is left of the beginning of a story in which the token is not sealed."""
    return _told(place_of(request, tmp_path), leaky=True)


@pytest.mark.parametrize("secret", ["token", "page", "card", "trouble"])
def test_what_pays_is_found_nowhere(told: Told, secret: str) -> None:
    """Not in what is said, nor in what is published, nor in any byte of the database."""
    assert found(told.secrets[secret], [*told.said, *told.files, *told.columns]) == []


@pytest.mark.parametrize("secret", _PERSONAL)
def test_who_gets_the_parcel_is_in_three_columns_and_in_nothing_that_is_said(
    told: Told, secret: str
) -> None:
    """In the order, in the erasable part of its trail, in kept answers; and these do have it."""
    assert found(told.secrets[secret], told.said) == []
    places = {tuple(each.where.split(".")) for each in told.columns if _holds(each, told, secret)}
    assert places == _KNOWS_THE_CUSTOMER


def _holds(haystack: Haystack, told: Told, secret: str) -> bool:
    return found(told.secrets[secret], [haystack]) != []


def test_what_is_no_secret_is_found_by_the_same_search(told: Told) -> None:
    """A reference is said, published and stored: so the search does look."""
    reference = REFERENCE.encode()
    for haystacks, where in ((told.said, "output"), (told.said, "events")):
        assert any(where in place for place in found(reference, haystacks))
    assert found(reference, told.columns)
    assert found(reference, told.files)


def test_a_token_that_is_not_sealed_is_found_out(leaky: Told) -> None:
    """While nobody knows whether it was charged it is stored: in that one column, and in files."""
    places = {place.partition(":")[0] for place in found(leaky.secrets["token"], leaky.columns)}
    assert places == {"sealed_credentials.ciphertext"}
    assert found(leaky.secrets["token"], leaky.files)
    assert found(leaky.secrets["token"], leaky.said) == []
