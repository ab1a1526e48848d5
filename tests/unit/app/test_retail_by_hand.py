"""What an operator has done by hand for an attempt to pay leaves nothing behind."""

from __future__ import annotations

from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Failed, Rejected
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import TENANT

NOT_NOW = Rejected(code="not_now", reason="come back later")
DOWN = Failed(code="gateway_down", reason="no call was taken")


def a_payment_nobody_could_let_go() -> Store:
    """Return a shop in which an attempt came to nothing and its void waits for an operator."""
    store = Store()
    store.script.plan("authorise", DOWN)
    store.script.plan("void", NOT_NOW)
    order = store.bought("credit_card")
    store.work()
    assert store.order(order).state == S.PAYMENT_EXPIRED
    assert [letter.step for letter in store.letters()] == ["authorise"]
    return store


def sealed(store: Store) -> set[str]:
    """Return what is kept sealed, of any order."""
    return {item for kept in store.tables.of(TENANT).vault.values() for item in kept}


def test_the_token_of_an_attempt_that_was_let_go_by_hand_is_forgotten() -> None:
    """Nobody will charge it any more."""
    store = a_payment_nobody_could_let_go()
    assert sealed(store) == {"payment-token"}
    (letter,) = store.letters()
    store.close_letter(letter, "resolved")
    assert sealed(store) == set()


def test_a_token_that_is_needed_for_another_try_is_kept() -> None:
    """Trying the step again is no reason to forget it; its own answer is."""
    store = a_payment_nobody_could_let_go()
    (letter,) = store.letters()
    store.close_letter(letter, "retried")
    assert sealed(store) == {"payment-token"}
    store.work()
    assert sealed(store) == set()
