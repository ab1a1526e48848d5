"""The same request twice at the same moment: the second finds the first one's effect in its way."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    OrderCore,
    Placed,
    PlaceOrder,
    RedeliverCredentials,
    SubmitOrder,
    UseCase,
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.domain.orders import Order
from ordercore.engine.messaging import IdempotencyRecord
from ordercore.kernel.errors import ConcurrencyConflict, TransitionNotAllowed
from ordercore.kernel.ids import TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports
from ordercore.testing.builders import TENANT, an_order_request
from ordercore_adapters.memory import ports


class _Outrun:
    """Idempotency records; just after the first look somebody else carries out ``request``."""

    def __init__(self, bundle: Ports, request: UseCase[Order | Refusal]) -> None:
        self._bundle = bundle
        self._request: UseCase[Order | Refusal] | None = request
        self.first: Order | Refusal | None = None

    async def get(self, tenant: TenantId, operation: str, key: str) -> IdempotencyRecord | None:
        """Look first, then be overtaken."""
        seen = await self._bundle.idempotency.get(tenant, operation, key)
        if self._request is not None:
            request, self._request = self._request, None
            self.first = await request.run(self._bundle)
        return seen


def _draft(bundle: Ports) -> Order:
    caller = Caller.of(TENANT, "customer")
    placed = OrderCore(bundle).handle(PlaceOrder(caller=caller, request=an_order_request()))
    assert isinstance(placed, Placed)
    return placed.order


def _outrun(bundle: Ports, mine: UseCase[Any], others: UseCase[Any]) -> tuple[Any, Any]:
    """Return the answers to ``mine`` and to ``others``, which is carried out in between."""
    records = _Outrun(bundle, others)
    answer = drive(mine.run(evolve(bundle, idempotency=records)))
    return answer, records.first


@pytest.mark.parametrize("versioned", [False, True])
def test_a_request_overtaken_by_itself_gets_the_first_answer(versioned: bool) -> None:
    """It finds a state or a version that no longer fits, because it has been carried out."""
    bundle = ports()
    order = _draft(bundle)
    request = CancelOrder(
        caller=Caller.of(TENANT, "customer", idempotency_key="key-1"),
        order_id=order.id,
        reason="changed my mind",
        expected_version=order.version if versioned else None,
    )
    mine, first = _outrun(bundle, request, request)
    assert mine == first


def test_a_request_overtaken_by_another_one_is_told_so() -> None:
    """Under another key there is no answer to repeat."""
    bundle = ports()
    order = _draft(bundle)
    theirs = CancelOrder(caller=Caller.of(TENANT, "another"), order_id=order.id, reason="no")
    mine = Caller.of(TENANT, "customer", idempotency_key="key-1")
    with pytest.raises(TransitionNotAllowed):
        _outrun(bundle, SubmitOrder(caller=mine, order_id=order.id), theirs)


def test_a_version_overtaken_by_another_request_is_a_conflict() -> None:
    """Nothing is overwritten, and the key stays free for a new decision."""
    bundle = ports()
    order = _draft(bundle)
    theirs = SubmitOrder(caller=Caller.of(TENANT, "another"), order_id=order.id)
    mine = CancelOrder(
        caller=Caller.of(TENANT, "customer", idempotency_key="key-1"),
        order_id=order.id,
        reason="changed my mind",
        expected_version=order.version,
    )
    with pytest.raises(ConcurrencyConflict):
        _outrun(bundle, mine, theirs)
    cancelled = OrderCore(bundle).handle(evolve(mine, expected_version=order.version + 1))
    assert isinstance(cancelled, Order)
    assert cancelled.state == "cancelled"


def test_a_request_is_not_refused_for_its_own_effect() -> None:
    """The third delivery of a day is granted; its repeat must not hear that there were three."""
    bundle = ports()
    core = OrderCore(bundle)
    order = _draft(bundle)
    caller = Caller.of(TENANT, "customer")
    core.handle(SubmitOrder(caller=caller, order_id=order.id))
    system = Caller.of(TENANT, "gateway", role="system")
    core.handle(
        ConfirmPayment(caller=system, order_id=order.id, reference="pay-1", amount=order.total)
    )
    while core.handle(WorkOnce()) is not None:
        pass
    again = RedeliverCredentials(caller=caller, order_id=order.id)
    for _ in range(2):
        assert isinstance(core.handle(again), Order)
    third = evolve(again, caller=evolve(caller, idempotency_key="key-1"))
    mine, first = _outrun(bundle, third, third)
    assert isinstance(first, Order)
    assert mine == first
    assert isinstance(core.handle(again), Refusal)
