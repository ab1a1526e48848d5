from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from argon2 import PasswordHasher

from examples.retail_shop import __main__ as command
from examples.retail_shop.buying import buy_in_every_way
from examples.retail_shop.files import kept_secret
from examples.retail_shop.serving import ACCOUNTS, served
from examples.retail_shop.shop import open_shop
from examples.retail_shop.wording import PAYMENTS
from ordercore import StockLevels

ROOT = Path(__file__).parents[2]


def test_something_is_bought_in_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Over a real socket, with real hashing: eight purchases, eight completed orders."""
    assert command.main(["--once"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[-1] == "8 ways to pay, 8 completed"
    assert [line.split()[0] for line in lines[1:-1]] == list(PAYMENTS)
    assert all("completed" in line for line in lines[1:-1])
    invoices = [line.split()[-1] for line in lines[1:-1]]
    assert len(set(invoices)) == 8
    assert all(re.fullmatch(r"INV-\d{4}-00000[1-8]", invoice) for invoice in invoices)


def test_a_purchase_that_does_not_end_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code says so, and the table where each stands."""
    monkeypatch.setattr("examples.retail_shop.background.Background.round", lambda self: 0)
    monkeypatch.setattr("examples.retail_shop.buying._PATIENCE_S", 0.0)
    assert command.main(["--once"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "8 ways to pay, 0 completed"


def test_the_shop_opens_on_a_free_port_and_closes_on_ctrl_c(tmp_path: Path) -> None:
    """It prints where it is, answers there on the loopback interface alone, and ends in peace."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "examples.retail_shop", "--folder", tmp_path / "shop"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None, said + process.stdout.read()
        for _ in ACCOUNTS:
            assert "password" in process.stdout.readline()
        with httpx2.Client(transport=httpx2.HTTPTransport(retries=5)) as client:
            assert "Stoneware mug" in client.get(found[0], timeout=30).text
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert "Traceback" not in rest
    assert process.returncode == 0


def test_a_port_that_is_taken_is_not_taken_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shop says so in a sentence, and leaves nothing behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert command.main(["--folder", str(tmp_path / "shop"), "--port", port]) == 2
    assert "in use" in capsys.readouterr().out
    assert not (tmp_path / "shop").exists()


def test_the_shop_is_found_again_as_it_was_left(tmp_path: Path, quick: PasswordHasher) -> None:
    """Stock, secrets and accounts outlive the process; goods are put on the shelf once."""
    secrets = []
    for _ in range(2):
        with open_shop(
            tmp_path, base_url="http://testserver", accounts=ACCOUNTS, hasher=quick
        ) as shop:
            levels = shop.core.handle(
                StockLevels(caller=shop.somebody("operator"), skus=("mug", "chair"))
            )
            secrets.append(shop.session_secret)
            assert [level.on_hand for level in levels] == [2, 25]
    assert secrets[0] == secrets[1]
    private = list(tmp_path.glob("*-secret"))
    assert len(private) == 2
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in private} == {0o600}
    assert kept_secret(tmp_path / "another") != secrets[0]


def test_background_work_survives_what_breaks(
    tmp_path: Path, quick: PasswordHasher, caplog: pytest.LogCaptureFixture
) -> None:
    """A round that breaks off is written down, and the next one goes on."""
    with served(tmp_path, hasher=quick) as shop:
        drain, broken = shop.gateway.webhooks.drain, []

        def once_broken(sign: object, **more: object) -> object:
            if not broken:
                broken.append(True)
                raise OSError("the books are locked")
            return drain(sign)

        shop.gateway.webhooks.drain = once_broken
        bought = next(iter(buy_in_every_way(shop.base_url)))
    assert bought.ended == "completed"
    assert "broke off" in caplog.text
