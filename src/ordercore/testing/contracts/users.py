"""Contract of the accounts: a password opens its own account, and nothing tells who has one."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ActorId
from ordercore.kernel.result import Refusal
from ordercore.ports import Password, User
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.promises import refusal
from ordercore.testing.contracts.rows import ONE, OTHER
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["UsersContract"]

_ANA = User(tenant=ONE, id=ActorId("user-1"), login="Ana@Shop.example", name="Ana Novak")
_TYPED = "three blind mice"


class UsersContract(Contract):
    """Accounts with passwords."""

    def _added(self, subject: Subject, user: User = _ANA, password: str = _TYPED) -> User:
        added = subject.run(subject.ports.users.add(user, Password(password)))
        expect(added, user)
        return user

    def _verified(self, subject: Subject, login: str, password: str) -> User | None:
        return subject.run(subject.ports.users.verify(ONE, login, Password(password)))

    def test_a_password_opens_its_own_account(self, subject: Subject) -> None:
        """And the account is found by its id."""
        ana = self._added(subject)
        ben = self._added(subject, evolve(ana, id=ActorId("user-2"), login="ben"), "dickory dock")
        expect(self._verified(subject, ana.login, _TYPED), ana)
        expect(self._verified(subject, "ben", "dickory dock"), ben)
        expect(self._verified(subject, "ben", _TYPED), None)
        expect(subject.run(subject.ports.users.find(ONE, ana.id)), ana)

    def test_a_wrong_password_and_an_unknown_name_are_nobody(self, subject: Subject) -> None:
        """Neither is an error, so that they look alike."""
        self._added(subject)
        for wrong in (_TYPED.upper(), f"{_TYPED} ", _TYPED[:-1], "x"):
            expect(self._verified(subject, _ANA.login, wrong), None)
        expect(self._verified(subject, "nobody@shop.example", _TYPED), None)
        expect(subject.run(subject.ports.users.find(ONE, ActorId("user-9"))), None)

    @pytest.mark.parametrize("typed", ["ana@shop.example", "ANA@SHOP.EXAMPLE", " Ana@shop.example"])
    def test_a_name_is_compared_without_regard_to_case(self, subject: Subject, typed: str) -> None:
        """As people type it."""
        self._added(subject)
        expect(self._verified(subject, typed, _TYPED), _ANA)

    def test_a_password_may_be_typed_on_any_keyboard(self, subject: Subject) -> None:
        """A letter with its accent is the same in one piece and in two; nothing is cut off."""
        long = "caf\N{LATIN SMALL LETTER E WITH ACUTE} " * 100
        self._added(subject, password=long)
        expect(self._verified(subject, _ANA.login, long.replace("\u00e9", "e\u0301")), _ANA)
        expect(self._verified(subject, _ANA.login, f"{long}x"), None)

    def test_a_login_is_one_account_s(self, subject: Subject) -> None:
        """Neither login nor id is taken over; the account stays as it was."""
        self._added(subject)
        for other in (
            evolve(_ANA, id=ActorId("user-2"), login="ANA@shop.example"),
            evolve(_ANA, login="another"),
        ):
            answer = subject.run(subject.ports.users.add(other, Password("stolen")))
            assert isinstance(answer, Refusal)
            expect(answer.code, "login_taken")
        expect(self._verified(subject, _ANA.login, _TYPED), _ANA)
        expect(self._verified(subject, _ANA.login, "stolen"), None)
        expect(self._verified(subject, "another", "stolen"), None)

    def test_an_account_is_its_tenant_s(self, subject: Subject) -> None:
        """Another may have the same login and id, with a password of its own."""
        users = subject.ports.users
        self._added(subject)
        expect(subject.run(users.find(OTHER, _ANA.id)), None)
        expect(subject.run(users.verify(OTHER, _ANA.login, Password(_TYPED))), None)
        expect(subject.run(users.change_password(OTHER, _ANA.id, Password("x"))), None)
        theirs = evolve(_ANA, tenant=OTHER, name="Another Ana")
        self._added(subject, theirs, "other mice")
        expect(subject.run(users.verify(OTHER, _ANA.login, Password("other mice"))), theirs)
        expect(self._verified(subject, _ANA.login, _TYPED), _ANA)
        expect(self._verified(subject, _ANA.login, "other mice"), None)

    def test_a_changed_password_is_the_only_one(self, subject: Subject) -> None:
        """The one before opens nothing; an account that is not there is not made."""
        users = subject.ports.users
        self._added(subject)
        changed = subject.run(users.change_password(ONE, _ANA.id, Password("mice that see")))
        expect(changed, _ANA)
        expect(self._verified(subject, _ANA.login, _TYPED), None)
        expect(self._verified(subject, _ANA.login, "mice that see"), _ANA)
        gone = subject.run(users.change_password(ONE, ActorId("user-9"), Password("x")))
        expect(gone, None)
        expect(subject.run(users.find(ONE, ActorId("user-9"))), None)

    def test_an_unusable_name_is_told_without_repeating_it(self, subject: Subject) -> None:
        """Names are personal."""
        with refusal(InvalidInput) as refused:
            self._verified(subject, "ana\nnovak", _TYPED)
        assert "novak" not in f"{refused.value!r} {refused.value.as_dict()}"

    def test_accounts_and_passwords_do_not_show(self, subject: Subject) -> None:
        """Neither in the value, nor in the port."""
        shown = f"{self._added(subject)!r} {Password(_TYPED)!r} {subject.ports.users!r}"
        for secret in (_TYPED, "Novak", "shop.example"):
            assert secret not in shown
