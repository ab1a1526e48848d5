from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.command import GPU, VPS, Ended, order, ordercore, place_only, write_lines

COUNTS = [
    "lines",
    "submitted",
    "repeated",
    "refused",
    "fulfilled",
    "partially_fulfilled",
    "failed",
    "cancelled",
    "running",
]


def run_lines(
    folder: Path, *lines: dict[str, Any] | str | bytes, more: tuple[str, ...] = ()
) -> Ended:
    """Run a file of these lines on the database of ``folder``."""
    raw = b"".join(
        (
            line
            if isinstance(line, bytes)
            else (line if isinstance(line, str) else json.dumps(line)).encode()
        )
        + b"\n"
        for line in lines
    )
    file = folder / "orders.jsonl"
    file.write_bytes(raw)
    return ordercore("run", file, "--db", folder / "o.sqlite3", "--json", *more)


def check_sums(report: dict[str, Any]) -> None:
    """Check the two equations that hold for every report."""
    assert report["lines"] == report["submitted"] + report["repeated"] + len(report["bad_lines"])
    assert report["submitted"] == sum(report[name] for name in COUNTS[3:])


def only_bad_line(ended: Ended) -> Any:
    """Return the errors of the only line, which is bad."""
    assert ended.code == 0
    check_sums(ended.value)
    (bad,) = ended.value["bad_lines"]
    return bad["errors"]


def test_the_report_has_exactly_the_agreed_keys(tmp_path: Path) -> None:
    """Outside programs read this object, so its shape is fixed to the letter."""
    ended = run_lines(
        tmp_path, order("A"), order("A"), order("B", items=[{"type": "vps", "config": {}}]), "{}"
    )

    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out.splitlines()) == 1
    assert [*COUNTS, "bad_lines"] == list(ended.value)
    assert [ended.value[name] for name in COUNTS] == [4, 2, 1, 1, 1, 0, 0, 0, 0]
    (bad,) = ended.value["bad_lines"]
    assert list(bad) == ["line", "errors"]
    assert bad["line"] == 4
    assert all(list(error) == ["field", "code", "message", "allowed"] for error in bad["errors"])
    check_sums(ended.value)


def test_an_order_is_fulfilled_paid_and_delivered(tmp_path: Path) -> None:
    """The computed total is paid, every item is built, and the credentials go out sealed."""
    ended = run_lines(tmp_path, order(items=[{"type": "vps", "config": VPS}] * 2))

    assert ended.value["fulfilled"] == 1
    books = sqlite3.connect(tmp_path / "o.providers" / "gateway.sqlite3")
    assert books.execute("SELECT amount_minor, currency FROM payments").fetchall() == [
        (4020, "EUR")
    ]
    books.close()
    cloud = sqlite3.connect(tmp_path / "o.providers" / "cloud.sqlite3")
    assert cloud.execute("SELECT state, count(*) FROM resources GROUP BY state").fetchall() == [
        ("live", 2)
    ]
    cloud.close()
    assert list((tmp_path / "o.providers" / "mail").rglob("*.eml"))


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("", None, None),
        ("not json", "", "invalid_json"),
        ('{"reference": "A"', "", "invalid_json"),
        ("null", "", "wrong_type"),
        ("[]", "", "wrong_type"),
        ('"text"', "", "wrong_type"),
        ("7", "", "wrong_type"),
        ('{"a": NaN}', "", "invalid_json"),
        ('{"a": -Infinity}', "", "invalid_json"),
        ('{"a": 1e999}', "", "invalid_json"),
        ('{"a": 1, "a": 2}', "", "invalid_json"),
        ('{"a": "\\ud800"}', "", "invalid_json"),
        ('{"a": ' + "9" * 5000 + "}", "", "invalid_json"),
        ("[" * 100_000, "", "invalid_json"),
        (b'{"a": "\xff"}', "", "invalid_json"),
        (b"\x00", "", "invalid_json"),
        (order(reference=None), "reference", "missing"),
        (order(reference=""), "reference", "empty"),
        (order(reference="  "), "reference", "empty"),
        (order(reference=7), "reference", "wrong_type"),
        (order(reference="x" * 201), "reference", "not_usable"),
        (order(reference="a\nb"), "reference", "not_usable"),
        (order(tenant=""), "tenant", "empty"),
        (order(tenant=["north"]), "tenant", "wrong_type"),
        (order(customer=None), "customer", "missing"),
        (order(customer=True), "customer", "wrong_type"),
        (order(currency="eur"), "currency", "unknown_currency"),
        (order(currency=""), "currency", "unknown_currency"),
        (order(currency=978), "currency", "wrong_type"),
        (order(billing_cycle="weekly"), "billing_cycle", "not_allowed"),
        (order(billing_cycle=["monthly"]), "billing_cycle", "wrong_type"),
        (order(items=[]), "items", "empty"),
        (order(items={}), "items", "wrong_type"),
        (order(items=None), "items", "missing"),
        (order(items=[7]), "items[0]", "wrong_type"),
        (order(items=[{"type": "vps"}]), "items[0].config", "missing"),
        (order(items=[{"config": VPS}]), "items[0].type", "missing"),
        (order(items=[{"type": "vps", "config": []}]), "items[0].config", "wrong_type"),
        (order(items=[{"type": "mainframe", "config": {}}]), "items[0].type", "not_allowed"),
        (order(items=[{"type": None, "config": {}}]), "items[0].type", "wrong_type"),
        (order(items=[{"type": "vps", "config": VPS, "qty": 2}]), "items[0].qty", "unknown_field"),
        (order(quoted_total_minor=10.5), "quoted_total_minor", "wrong_type"),
        (order(quoted_total_minor=2010.0), "quoted_total_minor", "wrong_type"),
        (order(quoted_total_minor=True), "quoted_total_minor", "wrong_type"),
        (order(quoted_total_minor="2010"), "quoted_total_minor", "wrong_type"),
        (json.dumps(order() | {"quoted_total_minor": None}), "quoted_total_minor", "wrong_type"),
        (order(discount=5), "discount", "unknown_field"),
    ],
)
def test_what_is_no_order_is_a_bad_line(
    tmp_path: Path, line: dict[str, Any] | str | bytes, field: str | None, code: str | None
) -> None:
    """A bad line names the field and the reason, and never stops the file; a blank one is none."""
    ended = run_lines(tmp_path, line)

    if code is None:
        assert [ended.value["lines"], ended.value["bad_lines"]] == [0, []]
        return
    assert [(field, code)] == [(error["field"], error["code"]) for error in only_bad_line(ended)]


def test_everything_wrong_with_a_line_is_reported_together(tmp_path: Path) -> None:
    """Whoever made the file corrects a line once, not once per fault."""
    line = order(currency="EURO", customer=None, billing_cycle="daily", items=[{"type": "x"}])
    found = only_bad_line(run_lines(tmp_path, line))

    assert [(error["field"], error["code"]) for error in found] == [
        ("customer", "missing"),
        ("currency", "unknown_currency"),
        ("billing_cycle", "not_allowed"),
        ("items[0].config", "missing"),
        ("items[0].type", "not_allowed"),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (order(items=[{"type": "vps", "config": {}}]), "validation_failed"),
        (order(items=[{"type": "vps", "config": {**VPS, "colour": "red"}}]), "validation_failed"),
        (order(currency="USD"), "validation_failed"),
        (order(currency="XAU"), "validation_failed"),
        (order(quoted_total_minor=2010 + 101), "quote_outside_tolerance"),
        (order(quoted_total_minor=2010 - 101), "quote_outside_tolerance"),
        (order(quoted_total_minor=-2010), "quote_outside_tolerance"),
        (order(quoted_total_minor=10**30), "quote_outside_tolerance"),
    ],
)
def test_a_well_formed_order_against_a_rule_is_refused(
    tmp_path: Path, line: dict[str, Any], code: str
) -> None:
    """A refused order is counted as submitted, and nothing of it is stored."""
    ended = run_lines(tmp_path, line, more=("--report", str(tmp_path / "turned.jsonl")))

    assert ended.code == 0
    check_sums(ended.value)
    assert [
        ended.value["submitted"],
        ended.value["refused"],
        ended.value["bad_lines"],
    ] == [1, 1, []]
    turned = json.loads((tmp_path / "turned.jsonl").read_text())
    assert ("refused", "PO-1", code) == (turned["kind"], turned["reference"], turned["code"])
    listed = ordercore("orders", "list", "-t", "north", "--db", tmp_path / "o.sqlite3", "--json")
    assert listed.value["orders"] == []


@pytest.mark.parametrize("quoted", [2010 - 100, 2010, 2010 + 100])
def test_a_quote_within_one_euro_is_accepted_at_our_price(tmp_path: Path, quoted: int) -> None:
    """The tolerance is inclusive, and what is charged is the computed total."""
    ended = run_lines(tmp_path, order(quoted_total_minor=quoted))

    assert ended.value["fulfilled"] == 1
    shown = ordercore(
        "orders", "show", "PO-1", "-t", "north", "--db", tmp_path / "o.sqlite3", "--json"
    )
    assert shown.value["balance"]["confirmed_minor"] == 2010


def test_the_same_line_makes_one_order_in_this_run_and_in_later_ones(tmp_path: Path) -> None:
    """Order of keys and white space are not content; another quote or item is."""
    again = json.dumps(dict(reversed(order().items())), indent=None, separators=(" , ", ":  "))
    first = run_lines(tmp_path, order(), again)
    second = run_lines(tmp_path, again, order(), order(quoted_total_minor=2010))

    assert [first.value[name] for name in ("submitted", "repeated", "fulfilled")] == [1, 1, 1]
    assert [second.value[name] for name in ("submitted", "repeated", "refused")] == [1, 2, 1]
    listed = ordercore("orders", "list", "-t", "north", "--db", tmp_path / "o.sqlite3", "--json")
    assert len(listed.value["orders"]) == 1


def test_one_reference_may_be_used_by_two_tenants(tmp_path: Path) -> None:
    """References are unique per tenant only."""
    ended = run_lines(tmp_path, order(), order(tenant="south"))

    assert [ended.value[name] for name in ("submitted", "repeated", "fulfilled")] == [2, 0, 2]


def test_line_ends_marks_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    """Files from other systems come with CRLF, a byte order mark, blank lines, and no last end."""
    one, two = json.dumps(order("A")).encode(), json.dumps(order("B")).encode()
    file = tmp_path / "orders.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + one + b"\r\n\r\n   \n" + b"[]\r\n" + two)

    ended = ordercore("run", file, "--db", "memory", "--json")

    assert [ended.value[name] for name in ("lines", "submitted", "fulfilled")] == [3, 2, 2]
    assert [bad["line"] for bad in ended.value["bad_lines"]] == [4]
    check_sums(ended.value)


def test_separators_inside_text_do_not_end_a_line(tmp_path: Path) -> None:
    """Only a line feed ends a line; the line separator of Unicode is part of a text."""
    line = json.dumps(order(tenant="a\u2028b"), ensure_ascii=False)

    assert [error["field"] for error in only_bad_line(run_lines(tmp_path, line))] == ["tenant"]


def test_an_endless_line_is_one_bad_line(tmp_path: Path) -> None:
    """A line beyond a megabyte is not held in memory, and the lines after it are read."""
    long = '{"reference": "' + "x" * 5_000_000 + '"}'
    ended = run_lines(tmp_path, order("A"), long, order("B"))

    assert [ended.value[name] for name in ("lines", "fulfilled")] == [3, 2]
    (bad,) = ended.value["bad_lines"]
    assert (bad["line"], bad["errors"][0]["code"]) == (2, "invalid_json")
    assert len(ended.out) < 2000


def test_a_line_of_exactly_the_longest_length_is_read(tmp_path: Path) -> None:
    """The limit is inclusive, with and without an end of line."""
    line = json.dumps(order()).encode()
    padded = line + b" " * (1024 * 1024 - len(line))
    file = tmp_path / "orders.jsonl"

    for data in (padded, padded + b"\n", padded + b"\r\n"):
        file.write_bytes(data)
        assert ordercore("run", file, "--db", "memory", "--json").value["fulfilled"] == 1
    file.write_bytes(padded + b" \n" + line)
    assert [
        bad["line"] for bad in ordercore("run", file, "--db", "memory", "--json").value["bad_lines"]
    ] == [1]


def test_orders_may_come_from_standard_input() -> None:
    """A dash means standard input."""
    ended = ordercore("run", "-", "--db", "memory", "--json", stdin=json.dumps(order()).encode())

    assert ended.value["fulfilled"] == 1


def test_an_empty_file_is_processed_to_its_end(tmp_path: Path) -> None:
    """No lines are no error."""
    ended = run_lines(tmp_path)

    assert ended.code == 0
    assert [0] * len(COUNTS) == [ended.value[name] for name in COUNTS]


def test_an_order_placed_elsewhere_is_carried_on(tmp_path: Path) -> None:
    """A draft somebody placed before counts as repeated, and is submitted, paid and built."""
    place_only(tmp_path / "o.sqlite3", order())

    ended = run_lines(tmp_path, order(), order())

    assert [ended.value[name] for name in ("submitted", "repeated", "fulfilled")] == [0, 2, 0]
    shown = ordercore(
        "orders", "show", "PO-1", "-t", "north", "--db", tmp_path / "o.sqlite3", "--json"
    )
    assert shown.value["state"] == "fulfilled"


def test_the_report_for_people_ends_with_where_to_look_next(tmp_path: Path) -> None:
    """A table of outcomes, refused lines with their findings, and the next commands."""
    file = write_lines(
        tmp_path / "orders.jsonl",
        [order(), order("B", items=[{"type": "vps", "config": {**VPS, "region": "moon"}}]), "x"],
    )
    ended = ordercore("run", file, "--db", tmp_path / "o.sqlite3")

    assert (ended.code, ended.err) == (0, "")
    for words in (
        "3 lines: 2 submitted, 0 repeated, 1 bad",
        "items[0].config.region: 'moon' is not offered (allowed: lj-1, mb-1, hetzner-fsn1)",
        "line 3 bad",
        "ordercore orders list --tenant",
        "dead-letters list",
    ):
        assert words in ended.out


def test_many_refused_lines_are_shown_in_part_and_written_in_full(tmp_path: Path) -> None:
    """The screen stays readable; the file has all of them."""
    lines = [order(f"R{n}", quoted_total_minor=1) for n in range(30)]
    file, turned = write_lines(tmp_path / "orders.jsonl", lines), tmp_path / "turned.jsonl"

    shown = ordercore("run", file, "--db", "memory")
    full = ordercore("run", file, "--db", "memory", "--report", turned)

    assert shown.out.count("quote_outside_tolerance") == 10
    assert "and 20 more" in shown.out
    assert "nothing was kept" in shown.out
    assert str(turned) in full.out
    assert len(turned.read_text().splitlines()) == 30


def test_the_same_seed_has_the_same_outcome(tmp_path: Path) -> None:
    """Faults follow from the seed alone, and nobody waits: time is virtual."""
    lines = [order(f"S{n}", items=[{"type": "gpu", "config": GPU}] * 3) for n in range(40)]
    file = write_lines(tmp_path / "orders.jsonl", lines)
    runs = [
        ordercore(
            "run", file, "--db", tmp_path / f"{name}.sqlite3", "--simulate", 5, "--json"
        ).value
        for name in "ab"
    ]

    assert runs[0] == runs[1]
    check_sums(runs[0])
    assert runs[0]["submitted"] == 40
    assert runs[0]["running"] == 0


def test_a_card_number_in_the_wrong_field_is_repeated_nowhere(tmp_path: Path) -> None:
    """People paste secrets into wrong fields; no output and no file of ours has them afterwards."""
    card = "4111 1111 1111 1111"
    lines = [
        order("A", items=[{"type": "vps", "config": {**VPS, "plan": card}}]),
        order("B", items=[{"type": "vps", "config": {**VPS, "card": card}}]),
        order("C", items=[{"type": "vps", "config": {**VPS, card: 1}}]),
        order("D", items=[{"type": card, "config": VPS}]),
        order("E", currency=card),
        order("F", billing_cycle=card),
        order("G", **{card: 1}),
        order("H", quoted_total_minor=card),
        order(
            "I", items=[{"type": "vps", "config": {**VPS, "region": int(card.replace(" ", ""))}}]
        ),
        '{"x": "' + card + '" y',
    ]
    turned = tmp_path / "turned.jsonl"
    ended = run_lines(tmp_path, *lines, more=("--report", str(turned)))
    people = ordercore("run", tmp_path / "orders.jsonl", "--db", tmp_path / "o.sqlite3")

    assert [ended.value["refused"], len(ended.value["bad_lines"])] == [4, 6]
    (tmp_path / "orders.jsonl").unlink()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for text in (ended.out, ended.err, people.out, people.err, stored.decode("latin-1")):
        assert card not in text
        assert card.replace(" ", "") not in text
