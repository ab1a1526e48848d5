"""Parked work: looked at, tried again, put right by hand."""

from __future__ import annotations

import asyncio
import json

import pytest
from attrs import evolve

from ordercore.app import AsyncOrderCore, Caller, CloseDeadLetter, GetDeadLetter, ListDeadLetters
from ordercore.domain.orders import Order
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.engine.saga import Failed, Rejected, call_key
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
)
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_vps
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, Shop, fault_of

NEVER = Rejected(code="locked", reason="deletion protection")
RETRIED, RESOLVED = DeadLetterStatus.RETRIED, DeadLetterStatus.RESOLVED


def stuck_removal(shop: Shop) -> tuple[Order, DeadLetter]:
    """Return a cancelled order one item of which cannot be removed, and the letter about it."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    shop.script.plan("deprovision 1", NEVER)
    shop.cancel(order)
    shop.run()
    (letter,) = shop.letters()
    return shop.order(order), letter


def stuck_refund(shop: Shop) -> tuple[Order, DeadLetter]:
    """Return a cancelled order whose refund was turned down, and the letter about it."""
    order = shop.paid()
    shop.script.plan("refund", NEVER)
    shop.cancel(order)
    shop.run()
    (letter,) = shop.letters()
    return shop.order(order), letter


def close(
    letter: DeadLetter, how: DeadLetterStatus, note: str = "done", caller: Caller = OPERATOR
) -> CloseDeadLetter:
    """Return the use case that closes a letter."""
    return CloseDeadLetter(caller=caller, letter_id=letter.id, how=how, note=note)


def test_a_letter_has_all_that_is_needed_to_act(shop: Shop) -> None:
    """Step, order, error, attempts, and what the step was given and remembers."""
    order, letter = stuck_removal(shop)
    assert shop.handle(GetDeadLetter(caller=OPERATOR, letter_id=letter.id)) == letter
    assert (letter.order_id, letter.branch, letter.step, letter.forward) == (
        order.id,
        "1",
        "provision",
        False,
    )
    assert (letter.code, letter.reason, letter.attempts, letter.status) == (
        "locked",
        "deletion protection",
        1,
        DeadLetterStatus.OPEN,
    )
    payload = json.loads(letter.payload)
    assert payload["key"] == call_key(letter.saga_id, "1", "provision", forward=False)
    assert payload["memory"]["resource"] == order.items[0].resource
    assert payload["data"] == {"share_minor": "1000"}


def test_a_retried_letter_lets_its_step_try_again(shop: Shop) -> None:
    """With a fresh count of attempts; the item then comes to its end."""
    order, letter = stuck_removal(shop)
    shop.clock.advance(days=3)
    shop.script.plan("deprovision 1", *[Failed(code="busy", reason="x")] * 5)
    closed = shop.handle(close(letter, RETRIED, "protection is off"))
    assert isinstance(closed, DeadLetter)
    assert (closed.status, closed.note, closed.closed_at) == (
        RETRIED,
        "protection is off",
        shop.clock.now(),
    )
    shop.run()
    assert shop.order(order).items[0].state == "rolled_back"
    assert (shop.letters(), shop.letters(status=None)) == ((), (closed,))
    assert shop.violations(order.id) == []


def test_retrying_is_audited_with_what_the_operator_wrote(shop: Shop) -> None:
    """Who, when, and why."""
    order, letter = stuck_removal(shop)
    shop.handle(close(letter, RETRIED, "protection is off"))
    (record,) = [r for r in shop.history(order) if r.kind == "saga.step-retried"]
    assert (record.actor, record.reason) == ("operator:olga", "protection is off")


def test_a_step_that_is_parked_again_files_a_new_letter(shop: Shop) -> None:
    """The first one stays as history."""
    order, letter = stuck_removal(shop)
    shop.script.plan("deprovision 1", NEVER)
    shop.handle(close(letter, RETRIED))
    shop.run()
    (second,) = shop.letters()
    assert second.id != letter.id
    assert len(shop.letters(status=None)) == 2
    assert shop.violations(order.id) == []


def test_a_resolved_removal_counts_as_done_by_hand(shop: Shop) -> None:
    """The provider is not asked again, and the item is rolled back."""
    order, letter = stuck_removal(shop)
    calls = len(shop.script.calls)
    shop.handle(close(letter, RESOLVED, "removed in the console"))
    shop.run()
    assert len(shop.script.calls) == calls
    assert shop.order(order).items[0].state == "rolled_back"
    (record,) = [r for r in shop.history(order) if r.kind == "saga.step-resolved"]
    assert record.reason == "removed in the console"
    assert shop.violations(order.id, removals=shop.cloud.live) == []


def test_a_resolved_refund_counts_as_paid(shop: Shop) -> None:
    """The ledger settles, so the order can be restored."""
    order, letter = stuck_refund(shop)
    assert not order.balance.outstanding.is_zero
    shop.handle(close(letter, RESOLVED, "paid by bank transfer"))
    settled = shop.order(order)
    assert settled.balance.outstanding.is_zero
    assert settled.ledger[-1].note == "paid by bank transfer"
    assert shop.bank.movements == []
    assert isinstance(shop.restore(order), Order)
    assert shop.violations(order.id, refunds={settled.ledger[-1].key}) == []


def test_an_item_refund_that_is_resolved_settles_too(shop: Shop) -> None:
    """On an item's branch the refund is an undo; by hand is by hand."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 1", NEVER)
    shop.script.plan("refund", NEVER)
    shop.run()
    (letter,) = shop.letters()
    assert (letter.branch, letter.step, letter.forward) == ("1", "refund", False)
    shop.handle(close(letter, RESOLVED, "voucher"))
    done = shop.order(order)
    assert (done.state, done.items[0].state) == ("fulfilled", "rolled_back")
    assert done.balance.outstanding.is_zero
    assert shop.violations(order.id, refunds={done.ledger[-1].key}) == []


def test_a_delivery_that_was_parked_can_be_retried(shop: Shop) -> None:
    """The order was fulfilled all the same; the event follows when the message is out."""
    shop.script.plan("deliver", NEVER)
    order = shop.paid()
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert "order.service-delivered" not in shop.types(order)
    (letter,) = shop.letters()
    shop.handle(close(letter, RETRIED))
    shop.run()
    assert shop.types(order)[-1] == "order.service-delivered"
    assert len(shop.post.mails) == 1


@pytest.mark.parametrize("caller", [CUSTOMER, SYSTEM], ids=lambda c: c.actor.role)
def test_only_operators_close_letters(shop: Shop, caller: Caller) -> None:
    """Nothing changes for others."""
    _, letter = stuck_refund(shop)
    refused = shop.handle(close(letter, RESOLVED, caller=caller))
    assert isinstance(refused, Refusal)
    assert refused.code == "not_permitted"
    assert shop.letters() == (letter,)


@pytest.mark.parametrize("caller", [CUSTOMER, SYSTEM], ids=lambda c: c.actor.role)
def test_others_learn_nothing_of_a_letter_by_closing_it(shop: Shop, caller: Caller) -> None:
    """Not whether it is there, and not what was answered to an operator under the same key."""
    _, letter = stuck_refund(shop)
    keyed = evolve(close(letter, RESOLVED), caller=evolve(OPERATOR, idempotency_key="key-1"))
    assert isinstance(shop.handle(keyed), DeadLetter)
    stranger = evolve(caller, idempotency_key="key-1")
    for asked in (evolve(keyed, caller=stranger), evolve(keyed, caller=caller, letter_id="none")):
        assert shop.handle(asked) == Refusal(
            code="not_permitted",
            reason=f"dead letters are for operator, not for {caller.actor.role}",
        )


def test_a_letter_is_closed_once(shop: Shop) -> None:
    """The second operator is told how it was closed."""
    _, letter = stuck_refund(shop)
    shop.handle(close(letter, RESOLVED))
    refused = shop.handle(close(letter, RETRIED))
    assert refused == Refusal(code="already_closed", reason="the letter was resolved before")


def test_open_is_no_way_to_close_a_letter(shop: Shop) -> None:
    """It is retried or resolved."""
    _, letter = stuck_refund(shop)
    refused = shop.handle(close(letter, DeadLetterStatus.OPEN))
    assert isinstance(refused, Refusal)
    assert refused.code == "not_a_way_to_close"


def test_a_note_that_no_store_could_keep_is_refused(shop: Shop) -> None:
    """At the door, naming the field."""
    _, letter = stuck_refund(shop)
    fault = fault_of(lambda: shop.handle(close(letter, RESOLVED, "a\0b")))
    assert isinstance(fault, InvalidInput)
    assert fault.field == "note"


def test_letters_of_another_tenant_are_not_there(shop: Shop) -> None:
    """Neither to be read nor to be closed."""
    _, letter = stuck_refund(shop)
    foreign = Caller.of("tenant-b", "eve", role="operator")
    assert shop.handle(ListDeadLetters(caller=foreign)) == ()
    for use_case in (
        GetDeadLetter(caller=foreign, letter_id=letter.id),
        close(letter, RESOLVED, caller=foreign),
    ):
        fault = fault_of(lambda use_case=use_case: shop.handle(use_case))  # type: ignore[misc]
        assert isinstance(fault, NotFound)


def test_a_letter_without_its_saga_is_a_fault(shop: Shop) -> None:
    """A store that lost a saga is not papered over."""
    _, letter = stuck_refund(shop)
    del shop.tables.of(TENANT).sagas[letter.saga_id]
    shop.tables.of(TENANT).sagas_of[letter.order_id].remove(letter.saga_id)
    fault = fault_of(lambda: shop.handle(close(letter, RETRIED)))
    assert isinstance(fault, NotFound)
    assert fault.kind == "saga"


def test_closing_a_letter_is_repeatable_under_a_key(shop: Shop) -> None:
    """The stored answer, not a refusal; with another note it is a fault."""
    _, letter = stuck_refund(shop)
    keyed = evolve(OPERATOR, idempotency_key="k1")
    first = shop.handle(close(letter, RESOLVED, caller=keyed))
    assert shop.handle(close(letter, RESOLVED, caller=keyed)) == first
    fault = fault_of(lambda: shop.handle(close(letter, RESOLVED, "other", caller=keyed)))
    assert isinstance(fault, IdempotencyKeyReused)


def test_two_operators_at_once_close_a_letter_once(shop: Shop) -> None:
    """The one who comes second writes nothing."""
    order, letter = stuck_refund(shop)
    original = shop.ports.store.commit

    async def late(batch: object) -> None:
        shop.ports.store.commit = original  # type: ignore[method-assign]
        Shop.handle(other, close(letter, RESOLVED, "first"))
        await original(batch)  # type: ignore[arg-type]

    other = Shop()
    other.ports = shop.ports
    shop.ports.store.commit = late  # type: ignore[method-assign, assignment]
    fault = fault_of(lambda: shop.handle(close(letter, RETRIED, "second")))
    assert isinstance(fault, ConcurrencyConflict)
    (closed,) = shop.letters(status=None)
    assert closed.note == "first"
    assert shop.violations(order.id, refunds={shop.order(order).ledger[-1].key}) == []


def test_one_operator_who_clicks_twice_at_once_gets_one_answer() -> None:
    """The same request under the same key, in flight together."""
    shop = Shop()
    _, letter = stuck_refund(shop)
    core = AsyncOrderCore(shop.suspending())
    use_case = close(letter, RESOLVED, caller=evolve(OPERATOR, idempotency_key="k"))

    async def clicks() -> list[DeadLetter | Refusal]:
        return await asyncio.gather(*(core.handle(use_case) for _ in range(4)))

    answers = asyncio.run(clicks())
    assert answers == [answers[0]] * 4
    assert isinstance(answers[0], DeadLetter)


def test_a_letter_that_was_read_before_its_step_was_parked_anew_closes_nothing(
    shop: Shop,
) -> None:
    """Another letter stands for the step now; that one stays open."""
    order, letter = stuck_refund(shop)
    shop.script.plan("refund", NEVER)
    shop.handle(close(letter, RETRIED))
    shop.run()
    shop.tables.of(TENANT).letters[letter.id] = letter  # as a slow reader still sees it
    refused = shop.handle(close(letter, RESOLVED))
    assert isinstance(refused, Refusal)
    assert refused.code == "already_closed"
    assert shop.order(order).balance.outstanding == order.total
