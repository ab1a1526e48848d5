"""Taking a message in without a mark: by a use case that can tell its own repeats."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import Attribute, field, frozen

from ordercore.app.paying import ConfirmPayment
from ordercore.app.shopping import CheckPayment, ConfirmCash
from ordercore.app.tracing import carry_out
from ordercore.app.updating import Updated, UpdateStatus
from ordercore.app.use_case import UseCase
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["REPEATABLE", "WithoutMark"]

REPEATABLE: Final[Mapping[type[UseCase[Any]], str]] = MappingProxyType(
    {
        UpdateStatus: "the state says whether it was there",
        CheckPayment: "nothing is asked about an attempt whose outcome is known",
        ConfirmCash: "the receipt is in the ledger",
        ConfirmPayment: "the payment's reference is in the ledger",
    }
)
"""Use cases that need no mark of the message that led to them, and what tells a repeat."""


def _repeatable(_effect: object, attribute: Attribute[Any], use_case: object) -> None:
    if type(use_case) not in REPEATABLE:
        allowed = ", ".join(sorted(kind.__name__ for kind in REPEATABLE))
        problem = f"got {type(use_case).__name__}, whose repeats need a mark"
        raise InvalidInput(field=attribute.name, problem=problem, allowed=allowed)


@frozen
class WithoutMark:
    """What a message leads to when the use case itself knows a second delivery for one.

    A consumer, such as the one of Kafka, carries it out in place of committing a batch with a mark.

    Attributes:
        use_case: One of `REPEATABLE`.

    Raises:
        InvalidInput: it is none of them.
    """

    use_case: UpdateStatus | CheckPayment | ConfirmCash | ConfirmPayment = field(
        validator=_repeatable
    )

    @property
    def tenant(self) -> TenantId:
        """Whose data it changes."""
        return self.use_case.caller.tenant

    async def bring_about(self, ports: Ports) -> bool | Refusal:
        """Carry it out.

        Returns:
            False where it says that there was nothing to do, or its refusal.
        """
        use_case: UseCase[object] = self.use_case
        answer = await carry_out(use_case, ports)
        if isinstance(answer, Refusal):
            return answer
        return answer.news if isinstance(answer, Updated) else True
