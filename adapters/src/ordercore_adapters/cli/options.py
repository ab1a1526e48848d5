"""Options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Db", "Json", "Providers", "Reason", "Seed", "Tenant", "WhichOrder"]

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, errors as JSON.")]
Db = Annotated[
    str,
    typer.Option(
        "--db",
        envvar="ORDERCORE_DB",
        help="A file, sqlite:///FILE, postgresql://... (workers may have a login of their own in "
        "ORDERCORE_WORKER_DB), or 'memory' to keep nothing.",
    ),
]
Providers = Annotated[
    Path | None,
    typer.Option(
        envvar="ORDERCORE_PROVIDERS",
        help="Folder of the simulated providers; beside the database when not given.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--simulate",
        metavar="SEED",
        help="Delays, refusals, lost answers and failures by this seed, in virtual time.",
    ),
]
Tenant = Annotated[str, typer.Option("--tenant", "-t", help="Whose orders.")]
WhichOrder = Annotated[str, typer.Argument(metavar="ORDER", help="Its id or its reference.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; goes to the audit trail.")]
