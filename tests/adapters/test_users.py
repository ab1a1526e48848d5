"""Accounts in memory and in databases, under one contract; and what is kept of a password."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from attrs import evolve

from ordercore.kernel import ActorId, InvalidInput
from ordercore.ports import Password, PasswordCheck, Ports, User
from ordercore.testing.contracts import Subject, UsersContract, drive
from ordercore.testing.contracts.rows import ONE
from ordercore_adapters import memory, sqlalchemy
from ordercore_adapters.memory import MemoryUsers
from ordercore_adapters.passwords import Argon2Passwords
from ordercore_adapters.sqlalchemy.users import SqlUsers
from tests.adapters.postgres_server import Database

QUICK = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
ANA = User(tenant=ONE, id=ActorId("user-1"), login="ana@shop.example", name="Ana Novak")
MICE = Password("three blind mice")


class CountedPasswords:
    """Quick hashes that say which settings they were made with; counts the work that is done."""

    def __init__(self, settings: int) -> None:
        self.settings = settings
        self.checks: list[str | None] = []

    async def hash(self, password: Password) -> str:
        """Hash it."""
        return f"{self.settings}:{sha256(password.value.encode()).hexdigest()}"

    async def check(self, kept: str | None, password: Password) -> PasswordCheck:
        """Compare it, and renew what was made with other settings."""
        self.checks.append(kept)
        digest = sha256(password.value.encode()).hexdigest()
        if kept is None or kept.partition(":")[2] != digest:
            return PasswordCheck(right=False)
        outdated = not kept.startswith(f"{self.settings}:")
        return PasswordCheck(right=True, renewed=await self.hash(password) if outdated else None)


def with_passwords(ports: Ports, passwords: Any) -> Ports:
    """Return the bundle whose accounts are hashed by ``passwords``, over the same rows."""
    users: Any = ports.users
    if isinstance(users, SqlUsers):
        return evolve(ports, users=SqlUsers(users._executor, passwords))
    again = MemoryUsers(passwords)
    again.__dict__.update({**users.__dict__, "_passwords": passwords})
    return evolve(ports, users=again)


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        "sqlite-async",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("postgres-async", marks=pytest.mark.postgres),
    ]
)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """Return a bundle without accounts, with real hashes that are made quickly."""
    kind, _, face = request.param.partition("-")
    passwords = Argon2Passwords(PasswordHasher(**QUICK), threads=bool(face))
    if kind == "memory":
        yield Subject(memory.ports(users=MemoryUsers(passwords)), drive)
        return
    where: dict[str, Any] = {"passwords": passwords}
    if kind == "postgres":
        database: Database = request.getfixturevalue("postgres")
        url, where["worker_url"] = database.app, database.worker
    else:
        url = f"sqlite:///{tmp_path / 'users.db'}"
    if not face:
        bundle = sqlalchemy.ports(url, **where)
        yield Subject(bundle, drive)
        drive(sqlalchemy.close(bundle))
        return
    bundle = sqlalchemy.async_ports(url, **where)
    with asyncio.Runner() as runner:
        yield Subject(bundle, runner.run)
        runner.run(sqlalchemy.close(bundle))


class TestUsers(UsersContract):
    """Wherever accounts are kept."""

    @pytest.fixture
    def subject(self, subject: Subject) -> Subject:
        """Return each bundle in turn."""
        return subject


def test_an_unknown_name_costs_one_comparison_like_a_wrong_password(subject: Subject) -> None:
    """With nothing to compare with, which the hasher is told."""
    counted = CountedPasswords(1)
    users = with_passwords(subject.ports, counted).users
    subject.run(users.add(ANA, MICE))
    for login in (ANA.login, "nobody"):
        assert subject.run(users.verify(ONE, login, Password("wrong"))) is None
    assert [kept is None for kept in counted.checks] == [False, True]


def test_a_hash_by_outdated_settings_is_renewed_when_its_owner_comes(subject: Subject) -> None:
    """By the right password only, and once."""
    old, new = CountedPasswords(1), CountedPasswords(2)
    users = with_passwords(subject.ports, old).users
    subject.run(users.add(ANA, MICE))
    users = with_passwords(subject.ports, new).users
    for password in (Password("wrong"), MICE, MICE):
        subject.run(users.verify(ONE, ANA.login, password))
    assert [str(kept)[0] for kept in new.checks] == ["1", "1", "2"]
    assert subject.run(users.verify(ONE, ANA.login, MICE)) == ANA


def test_renewing_does_not_bring_back_a_password_that_was_changed_meanwhile(
    subject: Subject,
) -> None:
    """Whoever logs in with the old one at that very moment does not undo the change."""
    plain = with_passwords(subject.ports, CountedPasswords(1)).users

    class Interrupted(CountedPasswords):
        """Lets somebody change the password while it is being compared."""

        async def check(self, kept: str | None, password: Password) -> PasswordCheck:
            checked = await super().check(kept, password)
            await plain.change_password(ONE, ANA.id, Password("new one"))
            return checked

    subject.run(plain.add(ANA, MICE))
    users = with_passwords(subject.ports, Interrupted(2)).users
    assert subject.run(users.verify(ONE, ANA.login, MICE)) == ANA
    assert subject.run(plain.verify(ONE, ANA.login, MICE)) is None
    assert subject.run(plain.verify(ONE, ANA.login, Password("new one"))) == ANA


def test_what_is_kept_is_an_argon2id_hash_with_a_salt_of_its_own() -> None:
    """No two alike, and nothing of the password in it."""
    passwords = Argon2Passwords(PasswordHasher(**QUICK))
    first, second = (drive(passwords.hash(MICE)) for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert first != second
    assert "mice" not in first
    for kept in (first, second):
        assert drive(passwords.check(kept, MICE)) == PasswordCheck(right=True)
        assert drive(passwords.check(kept, Password("other mice"))) == PasswordCheck(right=False)


def test_the_settings_of_today_renew_the_hashes_of_yesterday() -> None:
    """Only of the right password, since nobody knows another."""
    weak = drive(Argon2Passwords(PasswordHasher(**QUICK)).hash(MICE))
    strong = Argon2Passwords(PasswordHasher(**{**QUICK, "time_cost": 2}))
    checked = drive(strong.check(weak, MICE))
    assert checked.right
    assert checked.renewed is not None
    assert drive(strong.check(checked.renewed, MICE)) == PasswordCheck(right=True)
    assert drive(strong.check(weak, Password("x"))) == PasswordCheck(right=False)
    assert checked.renewed not in repr(checked)


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$broken", "plain:three blind mice"])
def test_a_hash_that_cannot_be_read_opens_nothing(kept: str) -> None:
    """It is a wrong password, and not an error that would tell of the account."""
    passwords = Argon2Passwords(PasswordHasher(**QUICK))
    assert drive(passwords.check(kept, MICE)) == PasswordCheck(right=False)


def test_nobody_s_password_is_compared_by_the_same_settings() -> None:
    """The work for an unknown name is the work for a known one."""
    seen: list[str] = []

    class Watched(PasswordHasher):
        """Notes what is compared with what."""

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            seen.append(str(hash))
            return bool(super().verify(hash, password))

    passwords = Argon2Passwords(Watched(**QUICK))
    kept = drive(passwords.hash(MICE))
    for known in (kept, None):
        drive(passwords.check(known, Password("wrong")))
    assert len(seen) == 2
    assert len({hash.split("$")[3] for hash in seen}) == 1
    nobody = Password("nobody has this password")
    assert drive(passwords.check(None, nobody)) == PasswordCheck(right=False)


@pytest.mark.parametrize("wrong", ["", "x" * 1001, "half \ud800", None, b"bytes", 7])
def test_what_is_no_password_is_told_without_repeating_it(wrong: Any) -> None:
    """Whatever it was."""
    with pytest.raises(InvalidInput) as caught:
        Password(wrong)
    assert caught.value.field == "password"
    assert "x" * 20 not in str(caught.value)
