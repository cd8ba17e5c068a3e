"""The rate at the iterations and epochs that the papers name."""

from typing import Any

import pytest

from netlang.diagnostic import NetError, Source
from netlang.lower import load
from netlang.training.recipe import Options, Recipe
from netlang.training.schedule import PATIENCE, SEEN, Progress, rate


def recipe_of(network: str, **options: int) -> Recipe:
    return Recipe.of(load(network), Options(**options))


def written(words: str) -> Recipe:
    text = f"net n {{ input 3x8x8; avgpool global; train {{ {words} }} }}"
    return Recipe.of(load(Source("n.net", text)))


@pytest.mark.parametrize(
    ("iteration", "expected"),
    [(0, 0.1), (31_999, 0.1), (32_000, 0.01), (47_999, 0.01), (48_000, 0.001), (63_999, 0.001)],
)
def test_residual_networks_on_cifar(iteration: int, expected: float) -> None:
    """He et al. 2015, section 4.2: divided by 10 at 32k and 48k iterations, ended at 64k."""
    recipe = recipe_of("resnet20")
    assert rate(recipe, Progress(iteration)) == pytest.approx(expected)
    assert recipe.iterations(an_epoch=351) == 64_000
    assert recipe.batch == 128


def test_110_layers_warm_up_until_the_training_error_is_below_80_percent() -> None:
    recipe, at = recipe_of("resnet110"), Progress()
    for _ in range(SEEN):
        assert rate(recipe, at) == 0.01
        at.step(recipe, 0.9)
    for _ in range(SEEN // 2):
        at.step(recipe, 0.75)
    assert rate(recipe, at) == 0.01  # 82.5% over the last iterations
    for _ in range(SEEN // 2):
        at.step(recipe, 0.75)
    assert rate(recipe, at) == 0.1
    for _ in range(SEEN):
        at.step(recipe, 0.95)
    assert rate(recipe, at) == 0.1, "it is over once and for all"


def test_a_lucky_batch_ends_no_warm_up() -> None:
    recipe, at = recipe_of("resnet110"), Progress()
    at.step(recipe, 0.1)
    assert rate(recipe, at) == 0.01


def test_googlenet_loses_4_percent_every_8_epochs() -> None:
    """Szegedy et al. 2014, section 6."""
    recipe = recipe_of("googlenet", batch=32, epochs=90)
    rates = [rate(recipe, Progress(epoch=epoch)) / recipe.sgd.lr for epoch in (0, 7, 8, 15, 16)]
    assert rates == pytest.approx([1, 1, 0.96, 0.96, 0.9216])
    assert recipe.average


def test_alexnet_divides_by_10_three_times_when_the_error_stops_falling() -> None:
    """Krizhevsky et al. 2012, section 5: 0.01 at first, reduced three times, 90 cycles."""
    recipe, at = recipe_of("alexnet"), Progress()
    at.end_epoch(recipe, 0.5)
    for expected in (0.01, 1e-3, 1e-4, 1e-5, 1e-5):
        assert rate(recipe, at) == pytest.approx(expected)
        for _ in range(PATIENCE - 1):
            at.end_epoch(recipe, 0.5)
            assert rate(recipe, at) == pytest.approx(expected)
        at.end_epoch(recipe, 0.6)
    assert recipe.iterations(an_epoch=100) == 9_000


def test_an_error_that_falls_starts_the_wait_anew() -> None:
    recipe, at = written("sgd 1; batch 1; epochs 1; plateau"), Progress()
    for error in [0.5] * PATIENCE + [0.4] * PATIENCE:
        at.end_epoch(recipe, error)
    assert rate(recipe, at) == 1


def test_options_take_the_place_of_words() -> None:
    recipe = recipe_of("resnet20", epochs=3, batch=16)
    assert recipe.iterations(an_epoch=10) == 30
    assert recipe.batch == 16
    changed = Recipe.of(load("resnet20"), Options(lr=0.5))
    assert (changed.sgd.lr, changed.sgd.weight_decay) == (0.5, 1e-4)
    assert rate(changed, Progress(32_000)) == pytest.approx(0.05)


def test_iterations_are_finer_than_epochs() -> None:
    recipe = written("sgd 1; batch 1; epochs 2; iterations 30")
    assert recipe.iterations(an_epoch=10) == 30


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("batch 1; epochs 1", "does not say at which rate it learns"),
        ("sgd 1; epochs 1", "does not say how many images a step takes"),
        ("sgd 1; batch 1", "does not say how long it is trained"),
        ("sgd 1, momentum=0, nesterov=on; batch 1; epochs 1", "'nesterov' looks ahead along"),
    ],
)
def test_words_that_are_missing_or_make_no_sense(words: str, message: str) -> None:
    with pytest.raises(NetError, match=message):
        written(words)


def test_a_network_without_a_recipe() -> None:
    with pytest.raises(NetError, match=r"has no 'train'.*(?s:.*)write into the net: train \{"):
        Recipe.of(load(Source("n.net", "net n { input 3x8x8; avgpool global }")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "an lr of 0 learns nothing"),
        ({"lr": float("nan")}, "an lr of nan learns nothing"),
        ({"lr": float("inf")}, "an lr of inf learns nothing"),
        ({"batch": 0}, "a batch of 0 images is none"),
        ({"epochs": 0}, "0 epochs train nothing"),
        ({"iterations": -1}, "-1 iterations train nothing"),
    ],
)
def test_options_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises(NetError, match=message):
        Options(**options)
