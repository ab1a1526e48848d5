"""Every run of every shipped saga within bounds: crashes, lost answers, aborts, operators."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.processes import DELIVER, FULFILMENT, REDELIVERY, REFUND, REFUND_STEP, retail
from ordercore.engine.saga import Policy, SagaDefinition
from ordercore.engine.saga.explore import explore

# A message that was sent and money that was paid back cannot be taken back.
MAY_STAY = frozenset({DELIVER, REFUND_STEP})

# Nor can these. Packed goods leave their box with the pick that is put back; captured money goes
# back by a refund, an invoice by a credit note, and a parcel that has left by the carrier.
OF_GOODS = frozenset(
    {
        retail.PACK,
        retail.CAPTURE,
        retail.RELEASE,
        retail.INVOICE,
        retail.HAND_OVER,
        retail.SEND,
        retail.CREDIT,
    }
)


@pytest.mark.parametrize("policy", list(Policy))
def test_fulfilment_keeps_the_laws_in_every_run_of_two_items_with_two_faults(
    policy: Policy,
) -> None:
    """Crashes, lost answers, failures, aborts, operators, in every order: nothing is left over."""
    found = explore(evolve(FULFILMENT, policy=policy), may_stay=MAY_STAY)

    assert found.violations == ()
    assert set(found.endings) == {"done", "undone", "parked"}


@pytest.mark.parametrize("definition", [REFUND, REDELIVERY], ids=lambda one: one.name)
def test_sagas_of_a_single_step_keep_the_laws(definition: SagaDefinition) -> None:
    """They have no items, and park what cannot be done."""
    found = explore(definition, items=0, faults=3, operator=2, may_stay=MAY_STAY)

    assert found.violations == ()


@pytest.mark.parametrize(
    "definition",
    [retail.PAYMENT, retail.PAGE_PAYMENT, retail.SHIPPING, retail.LETTER, retail.CREDIT_NOTE],
    ids=lambda one: one.name,
)
def test_the_small_sagas_of_goods_keep_the_laws(definition: SagaDefinition) -> None:
    """An attempt to pay, a parcel that leaves, a letter, a credit note."""
    found = explore(definition, items=0, faults=3, operator=2, may_stay=OF_GOODS)

    assert found.violations == ()


def test_what_a_failed_attempt_to_pay_may_have_left_is_always_let_go() -> None:
    """The undo belongs to the step that failed; without it the laws do not hold."""
    (authorise,) = retail.PAYMENT.steps
    careless = evolve(retail.PAYMENT, steps=(evolve(authorise, undoes=False),))

    assert explore(careless, items=0, faults=3).violations


def test_the_fulfilment_of_goods_keeps_the_laws_in_every_run_of_two_lines() -> None:
    """Short picks, defects, label trouble, a declined capture, an order called off; two faults."""
    found = explore(retail.RETAIL_FULFILMENT, may_stay=OF_GOODS)

    assert found.violations == ()
    assert set(found.endings) == {"done", "undone", "parked"}
