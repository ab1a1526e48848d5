"""A stand-in for a port that a host has not supplied: clear words instead of an attribute error."""

from __future__ import annotations

from typing import Any

from ordercore.kernel.errors import NotConfigured

__all__ = ["unconfigured"]


class _Unconfigured:
    def __init__(self, port: str) -> None:
        self._port = port

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotConfigured(port=self._port)

    def __repr__(self) -> str:
        return f"<{self._port}: not configured>"


def unconfigured(port: str) -> Any:
    """Return an object that raises `NotConfigured`, naming ``port``, whenever it is used."""
    return _Unconfigured(port)
