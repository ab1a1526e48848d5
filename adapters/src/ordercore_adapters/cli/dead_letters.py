"""``ordercore dead-letters``: work that was given up, and what an operator does about it."""

from __future__ import annotations

from typing import Annotated

import typer

from ordercore import CloseDeadLetter, ListDeadLetters, Refusal
from ordercore.app import GetDeadLetter
from ordercore.engine.messaging import DeadLetterStatus
from ordercore_adapters.cli.faults import refused
from ordercore_adapters.cli.finding import operator
from ordercore_adapters.cli.hosting import DEFAULT_DB, Host, open_core, open_host
from ordercore_adapters.cli.options import Db, Json, Providers, Tenant
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.views import letter_row

__all__ = ["app", "list_letters", "resolve", "retry", "show"]

app = typer.Typer(help="Work that was given up and waits for an operator.", no_args_is_help=True)

_Letter = Annotated[str, typer.Argument(metavar="LETTER", help="Its id.")]
_Note = Annotated[str, typer.Option("--note", help="What was done; goes to the audit trail.")]


@app.command("list")
def list_letters(
    tenant: Tenant,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """List a tenant's dead letters, oldest first."""
    out = Output(as_json=as_json)
    status = None if everything else DeadLetterStatus.OPEN
    with open_core(db, providers=providers) as core:
        letters = core.handle(ListDeadLetters(caller=operator(tenant), status=status, limit=limit))
    if isinstance(letters, Refusal):
        raise refused(letters)
    if out.as_json:
        out.value({"dead_letters": [letter_row(letter) for letter in letters]})
        return
    out.table(
        ("id!", "order?", "item", "step", "code", "attempts#", "status!", "reason"),
        (
            (
                letter.id,
                letter.order_id,
                letter.branch,
                letter.step if letter.forward else f"{letter.step} (undo)",
                letter.code,
                letter.attempts,
                letter.status,
                letter.reason,
            )
            for letter in letters
        ),
    )
    if not letters:
        out.line(f"{tenant} has no{'' if everything else ' open'} dead letters")


@app.command("show")
def show(
    letter: _Letter,
    tenant: Tenant,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Show one dead letter with everything that is needed to act."""
    out = Output(as_json=as_json)
    with open_core(db, providers=providers) as core:
        found = core.handle(GetDeadLetter(caller=operator(tenant), letter_id=letter))
    if isinstance(found, Refusal):
        raise refused(found)
    row = letter_row(found)
    if out.as_json:
        out.value(row)
    else:
        out.table(("", ""), row.items())


@app.command("retry")
def retry(
    letter: _Letter,
    tenant: Tenant,
    note: _Note,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Let the step of a dead letter start anew, with a fresh count of attempts."""
    with open_host(db, providers=providers) as host:
        closing = CloseDeadLetter(
            caller=operator(tenant), letter_id=letter, how=DeadLetterStatus.RETRIED, note=note
        )
        _close(Output(as_json=as_json), host, closing)


@app.command("resolve")
def resolve(
    letter: _Letter,
    tenant: Tenant,
    note: _Note,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Record that the step of a dead letter was done by hand; a refund counts as paid."""
    with open_host(db, providers=providers) as host:
        closing = CloseDeadLetter(
            caller=operator(tenant), letter_id=letter, how=DeadLetterStatus.RESOLVED, note=note
        )
        _close(Output(as_json=as_json), host, closing)


def _close(out: Output, host: Host, closing: CloseDeadLetter) -> None:
    closed = host.core.handle(closing)
    if isinstance(closed, Refusal):
        raise refused(closed)
    if out.as_json:
        out.value(letter_row(closed))
        return
    out.line(f"dead letter {closed.id} is {closed.status}")
    if closed.status is DeadLetterStatus.RETRIED:
        out.line("a worker tries again: ordercore worker --until-idle")
