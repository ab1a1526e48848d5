"""The surroundings: the wall clock, fresh ids and chance. The only adapter that reads them."""

from __future__ import annotations

from ordercore_adapters.system.clock import SystemClock
from ordercore_adapters.system.ids import SystemIds

__all__ = ["SystemClock", "SystemIds"]
