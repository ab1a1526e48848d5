"""The shape of a use case: a frozen value with one coroutine."""

from __future__ import annotations

from typing import Protocol, TypeVar

from attrs import frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ActorId, TenantId, text_id
from ordercore.kernel.party import Actor
from ordercore.ports import Ports

__all__ = ["Caller", "UseCase", "free_text"]

_LONGEST = 2000

R_co = TypeVar("R_co", covariant=True)


class UseCase(Protocol[R_co]):
    """Something a host may ask. It awaits nothing but ports and lives for one call."""

    async def run(self, ports: Ports) -> R_co:
        """Carry it out.

        Returns:
            The result, or a `Refusal` where the use case says so.
        """
        ...


@frozen(kw_only=True)
class Caller:
    """On whose behalf a use case runs.

    Attributes:
        actor: Who asks, in which role; goes to the audit trail.
        idempotency_key: Repeating a request under its key has no second effect for 24 hours.
        correlation_id: Ties events to the request that led to them.
    """

    tenant: TenantId
    actor: Actor
    idempotency_key: str | None = None
    correlation_id: str = ""

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
            InvalidInput: when tenant, actor or key is empty or not printable.
        """
        if idempotency_key is not None:
            text_id(idempotency_key, field="idempotency_key")
        free_text(correlation_id, field="correlation_id")
        return cls(
            tenant=TenantId(text_id(tenant, field="tenant")),
            actor=Actor(ActorId(text_id(actor, field="actor")), role),
            idempotency_key=idempotency_key,
            correlation_id=correlation_id,
        )


def free_text(value: object, *, field: str) -> str:
    """Return ``value`` if it is text that every store can keep: no NUL, no half characters.

    Raises:
        InvalidInput: naming ``field``, when it is anything else or longer than 2000 characters.
    """
    allowed = f"text of at most {_LONGEST} characters"
    if not isinstance(value, str):
        raise InvalidInput(field=field, problem=f"got {type(value).__name__}", allowed=allowed)
    if len(value) > _LONGEST:
        raise InvalidInput(field=field, problem=f"has {len(value)} characters", allowed=allowed)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidInput(field=field, problem="holds what cannot be stored", allowed=allowed)
    return value
