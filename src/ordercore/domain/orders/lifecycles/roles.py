"""Who may ask for a transition: lifecycle rows name these roles, hosts map their users to them."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Role"]


class Role(StrEnum):
    """The part somebody plays when a transition is asked for.

    ``system`` is the library's own reaction to an event, ``timer`` the passing of time,
    ``operator`` a member of the selling side, ``customer`` the buyer, ``carrier`` who brings it.
    """

    CUSTOMER = "customer"
    OPERATOR = "operator"
    SYSTEM = "system"
    TIMER = "timer"
    CARRIER = "carrier"
