"""Providers and hosts that hand over something that is no answer."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.app import CloseDeadLetter, ReportProvisioning
from ordercore.engine.saga import Rejected
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import OrderId
from ordercore.ports import ProvisionRequest
from ordercore.testing.builders import a_vps
from tests.unit.app.shop import OPERATOR, SYSTEM, Shop

NEVER = Rejected(code="no-capacity", reason="sold out")


class Mute:
    """A cloud whose first answer is no answer at all."""

    def __init__(self, cloud: Any, first: object) -> None:
        self._cloud = cloud
        self._first = [first]

    async def provision(self, request: ProvisionRequest) -> Any:
        """Build, and say something useless the first time."""
        built = await self._cloud.provision(request)
        return self._first.pop() if self._first else built

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)


@pytest.mark.parametrize("answer", [None, True, "done", {"resource": "r-1"}], ids=repr)
def test_an_answer_that_is_none_counts_as_unclear_and_is_looked_up(
    shop: Shop, answer: object
) -> None:
    """The worker does not stumble over it; the look-up finds what was built."""
    order = shop.paid(a_vps())
    shop.ports = evolve(shop.ports, provisioner=Mute(shop.ports.provisioner, answer))
    shop.run()
    assert shop.order(order).state == "fulfilled"
    said = [record.reason for record in shop.history(order) if "unclear" in record.kind]
    assert said == [f"the call answered {type(answer).__name__}"]


def test_a_report_that_is_no_outcome_is_refused_at_the_door() -> None:
    """The fault names every kind of outcome."""
    nothing: Any = None
    with pytest.raises(InvalidInput, match="Provisioned, Accepted, Failed"):
        ReportProvisioning(
            caller=SYSTEM, order_id=OrderId("o-1"), key="k", attempt=1, outcome=nothing
        )


@pytest.mark.parametrize(("how", "money_is_back"), [("retried", False), ("resolved", True)])
def test_a_way_to_close_given_as_plain_text_means_what_it_says(
    shop: Shop, how: Any, *, money_is_back: bool
) -> None:
    """Taken from JSON, ``retried`` must not settle a refund that never moved."""
    order = shop.paid(a_vps())
    shop.script.plan("refund", *[NEVER] * 10)
    shop.cancel(order)
    shop.run()
    letter = shop.letters()[0]
    shop.handle(CloseDeadLetter(caller=OPERATOR, letter_id=letter.id, how=how, note="by hand"))
    assert shop.order(order).balance.outstanding.is_zero is money_is_back


@pytest.mark.parametrize("how", ["bogus", None, 3, ""])
def test_another_way_to_close_is_refused_at_the_door(how: Any) -> None:
    """The fault says what is allowed."""
    with pytest.raises(InvalidInput, match="retried, resolved"):
        CloseDeadLetter(caller=OPERATOR, letter_id="x", how=how, note="n")
