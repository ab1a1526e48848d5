"""A stored answer is for those who may ask: a key is no pass."""

from __future__ import annotations

from attrs import evolve

from ordercore.app import CloseDeadLetter
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.kernel.result import Refusal
from tests.unit.app.reading import NEVER
from tests.unit.app.shop import CUSTOMER, OPERATOR, Shop


def test_an_operators_answer_is_not_repeated_to_a_customer_who_knows_its_key(shop: Shop) -> None:
    """A dead letter says what a step was given; the same request by a customer is refused."""
    shop.script.plan("refund", NEVER)
    shop.cancel(shop.paid())
    shop.run()
    (letter,) = shop.letters()
    close = CloseDeadLetter(
        caller=evolve(OPERATOR, idempotency_key="1"),
        letter_id=letter.id,
        how=DeadLetterStatus.RETRIED,
        note="account reopened",
    )
    assert isinstance(shop.handle(close), DeadLetter)
    spied = shop.handle(evolve(close, caller=evolve(CUSTOMER, idempotency_key="1")))
    assert isinstance(spied, Refusal)
    assert spied.code == "not_permitted"
