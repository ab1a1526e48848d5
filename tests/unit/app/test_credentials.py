"""Credentials: sealed, sent, sent again within limits, and never seen anywhere else."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from attrs import asdict, evolve, has

from ordercore.app import (
    CancelOrder,
    CloseDeadLetter,
    ListOrders,
    OrderFeed,
    RedeliverCredentials,
    ReportProvisioning,
    TenantStats,
)
from ordercore.app._drive import drive
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import Order
from ordercore.domain.processes import PROVISION, ProvisioningRules
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.engine.saga import Failed, Rejected, call_key
from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import Provisioned
from ordercore.testing.builders import a_vps
from tests.unit.app.providers import SECRET, Lost
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, Shop, fault_of

LIMIT = timedelta(hours=24)


def again(order: Order) -> RedeliverCredentials:
    """Return the use case that asks for the credentials again."""
    return RedeliverCredentials(caller=CUSTOMER, order_id=order.id)


def delivered(shop: Shop, items: int = 1) -> Order:
    """Return an order that is fulfilled and delivered."""
    order = shop.paid(*[a_vps()] * items)
    shop.run()
    return shop.order(order)


def test_credentials_are_sent_once_all_items_have_come_to_rest(shop: Shop) -> None:
    """One message with those of every active item, and an event that names them."""
    shop.script.plan("provision 2", Rejected(code="no", reason="never"))
    order = delivered(shop, 3)
    (mail,) = shop.post.mails.values()
    assert sorted(mail) == ["1", "3"]
    assert all(SECRET in c.values["connection_string"] for c in mail.values())
    assert shop.types(order)[-1] == "order.service-delivered"


def test_credentials_are_asked_for_at_a_version_like_every_write(shop: Shop) -> None:
    """Whoever looked at an older order looks again first."""
    order = delivered(shop)
    stale = evolve(again(order), expected_version=order.version - 1)
    assert isinstance(fault_of(lambda: shop.handle(stale)), ConcurrencyConflict)
    fresh = shop.handle(evolve(again(order), expected_version=order.version))
    assert isinstance(fresh, Order)


def test_a_message_whose_answer_is_lost_is_sent_again_under_its_key(shop: Shop) -> None:
    """The mailer drops the repeat."""
    shop.script.plan("deliver", Lost())
    order = delivered(shop)
    assert len(shop.script.times("deliver")) == 2
    assert len({key for verb, key, _ in shop.script.calls if verb == "deliver"}) == 1
    assert shop.types(order).count("order.service-delivered") == 1


def test_credentials_are_sent_again_on_request(shop: Shop) -> None:
    """Audited, under a key of its own."""
    order = delivered(shop)
    asked = shop.handle(again(order))
    assert isinstance(asked, Order)
    shop.run()
    assert len(shop.post.mails) == 2
    kinds = [r.kind for r in shop.history(order)]
    assert "order.redelivery-requested" in kinds
    assert kinds.count("order.service-delivered") == 2
    assert shop.violations(order.id) == []


def test_the_fourth_request_within_a_day_is_refused_and_says_when_to_ask(shop: Shop) -> None:
    """Three in any 24 hours; the window slides."""
    order = delivered(shop)
    first = shop.clock.now()
    for _ in range(3):
        assert isinstance(shop.handle(again(order)), Order)
        shop.clock.advance(hours=1)
    refused = shop.handle(again(order))
    assert isinstance(refused, Refusal)
    assert refused.code == "redelivery_limited"
    assert "2026-01-06T12:00:" in refused.reason

    shop.clock.set(first + LIMIT - timedelta(microseconds=1))
    assert isinstance(shop.handle(again(order)), Refusal)
    shop.clock.set(first + LIMIT)
    assert isinstance(shop.handle(again(order)), Order)
    assert isinstance(shop.handle(again(order)), Refusal)


def test_the_limit_is_the_hosts_to_set(shop: Shop) -> None:
    """Zero means never."""
    order = delivered(shop)
    rules = ProvisioningRules()
    shop.under(evolve(rules, redelivery=evolve(rules.redelivery, count=0)))
    refused = shop.handle(again(order))
    assert isinstance(refused, Refusal)
    assert refused.code == "redelivery_limited"


def test_without_an_active_item_there_is_nothing_to_send(shop: Shop) -> None:
    """Nothing is recorded."""
    order = shop.paid()
    refused = shop.handle(again(order))
    assert isinstance(refused, Refusal)
    assert refused.code == "nothing_to_deliver"
    assert shop.order(order) == order


def test_nothing_is_sent_for_a_cancelled_order_whose_item_still_runs(shop: Shop) -> None:
    """Its removal is stuck; that is no reason to hand out the key."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    shop.script.plan("deprovision 1", Rejected(code="no", reason="locked"))
    shop.cancel(order)
    shop.run()
    assert shop.order(order).items[0].state == "active"
    refused = shop.handle(again(order))
    assert isinstance(refused, Refusal)
    assert refused.code == "nothing_to_deliver"


def test_an_item_that_turns_active_on_the_way_does_not_count_as_delivered(shop: Shop) -> None:
    """The event names what was in the message, not what is active when the answer comes."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    shop.script.plan("deliver", Lost())
    shop.handle(again(order))
    shop.run()
    events = [r for r in shop.history(order) if r.kind == "order.service-delivered"]
    said = [json.loads(record.data) for record in events]
    assert sorted((event["again"], event["items"]) for event in said) == [
        (False, ["1", "2"]),
        (True, ["1"]),
    ]
    assert sorted(sorted(mail) for mail in shop.post.mails.values()) == [["1"], ["1", "2"]]


def test_a_repeat_that_was_asked_for_before_a_cancellation_is_not_sent(shop: Shop) -> None:
    """The customer gets no key to what is being taken down; an operator sees why."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    shop.handle(again(order))
    shop.cancel(order)
    shop.run()
    assert shop.post.mails == {}
    assert [letter.code for letter in shop.letters()] == ["nothing_to_deliver"]


def test_sealed_credentials_are_forgotten_with_their_item(shop: Shop) -> None:
    """What was taken down leaves no key behind."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    vault = shop.tables.of(TENANT).vault
    assert list(vault[order.id]) == ["1"]
    shop.cancel(order)
    shop.run()
    assert vault[order.id] == {}


def test_a_box_that_does_not_open_is_given_to_an_operator_in_the_end(shop: Shop) -> None:
    """Bytes that were changed are not sent, and the worker goes on with other work."""
    shop.script.plan("deliver", Rejected(code="no", reason="mailbox full"))
    order = shop.paid()
    shop.run()
    rows = shop.tables.of(TENANT).vault[order.id]
    rows["1"] = evolve(rows["1"], ciphertext=b"changed")
    (letter,) = shop.letters()
    shop.handle(
        CloseDeadLetter(caller=OPERATOR, letter_id=letter.id, how=DeadLetterStatus.RETRIED, note="")
    )
    shop.run(until=shop.clock.now() + timedelta(hours=3), limit=3000)
    (stuck,) = shop.letters()
    assert (stuck.step, stuck.code) == ("deliver", "deadline")
    assert shop.post.mails == {}


# -- the sentinel --------------------------------------------------------------------------------


def everything(shop: Shop) -> str:
    """Return what is stored or was published, as the text that somebody might see."""
    tables = shop.tables.of(TENANT)
    rows = [
        *tables.orders.values(),
        *tables.sagas.values(),
        *(r for trail in tables.audit.values() for r in trail.values()),
        *(e for stream in tables.outbox.values() for e in stream.values()),
        *tables.idempotency.values(),
        *tables.letters.values(),
        *(s for sealed in tables.vault.values() for s in sealed.values()),
        *shop.broker.events,
        *shop.post.notes.values(),
    ]
    plain = [asdict(row) if has(type(row)) else row for row in rows]
    return "\n".join([repr(rows), str(rows), repr(plain)])


def test_credentials_are_never_seen_outside_a_sealed_box(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """A whole life with every kind of trouble: the secret is in no row, event, letter or log."""
    caplog.set_level(logging.DEBUG)
    answers: list[object] = []
    order = shop.paid(a_vps(), a_vps(), a_vps(), caller=evolve(CUSTOMER, idempotency_key="k"))
    shop.script.plan("provision 1", Lost())
    shop.script.plan("provision 3", Rejected(code="no", reason="sold out"))
    shop.script.plan("refund", Lost(), Rejected(code="closed", reason="closed"))
    shop.script.plan("notify", Lost())
    shop.script.plan("deliver", Lost(), Rejected(code="no", reason="mailbox full"))
    shop.run()
    answers.append(shop.handle(RedeliverCredentials(caller=CUSTOMER, order_id=order.id)))
    shop.run()
    answers += [
        shop.order(order),
        shop.history(order),
        shop.letters(status=None),
        shop.handle(OrderFeed(caller=CUSTOMER, order_id=order.id)),
        shop.handle(ListOrders(caller=CUSTOMER)),
        shop.handle(TenantStats(caller=OPERATOR)),
        fault_of(
            lambda: shop.handle(CancelOrder(caller=CUSTOMER, order_id=order.id, reason="late"))
        ).as_dict(),
    ]
    assert SECRET in repr([dict(c.values) for m in shop.post.mails.values() for c in m.values()])
    assert SECRET not in everything(shop)
    assert SECRET not in repr(answers)
    assert SECRET not in caplog.text


def test_credentials_in_a_report_are_not_seen_either(shop: Shop) -> None:
    """Not in the repr of the request, and not in what is stored under its idempotency key."""
    order = shop.paid()
    shop.script.plan("provision 1", Failed(code="busy", reason="later"))
    shop.work()
    report = ReportProvisioning(
        caller=evolve(SYSTEM, idempotency_key="k"),
        order_id=order.id,
        key=call_key(shop.order(order).sagas[0].id, "1", PROVISION, forward=True),
        attempt=2,
        outcome=Provisioned(resource="r", credentials=Credentials(values={"password": SECRET})),
    )
    done = shop.handle(report)
    assert isinstance(done, Order)
    assert done.state == "fulfilled"
    assert shop.handle(report) == done
    assert SECRET not in repr(report)
    assert SECRET not in everything(shop)


def test_an_unreadable_seal_says_nothing_about_what_is_inside(shop: Shop) -> None:
    """Moved to another order it does not open, and the fault names no value."""
    order = delivered(shop)
    sealed = shop.tables.of(TENANT).vault[order.id]["1"]
    moved = evolve(sealed, order_id=OrderId("other"))
    fault = fault_of(lambda: drive(shop.ports.sealer.open(moved)))
    assert isinstance(fault, InvalidInput)
    assert SECRET not in repr(fault.as_dict())
