"""Take orders inside your own application: the everyday names of ordercore.

Decisions are plain functions over frozen values; use cases are coroutines over ports that the host
supplies. Each subpackage lists its own public names; what most hosts need is gathered here.
"""

from __future__ import annotations

from ordercore.kernel.allocate import allocate
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.money import Money
from ordercore.kernel.result import Finding, Refusal, Report, Unknown

__all__ = ["Finding", "Money", "OrderCoreError", "Refusal", "Report", "Unknown", "allocate"]
