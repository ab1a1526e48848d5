from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore_adapters.cli.json_text import NotJson, parse_json
from ordercore_adapters.cli.lines import LONGEST_LINE, Line, read_lines
from ordercore_adapters.cli.order_lines import BadLine, OrderLine, read_order
from tests.adapters.command import VPS, order, ordercore

TYPES = ("vps", "gpu")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from([*order(), "quoted_total_minor", "extra"])
CHANGED = st.dictionaries(FIELDS, VALUES, max_size=3).map(lambda changes: {**order(), **changes})
ITEMS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"type": VALUES | st.just("vps"), "config": VALUES | st.just(VPS)}
    )
    | VALUES,
    max_size=3,
).map(lambda items: order(items=items))


@given(line=CHANGED | ITEMS | VALUES)
def test_any_json_is_an_order_or_a_bad_line_that_can_be_printed(line: Any) -> None:
    """Reading never raises, and what is said about a line is printable and short."""
    data = json.dumps(line).encode()
    read = read_order(Line(number=1, data=data, end=len(data)), types=TYPES)

    if isinstance(read, OrderLine):
        assert read.request.items
        assert {item.type for item in read.request.items} <= set(TYPES)
        return
    assert read.errors
    for error in read.errors:
        text = f"{error.field} {error.code} {error.message} {error.allowed}"
        assert text.isprintable()
        assert len(text) < 600


@given(data=st.binary(max_size=200))
def test_any_bytes_are_json_or_not_json(data: bytes) -> None:
    """Reading bytes gives a value or says why not, and a value can be written again."""
    try:
        value = parse_json(data)
    except NotJson as error:
        value = str(error)
    assert json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@given(value=VALUES)
def test_what_the_standard_library_writes_is_read_alike(value: Any) -> None:
    """Nothing but NaN, infinities and halves of surrogate pairs is refused."""
    text = json.dumps(value)
    try:
        assert parse_json(text) == value
    except NotJson:
        assert "NaN" in text or "Infinity" in text or "\\ud" in text


@given(
    lines=st.lists(
        st.binary(max_size=30).map(lambda data: data.replace(b"\n", b" ").replace(b"\r", b" "))
    ),
    end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_lines_keep_their_numbers_and_bytes(lines: list[bytes], end: bytes) -> None:
    """Blank lines are passed over but counted in the numbers; nothing else is lost."""
    whole = b"".join(line + end for line in lines)
    read = list(read_lines(io.BytesIO(whole)))

    said = [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]
    first = [(n, line.removeprefix(b"\xef\xbb\xbf") if n == 1 else line) for n, line in said]
    assert [(line.number, line.data) for line in read] == [
        (n, line) for n, line in first if line.strip()
    ]
    assert LONGEST_LINE == 1024 * 1024


@settings(max_examples=15, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(["A", "B"]).map(order)
        | st.sampled_from([1909, 1910, 2110, 2111]).map(lambda q: order("Q", quoted_total_minor=q))
        | CHANGED
        | VALUES,
        max_size=8,
    )
)
def test_every_line_ends_in_exactly_one_place(lines: list[Any]) -> None:
    """Whatever is in the file, both sums hold and the run ends well."""
    data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    ended = ordercore("run", "-", "--db", "memory", "--json", stdin=data)

    report = ended.value
    assert ended.code == 0
    assert report["lines"] == len(lines)
    assert report["lines"] == report["submitted"] + report["repeated"] + len(report["bad_lines"])
    outcomes = ("refused", "fulfilled", "partially_fulfilled", "failed", "cancelled", "running")
    assert report["submitted"] == sum(report[name] for name in outcomes)


def test_a_bad_line_is_a_value() -> None:
    """It compares by content, as values do."""
    line = Line(number=3, data=b"[]", end=2)

    assert read_order(line, types=TYPES) == read_order(line, types=TYPES)
    assert isinstance(read_order(line, types=TYPES), BadLine)
