"""The example shop for tests: a clock that is moved by hand, passwords that are checked fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from examples.retail_shop.app import make_app
from examples.retail_shop.serving import ACCOUNTS
from examples.retail_shop.shop import Shop, open_shop
from ordercore_adapters.simulated import VirtualClock
from tests.examples.programs import Program
from tests.examples.shopper import ANA, BEN, Shopper

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> VirtualClock:
    """Return a clock that stands at a Monday morning."""
    return VirtualClock(MONDAY)


@pytest.fixture(scope="session")
def quick() -> PasswordHasher:
    """Return a hasher for passwords that nobody needs to guess."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def shop(tmp_path: Path, clock: VirtualClock, quick: PasswordHasher) -> Iterator[Shop]:
    """Open a new shop whose carrier needs an hour."""
    with open_shop(
        tmp_path / "shop",
        base_url="http://testserver",
        accounts=ACCOUNTS,
        clock=clock,
        hasher=quick,
        parcel_takes=HOUR,
    ) as opened:
        yield opened


@pytest.fixture
def app(shop: Shop) -> Any:
    """Return the application of the shop."""
    return make_app(shop)


@pytest.fixture
def visitor(shop: Shop, app: Any) -> Iterator[Callable[[], Shopper]]:
    """Return what lets somebody in who has not logged in."""
    inside: list[Shopper] = []

    def let_in() -> Shopper:
        inside.append(Shopper(shop, app))
        return inside[-1]

    yield let_in
    for each in inside:
        each.client.close()


@pytest.fixture
def ana(visitor: Callable[[], Shopper]) -> Shopper:
    """Return a customer who has logged in."""
    return visitor().log_in(ANA)


@pytest.fixture
def program(app: Any) -> Iterator[Program]:
    """Return a program that is logged in as Ana."""
    made = Program(app)
    yield made
    made.client.close()


@pytest.fixture
def another(app: Any) -> Iterator[Program]:
    """Return one that is logged in as Ben."""
    made = Program(app, BEN)
    yield made
    made.client.close()
