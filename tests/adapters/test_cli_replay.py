"""The replay command: its report, its file of flags, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.command import ordercore
from tests.adapters.olist_set import ORDERS, PAYMENTS, OlistSet, delivered, item, small_set


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the JSON values in a file."""
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_the_report_accounts_for_everything(tmp_path: Path) -> None:
    """States, reasons, totals to the cent, matches, contradictions with examples."""
    ended = ordercore("replay", "olist", small_set().write(tmp_path), "--json")
    assert (ended.code, ended.err) == (0, "")
    account = ended.value
    digest = account.pop("digest")
    examples = account.pop("examples")
    assert account == {
        "arrival": "time",
        "orders": 13,
        "by_state": {
            "cancelled": 3,
            "completed": 4,
            "confirmed": 1,
            "created": 2,
            "in_fulfilment": 1,
            "ready": 1,
            "shipped": 1,
        },
        "cancelled_because": {"canceled": 2, "unavailable": 1},
        "rows": {"orders": 13, "items": 6, "payments": 7},
        "totals": {
            "BRL": {
                "price_minor": 5310,
                "freight_minor": 1170,
                "items_minor": 6480,
                "payments_minor": 7179,
                "difference_minor": 699,
                "items_without_order_minor": 707,
                "payments_without_order_minor": 10000,
            }
        },
        "money": {
            "matched": 1,
            "over": 1,
            "under": 1,
            "without_items": 1,
            "without_payments": 1,
            "neither": 8,
        },
        "without_order": {"payments": 1, "items": 1},
        "delivered": {"in_time": 2, "late": 1},
        "flagged": 4,
        "contradictions": {
            "beyond_status": 1,
            "no_time": 1,
            "out_of_order": 1,
            "promised_too_early": 1,
        },
        "bad_rows": 0,
        "problems": {},
        "first_problems": [],
    }
    assert len(digest) == 64
    assert examples["no_time"] == [
        {
            "order": "k-unseen",
            "what": "no time at all (reached delivered)",
            "against": "order_status = delivered (is completed)",
        }
    ]


def test_people_get_the_same_in_tables(tmp_path: Path) -> None:
    """Amounts with their currency, a cause per contradiction, bad rows with their place."""
    made = small_set()
    made.payments.append(b"a-fine,2,voucher,1,much")
    ended = ordercore("replay", "olist", made.write(tmp_path), "--order", "doubled")
    assert ended.code == 0
    assert "13 orders replayed, doubled; good rows: 13 orders, 6 items, 7 payments" in ended.out
    assert "payments without order  100.00 BRL" in ended.out
    assert "4 orders with contradictions" in ended.out
    assert "against order_status = canceled (is cancelled)" in ended.out
    assert f"{PAYMENTS}.csv line 9 payment_value: 'much' is not a plain decimal" in ended.out
    assert "1 bad rows" in ended.out


def test_a_set_without_anything_odd_is_reported_without_ado(tmp_path: Path) -> None:
    """No contradictions and no bad rows: no tables about them."""
    made = OlistSet(orders=[delivered("a")])
    ended = ordercore("replay", "olist", made.write(tmp_path))
    assert ended.code == 0
    assert "0 orders with contradictions\n\n0 bad rows\n" in ended.out
    assert "neither items nor payments" in ended.out


def test_everything_noteworthy_goes_to_the_file_of_flags(tmp_path: Path) -> None:
    """Contradictions, money that does not match, strangers, bad rows: all, not the first."""
    made = small_set()
    made.orders += [b"x,y,lost,,,,,", b"\xff"]
    flags = tmp_path / "flags.jsonl"
    ended = ordercore("replay", "olist", made.write(tmp_path), "--flags", flags, "--json")
    assert ended.code == 0
    rows = lines_of(flags)
    kinds = [row["kind"] for row in rows]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "bad_row": 2,
        "contradiction": 4,
        "money": 12,
        "without_order": 2,
    }
    assert rows[0] == {
        "kind": "bad_row",
        "file": f"{ORDERS}.csv",
        "line": 15,
        "field": "order_status",
        "code": "unknown_status",
        "message": "'lost' is not a known status",
        "allowed": "created, approved, processing, invoiced, shipped, delivered, canceled, "
        "unavailable",
    }
    assert {"kind": "money", "order": "d-picked", "match": "under"}.items() <= next(
        row for row in rows if row.get("order") == "d-picked"
    ).items()


def test_many_bad_rows_are_counted_and_a_few_shown(tmp_path: Path) -> None:
    """A row with several problems is one bad row."""
    made = small_set()
    made.items += [item("a-fine", "x", "y", "z")] * 20
    folder = made.write(tmp_path)
    account = ordercore("replay", "olist", folder, "--json").value
    assert account["bad_rows"] == 20
    assert account["problems"] == {"bad_amount": 40, "bad_number": 20}
    assert len(account["first_problems"]) == 10
    text = ordercore("replay", "olist", folder).out
    assert "and 50 more; --flags FILE writes all of them to a file" in text


def test_a_limit_takes_the_first_orders(tmp_path: Path) -> None:
    """A quick look at a large set; zero is wrong use."""
    folder = small_set().write(tmp_path)
    account = ordercore("replay", "olist", folder, "--limit", 2, "--json").value
    assert account["orders"] == 2
    assert account["without_order"] == {"payments": 0, "items": 0}
    assert ordercore("replay", "olist", folder, "--limit", 0).code == 2


def test_a_folder_that_does_not_hold_the_set_is_wrong_use(tmp_path: Path) -> None:
    """All findings at once, as JSON if asked for; nothing half done."""
    folder = small_set().write(tmp_path)
    (folder / f"{PAYMENTS}.csv").unlink()
    ended = ordercore("replay", "olist", folder, "--json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.fault["code"] == "set_incomplete"
    assert [each["field"] for each in ended.fault["findings"]] == [PAYMENTS]
    missing = ordercore("replay", "olist", tmp_path / "nowhere", "--json")
    assert (missing.code, missing.fault["code"]) == (2, "folder_not_readable")


def test_a_file_of_flags_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    """Said before anything is read."""
    folder = small_set().write(tmp_path)
    ended = ordercore("replay", "olist", folder, "--flags", tmp_path / "no" / "such", "--json")
    assert (ended.code, ended.fault["code"]) == (2, "file_not_writable")


def test_the_files_of_the_set_are_never_written_over(tmp_path: Path) -> None:
    """A slip of the hand in --flags must not cost the data."""
    folder = small_set().write(tmp_path)
    path = folder / f"{ORDERS}.csv"
    before = path.read_bytes()
    ended = ordercore("replay", "olist", folder, "--flags", path, "--json")
    assert (ended.code, ended.fault["code"]) == (2, "file_not_writable")
    assert path.read_bytes() == before


@pytest.mark.parametrize("keep", [10, 400])
def test_a_damaged_file_is_a_failure(tmp_path: Path, keep: int) -> None:
    """Exit 3 with file and line, whether it breaks off in the first line or later."""
    made = OlistSet(orders=[delivered(f"order-{number}") for number in range(3000)])
    folder = made.write(tmp_path, compressed=True)
    path = folder / f"{ORDERS}.csv.gz"
    path.write_bytes(path.read_bytes()[:keep])
    ended = ordercore("replay", "olist", folder, "--json")
    assert (ended.code, ended.fault["code"]) == (3, "file_damaged")
    assert ended.fault["file"] == f"{ORDERS}.csv.gz"
