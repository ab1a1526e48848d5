"""One shop per test, under each face in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.app.shop import Face, Shop


@pytest.fixture(params=list(Face), ids=lambda face: face.value)
def open_shop(request: pytest.FixtureRequest) -> Iterator[Callable[..., Shop]]:
    """A maker of shops under the face whose turn it is."""
    shops: list[Shop] = []

    def make(**how: Any) -> Shop:
        shops.append(Shop(request.param, **how))
        return shops[-1]

    yield make
    for shop in shops:
        shop.close()


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    """A shop under the default rules."""
    return open_shop()
