"""What training shows of images, counted over many draws."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netlang.diagnostic import NetError, Source
from netlang.images import Preparation
from netlang.lower import load
from netlang.training.augment import Augmentation, _box
from netlang.training.colour import Lighting, lighting
from netlang.training.data import Dataset

DRAWS = 1800

Given = tuple[Augmentation, Any]


def augmentation(words: str, shape: str = "3x4x4, mean=0, std=1, range=255, resize=4") -> Given:
    text = f"net n {{ input {shape}; avgpool global; train {{ {words} }} }}"
    graph = load(Source("n.net", text))
    given = Augmentation.of(dict(graph.recipes)["train"], Preparation.of(graph))
    return given, np.random.default_rng(0)


def numbered(height: int, width: int) -> Image.Image:
    """An image in which every pixel has a number of its own, from 1 on, in all colours."""
    pixels = np.arange(1, height * width + 1, dtype="uint8").reshape(height, width)
    return Image.fromarray(np.stack([pixels] * 3, 2))


def near(count: int, expected: float) -> bool:
    """Within five deviations of a binomial."""
    return abs(count - expected) < 5 * expected**0.5


def test_crops_of_a_padded_image_are_at_every_place_and_half_are_mirrored() -> None:
    augment, rng = augmentation("pad 1; crop 4; flip")
    image = np.pad(np.arange(1, 17).reshape(4, 4), 1)
    places: dict[bytes, tuple[int, int, bool]] = {}
    for top in range(3):
        for left in range(3):
            cut = image[top : top + 4, left : left + 4].astype("float32")
            places[cut.tobytes()] = top, left, False
            places[np.ascontiguousarray(cut[:, ::-1]).tobytes()] = top, left, True
    drawn = [augment(numbered(4, 4), rng) for _ in range(DRAWS)]
    found = Counter(places[np.ascontiguousarray(x[0]).tobytes()] for x in drawn)
    assert len(found) == 18
    assert all(near(count, DRAWS / 18) for count in found.values())
    assert near(sum(count for (_, _, mirrored), count in found.items() if mirrored), DRAWS / 2)


def test_zeros_around_are_those_of_what_the_network_is_given() -> None:
    augment, rng = augmentation("pad 3; crop 4", "3x4x4, mean=9, std=2, range=255, resize=4")
    drawn = [augment(numbered(4, 4), rng) for _ in range(50)]
    inside = {float(x) for x in (np.arange(1, 17) - 9) / 2}
    assert {float(x) for each in drawn for x in each.flat} == inside | {0.0}


def test_the_shorter_side_has_every_length_within_its_bounds() -> None:
    """A part of so many pixels of the scaled image has the middle of a ramp at its step."""
    augment, rng = augmentation("resize 8, to=12; crop 4")
    ramp = np.broadcast_to(np.linspace(0, 240, 48).astype("uint8")[:, None, None], (48, 96, 3))
    image = Image.fromarray(np.ascontiguousarray(ramp))
    steps = [augment(image, rng)[0, :, 0] for _ in range(DRAWS // 3)]
    # A pixel of a side of n is 240 / n higher than the next.
    sides = Counter(round(240 / float(np.diff(step).mean())) for step in steps)
    assert set(sides) <= set(range(7, 14))
    assert all(near(sides[side], DRAWS / 15) for side in (9, 10, 11))


def test_crops_of_the_middle_square() -> None:
    """Krizhevsky et al. 2012, section 2: nothing of what lies beside it is ever seen."""
    image = numbered(5, 11)
    inside = set(np.asarray(image)[:, 3:8, 0].flat)
    augment, rng = augmentation("resize 5, square=on; crop 4")
    seen = {round(float(x)) for _ in range(200) for x in augment(image, rng).flat}
    assert seen == inside


def test_without_a_crop_training_sees_what_a_test_sees() -> None:
    augment, rng = augmentation("flip")
    augment_alone, _ = augmentation("sgd 1")
    image = numbered(10, 12)
    expected = augment.preparation.prepared(image)
    np.testing.assert_array_equal(augment_alone(image, rng), expected)
    for _ in range(10):
        x = augment(image, rng)
        assert np.array_equal(x, expected) or np.array_equal(x[..., ::-1], expected)


def test_areas_and_aspects_are_within_their_bounds() -> None:
    augment, rng = augmentation("area 8%, 100%, aspect=4/3; crop 4")
    assert augment.area
    image = Image.new("RGB", (300, 200))
    boxes = np.array([_box(augment.area, image, rng) for _ in range(DRAWS)])
    left, top, right, bottom = boxes.T
    assert left.min() >= 0
    assert top.min() >= 0
    assert right.max() <= 300
    assert bottom.max() <= 200
    width, height = right - left, bottom - top
    shares, aspects = width * height / 60_000, width / height
    assert 0.08 <= shares.min() < 0.09
    assert shares.max() <= 1
    # Of more than 8/9 of this image no part of 4:3 or less is no higher than it.
    assert 3 / 4 <= aspects.min() < 0.76
    assert 1.32 < aspects[shares < 8 / 9].max() <= 4 / 3 * (1 + 1e-9)
    np.testing.assert_allclose(height[shares > 8 / 9], 200)
    for tenth in np.histogram(shares, 10, (0.08, 1))[0]:
        assert near(tenth, DRAWS / 10)
    # With less than half of this image all aspects fit into it.
    small = np.log(aspects[shares < 0.5]) / np.log(4 / 3)
    for quarter in np.histogram(small, 4, (-1, 1))[0]:
        assert near(quarter, len(small) / 4)


@pytest.mark.parametrize(("width", "height"), [(1000, 10), (10, 1000)])
def test_an_area_that_fits_with_no_aspect_is_as_high_or_wide_as_the_image(
    width: int, height: int
) -> None:
    augment, rng = augmentation("area 40%, 60%; crop 4")
    assert augment.area
    for _ in range(20):
        left, top, right, bottom = _box(augment.area, Image.new("RGB", (width, height)), rng)
        assert min(right - left, bottom - top) == pytest.approx(10)
        assert 400 <= max(right - left, bottom - top) <= 600


def test_an_area_of_nearly_nothing_and_of_everything() -> None:
    for words, size in (("area 0%, 100%", (3, 5)), ("area 100%, 100%", (7, 3))):
        augment, rng = augmentation(f"{words}; crop 4")
        for _ in range(200):
            assert augment(Image.new("RGB", size), rng).shape == (3, 4, 4)


def test_photometric_changes_pixels_and_keeps_places() -> None:
    augment, rng = augmentation("color photometric")
    image = Image.new("RGB", (4, 4), (100, 150, 200))
    seen = np.stack([augment(image, rng)[:, 0, 0] for _ in range(200)])
    assert seen.std(0).min() > 10
    # Brightness alone spreads by a factor of 0.5 to 1.5.
    assert 40 < seen.mean(1).min() < 90
    assert 200 < seen.mean(1).max() <= 255


# ------------------------------------------------------------------------- colours


def pixels_along_a_line() -> Any:
    """2000 gray pixels with a little of their own in each colour."""
    rng = np.random.default_rng(1)
    gray = rng.normal(128, 30, (20, 100, 1))
    return (gray + rng.normal(0, (2, 6, 4), (20, 100, 3))).clip(0, 255).astype("uint8")


def test_principal_components_are_those_of_the_covariance_of_all_pixels() -> None:
    images = pixels_along_a_line().reshape(4, 5, 100, 3)
    data = Dataset(Path("a"), [0] * 4, str, lambda index: Image.fromarray(images[index]))
    found = lighting(data)
    expected = np.cov(images.reshape(-1, 3).T / 255, bias=True)
    made = found.components @ np.diag(found.variances) @ found.components.T
    np.testing.assert_allclose(made, expected, rtol=1e-9)


def test_a_large_image_weighs_no_more_than_a_small_one() -> None:
    """Krizhevsky et al. 2012, section 2: all of theirs are of 256x256."""
    large, small = pixels_along_a_line(), pixels_along_a_line()[::4, ::10, ::-1]
    images = [Image.fromarray(np.ascontiguousarray(each)) for each in (large, small)]
    found = lighting(Dataset(Path("a"), [0] * 2, str, images.__getitem__))
    alike = np.concatenate([large.reshape(-1, 3), np.repeat(small.reshape(-1, 3), 40, 0)])
    made = found.components @ np.diag(found.variances) @ found.components.T
    np.testing.assert_allclose(made, np.cov(alike.T / 255, bias=True), rtol=1e-9)


def test_colours_move_along_their_components_in_proportion_to_the_variance() -> None:
    """Krizhevsky et al. 2012, section 4.1: [p1 p2 p3] [a1 l1, a2 l2, a3 l3], a ~ N(0, 0.1)."""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    light = Lighting(turn, np.array([0.01, 0.2, 0.05]))
    rng = np.random.default_rng(2)
    alphas = np.array([light.shift(rng, 0.1) for _ in range(4000)]) @ turn
    np.testing.assert_allclose(alphas.std(0), [0.001, 0.02, 0.005], rtol=0.05)


def test_a_shift_of_colours_is_one_for_all_pixels_in_the_input_s_numbers() -> None:
    from dataclasses import replace

    augment, rng = augmentation("color pca", "3x4x4, mean=10:20:30, std=2:4:8, range=255, resize=4")
    image = numbered(4, 4)
    plain = augment.preparation.prepared(image)

    class Fixed(Lighting):
        def shift(self, rng: Any, std: float) -> Any:
            assert std == 0.1
            return np.array([0.1, -0.2, 0.4])

    moved = replace(augment, lighting=Fixed(np.eye(3), np.ones(3)))(image, rng) - plain
    expected = 255 * np.array([0.1 / 2, -0.2 / 4, 0.4 / 8])
    np.testing.assert_allclose(
        moved, np.broadcast_to(expected[:, None, None], (3, 4, 4)), rtol=1e-4
    )


# ----------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("crop 8", "'crop 8' cuts out 8x8 pixels, and the network takes 3x4x4"),
        ("pad 1", "'pad' is there for random crops"),
        ("pad 4; crop 4", "'pad 4' makes crops of 4x4 that see nothing of the image"),
        ("area; crop 4; resize 8", "leaves nothing to 'resize'"),
        ("area; crop 4; pad 2", "leaves nothing to 'pad'"),
        ("area 100%, 8%; crop 4", "'area' is from 100% to less, 8.0%"),
        ("resize 40, to=20; crop 4", "'resize' is from 40 to less, 20"),
        ("area 0%, 0%; crop 4", "'area' sees nothing of the image"),
    ],
)
def test_words_that_do_not_go_together(words: str, message: str) -> None:
    with pytest.raises(NetError, match=message):
        augmentation(words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "resize 256, to=480; crop 4; pad 1; mean pixel",
            "shorter side to 256 (bicubic) up to 480",
        ),
        ("resize 256; crop 4; pad 1; mean pixel", "padded by 1, a random 4x4"),
        ("resize 256, square=on; crop 4", "(bicubic), the middle square, a random 4x4"),
        ("mean pixel", "(in place of 'mean pixel'"),
        ("area 8%, 100%; crop 4", "a random 8.0% to 100% of the area to 4x4"),
        ("color photometric; flip", "half of them mirrored, colours changed (photometric)"),
    ],
)
def test_what_is_done_is_told(words: str, message: str) -> None:
    assert message in str(augmentation(words)[0])
