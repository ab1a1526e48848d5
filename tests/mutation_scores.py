"""Print how many mutants of each module the last ``make mutate`` left alive, and which.

A mutant that the type checker refuses never reaches a test, so it has a column of its own and does
not count in the score, and neither does one that was not put before the tests: score = killed by
tests / (all - caught by types - not looked at).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

MUTANTS = Path("mutants") / "src"
COLUMNS = ("caught by type check", "killed", "timeout", "survived", "no tests", "not checked")


def fates() -> dict[str, dict[str, str]]:
    """Return how each mutant ended, by module, of the modules that were looked at."""
    found = {}
    for path in sorted(MUTANTS.rglob("*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        ended = {mutant: status_by_exit_code[code] for mutant, code in codes.items()}
        if set(ended.values()) - {"not checked"}:
            module = path.relative_to(MUTANTS).as_posix().removesuffix(".py.meta")
            found[module.replace("/", ".")] = ended
    return found


def line(title: str, ended: Counter[str]) -> str:
    """Return one line of the table."""
    tested = ended.total() - ended["caught by type check"] - ended["not checked"]
    noticed = ended["killed"] + ended["timeout"]
    score = f"{1000 * noticed // tested / 10:.1f} %" if tested else "-"
    cells = [title, str(ended.total()), *(str(ended[column]) for column in COLUMNS), score]
    return "| " + " | ".join(cells) + " |"


def changed(mutant: str) -> str:
    """Return the lines that a mutant changes, as they were and as they are."""
    lines = get_diff_for_mutant(mutant).splitlines()
    shown = [each for each in lines if each[:1] in "+-" and each[:3] not in ("+++", "---")]
    return "\n".join([f"# {mutant}", *shown])


def main() -> int:
    """Print the table and whatever lives; fail when there is nothing to print."""
    modules = fates()
    if not modules:
        print("there are no mutants; run `make mutate` first", file=sys.stderr)
        return 1
    print("| module | mutants | by types | killed | endless | alive | untested | left | score |")
    print("|---|---|---|---|---|---|---|---|---|")
    for module, ended in modules.items():
        print(line(module, Counter(ended.values())))
    print(line("all", sum((Counter(ended.values()) for ended in modules.values()), Counter())))
    for ended in modules.values():
        for mutant, fate in ended.items():
            if fate in ("survived", "no tests"):
                print(changed(mutant))
    return 0


if __name__ == "__main__":
    sys.exit(main())
