from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given

from ordercore.domain.catalog import MISSING, Choice, Flag, Nested, describe_value, lookup
from ordercore.domain.catalog.constraints import Field, field_findings
from tests.unit.domain.configurations import JSON

FIELDS = (
    Field(name="size", kind=Choice(values=("s", "m"))),
    Field(name="backup", kind=Nested(fields=(Field(name="daily", kind=Flag()),)), required=False),
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("size", "m"),
        ("backup.daily", True),
        ("backup.weekly", MISSING),
        ("size.daily", MISSING),
        ("nothing.at.all", MISSING),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, expected: object) -> None:
    """Walking through something that is not an object ends in MISSING, not in an error."""
    assert expected is lookup({"size": "m", "backup": {"daily": True}}, path)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (7, "7"),
        (-(2**64), "a number of 65 bits"),
        (5.5, "the fraction 5.5"),
        (float("nan"), "the fraction nan"),
        ("core", "'core'"),
        ("x" * 1000, "a text of 1000 characters"),
        ("4111 1111 1111 1111", "a text of 19 characters"),
        (4111111111111111, "a number of 52 bits"),
        (4111111111111.25, "a long fraction"),
        ("\ud800\n", r"'\ud800\n'"),
        ({"deep": []}, "an object"),
        ([1] * 1000, "a list"),
        (b"raw", "a value of type bytes"),
    ],
)
def test_a_value_is_described_briefly_whatever_it_is(value: object, expected: str) -> None:
    """Messages stay short and printable, also for giant numbers and broken text."""
    assert expected == describe_value(value)


def test_a_number_too_long_to_print_is_described_by_its_size() -> None:
    """Python refuses to write integers of several thousand digits; describing one must not fail."""
    assert describe_value(10**5000) == "a number of 16610 bits"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("colour", "colour"),
        ("", "''"),
        ("a\nb", r"'a\nb'"),
        ("\ud800", r"'\ud800'"),
        ("k" * 50, "a text of 50 characters"),
        ("4111111111111111", "a text of 16 characters"),
    ],
)
def test_an_unknown_key_is_named_in_a_printable_way(key: str, path: str) -> None:
    """A key from outside can be anything; the path that names it can be printed and stored."""
    (finding,) = field_findings(FIELDS[1:], {key: 1}, prefix="config.")

    assert (f"config.{path}", "unknown_field") == (finding.field, finding.code)
    assert finding.field.encode("utf-8")


def test_every_kind_of_field_says_what_it_allows() -> None:
    """A finding about a missing field already tells how to fill it."""
    fields = (*FIELDS[:1], Field(name="backup", kind=FIELDS[1].kind))

    allowed = [finding.allowed for finding in field_findings(fields, {})]

    assert allowed == ["s, m", "an object with daily"]
    assert Flag().allowed == "true or false"


@given(values=JSON)
def test_findings_can_always_be_written_as_json_text(values: object) -> None:
    """Whatever came in, every finding has a field, a code and a message that can be printed."""
    config: Mapping[str, object] = values if isinstance(values, dict) else {"size": values}

    for finding in field_findings(FIELDS, config):
        assert finding.field
        assert finding.code
        text = json.dumps([finding.field, finding.message, finding.allowed], ensure_ascii=False)
        assert text.encode("utf-8")
        assert len(text) < 400
