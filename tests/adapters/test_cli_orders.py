from __future__ import annotations

import re
import sqlite3
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from shutil import copytree
from typing import Any, TypeVar

import pytest

from ordercore import Caller, ConfirmPayment, Order, SubmitOrder
from ordercore.kernel.ids import TenantId
from ordercore.ports import Provisioned
from ordercore_adapters.cli import output
from ordercore_adapters.cli.finding import the_order
from ordercore_adapters.cli.hosting import open_host
from ordercore_adapters.simulated import SimulatedCloud
from ordercore_adapters.system import SystemClock
from tests.adapters.command import GPU, Ended, order, ordercore, place_only, write_lines

T = TypeVar("T")


class Shop:
    """A database with orders in it, and the command to look at them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "shop.sqlite3"

    def run(self, *lines: dict[str, Any], more: tuple[object, ...] = ()) -> Ended:
        file = write_lines(self.folder / "orders.jsonl", lines)
        return ordercore("run", file, "--db", self.db, "--json", *more)

    def do(self, *words: object, tenant: str | None = "north", json: bool = True) -> Ended:
        more: list[object] = ["--db", self.db]
        more += ["-t", tenant] if tenant else []
        more += ["--json"] if json else []
        return ordercore(*words, *more)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop that has delivered three orders of one tenant and one of another."""
    made = Shop(tmp_path)
    made.run(order("A"), order("B", items=[{"type": "gpu", "config": GPU}] * 2), order("C"))
    made.run(order("D", tenant="south"))
    return made


def test_a_list_is_given_page_by_page(shop: Shop) -> None:
    """Each page says where the next one begins; other tenants' orders are on none."""
    first = shop.do("orders", "list", "--limit", 2).value
    second = shop.do("orders", "list", "--limit", 2, "--after", first["next_after"]).value

    assert [o["reference"] for o in first["orders"]] == ["A", "B"]
    assert [o["reference"] for o in second["orders"]] == ["C"]
    assert second["next_after"] is None
    people = shop.do("orders", "list", json=False)
    assert all(word in people.out for word in ("reference", "fulfilled", "9700.00 EUR"))
    assert "no such orders" in shop.do("orders", "list", "--state", "failed", json=False).out


def test_the_longest_page_can_be_asked_for(shop: Shop) -> None:
    """A full page asks once more whether anything follows; a longer one is wrong use."""
    longest = shop.do("orders", "list", "--limit", 1000)
    too_long = shop.do("orders", "list", "--limit", 1001)

    assert (longest.code, longest.value["next_after"]) == (0, None)
    assert too_long.code == 2


def test_money_states_and_dates_stay_in_one_piece_on_a_narrow_terminal(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 columns nothing is cut or folded that has to be read as one; ids give way."""
    narrow = partial(output._console, width=80)
    monkeypatch.setattr(output, "_console", narrow)
    listed = shop.do("orders", "list", json=False).out
    shown = shop.do("orders", "show", "B", json=False).out
    history = shop.do("orders", "history", "B", json=False).out

    assert max(len(line.rstrip()) for text in (listed, history) for line in text.split("\n")) <= 80
    assert re.search(r"(?m)^B +fulfilled +2 +9700\.00 EUR +\d{4}-\d\d-\d\d \d\d:\d\d *$", listed)
    assert re.search(r"(?m)^ +1 +GPU nodes +active +4850\.00 EUR", shown)
    for words in ("order.payment-confirmed", "partially_fulfilled", "pending_payment"):
        assert words in history


def test_a_tenant_without_orders_has_no_empty_tables(shop: Shop) -> None:
    """Words instead of headings with nothing below."""
    for words in (("orders", "list"), ("dead-letters", "list")):
        said = shop.do(*words, tenant="nobody", json=False).out
        assert (len(said.splitlines()), "nobody has no" in said) == (1, True)
    assert "nobody has no orders" in shop.do("stats", tenant="nobody", json=False).out


def test_an_order_is_found_by_id_and_by_reference_in_its_tenant_only(shop: Shop) -> None:
    """Both name the same order; a foreign tenant has no such order."""
    by_reference = shop.do("orders", "show", "B").value
    by_id = shop.do("orders", "show", by_reference["id"]).value
    foreign = shop.do("orders", "show", by_reference["id"], tenant="south")

    assert by_id == by_reference
    assert (foreign.code, foreign.out, foreign.fault["code"]) == (2, "", "not_found")


def test_an_order_is_shown_with_items_ledger_and_timeline(shop: Shop) -> None:
    """Everything about the order, for programs and for people."""
    shown = shop.do("orders", "show", "B").value
    people = shop.do("orders", "show", "B", json=False).out

    assert [item["state"] for item in shown["items"]] == ["active", "active"]
    assert [entry["kind"] for entry in shown["ledger"]] == ["confirmed"]
    assert shown["balance"]["confirmed_minor"] == shown["total_minor"]
    assert shown["timeline"][0]["kind"] == "order.created"
    assert shown["timeline"][-1]["kind"] == "order.service-delivered"
    for words in ("Items", "Ledger", "Timeline", "active", "order.item-active (item 2)"):
        assert words in people


def test_the_history_has_every_step_and_no_gap(shop: Shop) -> None:
    """The whole audit trail, numbered without gaps."""
    records = shop.do("orders", "history", "A").value["records"]

    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert {"saga.started", "saga.step-done"} <= {record["kind"] for record in records}
    assert "saga.step-done (item 1 provision)" in shop.do("orders", "history", "A", json=False).out


def test_a_cancelled_order_is_hidden_and_can_be_restored_and_delivered(shop: Shop) -> None:
    """A restored order is a draft; running its line again pays and builds it."""
    place_only(shop.db, order("F"))

    cancelled = shop.do("orders", "cancel", "F", "--reason", "changed their mind")
    hidden = shop.do("orders", "list").value["orders"]
    everything = shop.do("orders", "list", "--all").value["orders"]
    by_state = shop.do("orders", "list", "--state", "cancelled").value["orders"]
    restored = shop.do("orders", "restore", "F", "--reason", "changed it back")
    again = shop.run(order("F"))

    assert (cancelled.code, cancelled.value["state"]) == (0, "cancelled")
    assert "F" not in [o["reference"] for o in hidden]
    assert "F" in [o["reference"] for o in everything]
    assert [o["reference"] for o in by_state] == ["F"]
    assert (restored.code, restored.value["state"]) == (0, "draft")
    assert again.value["repeated"] == 1
    shown = shop.do("orders", "show", "F").value
    assert shown["state"] == "fulfilled"
    reasons = [record["reason"] for record in shown["timeline"]]
    assert "changed their mind" in reasons
    assert "changed it back" in reasons


def test_an_order_that_was_paid_and_cancelled_is_paid_anew_after_its_refund(tmp_path: Path) -> None:
    """Restoring does not bring the old payment back, and the old payment is not taken again."""
    shop = Shop(tmp_path)
    place_only(shop.db, order("G"))
    leave_paid(shop, order("G"))
    shop.do("orders", "cancel", "G", "--reason", "x")
    too_early = shop.do("orders", "restore", "G", "--reason", "x")
    worked = shop.do("worker", "--until-idle", tenant=None)
    shop.do("orders", "restore", "G", "--reason", "x")
    shop.run(order("G"))

    assert (too_early.code, too_early.fault["code"]) == (1, "refund_not_settled")
    assert worked.value["done"] > 0
    shown = shop.do("orders", "show", "G").value
    assert shown["state"] == "fulfilled"
    kinds = [entry["kind"] for entry in shown["ledger"]]
    assert kinds == ["confirmed", "refund_requested", "refunded", "confirmed"]
    payments = {entry["key"] for entry in shown["ledger"] if entry["kind"] == "confirmed"}
    assert len(payments) == 2


def leave_paid(shop: Shop, line: dict[str, Any]) -> None:
    """Pay an order as the command would, and let no worker touch it."""
    with open_host(str(shop.db)) as host:
        customer = Caller.of(line["tenant"], "x")
        placed = the_order(host.core, customer, line["reference"])
        submitted = host.core.handle(SubmitOrder(caller=customer, order_id=placed.id))
        assert isinstance(submitted, Order)
        confirm = ConfirmPayment(
            caller=Caller.of(line["tenant"], "x", role="system"),
            order_id=placed.id,
            reference=host.pay(submitted),
            amount=submitted.total,
        )
        assert isinstance(host.core.handle(confirm), Order)


@pytest.mark.parametrize("action", ["cancel", "restore"])
def test_what_the_lifecycle_does_not_allow_is_refused(shop: Shop, action: str) -> None:
    """Exit 1, and the error names the state, the trigger and what is allowed."""
    ended = shop.do("orders", action, "A", "--reason", "x")

    assert (ended.code, ended.out, ended.fault["code"]) == (1, "", "transition_not_allowed")
    assert ended.fault["state"] == "fulfilled"
    assert shop.do("orders", "show", "A").value["state"] == "fulfilled"
    people = shop.do("orders", action, "A", "--reason", "x", json=False)
    assert "fulfilled" in people.err
    assert len(people.err.splitlines()) == 1


def test_credentials_go_out_again_but_not_without_end(shop: Shop) -> None:
    """Three times in a day; what is sent is sealed, and printed is only the order."""
    answers = [shop.do("redeliver", "A") for _ in range(4)]
    before = mails(shop)
    shop.do("worker", "--until-idle", tenant=None)

    assert [answer.code for answer in answers] == [0, 0, 0, 1]
    assert answers[3].fault["code"] == "redelivery_limited"
    assert "3 times in 24 hours" in answers[3].fault["message"]
    assert mails(shop) == before + 3


def mails(shop: Shop) -> int:
    """Return how many messages with credentials were handed over."""
    books = sqlite3.connect(shop.folder / "shop.providers" / "mail.sqlite3")
    ((count,),) = books.execute("SELECT count(*) FROM mails").fetchall()
    books.close()
    return int(count)


def test_no_credential_is_printed_or_rests_in_the_clear(shop: Shop) -> None:
    """Every secret the cloud handed out is looked for in all output and in all files."""
    shown = shop.do("orders", "show", "B").value
    texts = [
        shop.do(*words, json=json).out + shop.do(*words, json=json).err
        for words in (("orders", "show", "B"), ("orders", "history", "B"), ("orders", "list"))
        for json in (True, False)
    ]
    cloud = SimulatedCloud(shop.folder / "shop.providers" / "cloud.sqlite3", clock=SystemClock())
    keys = cloud.books.rows("SELECT tenant, key FROM resources")
    secrets: set[str] = set()
    for tenant, key in keys:
        found = drive(cloud.find(TenantId(str(tenant)), str(key)))
        assert isinstance(found, Provisioned)
        secrets |= {
            value
            for name, value in found.credentials.values.items()
            if name in ("password", "token", "secret_key", "access_key", "connection_string")
        }
    cloud.close()
    files = [path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()]

    assert len(keys) == 5
    assert len(secrets) == 5
    assert shown["items"][0]["resource"] in "".join(texts)
    for secret in secrets:
        assert not [text for text in texts if secret in text]
        assert not [data for data in files if secret.encode() in data]


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it suspended")


def test_the_statistics_are_those_of_one_tenant(shop: Shop) -> None:
    """Counts by state, value and revenue per currency."""
    found = shop.do("stats").value

    assert (found["by_state"], found["submitted"], found["conversion_percent"]) == (
        {"fulfilled": 3},
        3,
        100,
    )
    assert found["by_currency"] == [
        {
            "currency": "EUR",
            "average_value_minor": (2010 + 970000 + 2010) // 3,
            "revenue_minor": 2010 + 970000 + 2010,
        }
    ]
    assert "9740.20 EUR" in shop.do("stats", json=False).out


def test_a_tampered_audit_trail_is_found(shop: Shop) -> None:
    """All chains verify; one changed word breaks the chain of its order, and the exit code is 1."""
    good = shop.do("audit", "verify")
    database = sqlite3.connect(shop.db)
    with database:
        database.execute(
            "UPDATE audit_records SET reason = 'friendly' WHERE seq = 3 AND order_id = "
            "(SELECT id FROM orders WHERE reference = 'B')"
        )
    database.close()
    bad, one = shop.do("audit", "verify"), shop.do("audit", "verify", "A")

    assert (good.code, good.value["orders"], good.value["broken"]) == (0, 3, [])
    assert (bad.code, bad.fault["code"]) == (1, "audit_broken")
    assert [(row["reference"], row["broken_at"]) for row in bad.value["broken"]] == [("B", 3)]
    assert (one.code, one.value["orders"]) == (0, 1)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose cloud and gateway gave up on some steps."""
    shop = Shop(tmp_path_factory.mktemp("troubled"))
    lines = [order(f"S{n}", items=[{"type": "gpu", "config": GPU}] * 3) for n in range(40)]
    shop.run(*lines, more=("--simulate", 3))
    return shop.folder


def test_dead_letters_are_listed_shown_retried_and_resolved(troubled: Path, tmp_path: Path) -> None:
    """An operator sees all that is needed to act, lets one try again, and closes one by hand."""
    copytree(troubled, tmp_path / "copy")
    shop = Shop(tmp_path / "copy")
    letters = shop.do("dead-letters", "list").value["dead_letters"]
    first, second = letters[0], letters[1]

    shown = shop.do("dead-letters", "show", first["id"])
    retried = shop.do("dead-letters", "retry", first["id"], "--note", "the provider is back")
    twice = shop.do("dead-letters", "retry", first["id"], "--note", "again")
    resolved = shop.do("dead-letters", "resolve", second["id"], "--note", "paid by hand")
    worked = shop.do("worker", "--until-idle", tenant=None)
    left = shop.do("dead-letters", "list").value["dead_letters"]
    everything = shop.do("dead-letters", "list", "--all").value["dead_letters"]

    assert (shown.code, shown.value) == (0, first)
    assert set(first) >= {"step", "order_id", "code", "reason", "attempts", "payload"}
    assert (retried.code, retried.value["status"]) == (0, "retried")
    assert (twice.code, twice.fault["code"]) == (1, "already_closed")
    assert (resolved.value["status"], resolved.value["note"]) == ("resolved", "paid by hand")
    assert worked.value["done"] > 0
    assert {letter["id"] for letter in left} == {letter["id"] for letter in letters[2:]}
    assert len(everything) == len(letters)
    people = shop.do("dead-letters", "list", "--all", json=False).out
    assert first["id"] in people
    assert "paid by hand" in shop.do("dead-letters", "show", second["id"], json=False).out


def test_an_unknown_dead_letter_is_wrong_use(shop: Shop) -> None:
    """There is no such letter in this tenant."""
    for words in (("show", "x"), ("retry", "x", "--note", "n"), ("resolve", "x", "--note", "n")):
        ended = shop.do("dead-letters", *words)
        assert (ended.code, ended.fault["code"]) == (2, "not_found")
    assert "no open dead letters" in shop.do("dead-letters", "list", json=False).out


def test_a_worker_does_one_piece_or_all_or_works_for_a_while(tmp_path: Path) -> None:
    """--once does one piece of work, --until-idle the rest, --for stops after its time."""
    shop = Shop(tmp_path)
    place_only(shop.db, order("A"))
    leave_paid(shop, order("A"))

    once = shop.do("worker", "--once", tenant=None)
    all_of_it = shop.do("worker", "--until-idle", tenant=None)
    idle = shop.do("worker", "--for", "0.3", tenant=None)
    people = shop.do("worker", "--once", tenant=None, json=False)

    assert once.value == {"done": 1, "failed": {}, "swept": 0, "stopped": False}
    assert all_of_it.value["done"] >= 2
    assert idle.value["done"] == 0
    assert people.out == "0 pieces of work done\n"
    assert shop.do("orders", "show", "A").value["state"] == "fulfilled"


def test_a_worker_is_given_one_way_to_end(shop: Shop) -> None:
    """Two ways contradict each other."""
    ended = shop.do("worker", "--once", "--until-idle", tenant=None)

    assert (ended.code, ended.fault["code"]) == (2, "contradicting_options")
