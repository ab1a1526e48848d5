from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.processes.provisioning.sagas import DELIVER, FULFILMENT, REDELIVERY, REFUND, REFUND_STEP
from ordercore.engine.saga import Policy, SagaDefinition
from ordercore.engine.saga.explore import explore

# A message that was sent and money that was paid back cannot be taken back.
MAY_STAY = frozenset({DELIVER, REFUND_STEP})


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
