"""Wrap a plain synchronous object so that it can serve as a port.

Hosts whose code is synchronous (a Django repository, a Celery task) need not write ``async def``:
each public method of the port becomes a coroutine that calls the object's method and never
suspends.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from ordercore.kernel.errors import InvalidInput

__all__ = ["blocking"]

P = TypeVar("P")


def blocking(subject: object, port: Callable[..., P]) -> P:
    """Return ``subject`` as an implementation of ``port``.

    Args:
        subject: Any object with plain methods of the port's names and parameters.
        port: The protocol to serve as, such as `ordercore.ports.OrdersPort`. (Type checkers take a
            protocol for a callable, but not for a ``type``.)

    Raises:
        InvalidInput: a method is missing, with every missing name.
    """
    kind = cast("type[P]", port)
    names = [
        name for name, member in vars(kind).items() if not name.startswith("_") and callable(member)
    ]
    missing = [name for name in names if not callable(getattr(subject, name, None))]
    if missing:
        raise InvalidInput(
            field=type(subject).__name__,
            problem=f"has no {', '.join(missing)}",
            allowed=f"every method of {kind.__name__}",
        )
    methods = {name: _colour(getattr(subject, name), getattr(kind, name)) for name in names}
    served = type(f"Blocking{kind.__name__}", (), {n: staticmethod(m) for n, m in methods.items()})
    return cast("P", served())


def _colour(method: Callable[..., Any], wanted: Callable[..., Any]) -> Callable[..., Any]:
    if not iscoroutinefunction(wanted) or iscoroutinefunction(method):
        return method

    @wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    return call
