"""Run the ordercore command inside the test, and make the files it reads."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from attrs import frozen

from ordercore import Caller, ItemRequest, OrderCore, OrderRequest, PlaceOrder
from ordercore_adapters import sqlalchemy as sql
from ordercore_adapters.cli import main

VPS = {"region": "lj-1", "plan": "business", "os_image": "debian-12"}
GPU = {"gpu": "H100", "nodes": 2, "storage_gb": 100, "framework": "jax"}


@frozen(kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The last line of standard output, which is JSON."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def fault(self) -> Any:
        """Standard error, which is one JSON object."""
        return json.loads(self.err)


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def ordercore(*arguments: object, stdin: bytes = b"") -> Ended:
    """Run the command with ``arguments``."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", _Stdin(stdin)):
        code = main([str(argument) for argument in arguments])
    return Ended(code=code, out=out.getvalue(), err=err.getvalue())


def order(reference: str = "PO-1", **changes: Any) -> dict[str, Any]:
    """Return an order line that is right, with ``changes``; None takes a field away."""
    line = {
        "reference": reference,
        "tenant": "north",
        "customer": "Example Customer",
        "currency": "EUR",
        "billing_cycle": "monthly",
        "items": [{"type": "vps", "config": VPS}],
        **changes,
    }
    return {key: value for key, value in line.items() if value is not None}


def write_lines(path: Path, lines: Iterable[dict[str, Any] | str]) -> Path:
    """Write a file of orders; text is written as it is."""
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def place_only(db: Path, line: dict[str, Any]) -> None:
    """Place the order of a line and do nothing else."""
    bundle = sql.ports(f"sqlite:///{db}")
    request = OrderRequest(
        reference=line["reference"],
        customer=line["customer"],
        currency=line["currency"],
        billing_cycle=line["billing_cycle"],
        items=tuple(ItemRequest(type=i["type"], config=i["config"]) for i in line["items"]),
    )
    OrderCore(bundle).handle(PlaceOrder(caller=Caller.of(line["tenant"], "x"), request=request))
