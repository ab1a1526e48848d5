"""The shape of a use case: a frozen value with one coroutine."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from attrs import Attribute, field, frozen
from attrs.validators import optional

from ordercore.app._asked import of_kind, usable_id, usable_text
from ordercore.kernel.ids import ActorId, TenantId, text_id
from ordercore.kernel.party import Actor
from ordercore.ports import Ports

__all__ = ["Caller", "UseCase"]

R_co = TypeVar("R_co", covariant=True)


class UseCase(Protocol[R_co]):
    """Something a host may ask. It awaits nothing but ports and lives for one call."""

    async def run(self, ports: Ports) -> R_co:
        """Carry it out.

        Returns:
            The result, or a `Refusal` where the use case says so.
        """
        ...


_an_actor = of_kind(Actor)


def _somebody(caller: object, attribute: Attribute[Any], actor: Actor) -> None:
    _an_actor(caller, attribute, actor)
    text_id(actor.id, field="actor")
    text_id(actor.role, field="role")


@frozen(kw_only=True)
class Caller:
    """On whose behalf a use case runs.

    Attributes:
        actor: Who asks, in which role; goes to the audit trail.
        idempotency_key: Repeating a request under its key has no second effect for 24 hours. The
            key is the caller's own; operators, the system and timers share theirs.
        correlation_id: Ties events to the request that led to them.
    """

    tenant: TenantId = field(validator=usable_id)
    actor: Actor = field(validator=_somebody)
    idempotency_key: str | None = field(default=None, validator=optional(usable_id))
    correlation_id: str = field(default="", validator=usable_text)

    @classmethod
    def of(
        cls,
        tenant: str,
        actor: str,
        *,
        role: str = "customer",
        idempotency_key: str | None = None,
        correlation_id: str = "",
    ) -> Caller:
        """Return a caller from plain text.

        Raises:
            InvalidInput: naming the part that is no usable text.
        """
        return cls(
            tenant=TenantId(tenant),
            actor=Actor(ActorId(actor), role),
            idempotency_key=idempotency_key,
            correlation_id=correlation_id,
        )
