"""The generated reference pages: one module per page, each with a function that returns its text.

To add a page, write a module with a `page` function and list it in `PAGES`; `make generate` writes
it and `make check` fails when the code has moved on and the page has not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from generators import (
    checks,
    commands,
    errors,
    events,
    explored,
    lifecycles,
    ports,
    prices,
    products,
    refusals,
    sagas,
    traces,
    use_cases,
)

__all__ = ["PAGES"]

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "reference/checks.md": checks.page,
        "reference/commands.md": commands.page,
        "reference/errors.md": errors.page,
        "reference/events.md": events.page,
        "reference/lifecycles.md": lifecycles.page,
        "reference/ports.md": ports.page,
        "reference/prices.md": prices.page,
        "reference/products.md": products.page,
        "reference/refusals.md": refusals.page,
        "reference/sagas-explored.md": explored.page,
        "reference/sagas.md": sagas.page,
        "reference/traces.md": traces.page,
        "reference/use-cases.md": use_cases.page,
    }
)
