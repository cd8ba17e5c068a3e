"""The views of an image that a recipe asks for, beside cuts that are made by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.Image import Resampling

from netlang.diagnostic import NetError, Source
from netlang.engines import Engine
from netlang.ground.resources import zoo_networks
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.running.sizes import AnySize
from netlang.running.views import Views
from tests.running.photograph import saved

RAW = "3x32x32, mean=0, std=1, range=255"


def views(recipe: str, input: str = RAW) -> Views:
    text = f"net n {{ input {input}; avgpool global -> softmax; {recipe} }}"
    return Views.of(load(Source("n.net", text)))


def scaled(pixels: Any, height: int, width: int) -> Any:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Resampling.BICUBIC))


def compare(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected)
    for x, cut in zip(found, expected, strict=True):
        np.testing.assert_allclose(x.transpose(1, 2, 0), cut, atol=1e-4)


def with_mirrors(cuts: list[Any]) -> list[Any]:
    return [*cuts, *(cut[:, ::-1] for cut in cuts)]


def five(pixels: Any) -> list[Any]:
    """torchvision's FiveCrop of 32x32."""
    height, width = pixels.shape[:2]
    top, left = round((height - 32) / 2.0), round((width - 32) / 2.0)
    return [
        pixels[:32, :32],
        pixels[:32, -32:],
        pixels[-32:, :32],
        pixels[-32:, -32:],
        pixels[top : top + 32, left : left + 32],
    ]


def middle(pixels: Any) -> Any:
    """torchvision's CenterCrop to the largest square."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = round((height - side) / 2.0), round((width - side) / 2.0)
    return pixels[top : top + side, left : left + side]


def test_one_crop_is_the_centre_rounded_as_torchvision_rounds(tmp_path: Path) -> None:
    pixels = saved(tmp_path, 41, 63)  # 4.5 becomes 4, and 15.5 becomes 16
    centre = pixels[4:36, 16:48]
    compare(views("eval { resize 41; crop 32 }").read_views(tmp_path / "a.png"), [centre])
    flipped = views("eval { resize 41; crops 1; flip }").read_views(tmp_path / "a.png")
    compare(flipped, [centre, centre[:, ::-1]])


@pytest.mark.parametrize("size", [(41, 62), (62, 41), (40, 40)])
def test_ten_crops_are_corners_centre_and_mirror_images(
    size: tuple[int, int], tmp_path: Path
) -> None:
    pixels = saved(tmp_path, *size)
    found = views(f"eval {{ resize {min(size)}; crops 10; flip }}").read_views(tmp_path / "a.png")
    compare(found, with_mirrors(five(middle(pixels))))


def test_crops_of_several_sizes(tmp_path: Path) -> None:
    pixels = saved(tmp_path, 40, 61)
    larger = scaled(pixels, 48, int(48 * 61 / 40))
    found = views("eval { scale 40; scale 48; crops 10 }").read_views(tmp_path / "a.png")
    compare(found, with_mirrors(five(middle(pixels))) + with_mirrors(five(middle(larger))))


@pytest.mark.parametrize("is_portrait", [False, True])
def test_144_crops_are_of_three_squares_at_four_sizes(is_portrait: bool, tmp_path: Path) -> None:
    size = (61, 40) if is_portrait else (40, 61)
    pixels, expected = saved(tmp_path, *size), list[Any]()
    sides = (40, 44, 48, 56)
    for side in sides:
        image = scaled(pixels, *(int(side * length / 40) for length in size))
        cuts = list[Any]()
        longer = max(image.shape)
        for start in (0, round((longer - side) / 2.0), longer - side):
            part = slice(start, start + side)
            square = image[part] if is_portrait else image[:, part]
            cuts += [*five(square), scaled(square, 32, 32)]
        expected += with_mirrors(cuts)
    recipe = "eval { " + "; ".join(f"scale {side}" for side in sides) + "; crop 32; crops 144 }"
    assert views(recipe).views == len(expected) == 144
    compare(views(recipe).read_views(tmp_path / "a.png"), expected)


def test_dense_views_are_whole_images(tmp_path: Path) -> None:
    pixels = saved(tmp_path, 40, 61)
    larger = scaled(pixels, 48, int(48 * 61 / 40))
    dense = views("eval { scale 40; scale 48; dense; flip }")
    expected = with_mirrors([pixels]) + with_mirrors([larger])
    compare(dense.read_views(tmp_path / "a.png"), expected)
    assert (dense.views, dense.views_a_side, dense.is_dense) == (4, 2, True)


def test_without_a_size_it_is_the_usual_one(tmp_path: Path) -> None:
    assert views("eval { crops 10 }").sides == (37,)
    assert views("eval { crops 10 }", f"{RAW}, resize=48").sides == (48,)
    assert views("eval { resize 40; crops 10 }", f"{RAW}, resize=48").sides == (40,)
    assert views("eval { scale 50; resize 40 }").sides == (50,)


def test_what_is_done_is_told() -> None:
    assert str(views("eval { scale 40; scale 48; crops 10; mean pixel }")) == (
        "shorter side to 40, 48 (bicubic), corners and centre 32x32 of the middle square, mirrored "
        "as well, R, G, B from 0 to 255 minus 0 over 1 (in place of 'mean pixel', whose image no weights hold); mean of 20 "
        "probabilities"
    )
    assert str(views("eval { resize 40; dense; mean channel }")) == (
        "shorter side to 40 (bicubic), the whole image, R, G, B from 0 to 255 minus 0 over 1"
    )


@pytest.mark.parametrize("name", zoo_networks())
def test_every_test_of_the_zoo_can_be_carried_out(name: str) -> None:
    counts = {
        "alexnet": 10,
        "googlenet": 144,
        "vgg16": 6,
        "vgg19": 6,
        "resnet152": 5,
        "resnet18": 10,
    }
    found = Views.of(load(name))
    assert found.views == counts.get(name, found.views)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("", "'n' has no 'eval': nothing says how it is tested"),
        ("train { crop 32 }", "write into the net: eval { resize 256; crop 224; crops 10 }"),
        ("eval { crops 7 }", "write crops 1, crops 10 or crops 144"),
        ("eval { crop 24 }", "'crop 24' cuts out 24x24 pixels, and the network takes 3x32x32"),
        ("eval { dense; crops 10 }", "leave out 'dense' or 'crops'"),
        ("eval { dense; crop 32 }", "leave out 'dense' or 'crop'"),
        ("eval { resize 24 }", "an image whose shorter side is 24 holds no 3x32x32"),
        ("eval { scale 40; scale 24; dense }", "write scale 32, or more"),
        ("eval { scale 40; crops 144 }", "'crops 144' are of 4 sizes, and the recipe has 1"),
    ],
)
def test_recipes_that_cannot_be_carried_out(recipe: str, message: str) -> None:
    with pytest.raises(NetError) as caught:
        views(recipe)
    assert message in str(caught.value)


@pytest.mark.parametrize("crops", ["crops 10", "scale 40; scale 44; scale 48; scale 52; crops 144"])
def test_squares_are_for_networks_that_take_squares(crops: str) -> None:
    with pytest.raises(NetError, match="cut out of squares, and the network takes 3x32x40"):
        views(f"eval {{ {crops} }}", "3x32x40")


def test_as_many_engines_are_kept_as_told() -> None:
    graph = load(Source("n.net", "net n { input 3x8x8; avgpool global -> softmax }"))
    opened = list[str]()

    def open(form: Graph) -> Engine:
        opened.append(str(form.inputs[0].type))
        return Engine("fake", "float32", opened[-1], lambda x: x.mean((2, 3)))

    network = AnySize(graph, open, kept=2)
    for pixels in ((8, 9), (9, 8), (8, 9), (9, 8), (9, 9), (9, 8), (8, 9)):
        assert network(np.zeros((2, 3, *pixels))).shape == (2, 3)
    assert opened == ["3x8x9", "3x9x8", "3x9x9", "3x8x9"]
    assert network.description == "3x8x9"
