"""Files are written whole, where they are files; and what fails names what the user named."""

import errno
import os
from pathlib import Path
from threading import Thread

import pytest

from netlang.diagnostic import NetError
from netlang.ground.files import whole_file, whole_folder, write_whole


def test_a_link_leads_to_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    link = tmp_path / "link"
    link.symlink_to("sub/file")
    write_whole(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "sub/file").read_bytes() == b"new"


def test_a_link_leads_to_the_folder_that_is_written(tmp_path: Path) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to("folder")
    with whole_folder(link) as new:
        (new / "a").touch()
    assert link.is_symlink()
    assert (folder / "a").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link"]


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with whole_file(pipe) as file:
        file.write(b"b")
        file.seek(0)  # as who writes a header last
        file.write(b"a")
    reader.join(5)
    assert read == [b"a"]
    assert pipe.is_fifo()


def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space left") as caught, whole_file(tmp_path / "a.csv"):
        raise full
    assert caught.value.filename == str(tmp_path / "a.csv")
    with pytest.raises(OSError, match="No space left") as caught, whole_folder(tmp_path / "b/c/d"):
        raise full
    assert caught.value.filename == str(tmp_path / "b/c/d")
    assert not list(tmp_path.iterdir())


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        write_whole(tmp_path, b"")
    assert caught.value.filename == str(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetError, match=r"no folder '.*lost' to write '.*lost/a.csv'"):
        write_whole(tmp_path / "lost/a.csv", b"")


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


def test_a_folder_that_somebody_stands_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for path in (Path(), tmp_path):
        with pytest.raises(NetError, match="is where you are"), whole_folder(path):
            pytest.fail("there is nothing to fill")
    assert Path.cwd() == tmp_path / "here"


def test_of_two_who_write_a_folder_the_last_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rename, before = tmp_path / "folder", Path.rename, list[Path]()

    def interrupted(path: Path, target: Path) -> Path:
        """Between the old one's going and the new one's coming another process puts its own."""
        if target == folder and not before:
            before.append(path)
            folder.mkdir()
            (folder / "theirs").touch()
        return rename(path, target)

    folder.mkdir()
    monkeypatch.setattr(Path, "rename", interrupted)
    with whole_folder(folder) as new:
        (new / "ours").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "ours"]
