"""A headless Chromium for all tests of pages, and pages opened in it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.browser import BROWSERS, found, launched
from netlang.backends.page import to_html

Opener = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    program = found()
    if program is None:
        missing = f"no browser: {', '.join(BROWSERS)} are not on the PATH"
        if os.environ.get("NETLANG_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with launched(program) as chromium:
        yield chromium


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Opener]:
    """Opens networks; fails where the page complains or asks for anything but itself."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")

    def opened(*graphs: Any, view: Any = None) -> Any:
        path = tmp_path / "page.html"
        path.write_text(to_html(*graphs, view=view))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: r.url == path.as_uri() or complaints.append(r.url))
        page.goto(path.as_uri())
        return page

    yield opened
    context.close()
    assert [c for c in complaints if not c.startswith("data:")] == []
