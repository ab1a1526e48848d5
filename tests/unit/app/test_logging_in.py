"""Logging in: the password opens, tries are counted, and nothing tells who has an account (R6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import ChangePassword, LoggedIn, LogIn
from ordercore.kernel.errors import InvalidInput, NotConfigured
from ordercore.kernel.ids import ActorId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    Limited,
    Password,
    PasswordCheck,
    RateLimit,
    TraceError,
    TraceErrorKind,
    TraceName,
    TraceOutcome,
    User,
)
from ordercore_adapters.memory import CollectedTraces, MemoryUsers
from tests.unit.app.shop import TENANT, Face, Shop

ANA = User(tenant=TENANT, id=ActorId("user-1"), login="ana@shop.example", name="Ana Novak")
MICE = Password("three blind mice")
NEW = Password("three seeing mice")


class Plain:
    """Compares without hashing; counts how often."""

    def __init__(self) -> None:
        self.checks = 0

    async def hash(self, password: Password) -> str:
        """Return it as it is."""
        return password.value

    async def check(self, kept: str | None, password: Password) -> PasswordCheck:
        """Compare."""
        self.checks += 1
        return PasswordCheck(right=kept == password.value)


class Door:
    """A host with one account."""

    def __init__(self, face: Face) -> None:
        self.shop, self.plain, self.traces = Shop(face), Plain(), CollectedTraces()
        users = MemoryUsers(self.plain)
        self.shop.ports = evolve(self.shop.ports, users=users, telemetry=self.traces)
        self.tell(users.add(ANA, MICE))

    def tell(self, coroutine: object) -> None:
        """Drive what never suspends."""
        with pytest.raises(StopIteration):
            coroutine.send(None)  # type: ignore[attr-defined]

    def log_in(self, login: str = ANA.login, password: Password = MICE, **more: object) -> LoggedIn:
        """Log in."""
        tenant = TenantId(str(more.pop("tenant", TENANT)))
        asked = LogIn(tenant=tenant, login=login, password=password, **more)  # type: ignore[arg-type]
        return self.shop.handle(asked)

    def change(self, password: Password, new: Password = NEW) -> LoggedIn:
        """Change the password."""
        asked = ChangePassword(tenant=TENANT, login=ANA.login, password=password, new_password=new)
        return self.shop.handle(asked)

    def told(self) -> list[tuple[str, TraceError | None]]:
        """Return what telemetry was told."""
        return [(each.operation, each.error) for each in self.traces.named(TraceName.USER_LOGIN)]


@pytest.fixture(params=list(Face), ids=lambda face: face.value)
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """A host under each face."""
    made = Door(request.param)
    yield made
    made.shop.close()


WRONG = TraceError(kind=TraceErrorKind.REFUSAL, code="wrong_login")
TOO_MANY = TraceError(kind=TraceErrorKind.REFUSAL, code="too_many_tries")


def test_the_password_opens_the_account(door: Door) -> None:
    """However the name is typed; and that is told as a success."""
    assert door.log_in() == ANA
    assert door.log_in("ANA@Shop.Example", correlation_id="req-1") == ANA
    assert door.told() == [("LogIn", None)] * 2
    last = door.traces.events[-1]
    assert (last.outcome, last.tenant, last.correlation_id) == (
        TraceOutcome.SUCCESS,
        TENANT,
        "req-1",
    )


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(door: Door) -> None:
    """The same value, the same work, the same trace."""
    wrong = door.log_in(password=Password("x"))
    unknown = door.log_in("nobody@shop.example")
    elsewhere = door.log_in(tenant="tenant-b")
    assert wrong == unknown == elsewhere
    assert isinstance(wrong, Refusal)
    assert wrong.code == "wrong_login"
    assert door.plain.checks == 3
    assert door.told() == [("LogIn", WRONG)] * 3


@pytest.mark.parametrize("login", [ANA.login, "nobody@shop.example"])
def test_a_name_that_is_tried_too_often_has_to_wait(door: Door, login: str) -> None:
    """Right or wrong, known or not; no password is looked at meanwhile."""
    for _ in range(10):
        assert isinstance(door.log_in(login, Password("x")), Refusal)
    for typed in (login, login.upper()):
        assert door.log_in(typed) == Limited(retry_after=timedelta(seconds=10))
    assert door.plain.checks == 10
    assert door.told()[-1] == ("LogIn", TOO_MANY)
    door.shop.clock.advance(seconds=10)
    answer = door.log_in(login)
    assert answer == (ANA if login == ANA.login else answer)
    assert not isinstance(answer, Limited)
    assert isinstance(door.log_in(login), Limited)


def test_every_name_has_tries_of_its_own(door: Door) -> None:
    """So one who is attacked does not lock out the others; tenants do not share them either."""
    for _ in range(11):
        last = door.log_in("somebody", Password("x"))
    assert isinstance(last, Limited)
    assert door.log_in() == ANA
    assert isinstance(door.log_in("somebody", tenant="tenant-b"), Refusal)


def test_a_host_says_how_often(door: Door) -> None:
    """One try a minute, for instance."""
    seldom = RateLimit(refill=1, per_s=60, burst=1)
    assert door.log_in(limit=seldom) == ANA
    assert door.log_in(limit=seldom) == Limited(retry_after=timedelta(minutes=1))


def test_a_password_is_changed_by_whoever_knows_it(door: Door) -> None:
    """The one before opens nothing any more."""
    assert door.change(MICE) == ANA
    assert isinstance(door.log_in(password=MICE), Refusal)
    assert door.log_in(password=NEW) == ANA
    assert door.told()[0] == ("ChangePassword", None)


def test_a_password_is_not_changed_by_anybody_else(door: Door) -> None:
    """Guessing here counts as guessing at the door."""
    for _ in range(10):
        answer = door.change(Password("x"))
        assert isinstance(answer, Refusal)
        assert answer.code == "wrong_login"
    assert isinstance(door.change(MICE), Limited)
    assert isinstance(door.log_in(), Limited)
    assert door.told()[0] == ("ChangePassword", WRONG)
    assert door.told()[-2:] == [("ChangePassword", TOO_MANY), ("LogIn", TOO_MANY)]
    door.shop.clock.advance(seconds=60)
    assert door.log_in() == ANA


def test_a_host_without_accounts_is_told_which_port_is_missing() -> None:
    """In clear words, and for the one that counts as well."""
    shop = Shop()
    with pytest.raises(NotConfigured, match="users"):
        shop.handle(LogIn(tenant=TENANT, login="ana", password=MICE))


def test_nothing_shows_who_logs_in_with_what(door: Door) -> None:
    """Neither what is asked, nor the answer, nor the trace."""
    asked = LogIn(tenant=TENANT, login=ANA.login, password=MICE)
    change = ChangePassword(tenant=TENANT, login=ANA.login, password=MICE, new_password=NEW)
    shown = f"{asked!r} {change!r} {door.log_in()!r} {door.traces.events!r}"
    shown += repr(door.log_in(password=Password("x")))
    for secret in ("mice", "ana@", "Novak"):
        assert secret not in shown


@pytest.mark.parametrize("login", ["", " ", "a\nb", "x" * 201, "half \ud800"])
def test_a_name_that_cannot_be_one_is_a_fault_that_does_not_repeat_it(login: str) -> None:
    """Before anything is counted."""
    with pytest.raises(InvalidInput) as caught:
        LogIn(tenant=TENANT, login=login, password=MICE)
    assert caught.value.field == "login"
    assert "xxx" not in str(caught.value)
