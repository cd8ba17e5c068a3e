"""Every wrong file of tests/errors gets the message that its `.err` holds, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.diagnostic import NetError
from netlang.lower import load
from tests.conftest import Golden

FOLDER = Path(__file__).parent / "errors"
FILES = sorted(FOLDER.glob("*.net"))


def check(path: Path) -> None:
    """What `netlang check` does with a file, named as a user in its folder would."""
    load(path.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    with pytest.raises(NetError) as caught:
        check(path)
    golden(path.with_suffix(".err"), f"{caught.value}\n")


def test_there_are_many() -> None:
    assert len(FILES) >= 60
