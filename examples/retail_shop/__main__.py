"""Open the shop, or buy something in every way there is and close it again.

::

    python -m examples.retail_shop              open it on a free port until Ctrl-C
    python -m examples.retail_shop --port 8080  on this port
    python -m examples.retail_shop --seed 7     on a bad day: late, lost and wrong answers
    python -m examples.retail_shop --once       no browser: one purchase for each way to pay
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from examples.retail_shop.buying import Bought, buy_in_every_way, table
from examples.retail_shop.serving import serve, served

FOLDER = Path("shop")


def once() -> int:
    """Buy in every way in a shop that is thrown away; return the exit code."""
    ended: list[str] = []

    def noted(bought: Iterable[Bought]) -> Iterator[Bought]:
        for each in bought:
            ended.append(each.ended)
            yield each

    with TemporaryDirectory(prefix="shop-") as folder, served(Path(folder)) as shop:
        for line in table(noted(buy_in_every_way(shop.base_url))):
            print(line, flush=True)
    unfinished = sum(1 for state in ended if state != "completed")
    print(f"{len(ended)} ways to pay, {len(ended) - unfinished} completed")
    return 1 if unfinished else 0


def main(arguments: list[str]) -> int:
    """Do what was asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="examples.retail_shop")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the shop is kept")
    parser.add_argument("--port", type=int, default=0, help="which port; a free one by default")
    parser.add_argument("--seed", type=int, help="let things go wrong outside, by this seed")
    parser.add_argument("--once", action="store_true", help="buy in every way, without a browser")
    given = parser.parse_args(arguments)
    if given.once:
        return once()
    try:
        serve(given.folder, port=given.port, seed=given.seed)
    except OSError as trouble:
        print(f"The shop cannot be opened: {trouble.strerror}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
