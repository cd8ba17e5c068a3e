"""Files and folders appear whole, and what was there is not lost."""

from pathlib import Path

import pytest

from netlang.files import whole_folder


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "build"
    path.mkdir()
    (path / "kept").touch()
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == path and not self.name.endswith(".old"):
            raise OSError("the disk is full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="the disk is full"), whole_folder(path) as new:
        (new / "fresh").touch()
    assert [file.name for file in tmp_path.rglob("*")] == ["build", "kept"]
