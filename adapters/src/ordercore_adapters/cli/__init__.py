"""The ``ordercore`` command: run a file of orders, price, validate, and look after what is stored.

Needs the extra ``cli``, and ``sqlalchemy`` and ``crypto`` for everything that touches a database.
Exit codes: 0 done, 1 refused by a rule, 2 wrong use, 3 failed. With ``--json`` results are JSON on
standard output and errors JSON on standard error, each with a stable ``code``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with ``arguments`` (those of the process unless given); return its exit code.

    Nothing is imported before it is needed, so that ``--help`` is quick.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from ordercore_adapters.cli.application import run_command
    except ModuleNotFoundError as missing:
        if missing.name not in ("typer", "rich"):
            raise
        message = f"{missing.name} is not installed; install ordercore-adapters[all]"
        print(f"ordercore: {message}", file=sys.stderr)
        return 3
    return run_command(given)
