"""Run the portal: orders in, services out, whatever the cloud does in between; then check it.

::

    python -m examples.provisioning_portal                  the whole demonstration
    python -m examples.provisioning_portal --seed 7         with other misfortunes
    python -m examples.provisioning_portal watch TENANT REFERENCE   follow one order's events
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sqlite3
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from examples.provisioning_portal.check import check, report
from examples.provisioning_portal.generate import ORDERS, TENANTS
from ordercore import Caller, ListOrders, Order, OrderCore, OrderFeed
from ordercore_adapters import sqlalchemy
from ordercore_adapters.cli import main as ordercore

FOLDER = Path("demo")
DB = "portal.sqlite3"
PROVIDERS = "portal.providers"
SEED = 2
ROUNDS = 5
FINISHED = ("fulfilled", "failed", "cancelled")
ROUGH_RIDE = """
    SELECT i.tenant, i.reference FROM order_items AS i GROUP BY i.tenant, i.order_id
    ORDER BY count(DISTINCT i.state) DESC, count(*) DESC LIMIT 1
"""


def demonstrate(folder: Path, *, seed: int) -> int:
    """Run the file, work off what was given up, check the books; return the exit code."""
    if not make_room(folder):
        print(f"{folder} is there and is not from this demonstration; move it away first")
        return 2
    db = folder / DB
    print(f"== 1. a file of orders on a bad day: failures, delays, lost answers (seed {seed})")
    run = ["run", str(ORDERS), "--db", str(db), "--simulate", str(seed)]
    if ordercore(run) != 0:
        return 3
    print("\n== 2. the same file again: nothing is ordered, built or paid twice")
    again = ask(*run)
    print(
        f"{again['repeated']} lines repeated, {again['submitted']} submitted and all refused again"
    )
    print("\n== 3. an operator lets what was given up try again")
    work_off_dead_letters(db)
    print("\n== 4. one order that had a rough ride")
    tenant, reference = rough_ride(db)
    ordercore(["orders", "show", reference, "--tenant", tenant, "--db", str(db)])
    print("\n== 5. the independent check: SQL over the books of everybody concerned")
    broken = report(check(db, folder / PROVIDERS))
    mail = folder / PROVIDERS / "mail"
    print(f"\n{len(list(mail.rglob('*.eml')))} sealed messages with credentials are in {mail}")
    print("nothing is amiss" if not broken else f"{broken} laws are broken")
    return 1 if broken else 0


def make_room(folder: Path) -> bool:
    """Remove what an earlier demonstration left; return whether the place is free."""
    if (folder / DB).is_file():
        shutil.rmtree(folder)
    if folder.exists() and any(folder.iterdir()):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    return True


def ask(*words: str) -> Any:
    """Run a command for its JSON."""
    out = io.StringIO()
    with redirect_stdout(out):
        ordercore([*words, "--json"])
    return json.loads(out.getvalue())


def work_off_dead_letters(db: Path) -> None:
    """Retry every open dead letter and work, until none is left."""
    note = ("--note", "the provider is back")
    for _ in range(ROUNDS):
        retried = 0
        for tenant in TENANTS:
            where = ("--tenant", tenant, "--db", str(db))
            for letter in ask("dead-letters", "list", *where)["dead_letters"]:
                ask("dead-letters", "retry", letter["id"], *note, *where)
                print(f"  {letter['step']} of {letter['order_id']}: {letter['reason']}")
                retried += 1
        if not retried:
            print("no dead letter is open")
            return
        worked = ask("worker", "--until-idle", "--db", str(db))
        print(f"{retried} dead letters tried again, {worked['done']} pieces of work done")


def rough_ride(db: Path) -> tuple[str, str]:
    """Return tenant and reference of an order whose items ended differently."""
    connection = sqlite3.connect(db)
    try:
        tenant, reference = connection.execute(ROUGH_RIDE).fetchone()
    finally:
        connection.close()
    return str(tenant), str(reference)


def watch(folder: Path, tenant: str, reference: str) -> int:
    """Print the events of one order as they happen, as a portal would push them to a browser."""
    core = OrderCore(sqlalchemy.ports(f"sqlite:///{folder / DB}"))
    caller = Caller.of(tenant, "portal")
    order = find(core, caller, reference)
    position = 0
    while order is not None:
        for event in core.handle(OrderFeed(caller=caller, order_id=order.id, after=position)):
            item = json.loads(event.data).get("item", "")
            print(f"{event.at:%H:%M:%S}  {event.type}{f' (item {item})' if item else ''}")
            position = event.seq
        if order.state in FINISHED:
            return 0
        time.sleep(0.5)
        order = find(core, caller, reference)
    print(f"{tenant} has no order {reference}")
    return 1


def find(core: OrderCore, caller: Caller, reference: str) -> Order | None:
    """Return the tenant's order with this reference."""
    orders = core.handle(ListOrders(caller=caller, hidden=True, limit=1000))
    return next((order for order in orders if order.reference == reference), None)


def main(arguments: list[str]) -> int:
    """Run what was asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="examples.provisioning_portal")
    parser.add_argument("--seed", type=int, default=SEED, help="decides what goes wrong")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the files are made")
    commands = parser.add_subparsers(dest="command")
    watching = commands.add_parser("watch", help="follow the events of one order")
    watching.add_argument("tenant")
    watching.add_argument("reference")
    given = parser.parse_args(arguments)
    if given.command == "watch":
        return watch(given.folder, given.tenant, given.reference)
    return demonstrate(given.folder, seed=given.seed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
