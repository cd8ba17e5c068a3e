"""Which files a name stands for, and how they are read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from netlang.diagnostic import NetError, Source, error
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.running.ahead import Item
from netlang.running.batches import run_batches
from netlang.running.inputs import find, items, prepared_by
from netlang.running.pace import Pace

NET = Source("n.net", "net n { input 3x4x4; avgpool global }")


def test_a_network_of_several_inputs_is_given_none() -> None:
    inputs = "%a = input() shape=3 : 3 %b = input() shape=3 : 3"
    graph = parse_graph(f"graph g {{ {inputs} %c = add(%a, %b) : 3 output %c }}")
    with pytest.raises(NetError, match="'g' has 2 inputs; 'run' gives it one"):
        prepared_by([], graph)


def test_folders_and_patterns_are_in_natural_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    for name in ("i10.png", "i9.JPG", ".i1.png", "notes.txt", "sub/i2.png", "x.npy"):
        Path(name).touch()
    assert [str(path) for path in find(["."])] == ["i9.JPG", "i10.png", "sub/i2.png", "x.npy"]
    assert [str(path) for path in find(["i*", "x.npy"])] == ["i9.JPG", "i10.png", "x.npy"]
    assert [str(path) for path in find(["**/*2.png"])] == ["sub/i2.png"]


def test_one_number_written_twice_has_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever order the file system has."""
    names = ["1", "01", "001"]
    for given in (names, names[::-1]):
        paths = [tmp_path / f"im{name}.png" for name in given]
        for path in paths:
            path.touch()
        monkeypatch.setattr(Path, "rglob", lambda *_, found=paths: iter(found))
        assert [path.stem for path in find([str(tmp_path)])] == ["im001", "im01", "im1"]


def test_all_names_that_stand_for_nothing_are_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NetError) as caught:
        find([str(tmp_path / name) for name in ("", "gone.png", "*.gif", "notes.txt")])
    shown = str(caught.value)
    assert "holds no image" in shown
    assert "there is no image" in shown
    assert "*.gif' matches no image" in shown
    assert "does not run networks on '.txt' files" in shown


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 3, 4, 5), "float32"), "is 2x3x4x5, and 'n' takes 3x4x4"),
        (np.zeros((0, 3, 4, 4), "float32"), "is 0x3x4x4"),
        (np.zeros((3, 4, 4), "uint8"), "numbers of type uint8; an array is taken as prepared"),
    ],
)
def test_arrays_that_do_not_fit(array: np.ndarray, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", array)
    (item,) = items([tmp_path / "x.npy"], load(NET), None)
    with pytest.raises(NetError, match=message):
        item.read()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300])
def test_a_row_that_is_not_finite_cannot_be_read(number: float, tmp_path: Path) -> None:
    """A relu may drop it, and then nothing is seen of it in what the network gives."""
    array = np.zeros((3, 3, 4, 4))
    array[1, 2, 3, 0] = number
    np.save(tmp_path / "rows.npy", array)
    np.save(tmp_path / "one.npy", array[1])
    first, bad, last, one = items([tmp_path / "rows.npy", tmp_path / "one.npy"], load(NET), None)
    assert [np.shape(each.read()) for each in (first, last)] == [(1, 3, 4, 4)] * 2
    for each in (bad, one):
        with pytest.raises(NetError) as caught:
            each.read()
        assert f"'{each.name}' holds nan or infinity" in str(caught.value)


def test_a_file_that_is_no_array(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"something else")
    (item,) = items([tmp_path / "x.npy"], load(NET), None)
    with pytest.raises(NetError, match="is not a whole array"):
        item.read()


def test_arrays_alone_need_no_network_for_images(tmp_path: Path) -> None:
    features = load(Source("n.net", "net n { input 12; linear 3 }"))
    assert prepared_by([tmp_path / "x.npy"], features) is None


def test_no_more_is_read_ahead_than_two_batches() -> None:
    read = list[int]()

    def item(number: int) -> Item[Sequence[np.ndarray]]:
        def numbers() -> list[np.ndarray]:
            read.append(number)
            if number % 5 == 0:
                raise error(f"{number} is damaged")
            return [np.full((1,), number, "float32")]

        return Item(str(number), numbers)

    seen, failed = list[str](), list[str]()

    def sink(names: list[str], x: np.ndarray, y: np.ndarray) -> None:
        seen.extend(names)
        assert [str(int(number)) for number in x[:, 0]] == names
        assert (y == 2 * x).all()
        assert len(read) <= len(seen) + len(failed) + 2 * 3 + 1

    run_batches(lambda x: 2 * x, map(item, range(50)), 3, [sink], lambda n, _: failed.append(n))
    assert failed == [str(number) for number in range(0, 50, 5)]
    assert seen == [str(number) for number in range(50) if number % 5]


def test_the_pace_says_how_long_the_rest_takes() -> None:
    now = iter((0.0, 10.0, 10.0, 10.0))
    pace = Pace(1000, lambda: next(now))
    assert pace.line().rstrip() == "0 of 1,000 images"
    pace.done = 200
    assert pace.line().rstrip() == "200 of 1,000 images, 20.0 images/s, 0:40 left"
    assert pace.summary() == "200 images in 10 s: 20.0 images/s"


def test_one_image_is_no_images() -> None:
    now = iter((0.0, 10.0, 10.0))
    pace = Pace(1, lambda: next(now))
    assert pace.line().rstrip() == "0 of 1 image"
    pace.done = 1
    assert pace.summary() == "1 image in 10 s: 0.100 images/s"
