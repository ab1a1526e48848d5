"""The saga that gives money back, the same for every kind of order."""

from __future__ import annotations

from ordercore.engine.saga import OnExhausted, SagaDefinition, Scope, Step

__all__ = ["REFUND", "REFUND_STEP"]

REFUND_STEP = "refund"

REFUND = SagaDefinition(
    name="refund",
    version=1,
    steps=(Step(name=REFUND_STEP, scope=Scope.ORDER, on_exhausted=OnExhausted.PARK),),
)
