"""Strong entity tags from an order's version, and what a request says about them (RFC 9110)."""

from __future__ import annotations

import re

from ordercore import Order

__all__ = ["etag_of", "named_version", "unchanged"]

_TAG = re.compile(r'(W/)?"([^"]*)"')


def etag_of(order: Order) -> str:
    """Return the tag of an order as it is: each version has its own."""
    return f'"{order.id}.{order.version}"'


def unchanged(if_none_match: str | None, order: Order) -> bool:
    """Return whether whoever asks has seen the order as it is; weak tags count here."""
    if if_none_match is None:
        return False
    seen = {f'"{tag}"' for _, tag in _TAG.findall(if_none_match)}
    return if_none_match.strip() == "*" or etag_of(order) in seen


def named_version(if_match: str, order: Order) -> int | None:
    """Return the version that a change is meant for; None when none of the tags is this order's.

    A weak tag names no version, and ``*`` names the one there is.
    """
    if if_match.strip() == "*":
        return order.version
    for weak, tag in _TAG.findall(if_match):
        order_id, _, version = tag.rpartition(".")
        if not weak and (order_id, version) == (order.id, str(order.version)):
            return order.version
    return None
