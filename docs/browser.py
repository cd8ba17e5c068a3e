"""A headless Chromium, for pictures of pages and for their tests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from shutil import which
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = """
--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update
--disable-sync --no-first-run
""".split()


def found() -> str | None:
    """The browser that the system has."""
    return next(filter(None, map(which, BROWSERS)), None)


@contextmanager
def launched(program: str) -> Generator[Any]:
    """The browser, until the end of the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()
