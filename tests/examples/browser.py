"""A headless browser for the tests: the Chromium of the machine, or Playwright's own.

``ORDERCORE_TEST_BROWSER`` names one; otherwise it is looked for on the path (Debian's package is
``chromium``), then where ``playwright install chromium`` puts it. Where there is none, or one that
cannot be started, the tests that need it are skipped with the reason; in CI they fail.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

__all__ = ["browser", "find_browser", "picture"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LARGEST = 150_000


def find_browser(playwright: Any) -> str | None:
    """Return the path of the browser to use; None where there is none."""
    named = os.environ.get("ORDERCORE_TEST_BROWSER")
    found = named or next(filter(None, map(shutil.which, _NAMES)), None)
    own = str(playwright.chromium.executable_path)
    return found or (own if Path(own).is_file() else None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a browser that is closed with the module.

    No later: its driver keeps an event loop running in this thread, and no other test could.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = find_browser(playwright)
        if path is None:
            pytest.skip(f"no browser: none of {', '.join(_NAMES)} is installed")
        try:
            started = playwright.chromium.launch(executable_path=path)
        except Exception as error:
            pytest.skip(f"no browser that starts: {path}: {str(error).splitlines()[0]}")
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


if __name__ == "__main__":  # which one the tests would use; 1 when there is none
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        there = find_browser(tools)
    print(there or "none")
    sys.exit(there is None)
