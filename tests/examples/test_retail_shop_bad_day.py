from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

from argon2 import PasswordHasher

from examples.retail_shop.app import make_app
from examples.retail_shop.serving import ACCOUNTS
from examples.retail_shop.shop import Shop, open_shop
from examples.retail_shop.wording import EVENTS, PAYMENTS
from ordercore import CloseDeadLetter, ListDeadLetters, ListOrders, NextDue, Order, OrderFeed
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind
from ordercore.kernel.time import parse_instant
from ordercore_adapters.simulated import FaultPlan, SeededIds, VirtualClock
from tests.examples.conftest import HOUR, MONDAY
from tests.examples.shopper import Shopper

FINISHED = {"completed", "cancelled"}
ROUNDS = 3
SEED = 11


def live_through(ana: Shopper, clock: VirtualClock) -> None:
    """Let days go by until every order has come to its end, and everything is put right."""
    shop = ana.shop
    operator = shop.somebody("operator")
    for _ in range(2000):
        ana.background.until_idle()
        letters = shop.core.handle(ListDeadLetters(caller=operator))
        assert isinstance(letters, tuple)
        for letter in letters:  # the operator tries again, as often as it takes
            shop.core.handle(
                CloseDeadLetter(caller=operator, letter_id=letter.id, how="retried", note="again")
            )
        due = shop.core.handle(NextDue())
        waiting = [order for order in orders(shop) if order.state not in FINISHED]
        if not waiting and not letters and (due is None or due > clock.now() + 2 * HOUR):
            return
        clock.advance_to(min(due or clock.now() + HOUR, clock.now() + HOUR))
    raise AssertionError(Counter(order.state for order in orders(shop)))


def orders(shop: Shop) -> tuple[Order, ...]:
    """Return every order."""
    return shop.core.handle(ListOrders(caller=shop.somebody("operator"), hidden=True, limit=1000))


def test_on_a_bad_day_every_order_ends_and_the_books_agree(
    tmp_path: Path, quick: PasswordHasher
) -> None:
    """Answers lost, late and refused: nothing is paid twice, and no page fails."""
    clock = VirtualClock(MONDAY)
    # Fates follow from keys and keys from ids, so with these the day is always the same.
    ids = SeededIds(tmp_path / "ids.sqlite3", seed=SEED)
    with (
        closing(ids),
        open_shop(
            tmp_path / "shop",
            ids=ids,
            base_url="http://testserver",
            accounts=ACCOUNTS,
            clock=clock,
            hasher=quick,
            faults=FaultPlan.profile("rough", seed=SEED),
            parcel_takes=HOUR,
        ) as shop,
    ):
        ana = Shopper(shop, make_app(shop)).log_in()
        for _ in range(ROUNDS):
            for payment in PAYMENTS:
                answer = ana.put("tea").buy(payment)
                assert answer.status_code == 200, answer.text
                if PAYMENT_KINDS[PaymentKind(payment)].page and "/provider/" in str(answer.url):
                    assert ana.decide(str(answer.url), "pay").status_code == 200
        live_through(ana, clock)

        ended = Counter(order.state for order in orders(shop))
        assert sum(ended.values()) == ROUNDS * len(PAYMENTS)
        assert ended["completed"] > ended["cancelled"]
        assert_books_agree(shop)
        calls = dict(shop.gateway.books.rows("SELECT answer, count(*) FROM calls GROUP BY answer"))
        assert len({"failed", "lost_done", "lost_undone", "rejected"} & calls.keys()) >= 2
        for number in ana.numbers():
            assert ana.page(f"/orders/{number}").state in ("Completed", "Cancelled")
        assert told(shop) - EVENTS.keys() == set()
        ana.client.close()


def assert_books_agree(shop: Shop) -> None:
    """Compare what the orders say they received with what the provider really took."""
    now = shop.clock.now()
    for order in orders(shop):
        captures = shop.gateway.books.rows(
            "SELECT amount_minor, arrived_at FROM captures WHERE order_id = ?", (order.id,)
        )
        refunds = shop.gateway.books.rows(
            "SELECT amount_minor FROM refunds WHERE order_id = ?", (order.id,)
        )
        assert all(parse_instant(str(at)) <= now for _, at in captures)
        taken = sum(int(str(minor)) for minor, _ in captures)
        back = sum(int(str(minor)) for (minor,) in refunds)
        sums = order.balance
        assert (taken, back) == (sums.captured.amount_minor, sums.refunded.amount_minor)
        received = taken - back + sums.confirmed.amount_minor
        assert received == (order.total.amount_minor if order.state == "completed" else 0)


def told(shop: Shop) -> set[str]:
    """Return every type of event that was told about an order."""
    operator = shop.somebody("operator")
    return {
        event.type
        for order in orders(shop)
        for event in shop.core.handle(OrderFeed(caller=operator, order_id=order.id))
    }
