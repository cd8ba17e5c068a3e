"""Photographs as a network declares them: sizes, colours, orientation."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.Image import Resampling

from netlang.diagnostic import NetError, Source
from netlang.images import Preparation
from netlang.lower import load
from tests.running.photograph import saved

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def read(path: Path, declared: str, recipe: str = "") -> Any:
    text = f"net n {{ input {declared}; avgpool global; {recipe} }}"
    return Preparation.of(load(Source("n.net", text))).read(path)


def test_an_image_of_the_size_of_the_cut_is_taken_pixel_by_pixel(tmp_path: Path) -> None:
    middle = saved(tmp_path, 256, 300)[16:240, 38:262] / 255
    x = read(tmp_path / "a.png", "3x224x224")
    np.testing.assert_allclose(x, ((middle - MEAN) / DEVIATION).transpose(2, 0, 1), atol=1e-5)
    assert x.dtype == np.float32


@pytest.mark.parametrize(
    ("declared", "recipe"),
    [("", "eval { resize 40 }"), (", resize=40", ""), (", resize=40", "eval { resize 64 }")],
)
def test_the_input_tells_the_size_or_else_the_recipe(
    declared: str, recipe: str, tmp_path: Path
) -> None:
    middle = saved(tmp_path, 40, 40)[4:36, 4:36] / 255
    x = read(tmp_path / "a.png", f"3x32x32{declared}", recipe)
    np.testing.assert_allclose(x, ((middle - MEAN) / DEVIATION).transpose(2, 0, 1), atol=1e-5)


def test_raw_pixels_minus_a_mean(tmp_path: Path) -> None:
    """The convention of VGG's authors, who published this mean beside their weights."""
    pixels = saved(tmp_path, 32, 32)
    x = read(
        tmp_path / "a.png", "3x32x32, mean=123.68:116.779:103.939, std=1, range=255, resize=32"
    )
    np.testing.assert_allclose(
        x, (pixels - [123.68, 116.779, 103.939]).transpose(2, 0, 1), rtol=1e-6
    )


def test_one_number_stands_for_all_channels(tmp_path: Path) -> None:
    pixels = saved(tmp_path, 32, 32)
    x = read(tmp_path / "a.png", "3x32x32, mean=0.5, std=0.25, resize=32")
    np.testing.assert_allclose(x, ((pixels / 255 - 0.5) / 0.25).transpose(2, 0, 1), rtol=1e-5)


def test_an_image_that_is_gone_by_now(tmp_path: Path) -> None:
    with pytest.raises(NetError, match=r"there is no image '.*gone\.png'"):
        read(tmp_path / "gone.png", "3x32x32")


@pytest.mark.parametrize(("height", "width"), [(375, 500), (500, 375), (231, 1000), (50, 61)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_the_cut_is_that_of_torchvision(
    height: int, width: int, interpolation: str, tmp_path: Path
) -> None:
    """Resize(256) then CenterCrop(224), as torchvision does them: whole sizes, whole corners."""
    saved(tmp_path, height, width)
    image = Image.open(tmp_path / "a.png")
    w, h = (int(256 * side / min(image.size)) for side in image.size)
    left, top = round((w - 224) / 2), round((h - 224) / 2)
    scaled = image.resize((w, h), Resampling[interpolation.upper()])
    expected = np.asarray(scaled.crop((left, top, left + 224, top + 224)), float)
    x = read(
        tmp_path / "a.png", f"3x224x224, mean=0, std=1, range=255, interpolation={interpolation}"
    )
    # Scaled and cut in one step, a few pixels in a thousand are rounded the other way.
    assert np.abs(x.transpose(1, 2, 0) - expected).max() < 1.01
    assert np.abs(x.transpose(1, 2, 0) - expected).mean() < 0.01


def test_an_input_that_is_not_square_fits_in(tmp_path: Path) -> None:
    saved(tmp_path, 60, 40)
    assert read(tmp_path / "a.png", "3x32x96").shape == (3, 32, 96)


def test_gray_networks_see_gray(tmp_path: Path) -> None:
    saved(tmp_path, 28, 28)
    x = read(tmp_path / "a.png", "1x28x28, resize=28")
    gray = np.asarray(Image.open(tmp_path / "a.png").convert("L"))[None] / 255
    np.testing.assert_allclose(x, (gray - 0.449) / 0.226, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_colours_that_pillow_cannot_turn_into_the_networks(channels: int, tmp_path: Path) -> None:
    path = tmp_path / "lab.tif"
    Image.new("LAB", (8, 8)).save(path)
    declared = f"{channels}x8x8, resize=8"
    if channels == 3:
        assert read(path, declared).shape == (3, 8, 8)
    else:
        with pytest.raises(NetError, match=r"lab\.tif' do not become .*'LAB' and 'L'"):
            read(path, declared)


def test_an_orientation_that_is_damaged(tmp_path: Path) -> None:
    saved(tmp_path, 32, 32)
    Image.open(tmp_path / "a.png").save(tmp_path / "b.png", exif=b"Exif\0\0no orientation")
    with pytest.raises(NetError, match=r"b\.png' is damaged"):
        read(tmp_path / "b.png", "3x32x32")


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    half = np.zeros((32, 32), "uint8")
    half[:16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned to the left: the left column is the top
    Image.fromarray(half).save(tmp_path / "turned.png", exif=exif)
    x = read(tmp_path / "turned.png", "1x28x28")
    assert x[0, :, -1].min() > 2
    assert x[0, :, 0].max() < -1


def test_a_network_of_features_takes_no_photographs() -> None:
    with pytest.raises(NetError, match="takes 12, which is not an image"):
        Preparation.of(load(Source("n.net", "net n { input 12; linear 3 }")))


def test_a_test_has_no_random_size(tmp_path: Path) -> None:
    with pytest.raises(NetError, match=r"'resize 40, to=60' is random(?s:.*)scale 40; scale 60"):
        read(tmp_path / "a.png", "3x32x32", "eval { resize 40, to=60 }")
    with pytest.raises(NetError, match=r"'resize 40, square=on' is for random(?s:.*)crops 10"):
        read(tmp_path / "a.png", "3x32x32", "eval { resize 40, square=on }")
