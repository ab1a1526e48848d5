"""``ordercore worker``: do what is due, for as long as wanted; any number may run at once.

A worker may be killed at any instant: what it had begun is taken over when its lease has ended.
SIGTERM and SIGINT let it finish the piece in hand.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ordercore_adapters.cli.driving import Driver
from ordercore_adapters.cli.faults import wrong_use
from ordercore_adapters.cli.hosting import DEFAULT_DB, open_host
from ordercore_adapters.cli.options import Db, Json, Providers
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.stopping import stopping

__all__ = ["worker"]


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do one piece of work.")] = False,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Stop when nothing is due.")
    ] = False,
    seconds: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=0, help="Stop after so long.")
    ] = None,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Do what is due: calls, validations, deadlines, publishing. Until stopped, unless told.

    In a world of virtual time it ends when nothing is due soon: that time passes only by its work.
    One that serves until stopped, or for a while, also removes old records, as sweep does.
    """
    out = Output(as_json=as_json)
    if sum((once, until_idle, seconds is not None)) > 1:
        raise wrong_use("contradicting_options", "give one of --once, --until-idle, --for")
    with open_host(db, providers=providers) as host, stopping() as stop:
        driver = Driver(host.core, stop=stop)
        if once:
            driver.once()
        elif until_idle or driver.is_virtual:  # virtual time does not pass by itself
            driver.until_idle()
        else:
            driver.serve(seconds)
        stopped = stop()
    if out.as_json:
        out.value(
            {
                "done": driver.done,
                "failed": driver.faults,
                "swept": driver.swept,
                "stopped": stopped,
            }
        )
        return
    out.line(f"{driver.done} pieces of work done{', then stopped' if stopped else ''}")
    if driver.swept:
        out.line(f"{driver.swept} old records removed")
    for code, count in sorted(driver.faults.items()):
        out.note(f"{count} times a piece of work failed with {code}; it is tried again later")
