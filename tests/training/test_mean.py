"""The mean image: what of a training set it is, and of which pixels it is subtracted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netlang.commands import main
from netlang.diagnostic import NetError, Source, error
from netlang.images import Preparation
from netlang.lower import load
from netlang.running.views import Views
from netlang.training.augment import Augmentation
from netlang.training.data import Dataset
from netlang.training.mean import mean_image
from netlang.training.survey import survey
from netlang.weights import random_weights, read_mean_image, read_weights, write_weights
from tests.training.data import write_arrays, write_net

MEAN = np.arange(48, dtype="float32").reshape(3, 4, 4)
"""A number of its own for each pixel of an input of 3x4x4."""


def network(words: str = "", input: str = "3x4x4, mean=9, std=2, range=255, resize=4") -> Any:
    return load(Source("n.net", f"net n {{ input {input}; avgpool global; {words} }}"))


def noise(*shape: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (*shape, 3), "uint8"))


def test_it_is_the_mean_of_images_as_a_test_sees_them() -> None:
    images = [noise(8, 6), noise(6, 9), noise(5, 5)]

    def image(index: int) -> Image.Image:
        if index == 3:
            raise error("damaged")
        return images[index]

    by = Preparation.of(network(input="3x4x4, mean=9, std=2, range=1, resize=5"))
    found = mean_image(Dataset(Path("a"), [0] * 4, str, image), by)
    assert found is not None
    seen = [by.prepared(each) * 2 + 9 for each in images]
    np.testing.assert_allclose(found, np.mean(seen, axis=0), rtol=1e-5, atol=1e-5)


def test_of_larger_sets_as_many_are_looked_at_as_wanted() -> None:
    data = Dataset(Path("a"), [0] * 101, str, lambda index: noise(1, 1 + index))

    def widths(most: int) -> list[int]:
        return list(survey(data, lambda image: image.width, most))

    found = widths(100)
    assert len(found) == 100
    assert found == sorted(set(found)) == widths(100)
    assert widths(101) == widths(1000) == list(range(1, 102))
    # Classes that take turns are met about as often; a step of two would meet one alone.
    assert 15 < sum(width % 2 for width in widths(50)) < 35


def test_it_takes_the_place_of_the_mean() -> None:
    by = Preparation.of(network(), MEAN)
    image = noise(4, 4)
    expected = (np.asarray(image, "float64").transpose(2, 0, 1) - MEAN) / 2
    np.testing.assert_allclose(by.prepared(image), expected, rtol=1e-6)
    assert "from 0 to 255 minus the mean image of training over 2" in str(by)


def test_an_image_of_another_size_has_a_mean_a_channel() -> None:
    by = Preparation.of(network(), MEAN)
    image = noise(6, 5)
    pixels = np.asarray(image, "float64").transpose(2, 0, 1)
    expected = (pixels - MEAN.mean((1, 2))[:, None, None]) / 2
    np.testing.assert_allclose(by.numbers(image), expected, rtol=1e-6)


def drawn(words: str, image: Image.Image) -> list[Any]:
    """What training makes of an image, again and again."""
    graph = network(f"train {{ {words} }}")
    augment = Augmentation.of(dict(graph.recipes)["train"], Preparation.of(graph))
    assert augment.subtracts_image
    augment = replace(augment, preparation=replace(augment.preparation, mean_image=MEAN))
    rng = np.random.default_rng(0)
    return [augment(image, rng) for _ in range(40)]


def cuts(pixels: Any) -> set[bytes]:
    """All parts of 4x4 of an array C x H x W."""
    places = np.lib.stride_tricks.sliding_window_view(pixels.astype("float32"), (4, 4), (1, 2))
    return {part.tobytes() for part in places.transpose(1, 2, 0, 3, 4).reshape(-1, 3, 4, 4)}


def test_it_is_subtracted_ahead_of_padding() -> None:
    """He et al. 2015, section 4.2: of 32x32 pixels, of which training then shows a part."""
    image = noise(4, 4)
    normal = (np.asarray(image, "float64").transpose(2, 0, 1) - MEAN) / 2
    allowed = cuts(np.pad(normal, [(0, 0), (1, 1), (1, 1)]))
    found = {x.tobytes() for x in drawn("pad 1; crop 4; mean pixel", image)}
    assert found <= allowed
    assert len(found) == 9


def test_of_a_larger_image_it_is_subtracted_from_what_is_cut_out() -> None:
    image = noise(6, 6)
    pixels = np.asarray(image, "float32").transpose(2, 0, 1)
    found = {(x * 2 + MEAN).tobytes() for x in drawn("resize 6; crop 4; mean pixel", image)}
    assert found <= cuts(pixels)
    assert len(found) == 9


def test_a_mean_image_of_another_input() -> None:
    with pytest.raises(NetError, match=r"minus a mean of 3x4x4, and 'n' takes 3x8x8.*"):
        Preparation.of(network(input="3x8x8"), MEAN)


def test_a_test_says_whether_it_has_one() -> None:
    graph = network("eval { crops 1; mean pixel }")
    assert "(in place of 'mean pixel', whose image no weights hold)" in str(Views.of(graph))
    assert str(Views.of(graph, MEAN)).endswith("minus the mean image of training over 2")


def test_training_leaves_it_with_the_weights_and_running_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = write_net(tmp_path, "epochs 1; batch 16; sgd 0.1; crop 8; mean pixel")
    data, weights = write_arrays(tmp_path / "train.npz"), tmp_path / "w.safetensors"
    assert main(["train", str(net), str(data), "-o", str(weights), "--device", "cpu"]) == 0
    assert "minus the mean image of training over" in capsys.readouterr().out
    graph, mean = load(net), read_mean_image(weights)
    assert mean is not None
    by = Preparation.of(graph)
    seen = np.stack([by.seen(Image.fromarray(x)) for x in np.load(data)["images"]])
    np.testing.assert_allclose(mean, seen.mean(0) / 255, rtol=1e-5, atol=1e-6)
    assert "mean_image" not in read_weights(weights, graph)

    noise(12, 12).save(tmp_path / "a.png")
    out = tmp_path / "y.npy"
    words = ["run", str(net), str(tmp_path / "a.png"), "--weights", str(weights), "-o", str(out)]
    assert main([*words, "--engine", "reference"]) == 0
    assert "minus the mean image of training over" in capsys.readouterr().out
    x = Preparation.of(graph, mean).read(tmp_path / "a.png")[None]
    np.save(tmp_path / "x.npy", x)
    words[2], words[6] = str(tmp_path / "x.npy"), str(tmp_path / "z.npy")
    assert main([*words, "--engine", "reference"]) == 0
    np.testing.assert_allclose(np.load(out), np.load(tmp_path / "z.npy"), rtol=1e-6)


def test_it_stays_with_weights_that_another_network_takes_over(tmp_path: Path) -> None:
    graph = network("linear 2")
    weights, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    write_weights(weights, random_weights(graph), graph, MEAN)
    net = tmp_path / "n.net"
    net.write_text("net n { input 3x4x4; avgpool global; linear 2 }")
    assert main(["weights", str(net), str(weights), "--in-order", "-o", str(other)]) == 0
    assert (read_mean_image(other) == MEAN).all()  # pyright: ignore[reportOptionalMemberAccess]


def test_files_without_one(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"no such file")
    assert read_mean_image(tmp_path / "a.safetensors") is None
    assert read_mean_image(tmp_path / "nowhere.safetensors") is None
