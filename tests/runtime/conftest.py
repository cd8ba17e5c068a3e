"""The artifact that the tests of the runtime run."""

from pathlib import Path

import pytest

from tests.runtime.handmade import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "handmade")
