"""Print how many mutants of each module the last ``make mutate`` left alive.

A mutant that the type checker refuses never reaches a test, so it has a column of its own and does
not count in the score: score = killed by tests / (all - caught by types).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from mutmut.stats import status_by_exit_code

MUTANTS = Path("mutants") / "src"
COLUMNS = ("caught by type check", "killed", "timeout", "survived", "no tests", "not checked")


def outcomes() -> dict[str, Counter[str]]:
    """Return how the mutants of each module ended that was looked at."""
    found = {}
    for path in sorted(MUTANTS.rglob("*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].values()
        ended = Counter(status_by_exit_code[code] for code in codes)
        if ended.total() > ended["not checked"]:
            module = path.relative_to(MUTANTS).as_posix().removesuffix(".py.meta")
            found[module.replace("/", ".")] = ended
    return found


def line(title: str, ended: Counter[str]) -> str:
    """Return one line of the table."""
    tested = ended.total() - ended["caught by type check"]
    noticed = ended["killed"] + ended["timeout"]
    score = f"{1000 * noticed // tested / 10:.1f} %" if tested else "-"
    cells = [title, str(ended.total()), *(str(ended[column]) for column in COLUMNS), score]
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Print the table; fail when there is none to print."""
    modules = outcomes()
    if not modules:
        print("there are no mutants; run `make mutate` first", file=sys.stderr)
        return 1
    print("| module | mutants | by types | killed | endless | alive | untested | left | score |")
    print("|---|---|---|---|---|---|---|---|---|")
    for module, ended in modules.items():
        print(line(module, ended))
    print(line("all", sum(modules.values(), Counter())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
