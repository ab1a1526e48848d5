"""``ordercore sweep``: let old records of messages go, once, for a schedule of one's own.

A worker that serves until it is stopped does the same by itself, see ``ordercore worker``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

import typer
from attrs import asdict

from ordercore import SweepRecords
from ordercore.engine.messaging import LONGEST_KEPT, SHORTEST_KEPT, Retention, Swept
from ordercore.kernel.ids import TenantId
from ordercore_adapters.cli.hosting import DEFAULT_DB, open_core
from ordercore_adapters.cli.options import Db, Json, Providers
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.stopping import stopping

__all__ = ["sweep"]

_LEAST: Final = SHORTEST_KEPT.days
_MOST: Final = LONGEST_KEPT.days


def sweep(
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Only this tenant's records.")
    ] = None,
    events: Annotated[
        int,
        typer.Option(
            "--keep-events", metavar="DAYS", min=_LEAST, max=_MOST, help="After publication."
        ),
    ] = _LEAST,
    marks: Annotated[
        int,
        typer.Option(
            "--keep-marks",
            metavar="DAYS",
            min=_LEAST,
            max=_MOST,
            help="After a message was taken in; not less than the broker keeps messages.",
        ),
    ] = _MOST,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Remove old published events, marks of messages, and answers that have expired.

    Never the audit trail, an event that waits, or a mark that may still be needed.
    """
    out = Output(as_json=as_json)
    kept = Retention(events=timedelta(days=events), marks=timedelta(days=marks))
    whose = None if tenant is None else TenantId(tenant)
    wanted = SweepRecords(retention=kept, tenant=whose)
    all_of_it = Swept()
    with open_core(db, providers=providers) as core, stopping() as stop:
        while not stop() and (swept := core.handle(wanted)).total:
            all_of_it = all_of_it.and_also(swept)
    if out.as_json:
        out.value(asdict(all_of_it))
        return
    out.line(
        f"removed {all_of_it.events} events, {all_of_it.marks} marks and "
        f"{all_of_it.answers} answers"
    )
