"""``ordercore dead-letters``: work that was given up, and what an operator does about it."""

from __future__ import annotations

from typing import Annotated

import typer

from ordercore import CloseDeadLetter, ListDeadLetters
from ordercore.app import GetDeadLetter
from ordercore.engine.messaging import DeadLetterStatus
from ordercore_adapters.cli.desk import Desk, at_desk
from ordercore_adapters.cli.faults import granted
from ordercore_adapters.cli.views import letter_row

__all__ = ["app", "list_letters", "resolve", "retry", "show"]

app = typer.Typer(help="Work that was given up and waits for an operator.", no_args_is_help=True)

_Letter = Annotated[str, typer.Argument(metavar="LETTER", help="Its id.")]
_Note = Annotated[str, typer.Option("--note", help="What was done; goes to the audit trail.")]


@app.command("list")
@at_desk
def list_letters(
    desk: Desk,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
) -> None:
    """List a tenant's dead letters, oldest first."""
    out = desk.out
    status = None if everything else DeadLetterStatus.OPEN
    asked = ListDeadLetters(caller=desk.caller, status=status, limit=limit)
    with desk.look() as core:
        letters = granted(core.handle(asked))
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
        out.line(f"{desk.tenant} has no{'' if everything else ' open'} dead letters")


@app.command("show")
@at_desk
def show(desk: Desk, letter: _Letter) -> None:
    """Show one dead letter with everything that is needed to act."""
    with desk.look() as core:
        found = granted(core.handle(GetDeadLetter(caller=desk.caller, letter_id=letter)))
    row = letter_row(found)
    if desk.out.as_json:
        desk.out.value(row)
    else:
        desk.out.table(("", ""), row.items())


@app.command("retry")
@at_desk
def retry(desk: Desk, letter: _Letter, note: _Note) -> None:
    """Let the step of a dead letter start anew, with a fresh count of attempts."""
    _close(desk, letter, DeadLetterStatus.RETRIED, note)


@app.command("resolve")
@at_desk
def resolve(desk: Desk, letter: _Letter, note: _Note) -> None:
    """Record that the step of a dead letter was done by hand; a refund counts as paid."""
    _close(desk, letter, DeadLetterStatus.RESOLVED, note)


def _close(desk: Desk, letter: str, how: DeadLetterStatus, note: str) -> None:
    closing = CloseDeadLetter(caller=desk.caller, letter_id=letter, how=how, note=note)
    with desk.act() as host:
        closed = granted(host.core.handle(closing))
    if desk.out.as_json:
        desk.out.value(letter_row(closed))
        return
    desk.out.line(f"dead letter {closed.id} is {closed.status}")
    if closed.status is DeadLetterStatus.RETRIED:
        desk.out.line("a worker tries again: ordercore worker --until-idle")
