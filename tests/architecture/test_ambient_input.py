"""The lint rules keep clock, randomness and fresh ids out of everything but one place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUFF = Path(sys.executable).parent / "ruff"
CORE = "src/ordercore/domain/orders/planted.py"
SYSTEM = "adapters/src/ordercore_adapters/system/planted.py"
MEMORY = "adapters/src/ordercore_adapters/memory/planted.py"

AMBIENT = [
    "import datetime\nnow = datetime.datetime.now(datetime.UTC)\n",
    "from datetime import date\nnow = date.today()\n",
    "from time import time\nnow = time()\n",
    "from uuid import uuid4\nnew = uuid4()\n",
    "import uuid6\nnew = uuid6.uuid7()\n",
    "import random\nlot = random.random()\n",
]


def findings(code: str, *, path: str) -> set[str]:
    """Return the codes ruff reports for ``code`` as if it were stored at ``path``."""
    result = subprocess.run(
        [RUFF, "check", "--no-cache", "--output-format=concise", "--stdin-filename", path, "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in result.stdout.splitlines() if line.startswith(path)]
    return {line.split()[1] for line in lines}


@pytest.mark.parametrize("path", [CORE, MEMORY])
@pytest.mark.parametrize("code", AMBIENT)
def test_ambient_input_is_reported(code: str, path: str) -> None:
    """Reading the clock, drawing a number or an id is an error in the core and in adapters."""
    assert "TID251" in findings(code, path=path)


@pytest.mark.parametrize("code", AMBIENT)
def test_the_system_adapter_may_read_it(code: str) -> None:
    """One package may, because every host needs one that does."""
    assert {"TID251", "DTZ011", "DTZ005"} & findings(code, path=SYSTEM) == set()
