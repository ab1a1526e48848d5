"""A simulated cloud: its books agree with its answers, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.ports import (
    Provisioned,
    ProvisionRequest,
)
from ordercore.testing.contracts import (
    drive,
)
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import (
    FAULT_FREE,
    STUBBORN_CALLS,
    FaultPlan,
    Rates,
    SimulatedCloud,
    VirtualClock,
)

TENANT = TenantId("tenant-a")
REQUEST = ProvisionRequest(
    key="key-1",
    attempt=1,
    tenant=TENANT,
    order_id=OrderId("order-1"),
    item=ItemId("1"),
    product_type="database",
    config={"plan": "starter"},
)


def always(kind: str, fate: str, *, seed: int = 1) -> FaultPlan:
    """Plan that every call of a kind meets one fate."""
    return FaultPlan(seed=seed, rates={kind: Rates(**{fate: 1000})})


def cloud(tmp_path: Path, faults: FaultPlan = FAULT_FREE) -> tuple[SimulatedCloud, VirtualClock]:
    """Open a cloud over the test's file, with its clock."""
    clock = VirtualClock(START)
    return SimulatedCloud(tmp_path / "cloud.sqlite3", faults=faults, clock=clock), clock


def built(subject: SimulatedCloud, request: ProvisionRequest = REQUEST) -> object:
    """Ask the cloud to build; a lost answer is None."""
    try:
        outcome = drive(subject.provision(request))
    except TimeoutError:
        return None
    return None if isinstance(outcome, Unclear) else outcome


def removed(subject: SimulatedCloud, provision_key: str = "key-1") -> object:
    """Ask the cloud to remove; a lost answer is None."""
    try:
        outcome = drive(
            subject.deprovision(
                TENANT, key=f"remove {provision_key}", provision_key=provision_key, resource=None
            )
        )
    except TimeoutError:
        return None
    return None if isinstance(outcome, Unclear) else outcome


def states(subject: SimulatedCloud) -> list[object]:
    """Read the states of all resources."""
    return [row[0] for row in subject.books.rows("SELECT state FROM resources ORDER BY key")]


def test_a_delayed_build_is_there_when_its_time_has_come(tmp_path: Path) -> None:
    """Neither earlier nor twice; the books give the due time as the time it came to be."""
    subject, clock = cloud(tmp_path, always("provision", "delayed"))
    assert built(subject) == Accepted()
    assert drive(subject.find(TENANT, "key-1")) == Accepted()
    assert states(subject) == ["building"]
    clock.advance(90)
    assert isinstance(drive(subject.find(TENANT, "key-1")), Provisioned)
    ((state, due, created),) = subject.books.rows("SELECT state, due_at, created_at FROM resources")
    assert (state, due) == ("live", None)
    assert str(created) < "2026-01-05T12:01:31"


def test_a_build_that_was_withdrawn_never_appears(tmp_path: Path) -> None:
    """Also when its time comes afterwards."""
    subject, clock = cloud(tmp_path, always("provision", "delayed"))
    built(subject)
    assert removed(subject) == Succeeded()
    clock.advance(3600)
    assert drive(subject.find(TENANT, "key-1")) == Absent()
    assert isinstance(built(subject), Rejected)
    subject.settle()
    assert states(subject) == ["tombstoned"]


def test_a_build_that_fails_late_may_be_tried_again(tmp_path: Path) -> None:
    """The look-up says that it failed; the next attempt under the key builds."""
    subject, clock = cloud(tmp_path, always("provision", "late_failure"))
    assert built(subject) == Accepted()
    clock.advance(90)
    assert isinstance(drive(subject.find(TENANT, "key-1")), Failed)
    assert states(subject) == ["failed"]
    again, _ = cloud(tmp_path)
    assert isinstance(built(again), Provisioned)
    assert states(again) == ["live"]


def test_a_lost_answer_leaves_what_it_says_in_the_books(tmp_path: Path) -> None:
    """A look-up finds the effect or finds nothing; both are told in both ways."""
    found: dict[str, list[object]] = {}
    for fate in ("lost_done", "lost_undone"):
        subject = SimulatedCloud(
            tmp_path / f"{fate}.sqlite3",
            faults=always("provision", fate),
            clock=VirtualClock(START),
        )
        told: set[type] = set()
        for number in range(20):
            request = evolve(REQUEST, key=f"key-{number}")
            try:
                told.add(type(drive(subject.provision(request))))
            except TimeoutError:
                told.add(TimeoutError)
        assert told == {Unclear, TimeoutError}
        found[fate] = [drive(subject.find(TENANT, f"key-{number}")) for number in range(20)]
        subject.close()
    assert {type(outcome) for outcome in found["lost_done"]} == {Provisioned}
    assert set(found["lost_undone"]) == {Absent()}


def test_a_failed_look_up_tells_nothing_about_the_effect(tmp_path: Path) -> None:
    """It is unclear, never a failure of what was looked for."""
    subject, _ = cloud(tmp_path, always("find", "transient"))
    built(subject)
    assert isinstance(drive(subject.find(TENANT, "key-1")), Unclear)


def test_rejected_and_busy_build_nothing(tmp_path: Path) -> None:
    """The answers say so, and the books agree."""
    for fate, answer in (("rejected", Rejected), ("transient", Failed), ("stubborn", Failed)):
        subject = SimulatedCloud(
            tmp_path / f"{fate}.sqlite3",
            faults=always("provision", fate),
            clock=VirtualClock(START),
        )
        assert isinstance(built(subject), answer)
        assert states(subject) == []
        subject.close()


def test_a_request_that_arrives_twice_builds_once(tmp_path: Path) -> None:
    """The second one finds the first."""
    subject, _ = cloud(tmp_path, always("provision", "duplicated"))
    assert isinstance(built(subject), Provisioned)
    assert states(subject) == ["live"]


def test_a_key_that_comes_with_another_request_is_rejected(tmp_path: Path) -> None:
    """Another item or configuration; the attempt's number does not matter."""
    subject, _ = cloud(tmp_path)
    first = built(subject)
    assert built(subject, evolve(REQUEST, attempt=2)) == first
    for other in (evolve(REQUEST, item=ItemId("2")), evolve(REQUEST, config={"plan": "x"})):
        answer = built(subject, other)
        assert isinstance(answer, Rejected)
        assert answer.code == "key_reused"


def test_only_the_named_resource_is_removed(tmp_path: Path) -> None:
    """A key and a resource that do not belong together remove nothing."""
    subject, _ = cloud(tmp_path)
    built(subject)
    outcome = drive(
        subject.deprovision(TENANT, key="r", provision_key="key-1", resource="database-other")
    )
    assert isinstance(outcome, Rejected)
    assert states(subject) == ["live"]


def test_a_delayed_removal_is_asked_about_until_it_is_done(tmp_path: Path) -> None:
    """Meanwhile nothing can be found or built under the key."""
    subject, clock = cloud(tmp_path, always("deprovision", "delayed"))
    built(subject)
    assert (removed(subject), removed(subject)) == (Accepted(), Accepted())
    assert drive(subject.find(TENANT, "key-1")) == Absent()
    clock.advance(90)
    assert removed(subject) == Succeeded()
    assert states(subject) == ["removed"]


def test_a_stubborn_removal_ends_with_an_operator(tmp_path: Path) -> None:
    """All retries fail; the operator's succeed."""
    subject, _ = cloud(tmp_path, always("deprovision", "stubborn"))
    built(subject)
    answers = [removed(subject) for _ in range(STUBBORN_CALLS + 1)]
    assert [type(answer) for answer in answers] == [Failed] * STUBBORN_CALLS + [Succeeded]


def test_credentials_are_the_same_each_time_and_in_no_table(tmp_path: Path) -> None:
    """Also for another process over the file; another cloud has other ones."""
    first, _ = cloud(tmp_path)
    second, _ = cloud(tmp_path)
    (tmp_path / "other").mkdir()
    other, _ = cloud(tmp_path / "other")
    answers = [built(each) for each in (first, second, other)]
    values = [a.credentials.values for a in answers if isinstance(a, Provisioned)]
    assert values[0] == values[1] != values[2]
    password = values[0]["connection_string"].split(":")[2].split("@")[0]
    assert len(password) == 32
    for path in tmp_path.glob("cloud.sqlite3*"):
        assert password.encode() not in path.read_bytes()
    assert password not in repr(answers)


@pytest.mark.parametrize(
    ("product_type", "names"),
    [
        ("vps", {"hostname", "ip_address", "username", "password"}),
        ("database", {"hostname", "ip_address", "connection_string"}),
        ("storage", {"hostname", "ip_address", "api_endpoint", "access_key", "secret_key"}),
        ("kubernetes", {"hostname", "ip_address", "api_endpoint", "token"}),
        ("private_cloud", {"hostname", "ip_address", "api_endpoint", "token"}),
        ("gpu", {"hostname", "ip_address", "api_endpoint", "token"}),
    ],
)
def test_each_type_is_reached_in_its_own_way(
    tmp_path: Path, product_type: str, names: set[str]
) -> None:
    """Addresses and hosts are ones that can never exist."""
    answer = built(cloud(tmp_path)[0], evolve(REQUEST, product_type=product_type))
    assert isinstance(answer, Provisioned)
    assert set(answer.credentials.values) == names
    assert answer.credentials.values["hostname"].endswith(".example")
    assert answer.credentials.values["ip_address"].startswith("2001:db8::")
