"""The checks of the kill tests notice each thing they are there for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen

from tests.kill import goods_books, verify
from tests.kill.shift import Story
from tests.kill.tampered import Tampered, settled_books, tampered_books
from tests.kill.tampered_goods import TAMPERED_GOODS
from tests.kill.tampered_services import TAMPERED_SERVICES
from tests.kill.verify import Books

pytestmark = pytest.mark.kill

BREACHES: dict[Story, Callable[[Books], list[str]]] = {
    Story.SERVICES: verify.breaches,
    Story.GOODS: goods_books.breaches,
}
CHANGES = [(Story.SERVICES, change) for change in TAMPERED_SERVICES] + [
    (Story.GOODS, change) for change in TAMPERED_GOODS
]


@frozen
class Settled:
    """A campaign that nobody disturbed.

    Attributes:
        folder: Everything it has left behind.
        breaches: What is checked of books of its kind.
    """

    folder: Path
    breaches: Callable[[Books], list[str]]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Story], Settled]:
    """Return what settles a campaign of each story, once; its books are in order."""

    @cache
    def settle(story: Story) -> Settled:
        campaign = Settled(tmp_path_factory.mktemp("settled"), BREACHES[story])
        assert campaign.breaches(settled_books(campaign.folder, story)) == []
        return campaign

    return settle


@pytest.mark.parametrize(
    ("story", "change"), CHANGES, ids=[f"{story}-{change.words}" for story, change in CHANGES]
)
def test_what_was_tampered_with_is_noticed(
    settled: Callable[[Story], Settled], tmp_path: Path, story: Story, change: Tampered
) -> None:
    """One statement, in one of the books, and the right check objects."""
    campaign = settled(story)
    found = campaign.breaches(tampered_books(campaign.folder, tmp_path / "copy", change))
    assert any(change.words in breach for breach in found), found
