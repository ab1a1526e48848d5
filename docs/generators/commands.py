"""The `ordercore` command: every subcommand with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from generators.markdown import section, table
from generators.source import ADAPTERS, said
from ordercore_adapters.cli.application import application
from ordercore_adapters.cli.faults import ExitCode

__all__ = ["page"]

_INTRODUCTION = """\
# Command

`ordercore` comes with `ordercore-adapters[all]`. Tables for people are printed to standard output;
with `--json` it is JSON, and errors are JSON on standard error with a stable [code](#codes).
Progress goes to standard error. An order can be named by its id or by the customer's reference.
"""

_EXITS = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "refused by a rule",
    ExitCode.WRONG_USE: "wrong use",
    ExitCode.FAILED: "failed",
}

_CODES = """\
What the command says of its own. What the library says no to comes with the code of the
[refusal](refusals.md), and a fault with [its own](errors.md).
"""


def page() -> str:
    """Return the page, one section per command that does something."""
    found = list(_commands(get_command(application()), "ordercore"))
    overview = table(
        ("command", "what it does"),
        ((f"`{name}`", _summary(command)) for name, command in found),
    )
    exits = table(
        ("exit code", "meaning"), ((f"`{int(code)}`", text) for code, text in _EXITS.items())
    )
    codes = table(("code", "message"), _codes())
    sections = [_section(name, command) for name, command in found]
    return "\n".join(
        [_INTRODUCTION, exits, overview, *sections, section(2, "Codes"), _CODES, codes]
    )


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield what can be run; the classes of the argument library may be bundled, hence no types."""
    below = getattr(command, "commands", None)
    if below is None or command.invoke_without_command:
        yield name, command
    for word, inner in (below or {}).items():
        yield from _commands(inner, f"{name} {word}")


def _codes() -> list[tuple[str, str]]:
    texts: dict[str, list[str]] = {}
    for each in said(ADAPTERS, "CommandFault", "code", "message"):
        code, text = each.words["code"], each.words["message"]
        if "{" not in code and text not in texts.setdefault(code, []):
            texts[code].append(text)
    return [(f"`{code}`", " / ".join(sorted(texts[code]))) for code in sorted(texts)]


def _section(name: str, command: Any) -> str:
    parts = [section(2, f"`{name}`"), f"{_paragraphs(command.help)}\n"]
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    if arguments:
        rows = ((f"`{_metavar(each)}`", each.help or "") for each in arguments)
        parts.append(table(("argument", "meaning"), rows))
    if options:
        header = ("option", "meaning", "default", "environment")
        parts.append(table(header, (_option(each) for each in options)))
    return "\n".join(parts)


def _option(option: Any) -> tuple[str, str, str, str]:
    names = ", ".join(f"`{name}`" for name in option.opts)
    takes = "" if option.is_flag else f" {_metavar(option)}"
    default = "required" if option.required else _shown(option.default)
    return f"{names}{takes}", option.help or "", default, _shown(option.envvar)


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _shown(value: Any) -> str:
    return "" if value in (None, False, "") else f"`{value}`"


def _summary(command: Any) -> str:
    return str(command.help).partition("\n\n")[0].replace("\n", " ")


def _paragraphs(text: str) -> str:
    return "\n\n".join(part.replace("\n", " ") for part in text.strip().split("\n\n"))
