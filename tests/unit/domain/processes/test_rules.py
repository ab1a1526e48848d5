"""The tables a host may change, and what happens when they do not fit."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.pricing import ConversionRate
from ordercore.domain.processes import (
    DELIVER,
    FULFILMENT,
    NOTIFY,
    PROVISION,
    PROVISIONING_ROUTES,
    REDELIVERY,
    REFUND,
    REFUND_STEP,
    ProvisioningRules,
)
from ordercore.engine.messaging import RoutingMatrix
from ordercore.engine.retry import PATIENT
from ordercore.engine.saga import OnExhausted, Policy, Scope
from ordercore.kernel.errors import DefinitionError
from ordercore.kernel.money import Money


def test_the_newest_version_of_a_saga_is_taken_for_new_ones() -> None:
    """Older ones stay for those that are running."""
    older, newer = FULFILMENT, evolve(FULFILMENT, version=2)
    for sagas in [(older, newer), (newer, older)]:
        rules = ProvisioningRules(sagas=sagas)
        assert rules.saga("fulfilment") is newer
        assert rules.saga("fulfilment", 1) is older


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [("fulfilment", 9, "fulfilment version 9"), ("painting", None, "there is no saga painting")],
)
def test_a_saga_that_is_not_there_is_named(name: str, version: int | None, said: str) -> None:
    """As for one that a newer release has started."""
    with pytest.raises(DefinitionError, match=said):
        ProvisioningRules().saga(name, version)


def test_the_tolerance_uses_the_rate_of_its_currency() -> None:
    """Without one, only the exact amount matches."""
    rate = ConversionRate(base="EUR", quote="USD", value="1.10", source="test")
    rules = ProvisioningRules(rates=(rate,))
    assert rules.tolerance("USD").amount == Money(110, "USD")
    assert rules.tolerance("USD").rate == rate
    assert rules.tolerance("EUR").amount == Money(100, "EUR")
    assert rules.tolerance("CHF").amount == Money(0, "CHF")


def test_the_default_retry_plan_is_2_4_8_16_30() -> None:
    """For every step, both ways, without jitter."""
    assert (PATIENT.delays_s, PATIENT.jitter_per_mille, PATIENT.attempts) == (
        (2, 4, 8, 16, 30),
        0,
        6,
    )
    for saga in (FULFILMENT, REFUND, REDELIVERY):
        assert {step.retry for step in saga.steps} == {PATIENT}
        assert {step.undo_retry for step in saga.steps} == {PATIENT}


def test_the_stack_of_an_item_is_deprovision_refund_notify() -> None:
    """Armed in the opposite order; only provisioning calls anything on the way forward."""
    steps = FULFILMENT.item_steps
    assert [step.name for step in reversed(steps)] == [PROVISION, REFUND_STEP, NOTIFY]
    assert [step.name for step in steps if step.does] == [PROVISION]
    assert all(step.undoes for step in steps)


def test_a_delivery_or_refund_that_fails_takes_nothing_back() -> None:
    """It is parked for an operator; what was built stays."""
    for saga in (FULFILMENT, REFUND, REDELIVERY):
        for step in saga.order_steps:
            assert (step.scope, step.on_exhausted) == (Scope.ORDER, OnExhausted.PARK)
    assert [step.name for step in FULFILMENT.order_steps] == [DELIVER]


def test_keeping_active_items_is_the_default() -> None:
    """All or nothing is a choice of the host."""
    assert FULFILMENT.policy is Policy.KEEP_ACTIVE_ITEMS


def test_what_the_matrix_does_not_list_goes_to_audit_and_portal() -> None:
    """Nothing is dropped for being new."""
    assert PROVISIONING_ROUTES.routes("order.item-active") == ("audit", "portal")
    assert PROVISIONING_ROUTES.routes("never heard of") == ("audit", "portal")


def test_every_row_of_the_matrix_reaches_the_audit() -> None:
    """It is the record of everything."""
    assert all("audit" in targets for targets in PROVISIONING_ROUTES.rows.values())


def test_a_matrix_that_names_an_unknown_consumer_is_refused() -> None:
    """Every wrong row at once."""
    with pytest.raises(DefinitionError) as caught:
        RoutingMatrix(
            consumers=("audit",),
            rows={"x": frozenset({"audit", "nobody"})},
            fallback=frozenset({"elsewhere"}),
        )
    assert len(caught.value.problems) == 2
