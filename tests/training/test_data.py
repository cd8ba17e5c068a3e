"""Labelled images out of folders and arrays, and their batches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netlang.diagnostic import NetError
from netlang.images import Preparation
from netlang.lower import load
from netlang.running import ahead
from netlang.training.augment import Augmentation
from netlang.training.data import Dataset, read_dataset, require_alike, require_classes
from netlang.training.samples import Samples, validation
from tests.training.data import coloured, write_arrays, write_folders, write_net


@pytest.fixture
def preparation(tmp_path: Path) -> Preparation:
    return Preparation.of(load(write_net(tmp_path)))


def refuse(name: str, fault: NetError) -> None:
    pytest.fail(f"{name}: {fault}")


def samples(preparation: Preparation, data: Dataset, size: int = 8, seed: int = 0) -> Samples:
    augmentation = Augmentation(preparation, (8, 8), is_cropped=True, pad=1, is_flipped=True)
    return Samples(data, augmentation, size, seed)


def test_folders_are_classes_in_natural_order(tmp_path: Path, preparation: Preparation) -> None:
    data = read_dataset(write_folders(tmp_path / "d"), preparation)
    assert data.classes == ("a2", "a10", "b")
    names = data.classes or ()
    for index, label in enumerate(data.labels):
        assert Path(data.name(index)).parent.name == names[label]
        assert np.asarray(data.open(index)).mean((0, 1)).argmax() == label


def test_arrays_in_class_folders_are_no_images(tmp_path: Path, preparation: Preparation) -> None:
    path = write_folders(tmp_path / "d")
    np.save(path / "b" / "features.npy", np.zeros((3, 8, 8), "float32"))
    data = read_dataset(path, preparation)
    assert {Path(data.name(index)).suffix for index in range(len(data))} == {".png"}


def test_arrays_are_the_same_images(tmp_path: Path, preparation: Preparation) -> None:
    images, labels = coloured(96)
    data = read_dataset(write_arrays(tmp_path / "d.npz"), preparation)
    assert data.labels == labels.tolist()
    assert data.name(3) == f"{tmp_path / 'd.npz'}[3]"
    np.testing.assert_array_equal(np.asarray(data.open(3)), images[3])


def test_gray_arrays_become_as_many_colours_as_the_network_takes(
    tmp_path: Path, preparation: Preparation
) -> None:
    gray = coloured(4)[0][..., 0]
    for name, images in (("flat", gray), ("deep", gray[..., None])):
        np.savez(tmp_path / f"{name}.npz", images=images, labels=[0, 1, 2, 0])
        seen = np.asarray(read_dataset(tmp_path / f"{name}.npz", preparation).open(1))
        np.testing.assert_array_equal(seen, np.stack([gray[1]] * 3, 2))


# ------------------------------------------------------------------------- batches


def test_an_epoch_is_each_image_once_in_another_order(
    tmp_path: Path, preparation: Preparation
) -> None:
    images, labels = coloured(40)
    images[:] = np.arange(40)[:, None, None, None]
    np.savez(tmp_path / "d.npz", images=images, labels=labels)
    data = read_dataset(tmp_path / "d.npz", preparation)
    orders = []
    for epoch in (0, 1):
        drawn = list(samples(preparation, data, 10).epoch(epoch, refuse))
        assert [len(found) for _, found in drawn] == [10] * 4
        # The middle pixel is never one of the zeros around.
        values = np.concatenate([x[:, 0, 4, 4] for x, _ in drawn])
        order = np.rint((values * 0.229 + 0.485) * 255).astype(int)
        assert sorted(order) == list(range(40))
        assert [label for _, found in drawn for label in found] == labels[order].tolist()
        orders.append(order.tolist())
    assert orders[0] != orders[1] != list(range(40))


def test_an_epoch_leaves_out_what_fills_no_batch(tmp_path: Path, preparation: Preparation) -> None:
    data = read_dataset(write_arrays(tmp_path / "d.npz", 37), preparation)
    large, small = samples(preparation, data, 10), samples(preparation, data, 50)
    assert large.an_epoch == 3
    assert [len(labels) for _, labels in large.epoch(0, refuse)] == [10] * 3
    assert small.an_epoch == 1
    assert [len(labels) for _, labels in small.epoch(0, refuse)] == [37]


@pytest.mark.parametrize("threads", [1, 7])
def test_chance_depends_on_the_seed_and_not_on_the_threads(
    threads: int, tmp_path: Path, preparation: Preparation, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = read_dataset(write_arrays(tmp_path / "d.npz", 64), preparation)

    def drawn(seed: int, epoch: int) -> Any:
        found = samples(preparation, data, 16, seed).epoch(epoch, refuse)
        return np.concatenate([x for x, _ in found])

    usual = drawn(1, 0)
    monkeypatch.setattr(ahead, "READERS", threads)
    np.testing.assert_array_equal(drawn(1, 0), usual)
    assert not np.array_equal(drawn(2, 0), usual)
    assert not np.array_equal(drawn(1, 1), usual)


def test_what_cannot_be_read_is_named_and_leaves_its_place(
    tmp_path: Path, preparation: Preparation
) -> None:
    data = read_dataset(write_folders(tmp_path / "d"), preparation)
    Path(data.name(5)).write_bytes(b"no picture")
    failed: list[str] = []
    drawn = samples(preparation, data, 10).epoch(0, lambda name, _: failed.append(name))
    assert [len(labels) for _, labels in drawn] == [10, 10]
    tested = validation(data, preparation, 10, lambda name, _: failed.append(name))
    assert sum(len(labels) for _, labels in tested) == 23
    assert failed == [data.name(5)] * 2


def test_validation_sees_images_as_run_does(tmp_path: Path, preparation: Preparation) -> None:
    data = read_dataset(write_folders(tmp_path / "d"), preparation)
    seen = np.concatenate([x for x, _ in validation(data, preparation, 7, refuse)])
    paths = [Path(data.name(index)) for index in range(len(data))]
    np.testing.assert_array_equal(seen, np.stack([preparation.read(path) for path in paths]))


# ------------------------------------------------------------------------ refusals


def arrays(**changed: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        images, labels = coloured(6)
        given = {"images": images, "labels": labels} | changed
        kept = {name: array for name, array in given.items() if array is not None}
        np.savez(folder / "d.npz", **kept)
        return folder / "d.npz"

    return write


def damaged(folder: Path) -> Path:
    path = write_arrays(folder / "d.npz")
    path.write_bytes(path.read_bytes()[:500])
    return path


def text(folder: Path) -> Path:
    path = folder / "d.txt"
    path.write_text("no images")
    return path


def no_folders(folder: Path) -> Path:
    (folder / "d").mkdir()
    Image.new("RGB", (8, 8)).save(folder / "d" / "a.png")
    return folder / "d"


def an_empty_class(folder: Path) -> Path:
    path = write_folders(folder / "d")
    (path / "c").mkdir()
    np.save(path / "c" / "no_image.npy", np.zeros((3, 8, 8), "float32"))
    return path


def damaged_inside(folder: Path) -> Path:
    images, labels = coloured(6)
    np.savez_compressed(folder / "d.npz", images=images, labels=labels)
    whole = (folder / "d.npz").read_bytes()
    (folder / "d.npz").write_bytes(whole[:60] + b"\xff" * 20 + whole[80:])
    return folder / "d.npz"


def an_array_alone(folder: Path) -> Path:
    np.save(folder / "d.npy", coloured(6)[0])
    return (folder / "d.npy").rename(folder / "d.npz")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda folder: folder / "lost", r"there is no '.*lost' to learn from"),
        (text, "is neither a folder nor a .npz file"),
        (no_folders, "holds no folders of images"),
        (an_empty_class, "c' holds no image\n.*help: netlang reads JPEG, PNG and more$"),
        (damaged, "is not a whole .npz file"),
        (damaged_inside, "is not a whole .npz file"),
        (an_array_alone, "is not a whole .npz file: File is not a zip file"),
        (arrays(labels=None), "lacks an array: .*labels"),
        (arrays(images=np.zeros((6, 8, 8, 3))), "'images' of '.*' are 6x8x8x3 of float64"),
        (arrays(images=np.zeros((6, 64), "uint8")), "'images' of '.*' are 6x64 of uint8"),
        (arrays(images=np.zeros((6, 8, 8, 4), "uint8")), "are 6x8x8x4 of uint8"),
        (arrays(images=np.zeros((6, 0, 8, 3), "uint8")), "are 6x0x8x3 of uint8"),
        (arrays(images=np.array([{}], object)), "is not a whole .npz file"),
        (arrays(labels=np.zeros(5, int)), "'labels' of '.*' are 5 of int64, of 6 images"),
        (arrays(labels=np.zeros(6)), "'labels' of '.*' are 6 of float64"),
        (arrays(images=np.zeros((0, 8, 8, 3), "uint8"), labels=np.zeros(0, int)), "of 0 images"),
        (arrays(labels=np.array([0, 1, -1, 0, 1, 2])), "has a label -1"),
    ],
)
def test_what_is_no_data(
    write: Callable[[Path], Path], message: str, tmp_path: Path, preparation: Preparation
) -> None:
    with pytest.raises(NetError, match=message):
        read_dataset(write(tmp_path), preparation)


def test_classes_are_as_many_as_the_network_s(tmp_path: Path, preparation: Preparation) -> None:
    graph = load(write_net(tmp_path))

    def check(data: Dataset) -> None:
        require_classes(data, graph, "help of {}".format)

    check(read_dataset(write_folders(tmp_path / "d"), preparation))
    check(read_dataset(arrays(labels=[0, 1, 0, 1, 0, 1])(tmp_path), preparation))
    for data, message in (
        (
            write_folders(tmp_path / "few", names="a b"),
            "a folder for each of 2 classes, and 'tiny' tells 3",
        ),
        (arrays(labels=[0, 1, 0, 1, 0, 3])(tmp_path), r"labels of 4 classes(?s:.*)help of 4"),
    ):
        with pytest.raises(NetError, match=message):
            check(read_dataset(data, preparation))


def test_validation_has_the_same_classes(tmp_path: Path, preparation: Preparation) -> None:
    training = read_dataset(write_folders(tmp_path / "a"), preparation)
    require_alike(training, read_dataset(write_arrays(tmp_path / "d.npz"), preparation))
    other = read_dataset(write_folders(tmp_path / "b", names="a2 b c"), preparation)
    with pytest.raises(NetError, match=r"a' has a folder 'a10', and '.*b' has none"):
        require_alike(training, other)
