"""The sagas of retail orders, as tables (R2, R3, R5).

An authorisation is asked for once: what a look-up does not find, and what is still unclear at its
deadline, ends the attempt, and whatever it may have left behind is let go. The customer may then
try again with a new attempt. A pick that falls short, goods that fail their check, a label or a
capture that cannot be had are tried again for a while before the line, or the order, is taken back.
"""

from __future__ import annotations

from ordercore.engine.retry import NO_RETRY, PATIENT, Polling
from ordercore.engine.saga import OnExhausted, SagaDefinition, Scope, Step

__all__ = [
    "AUTHORISE",
    "CAPTURE",
    "CREDIT",
    "CREDIT_NOTE",
    "HAND_OVER",
    "INVOICE",
    "LABEL",
    "LETTER",
    "PACK",
    "PAGE_PAYMENT",
    "PAYMENT",
    "PICK",
    "RELEASE",
    "RETAIL_FULFILMENT",
    "SEND",
    "SHIPPING",
]

AUTHORISE = "authorise"
PICK = "pick"
PACK = "pack"
LABEL = "label"
CAPTURE = "capture"
RELEASE = "release-rest"
INVOICE = "invoice"
HAND_OVER = "hand-over"
SEND = "send-letter"
CREDIT = "credit-note"

_DAY_S = 86_400


def _authorise(*, deadline_s: int, polling: Polling) -> Step:
    return Step(
        name=AUTHORISE,
        scope=Scope.ORDER,
        undoes=True,
        retry=NO_RETRY,
        deadline_s=deadline_s,
        polling=polling,
    )


def _parked(name: str) -> Step:
    return Step(name=name, scope=Scope.ORDER, on_exhausted=OnExhausted.PARK, retry=PATIENT)


_CARD_POLLING = Polling(first_s=5, growth_percent=150, longest_s=60)
_PAGE_POLLING = Polling(first_s=15, growth_percent=125, longest_s=900)
"""A page is looked at often while its customer is likely to be on it, then ever less often."""

PAYMENT = SagaDefinition(
    name="retail-payment",
    version=1,
    steps=(_authorise(deadline_s=900, polling=_CARD_POLLING),),
)
"""A card: the answer comes while the customer waits, or is looked up."""

PAGE_PAYMENT = SagaDefinition(
    name="retail-page-payment",
    version=1,
    steps=(_authorise(deadline_s=_DAY_S, polling=_PAGE_POLLING),),
)
"""A page of the provider: the customer pays there within a day, or does not."""

RETAIL_FULFILMENT = SagaDefinition(
    name="retail-fulfilment",
    version=1,
    steps=(
        Step(name=PICK, undoes=True),
        Step(name=PACK, scope=Scope.ORDER),
        Step(name=LABEL, scope=Scope.ORDER, undoes=True),
        Step(name=CAPTURE, scope=Scope.ORDER, undoes=True),
        _parked(RELEASE),
    ),
)
"""Captured money goes back by a saga of its own; what is held and not needed is released.

To undo a capture is to find out whether it came about, so that none is forgotten whose answer was
lost for good.
"""

SHIPPING = SagaDefinition(
    name="retail-shipping", version=1, steps=(_parked(INVOICE), _parked(HAND_OVER))
)

LETTER = SagaDefinition(name="retail-letter", version=1, steps=(_parked(SEND),))

CREDIT_NOTE = SagaDefinition(name="retail-credit", version=1, steps=(_parked(CREDIT),))
