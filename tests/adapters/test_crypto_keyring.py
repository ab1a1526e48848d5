"""The keyring and its source: rotation, refusals that show nothing, files for one owner."""

from __future__ import annotations

import base64
import copy
import os
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from ordercore.kernel.errors import InvalidInput, NotConfigured
from ordercore_adapters.crypto import (
    KEY_BYTES,
    KEYS_VARIABLE,
    Keyring,
    Sealed,
    load_keyring,
    new_key,
    parse_keyring,
    rotate_keyring,
)

PLACE = b"place"


def written(*keys: tuple[str, bytes]) -> str:
    """Write pairs the way the variable holds them."""
    return ",".join(f"{key_id}:{base64.b64encode(key).decode()}" for key_id, key in keys)


def opened(keyring: Keyring, sealed: Sealed) -> bytes:
    """Open at the place where everything in here is sealed."""
    return keyring.open(sealed, bound_to=PLACE)


def test_new_seals_use_the_first_key_and_old_ones_still_open() -> None:
    """That is what a rotation is."""
    old, new = new_key(), new_key()
    before = Keyring([("k1", old)])
    after = Keyring([("k2", new), ("k1", old)])
    earlier, later = before.seal(b"x", bound_to=PLACE), after.seal(b"x", bound_to=PLACE)
    assert (earlier.key_id, later.key_id) == ("k1", "k2")
    assert (opened(after, earlier), opened(after, later)) == (b"x", b"x")
    with pytest.raises(InvalidInput, match="not on the keyring"):
        opened(before, later)


def test_another_key_under_the_same_id_does_not_open() -> None:
    """Nor does it say what it found."""
    sealed = Keyring([("k1", new_key())]).seal(b"content", bound_to=PLACE)
    with pytest.raises(InvalidInput, match="changed, or moved") as refused:
        opened(Keyring([("k1", new_key())]), sealed)
    assert refused.value.__cause__ is None
    assert "content" not in str(refused.value.as_dict())


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ([], "holds no key"),
        ([("a", bytes(32)), ("a", bytes(32))], "two keys are called 'a'"),
        ([("a", bytes(16))], "16 bytes"),
        ([("a", bytes(33))], "33 bytes"),
        ([("", bytes(32))], "id is not usable"),
        ([("a:b", bytes(32))], "id is not usable"),
        ([("a" * 65, bytes(32))], "id is not usable"),
    ],
)
def test_an_impossible_ring_is_refused(keys: list[tuple[str, bytes]], problem: str) -> None:
    """With the reason, and before anything is sealed with it."""
    with pytest.raises(InvalidInput, match=problem):
        Keyring(keys)


def test_no_text_form_shows_a_key() -> None:
    """Neither repr nor str nor an attribute; and a copy cannot leave by way of pickling."""
    key = new_key()
    keyring = Keyring([("k1", key)])
    attributes = [repr(getattr(keyring, name)) for name in dir(keyring)]
    shown = " ".join([repr(keyring), str(keyring), *attributes])
    assert [form for form in _forms(key) if form in shown] == []
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            leave(keyring)


def test_the_variable_comes_first_and_its_first_key_is_current(tmp_path: Path) -> None:
    """The file is not even made then."""
    text = written(("new", new_key()), ("old", new_key()))
    keyring = load_keyring(env={KEYS_VARIABLE: text}, path=tmp_path / "keys")
    assert (keyring.current, keyring.key_ids) == ("new", ("new", "old"))
    assert not (tmp_path / "keys").exists()


def test_the_process_environment_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a host started with the variable expects."""
    monkeypatch.setenv(KEYS_VARIABLE, written(("here", new_key())))
    assert load_keyring().current == "here"


def test_without_variable_and_path_there_is_no_keyring() -> None:
    """Which names the variable to set."""
    with pytest.raises(NotConfigured, match=KEYS_VARIABLE):
        load_keyring(env={})


def test_the_file_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    """The second start reads the key of the first, and nothing else lies about."""
    path = tmp_path / "folder" / "keys"
    first = load_keyring(env={}, path=path)
    sealed = first.seal(b"x", bound_to=PLACE)
    assert opened(load_keyring(env={}, path=path), sealed) == b"x"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keys"]


def test_a_strict_umask_or_none_changes_nothing(tmp_path: Path) -> None:
    """The mode is set when the file is made, not afterwards."""
    before = os.umask(0)
    try:
        load_keyring(env={}, path=tmp_path / "keys")
    finally:
        os.umask(before)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_file_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """With its mode and the remedy."""
    path = tmp_path / "keys"
    load_keyring(env={}, path=path)
    path.chmod(mode)
    for use in (partial(load_keyring, env={}, path=path), partial(rotate_keyring, path)):
        with pytest.raises(InvalidInput, match=f"mode {mode:04o}") as refused:
            use()
        assert "chmod 600" in str(refused.value.allowed)


@pytest.mark.parametrize("damage", ["text", "no colon", "short", "base64", "empty", "binary"])
def test_a_malformed_file_is_refused_without_showing_it(tmp_path: Path, damage: str) -> None:
    """A key in the wrong place is still a key."""
    key = new_key()
    encoded = base64.b64encode(key).decode()
    content = {
        "text": b"hello",
        "no colon": encoded.encode(),
        "short": f"k1:{base64.b64encode(key[:-1]).decode()}".encode(),
        "base64": f"k1:{encoded[:-4]}!!!!".encode(),
        "empty": b"\n\n",
        "binary": key + b"\xff",
    }[damage]
    path = tmp_path / "keys"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InvalidInput) as refused:
        load_keyring(env={}, path=path)
    shown = f"{refused.value!r} {refused.value.as_dict()} {refused.value.__context__!r}"
    assert [form for form in _forms(key) if form[:8] in shown] == []


def test_a_key_where_the_id_belongs_is_not_shown() -> None:
    """Somebody swaps id and key sooner or later."""
    key = base64.b64encode(new_key()).decode()
    with pytest.raises(InvalidInput) as refused:
        parse_keyring(f"{key}:{base64.b64encode(new_key()).decode()}")
    assert key[:8] not in str(refused.value.as_dict())


def test_rotation_keeps_what_was_there(tmp_path: Path) -> None:
    """The new key is current, the old one opens, the file stays private."""
    path = tmp_path / "keys"
    sealed = load_keyring(env={}, path=path).seal(b"x", bound_to=PLACE)
    rotated = rotate_keyring(path, key_id="second")
    again = load_keyring(env={}, path=path)
    assert rotated.key_ids == again.key_ids == ("second", sealed.key_id)
    assert opened(again, sealed) == b"x"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]


def test_a_rotation_that_cannot_be_leaves_the_file_alone(tmp_path: Path) -> None:
    """An id that is taken, another rotation under way, no file at all."""
    path = tmp_path / "keys"
    with pytest.raises(FileNotFoundError):
        rotate_keyring(path)
    current = load_keyring(env={}, path=path).current
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="two keys"):
        rotate_keyring(path, key_id=current)
    (tmp_path / "keys.rotating").touch()
    with pytest.raises(InvalidInput, match="rotation is under way"):
        rotate_keyring(path)
    assert path.read_bytes() == before


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes the key of the first."""
    code = (
        "import sys; from pathlib import Path; from ordercore_adapters.crypto import load_keyring;"
        "print(load_keyring(env={}, path=Path(sys.argv[1])).current)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "keys")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    names = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(names) == 1
    assert len((tmp_path / "keys").read_text().split()) == 1


def test_a_missing_extra_is_named() -> None:
    """Whoever imports encryption without its library learns what to install."""
    code = "import sys; sys.modules['cryptography'] = None; import ordercore_adapters.crypto"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'ordercore-adapters[crypto]'" in ran.stderr


def test_keys_have_the_length_of_aes_256() -> None:
    """And no two are alike."""
    keys = {new_key() for _ in range(50)}
    assert {len(key) for key in keys} == {KEY_BYTES} == {32}
    assert len(keys) == 50


def _forms(key: bytes) -> list[str]:
    encoded = (base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode())
    return [key.hex(), repr(key)[2:-1], *encoded]
