"""One shop per test, under each face in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.app.retail_shop import Store
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


@pytest.fixture(params=list(Face), ids=lambda face: face.value)
def open_store(request: pytest.FixtureRequest) -> Iterator[Callable[..., Store]]:
    """A maker of shops for goods under the face whose turn it is."""
    stores: list[Store] = []

    def make(**how: Any) -> Store:
        stores.append(Store(request.param, **how))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    """A shop for goods under the rules of the tests, with a few goods on the shelf."""
    return open_store()
