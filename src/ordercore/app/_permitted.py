"""Which roles may ask for what no lifecycle row speaks of."""

from __future__ import annotations

from ordercore.app.use_case import Caller
from ordercore.domain.orders.lifecycles import Role
from ordercore.kernel.result import Refusal

__all__ = ["only_for"]


def only_for(caller: Caller, *roles: Role, what: str) -> Refusal | None:
    """Refuse callers in any other role, before anything is looked up for them.

    Args:
        caller: Who asks.
        roles: Who may.
        what: Subject and verb of the reason, such as ``"dead letters are"``.
    """
    role = caller.actor.role
    if role in roles:
        return None
    return Refusal(code="not_permitted", reason=f"{what} for {', '.join(roles)}, not for {role}")
