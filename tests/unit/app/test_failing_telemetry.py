"""Telemetry that breaks its promise: orders do not notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ordercore.app import GetOrder
from ordercore.engine.saga import Failed
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import TraceEvent
from ordercore.testing.builders import a_vps
from tests.unit.app.providers import Lost
from tests.unit.app.shop import CUSTOMER, Shop, fault_of

Open = Callable[..., Shop]


class Broken:
    """Telemetry that breaks its promise in one way or another."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble, self.asked = trouble, 0

    def emit(self, event: TraceEvent) -> None:
        """Raise."""
        self.asked += 1
        raise self.trouble


@pytest.mark.parametrize(
    "trouble",
    [RuntimeError("exporter"), MemoryError(), OrderCoreError(), StopIteration()],
    ids=repr,
)
def test_telemetry_that_fails_fails_no_order(open_shop: Open, trouble: Exception) -> None:
    """The order goes the whole way, answers, refusals and faults come out as ever."""
    broken = Broken(trouble)
    shop, plain = open_shop(telemetry=broken), open_shop()
    outcomes = []
    for each in (shop, plain):
        order = each.paid(a_vps())
        each.script.plan("provision 1", Failed(code="busy", reason="later"), Lost())
        each.run()
        refused = each.report(each.submit(each.place(reference="REF-2")), 1)
        assert isinstance(refused, Refusal)
        fault = fault_of(
            lambda each=each: each.handle(  # type: ignore[misc]
                GetOrder(caller=CUSTOMER, order_id=OrderId("o-none"))
            )
        )
        assert each.violations(order.id) == []
        outcomes.append((each.order(order), each.history(order), refused, fault.as_dict()))
    assert outcomes[0] == outcomes[1]
    assert broken.asked > 5
