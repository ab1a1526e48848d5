"""What can go wrong with a Temporal server."""

from __future__ import annotations

from typing import ClassVar

from ordercore.kernel.errors import OrderCoreError

__all__ = ["WorkflowServerFault"]


class WorkflowServerFault(OrderCoreError):
    """The Temporal server refused a request or cannot be reached; nothing is lost by it."""

    code = "workflow_server_fault"
    http_hint = 503
    fields: ClassVar[tuple[str, ...]] = ("problem",)

    def __init__(self, *, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)
