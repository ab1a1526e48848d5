"""Pages of a simulated gateway, where customers pay or do not, and the notices about it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from ordercore.domain.payments import PaymentFailure
from ordercore.engine.saga import Accepted, Rejected, Succeeded
from ordercore.kernel.errors import InvalidInput
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import (
    PAGE_LIFE,
)
from tests.adapters.till import CARD, TAKE, TENANT, TRANSFER, VOID, Till, code


@pytest.fixture
def till(tmp_path: Path) -> Till:
    """Return a gateway without faults."""
    return Till(tmp_path)


# -- pages --------------------------------------------------------------------------------------


def test_a_customer_pays_on_the_page(till: Till) -> None:
    """Once; then the page is gone, and a notice was sent."""
    assert till.ask(TRANSFER) == Accepted()
    url = till.url()
    till.gateway.pages.pay(url)
    assert isinstance(till.find(), Succeeded)
    assert till.taken() == 1000
    assert drive(till.gateway.page(TENANT, "try-1")) is None
    with pytest.raises(InvalidInput, match="no open page") as refused:
        till.gateway.pages.pay(url)
    assert url not in f"{refused.value!r}"
    assert till.told() == [("payment.authorised", "try-1")]


def test_a_customer_declines_on_the_page(till: Till) -> None:
    """Nothing is taken."""
    till.ask(TRANSFER)
    till.gateway.pages.decline(till.url())
    assert code(till.find()) == "declined"
    assert code(till.ask(TRANSFER)) == "declined"
    assert till.taken() == 0


def test_a_page_that_is_left_closes_by_itself(till: Till) -> None:
    """Whoever walked away may not pay later."""
    till.ask(TRANSFER)
    page = drive(till.gateway.page(TENANT, "try-1"))
    assert page is not None
    assert page.expires_at == START + PAGE_LIFE
    till.clock.advance_to(START + PAGE_LIFE)
    with pytest.raises(InvalidInput):
        till.gateway.pages.pay(page.url)
    assert code(till.find()) == PaymentFailure.AUTHORISATION_EXPIRED
    assert till.told() == [("payment.expired", "try-1")]


@pytest.mark.parametrize(("fate", "cents"), [("delayed", 1000), ("late_failure", 0)])
def test_a_bank_may_be_slower_than_the_page(tmp_path: Path, fate: str, cents: int) -> None:
    """Paid in the last second, the money arrives when the page is long closed, or it does not."""
    till = Till(tmp_path, settle=fate)
    till.ask(TRANSFER)
    till.clock.advance_to(START + PAGE_LIFE - timedelta(seconds=1))
    till.gateway.pages.pay(till.url())
    assert till.find() == Accepted()
    assert drive(till.gateway.page(TENANT, "try-1")) is None
    till.clock.advance_to(START + PAGE_LIFE + timedelta(seconds=90))
    assert till.taken() == cents
    assert isinstance(till.find(), Succeeded if cents else Rejected)


@pytest.mark.parametrize("url", ["", "https://pay.example/", "https://evil.example/auth-1", "x"])
def test_other_addresses_are_no_pages(till: Till, url: str) -> None:
    """Neither of this site nor of another."""
    till.ask(TRANSFER)
    with pytest.raises(InvalidInput):
        till.gateway.pages.pay(url)


# -- notices ------------------------------------------------------------------------------------


def test_each_event_is_told_once_and_drained_once(till: Till) -> None:
    """Without faults: at once, in the order in which it happened."""
    till.ask(CARD)
    till.ask(TAKE)
    till.ask(evolve(CARD, key="try-2"))
    till.ask(evolve(VOID, authorisation_key="try-2"))
    assert till.told() == [
        ("payment.authorised", "try-1"),
        ("payment.captured", "take-1"),
        ("payment.authorised", "try-2"),
        ("payment.voided", "try-2"),
    ]
    assert till.told() == []


def test_a_notice_may_be_late_twice_or_lost(tmp_path: Path) -> None:
    """So nobody may rely on it; the look-up knows without."""
    expected = {"delayed": (0, 1), "duplicated": (1, 1), "lost_done": (1, 1), "lost_undone": (0, 0)}
    for fate, counts in expected.items():
        till = Till(tmp_path / fate, webhook=fate)
        till.ask(CARD)
        before = len(till.told())
        till.clock.advance(90)
        assert (before, len(till.told())) == counts
        assert isinstance(till.find(), Succeeded)


def test_a_repeated_notice_has_the_same_id(tmp_path: Path) -> None:
    """By which a consumer drops it."""
    till = Till(tmp_path, webhook="duplicated")
    till.ask(CARD)
    till.clock.advance(90)
    drained = till.gateway.webhooks.drain(lambda id_, at, body: {"webhook-id": id_})
    assert len(drained) == 2
    assert len({delivery.headers["webhook-id"] for delivery in drained}) == 1


def test_what_is_not_fetched_now_is_fetched_later(till: Till) -> None:
    """A host takes as much as it can bear."""
    for number in range(5):
        till.ask(evolve(CARD, key=f"try-{number}"))
    counts = [len(till.gateway.webhooks.drain(lambda id_, at, body: {}, limit=2)) for _ in range(4)]
    assert counts == [2, 2, 1, 0]
