"""Adapters for ordercore: what the core leaves to its host, made real.

Each subpackage adapts one thing and is imported by its own name; nothing is imported here, so that
a host pays only for the adapters it uses.
"""

from __future__ import annotations

__all__: list[str] = []
