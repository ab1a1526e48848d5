"""Credentials hide themselves; asking for them again has a limit."""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.delivery import (
    DEFAULT_LIMIT,
    Credentials,
    RedeliveryLimit,
    SealedCredentials,
    associated_data,
    request_redelivery,
)
from ordercore.domain.orders import ItemProgressed, ItemState, Order, RedeliveryRequested
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import an_order, moved, with_events
from ordercore.testing.fakes import START

SECRET = "correct horse battery staple"
ONE = ItemId("1")
BUILT = ("submit", "confirm_payment", "start_validation", "start_provisioning")


def active(*asked: datetime) -> Order:
    """Return an order with an active item whose credentials were asked for at these instants."""
    order = moved(an_order(), *BUILT)
    turned = ItemProgressed(item=ONE, source=ItemState.PENDING, dest=ItemState.ACTIVE)
    return evolve(with_events(order, turned), redeliveries=asked)


def test_credentials_show_nothing_of_themselves() -> None:
    """Neither as text nor in a comparison that fails."""
    secret = Credentials(values={"password": SECRET})
    assert SECRET not in repr(secret)
    assert SECRET not in str(secret)
    assert SECRET not in f"{secret}"
    assert str(secret) == "Credentials(hidden)"
    try:
        raise AssertionError(secret)
    except AssertionError:
        assert SECRET not in traceback.format_exc()


def test_credentials_can_be_compared_and_hashed() -> None:
    """The values count for equality and are left out of the hash."""
    one, two = (Credentials(values={"password": text}) for text in (SECRET, "other"))
    assert one == Credentials(values={"password": SECRET})
    assert one != two
    assert hash(one) == hash(two)


def test_sealed_credentials_do_not_show_their_bytes() -> None:
    """Not even sealed ones belong in a log."""
    sealed = SealedCredentials(
        tenant=TenantId("t"),
        order_id=OrderId("o"),
        item=ONE,
        resource="r",
        key_id="k",
        nonce=b"nonce-bytes",
        ciphertext=b"cipher-bytes",
    )
    assert "nonce-bytes" not in repr(sealed)
    assert "cipher-bytes" not in repr(sealed)


@given(
    *[st.lists(st.text(st.characters(min_codepoint=32), min_size=1), min_size=4, max_size=4)] * 2
)
def test_no_two_places_have_the_same_associated_data(one: list[str], two: list[str]) -> None:
    """Ids are printable, so the separator cannot be part of one."""
    assert (associated_data(*one) == associated_data(*two)) is (one == two)


def test_a_request_names_the_active_items() -> None:
    """Those are what will be sent."""
    assert request_redelivery(active(), now=START) == RedeliveryRequested(items=(ONE,))


def test_without_an_active_item_there_is_nothing_to_deliver() -> None:
    """A draft has nothing yet."""
    refused = request_redelivery(an_order(), now=START)
    assert isinstance(refused, Refusal)
    assert refused.code == "nothing_to_deliver"


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_an_order_that_is_being_taken_back_delivers_nothing(end: str) -> None:
    """Even while an item of it still runs."""
    refused = request_redelivery(moved(active(), end), now=START)
    assert isinstance(refused, Refusal)
    assert refused.code == "nothing_to_deliver"


def test_the_window_slides() -> None:
    """The oldest request leaves it exactly a day later."""
    asked = [START + timedelta(hours=n) for n in range(3)]
    edge = START + timedelta(hours=24)
    refused = request_redelivery(active(*asked), now=edge - timedelta(microseconds=1))
    assert isinstance(refused, Refusal)
    assert "2026-01-06T12:00:00" in refused.reason
    assert isinstance(request_redelivery(active(*asked), now=edge), RedeliveryRequested)


def test_the_refusal_says_when_to_ask_again_under_a_lowered_limit() -> None:
    """More were asked than may now be: the one that frees a place is not the oldest."""
    asked = [START + timedelta(hours=n) for n in range(3)]
    refused = request_redelivery(
        active(*asked), now=asked[-1], limit=RedeliveryLimit(count=1, within_s=24 * 3600)
    )
    assert isinstance(refused, Refusal)
    assert "2026-01-06T14:00:00" in refused.reason


def test_a_limit_of_zero_refuses_always() -> None:
    """And still says something useful."""
    refused = request_redelivery(active(), now=START, limit=RedeliveryLimit(count=0, within_s=60))
    assert isinstance(refused, Refusal)
    assert refused.code == "redelivery_limited"


@given(st.lists(st.integers(0, 100_000), max_size=30), st.integers(1, 5), st.integers(1, 50_000))
def test_no_window_ever_holds_more_requests_than_the_limit(
    gaps: list[int], count: int, within_s: int
) -> None:
    """However often it is asked, at whatever instants."""
    limit = RedeliveryLimit(count=count, within_s=within_s)
    granted: list[datetime] = []
    for offset in sorted(gaps):
        now = START + timedelta(seconds=offset)
        if isinstance(
            request_redelivery(active(*granted), now=now, limit=limit), RedeliveryRequested
        ):
            granted.append(now)
    for at in granted:
        window = [g for g in granted if at - timedelta(seconds=within_s) < g <= at]
        assert len(window) <= count


def test_the_default_is_three_a_day() -> None:
    """As the documentation says."""
    assert (DEFAULT_LIMIT.count, DEFAULT_LIMIT.within_s) == (3, 86400)
