"""The sagas of provisioning orders, as tables.

On the way back the stack of an item is: deprovision, refund, notify. ``notify`` and ``refund`` call
nothing on the way forward; they are armed first and therefore undone last.
"""

from __future__ import annotations

from attrs import evolve

from ordercore.domain.processes.refund_saga import REFUND, REFUND_STEP
from ordercore.engine.retry import PATIENT
from ordercore.engine.saga import OnExhausted, Policy, SagaDefinition, Scope, Step

__all__ = ["DELIVER", "FULFILMENT", "NOTIFY", "PROVISION", "REDELIVERY", "REFUND", "REFUND_STEP"]

NOTIFY = "notify"
PROVISION = "provision"
DELIVER = "deliver"

_DELIVER_STEP = Step(name=DELIVER, scope=Scope.ORDER, on_exhausted=OnExhausted.PARK, retry=PATIENT)

FULFILMENT = SagaDefinition(
    name="fulfilment",
    version=1,
    policy=Policy.KEEP_ACTIVE_ITEMS,
    steps=(
        Step(name=NOTIFY, does=False, undoes=True),
        Step(name=REFUND_STEP, does=False, undoes=True),
        Step(name=PROVISION, undoes=True),
        _DELIVER_STEP,
    ),
)

REDELIVERY = SagaDefinition(
    name="redelivery",
    version=1,
    steps=(evolve(_DELIVER_STEP),),
)
