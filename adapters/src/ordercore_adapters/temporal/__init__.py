"""Sagas as Temporal workflows, for those who outgrow the embedded runner.

The tables of steps, the coordinator and the outside calls are those of `ordercore`; only the
waiting and the handing out of calls move to a Temporal server. The order store stays the one truth:
each call is made and recorded in one activity, and the workflow holds a copy of the saga that the
store told it. So a host may move sagas here, or back to the embedded runner, while orders run.

`Settings` names the sagas that run this way; `serve` does the work. Needs the extra ``temporal``.
"""

from __future__ import annotations

try:
    import temporalio as _temporalio  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "temporalio":
        raise
    raise ModuleNotFoundError(
        "workflows need the extra 'temporal': pip install 'ordercore-adapters[temporal]'",
        name="temporalio",
    ) from error

from ordercore_adapters.temporal.bridge import Bridge
from ordercore_adapters.temporal.converter import DATA_CONVERTER, ValueConverter
from ordercore_adapters.temporal.faults import WorkflowServerFault
from ordercore_adapters.temporal.messages import PROGRESS, REFRESH, REPORT, CallWanted, Report, Run
from ordercore_adapters.temporal.serving import connect, make_worker, serve
from ordercore_adapters.temporal.settings import Settings, workflow_type
from ordercore_adapters.temporal.workflows import SagaWorkflow

__all__ = [
    "Bridge",
    "CallWanted",
    "DATA_CONVERTER",
    "PROGRESS",
    "REFRESH",
    "REPORT",
    "Report",
    "Run",
    "SagaWorkflow",
    "Settings",
    "ValueConverter",
    "WorkflowServerFault",
    "connect",
    "make_worker",
    "serve",
    "workflow_type",
]
