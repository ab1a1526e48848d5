"""Whose fault it is: the method behind a seam in which an exception was raised."""

from __future__ import annotations

from traceback import walk_tb

__all__ = ["raised_by"]

_SEAMS = tuple(
    f"ordercore.testing.simulation.{name}"
    for name in ("seams", "lock_seam", "services", "shop_services")
)


def raised_by(error: BaseException) -> str:
    """Return class and method that a seam had called when it was raised; empty where none had."""
    method, behind = "", False
    for frame, _ in walk_tb(error.__traceback__):
        seam = frame.f_globals.get("__name__") in _SEAMS
        if behind and not seam:
            method = frame.f_code.co_qualname
        behind = seam
    return method
