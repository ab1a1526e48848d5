from __future__ import annotations

import json
from typing import Any

import pytest

from ordercore import PROVISIONING, RETAIL
from ordercore.engine.lifecycle import Lifecycle
from tests.adapters.command import GPU, VPS, ordercore

KUBERNETES = {"region": "mb-1", "workers": 5, "storage_gb": 100, "storage_class": "ssd"}
DATABASE = {
    "engine": "postgresql",
    "engine_version": "16",
    "plan": "production",
    "storage_gb": 20,
    "high_availability": True,
}
CLOUD = {"nodes": 3, "storage_tb": 5, "cluster_size": "small"}
STORAGE = {"tier": "archive", "capacity_tb": 7, "replication": "geo"}


@pytest.mark.parametrize(
    ("product_type", "config", "monthly", "annual"),
    [
        ("vps", VPS, 2010, 19296),
        ("vps", {**VPS, "plan": "enterprise"}, 5660, 54336),
        ("kubernetes", KUBERNETES, 80000, 768000),
        ("database", DATABASE, 25000, 240000),
        ("gpu", GPU, 485000, 4656000),
        ("private_cloud", CLOUD, 175000, 1680000),
        ("storage", STORAGE, 7000, 67200),
    ],
)
def test_a_price_is_the_sum_of_its_steps(
    product_type: str, config: dict[str, Any], monthly: int, annual: int
) -> None:
    """Amounts worked out by hand, per billing cycle; the object has exactly the agreed keys."""
    for cycle, expected in (("monthly", monthly), ("annual", annual)):
        ended = ordercore(
            "price",
            "--type",
            product_type,
            "--config",
            json.dumps(config),
            "--cycle",
            cycle,
            "--json",
        )
        assert (ended.code, ended.err) == (0, "")
        assert list(ended.value) == ["amount_minor", "currency", "explain"]
        assert (ended.value["amount_minor"], ended.value["currency"]) == (expected, "EUR")
        assert all(list(step) == ["step", "amount_minor"] for step in ended.value["explain"])
        assert sum(step["amount_minor"] for step in ended.value["explain"]) == expected


def test_a_price_is_explained_to_people_in_euros() -> None:
    """Without --json there is a table with the total below."""
    ended = ordercore("price", "--type", "vps", "--config", json.dumps(VPS), "--cycle", "annual")

    assert ended.code == 0
    assert "192.96 EUR" in ended.out
    assert "-48.24 EUR" in ended.out


@pytest.mark.parametrize(
    ("config", "more", "fields"),
    [
        ({**VPS, "region": "moon"}, (), ["region"]),
        ({}, (), ["region", "plan", "os_image"]),
        ([], (), ["config"]),
        (VPS, ("--currency", "USD"), ["currency"]),
        (VPS, ("--currency", "XAU"), ["currency"]),
    ],
)
def test_what_has_no_price_is_refused_with_findings(
    config: object, more: tuple[str, ...], fields: list[str]
) -> None:
    """Exit 1, nothing on standard output, and the findings in the error."""
    ended = ordercore("price", "--type", "vps", "--config", json.dumps(config), *more, "--json")

    assert (ended.code, ended.out) == (1, "")
    assert ended.fault["code"] == "validation_failed"
    assert [finding["field"] for finding in ended.fault["findings"]] == fields


@pytest.mark.parametrize("config", [VPS, {**VPS, "plan": "enterprise", "os_image": "windows-2022"}])
def test_nothing_is_wrong_with_a_good_configuration(config: dict[str, Any]) -> None:
    """No findings, exit 0."""
    ended = ordercore("validate", "--type", "vps", "--config", json.dumps(config), "--json")

    assert (ended.code, ended.value, ended.err) == (0, {"findings": []}, "")


@pytest.mark.parametrize(
    ("product_type", "config", "expected"),
    [
        ("vps", {**VPS, "os_image": "windows-2022"}, [("os_image", "incompatible")]),
        ("vps", {**VPS, "x": 1, "plan": 3}, [("plan", "wrong_type"), ("x", "unknown_field")]),
        ("vps", None, [("config", "wrong_type")]),
        ("kubernetes", {**KUBERNETES, "workers": 2}, [("workers", "out_of_range")]),
        ("kubernetes", {**KUBERNETES, "workers": True}, [("workers", "wrong_type")]),
        (
            "kubernetes",
            {**KUBERNETES, "autoscaling": {"min": 7, "max": 9}},
            [("autoscaling.min", "out_of_order")],
        ),
        ("gpu", {**GPU, "nodes": "2"}, [("nodes", "wrong_type")]),
        ("storage", {**STORAGE, "capacity_tb": 1.0}, [("capacity_tb", "wrong_type")]),
    ],
)
def test_all_findings_are_printed_with_their_fields(
    product_type: str, config: object, expected: list[tuple[str, str]]
) -> None:
    """Findings go to standard output with all four keys, and the exit code is 1."""
    ended = ordercore("validate", "--type", product_type, "--config", json.dumps(config), "--json")

    assert (ended.code, ended.err) == (1, "")
    assert list(ended.value) == ["findings"]
    findings = ended.value["findings"]
    assert [(finding["field"], finding["code"]) for finding in findings] == expected
    assert all(list(finding) == ["field", "code", "message", "allowed"] for finding in findings)


def test_findings_are_a_table_for_people() -> None:
    """Without --json the same findings are readable."""
    ended = ordercore("validate", "--type", "vps", "--config", '{"region": "moon"}')

    assert ended.code == 1
    assert "'moon' is not offered" in ended.out
    assert "lj-1, mb-1, hetzner-fsn1" in ended.out
    good = ordercore("validate", "--type", "vps", "--config", json.dumps(VPS))
    assert (good.code, good.out) == (0, "nothing is wrong with it\n")


@pytest.mark.parametrize("command", ["price", "validate"])
@pytest.mark.parametrize(
    ("product_type", "config", "code"),
    [
        ("vps", "{", "invalid_json"),
        ("vps", "", "invalid_json"),
        ("vps", '{"region": NaN}', "invalid_json"),
        ("vps", '{"region": "a", "region": "b"}', "invalid_json"),
        ("mainframe", "{}", "unknown_type"),
        ("", "{}", "unknown_type"),
    ],
)
def test_what_is_no_question_is_wrong_use(
    command: str, product_type: str, config: str, code: str
) -> None:
    """Broken JSON and unknown types end with 2 and a stable code."""
    ended = ordercore(command, "--type", product_type, "--config", config, "--json")

    assert (ended.code, ended.out, ended.fault["code"]) == (2, "", code)


@pytest.mark.parametrize(
    "arguments",
    [
        ("price", "--type", "vps"),
        ("price", "--type", "vps", "--config", "{}", "--cycle", "weekly"),
        ("validate", "--config", "{}"),
        ("validate", "--type", "vps", "--config", "{}", "--what"),
    ],
)
def test_missing_and_unknown_options_are_wrong_use(arguments: tuple[str, ...]) -> None:
    """One line, or one JSON object, and exit 2."""
    people, program = ordercore(*arguments), ordercore(*arguments, "--json")

    assert (people.code, people.out, program.code, program.out) == (2, "", 2, "")
    assert program.fault["code"] == "wrong_use"
    assert people.err.startswith("ordercore: ")
    assert len(people.err.splitlines()) == 1


def test_an_unknown_currency_is_wrong_use() -> None:
    """A code that is not on the ISO list is a slip, not a request."""
    ended = ordercore(
        "price", "--type", "vps", "--config", json.dumps(VPS), "--currency", "euro", "--json"
    )

    assert (ended.code, ended.fault["code"]) == (2, "unknown_currency")


def test_the_lifecycle_has_one_entry_per_trigger_and_state() -> None:
    """The JSON form is fixed; 19 rows between 9 states."""
    ended = ordercore("lifecycle", "provisioning", "--format", "json")

    table = ended.value
    assert (ended.code, list(table)) == (0, ["states", "initial", "terminal", "transitions"])
    assert (len(table["states"]), table["initial"]) == (9, "draft")
    assert table["terminal"] == ["fulfilled", "cancelled", "failed"]
    assert {tuple(entry) for entry in table["transitions"]} == {("trigger", "from", "to")}
    entries = {(e["trigger"], e["from"], e["to"]) for e in table["transitions"]}
    assert len(entries) == len(table["transitions"]) == 19
    assert entries == {(row.trigger, row.source, row.dest) for row in PROVISIONING.rows}
    assert ordercore("lifecycle", "provisioning", "--json").value == table


@pytest.mark.parametrize("life", [PROVISIONING, RETAIL], ids=lambda life: str(life.name))
def test_every_lifecycle_of_the_library_can_be_read(life: Lifecycle) -> None:
    """States in their order, and one entry per trigger and state."""
    table = ordercore("lifecycle", life.name, "--format", "json").value

    assert table["states"] == [str(state) for state in life.states]
    assert table["terminal"] == [str(state) for state in life.terminal]
    pairs = [(entry["trigger"], entry["from"]) for entry in table["transitions"]]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == {(row.trigger, row.source) for row in life.rows}
    assert ordercore("lifecycle", life.name).code == 0
    assert "stateDiagram" in ordercore("lifecycle", life.name, "--format", "mermaid").out


def test_the_lifecycle_is_drawn_and_listed_for_people() -> None:
    """A Mermaid diagram, and a table with roles, guards and deadlines."""
    drawn = ordercore("lifecycle", "provisioning", "--format", "mermaid")
    listed = ordercore("lifecycle", "provisioning")

    assert (drawn.code, listed.code) == (0, 0)
    assert "stateDiagram" in drawn.out
    assert "draft --> pending_payment" in drawn.out
    assert "pending_payment for longer than 48 h: cancel" in listed.out
    assert "refund_settled" in listed.out


def test_an_unknown_lifecycle_names_the_known_ones() -> None:
    """Wrong use, with what would be right."""
    ended = ordercore("lifecycle", "auction", "--json")

    assert (ended.code, ended.out, ended.fault["code"]) == (2, "", "unknown_lifecycle")
    assert "provisioning" in ended.fault["allowed"]
