"""A headless browser for the tests: the Chromium of the machine.

``ORDERCORE_TEST_BROWSER`` names one; otherwise it is looked for on the path (Debian's package is
``chromium``). Where there is none the tests that need it are skipped with the reason. One that is
there and cannot be started is a reason to skip as well; in CI it is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

__all__ = ["browser", "picture"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LARGEST = 150_000


def _path() -> str:
    named = os.environ.get("ORDERCORE_TEST_BROWSER")
    found = named or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is installed")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a browser that is closed with the module.

    No later: its driver keeps an event loop running in this thread, and no other test could.
    """
    path = _path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=path)
        except Exception as error:
            reason = f"{path} could not be started: {str(error).splitlines()[0]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        yield started
        started.close()


@pytest.fixture
def picture(tmp_path: Path) -> Any:
    """Return what takes a picture of a page and checks that it is small enough to be shown.

    With ``ORDERCORE_PICTURES=docs/images`` the pictures of the documentation are taken anew.
    """
    folder = Path(os.environ.get("ORDERCORE_PICTURES") or tmp_path)

    def take(page: Any, name: str) -> None:
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")
        assert 5_000 < path.stat().st_size < _LARGEST

    return take
