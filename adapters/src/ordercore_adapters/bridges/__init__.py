"""Bridges between hosts and bundles of another colour."""

from ordercore_adapters.bridges.threads import offload

__all__ = ["offload"]
