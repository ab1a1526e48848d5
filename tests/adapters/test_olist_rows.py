"""Files that are not as they should be: everything is named with its place, good rows count."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.result import Refusal
from ordercore_adapters.olist import (
    DamagedFile,
    Problem,
    Replayed,
    SetFile,
    Shelf,
    find_files,
    load,
    replay,
)
from ordercore_adapters.olist.files import LONGEST_LINE
from tests.adapters.olist_set import (
    COLUMNS,
    EXTRA_ITEMS,
    EXTRA_ORDERS,
    ITEMS,
    ORDERS,
    PAYMENTS,
    OlistSet,
    as_csv,
    delivered,
    item,
    order,
    payment,
    replaced,
    small_set,
)


def good_set() -> OlistSet:
    """Return two orders about which nothing is wrong."""
    return OlistSet(
        orders=[delivered("one"), delivered("two")],
        items=[item("one", 1, "1.00", "0.50"), item("two", 1, "2.00", "0.50")],
        payments=[payment("one", 1, "1.50"), payment("two", 1, "2.50")],
    )


def taken(folder: Path) -> tuple[list[Problem], dict[str, int], list[str]]:
    """Return what is wrong, the counts of good rows, and the ids of the orders replayed."""
    problems: list[Problem] = []
    files = find_files(folder)
    assert isinstance(files, tuple)
    with Shelf() as shelf:
        counts = load(shelf, files, problem=problems.append, progress=lambda done: None)
        orders = [each.order_id for each in replay(shelf) if isinstance(each, Replayed)]
    return problems, counts, orders


def said(problems: list[Problem]) -> list[tuple[str, int, str, str]]:
    """Return file, line, field and code of each problem; each of them says what is allowed."""
    assert [each for each in problems if not each.finding.allowed] == []
    return [(each.file, each.line, each.finding.field, each.finding.code) for each in problems]


BAD_ORDERS = [
    ("order_id", "", "bad_id"),
    ("order_id", "x" * 201, "bad_id"),
    ("order_status", "sent", "unknown_status"),
    ("order_status", "", "unknown_status"),
    ("order_status", "Delivered", "unknown_status"),
    ("order_purchase_timestamp", "2020-02-30 10:00:00", "bad_time"),
    ("order_purchase_timestamp", "2020-02-01 24:00:00", "bad_time"),
    ("order_purchase_timestamp", "0000-01-01 00:00:00", "bad_time"),
    ("order_approved_at", "yesterday", "bad_time"),
    ("order_delivered_carrier_date", "2020-02-01", "bad_time"),
    ("order_delivered_customer_date", "2020-02-01T10:00:00Z", "bad_time"),
    ("order_estimated_delivery_date", " ", "bad_time"),
    ("order_estimated_delivery_date", "٢٠٢٠-02-01 10:00:00", "bad_time"),
]
BAD_ITEMS = [
    ("order_id", "   ", "bad_id"),
    ("order_item_id", "0", "bad_number"),
    ("order_item_id", "1.0", "bad_number"),
    ("price", "", "bad_amount"),
    ("price", "-1.00", "bad_amount"),
    ("price", "1e3", "bad_amount"),
    ("price", "1.005", "bad_amount"),
    ("price", "NaN", "bad_amount"),
    ("price", "9" * 90, "bad_amount"),
    ("freight_value", "1 000,00", "bad_amount"),
]
BAD_PAYMENTS = [
    ("order_id", "", "bad_id"),
    ("payment_sequential", "-1", "bad_number"),
    ("payment_sequential", "9999999999", "bad_number"),
    ("payment_value", "free", "bad_amount"),
    ("payment_value", "+1.00", "bad_amount"),
]
SPOILT = [
    *((ORDERS, *each) for each in BAD_ORDERS),
    *((ITEMS, *each) for each in BAD_ITEMS),
    *((PAYMENTS, *each) for each in BAD_PAYMENTS),
]


@pytest.mark.parametrize(("file", "column", "text", "code"), SPOILT)
def test_a_bad_cell_is_named_and_the_other_rows_count(
    tmp_path: Path, file: str, column: str, text: str, code: str
) -> None:
    """File, line, field and what is allowed."""
    made = good_set()
    rows, good = {
        ORDERS: (made.orders, order("bad", "created")),
        ITEMS: (made.items, item("one", 2, "1.00", "0.00")),
        PAYMENTS: (made.payments, payment("one", 2, "1.00")),
    }[file]
    rows.insert(1, replaced(good, COLUMNS[file], {column: text}))
    problems, counts, orders = taken(made.write(tmp_path))
    assert said(problems) == [(f"{file}.csv", 3, column, code)]
    assert counts == {"orders": 2, "items": 2, "payments": 2}
    assert orders == ["one", "two"]


def test_everything_that_is_wrong_with_a_row_is_told(tmp_path: Path) -> None:
    """Not only the first bad cell."""
    made = good_set()
    made.items.append(item("", "none", "much", "more"))
    problems, _counts, _orders = taken(made.write(tmp_path))
    fields = [field for _file, _line, field, _code in said(problems)]
    assert fields == ["order_id", "order_item_id", "price", "freight_value"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"one,1", "wrong_cells"),
        (b"one,2,product,seller,,1.00,0.00,more", "wrong_cells"),
        (b"one,2,prod\xff\xfeuct,seller,,1.00,0.00", "not_utf8"),
        (b'one,2,"product,seller,,1.00,0.00', "bad_quotes"),
        (b'one,2,"pro"duct,seller,,1.00,0.00', "bad_quotes"),
        (b"one," + b"2" * LONGEST_LINE, "line_too_long"),
    ],
    ids=["short", "long", "bytes", "open quote", "stray quote", "endless"],
)
def test_a_line_that_is_no_row_spoils_no_other(tmp_path: Path, line: bytes, code: str) -> None:
    """The lines before and after it count."""
    made = good_set()
    made.items.insert(1, line)
    problems, counts, _orders = taken(made.write(tmp_path))
    assert said(problems) == [(f"{ITEMS}.csv", 3, "", code)]
    assert counts["items"] == 2


def test_the_same_id_twice_is_named_with_the_place_of_the_first(tmp_path: Path) -> None:
    """Orders, also across files, items within their order, payments within theirs."""
    made = good_set()
    made.orders.append(order("one", "canceled"))
    made.items.append(item("one", 1, "9.00", "9.00"))
    made.payments.append(payment("two", 1, "9.00"))
    made.extra_orders, made.extra_items = [delivered("two")], [item("two", 1, "9.00", "9.00")]
    problems, counts, _orders = taken(made.write(tmp_path))
    assert said(problems) == [
        (f"{ORDERS}.csv", 4, "order_id", "duplicate"),
        (f"{EXTRA_ORDERS}.csv", 2, "order_id", "duplicate"),
        (f"{ITEMS}.csv", 4, "order_id, order_item_id", "duplicate"),
        (f"{EXTRA_ITEMS}.csv", 2, "order_id, order_item_id", "duplicate"),
        (f"{PAYMENTS}.csv", 4, "order_id, payment_sequential", "duplicate"),
    ]
    assert f"{ORDERS}.csv line 3" in problems[1].finding.message
    assert counts == {"orders": 2, "items": 2, "payments": 2}


def test_how_a_file_is_written_makes_no_difference(tmp_path: Path) -> None:
    """Compressed, with a byte order mark, other line ends, blank lines, quotes, more columns."""
    plain = small_set().write(tmp_path / "plain")
    expected = taken(plain)
    assert expected == taken(small_set().write(tmp_path / "gz", compressed=True))
    odd = small_set().write(tmp_path / "odd")
    for name in (ORDERS, ITEMS, PAYMENTS):
        path = odd / f"{name}.csv"
        rows = [line.split(",") for line in path.read_text().splitlines()]
        lines = [",".join(f'"{cell}"' for cell in (*reversed(row), "more")) for row in rows]
        path.write_bytes("\ufeff".encode() + "\r\n\r\n".join(lines).encode())
    assert expected == taken(odd)


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    """Files, columns, a name that occurs twice, a file that is there in two forms."""
    small_set().write(tmp_path)
    (tmp_path / f"{PAYMENTS}.csv").unlink()
    (tmp_path / f"{EXTRA_ORDERS}.csv").write_bytes(as_csv(COLUMNS[ORDERS], []))
    (tmp_path / f"{ITEMS}.csv").write_bytes(b"order_id,order_item_id,price,price\n")
    (tmp_path / f"{ORDERS}.csv.gz").write_bytes(gzip.compress(b""))
    refusal = find_files(tmp_path)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "set_incomplete"
    assert [(each.field, each.code) for each in refusal.findings] == [
        (ORDERS, "file_twice"),
        (f"{ITEMS}.csv: price", "column_missing"),
        (f"{ITEMS}.csv: freight_value", "column_missing"),
        (PAYMENTS, "file_missing"),
        (EXTRA_ITEMS, "file_missing"),
    ]
    assert all(each.allowed for each in refusal.findings)


def test_an_empty_file_misses_all_its_columns(tmp_path: Path) -> None:
    """No line of names at all, or one that is not text."""
    small_set().write(tmp_path)
    (tmp_path / f"{PAYMENTS}.csv").write_bytes(b"")
    (tmp_path / f"{ORDERS}.csv").write_bytes(b"order_id,\xff\n")
    refusal = find_files(tmp_path)
    assert isinstance(refusal, Refusal)
    assert len(refusal.findings) == 7 + 3


@pytest.mark.parametrize("spoil", ["cut", "flipped", "plain"])
def test_a_damaged_file_stops_the_run(tmp_path: Path, spoil: str) -> None:
    """A total over half a file would be wrong without looking so."""
    made = good_set()
    made.orders = [delivered(f"order-{number}") for number in range(3000)]
    made.write(tmp_path, compressed=True)
    path = tmp_path / f"{ORDERS}.csv.gz"
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(
        {
            "cut": data[:middle],
            "flipped": data[:middle] + bytes(255 - byte for byte in data[middle:]),
            "plain": gzip.decompress(data),
        }[spoil]
    )
    with pytest.raises(DamagedFile) as caught:
        taken(tmp_path)
    assert caught.value.file == f"{ORDERS}.csv.gz"


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_whatever_stands_between_good_rows_they_count(
    tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]
) -> None:
    """Arbitrary bytes on lines of their own: never a crash, never a good row lost."""
    folder = tmp_path_factory.mktemp("junk")
    made = good_set()
    for rows in (made.orders, made.items, made.payments):
        rows[1:1] = [line.replace(b"\n", b"\r") for line in junk]
    problems, counts, orders = taken(made.write(folder))
    assert orders == ["one", "two"]
    assert counts == {"orders": 2, "items": 2, "payments": 2}
    blank = sum(not line.strip() for line in junk)
    places = {(each.file, each.line) for each in problems}
    assert len(places) == 3 * (len(junk) - blank)


def test_progress_ends_at_the_size_of_all_files(tmp_path: Path) -> None:
    """It never goes back, and is told in bytes on disk."""
    files = find_files(small_set().write(tmp_path, compressed=True))
    assert isinstance(files, tuple)
    told: list[int] = []
    with Shelf() as shelf:
        load(shelf, files, problem=print, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == sum(map(size_of, files))


def size_of(file: SetFile) -> int:
    """Return its size, as the file system says."""
    return file.path.stat().st_size
