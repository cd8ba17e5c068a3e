"""What a step does to weights, where they start, and how training ends."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from netlang.backends.torch.learner import Learner
from netlang.diagnostic import NetError, Source
from netlang.images import Preparation
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.recipe import SGD, Bias, Init
from netlang.training.begin import begin
from netlang.training.data import read_dataset
from netlang.training.loop import Training
from netlang.training.recipe import Recipe
from netlang.training.start import starting_weights
from netlang.weights import random_weights, tensors
from tests.training.data import WORDS, write_arrays, write_net

LINEAR = "net n { input 4; linear 3 -> softmax }"


def written(text: str) -> Graph:
    return load(Source("n.net", text))


def softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def some(shape: tuple[int, ...], seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


# --------------------------------------------------------------------------- steps


def test_steps_are_those_of_the_paper() -> None:
    """Krizhevsky et al. 2012, section 5: v <- 0.9 v - 0.0005 e w - e dL/dw, w <- w + v.

    Biases decay as well, and the gradient is that of the mean cross entropy.
    """
    graph, rate = written(LINEAR), 0.1
    weights = random_weights(graph, 1)
    at_first = SGD(7.0, 0.9, 0.0005)  # whose rate is that of no step
    learner = Learner(graph, weights, at_first, "cpu", averaged=False)
    w, b = (np.float64(weights[f"linear_1.{slot}"]) for slot in ("weight", "bias"))
    vw, vb = np.zeros_like(w), np.zeros_like(b)
    for step in range(3):
        x, labels = some((5, 4), step), [0, 1, 2, 1, 0]
        slope = (softmax(x @ w.T + b) - np.eye(3)[labels]) / 5
        vw = 0.9 * vw - 0.0005 * rate * w - rate * slope.T @ x
        vb = 0.9 * vb - 0.0005 * rate * b - rate * slope.sum(0)
        w, b = w + vw, b + vb
        learner.step(x, labels, rate)
    np.testing.assert_allclose(learner.weights()["linear_1.weight"], w, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(learner.weights()["linear_1.bias"], b, rtol=1e-5, atol=1e-7)


def test_batch_norms_decay() -> None:
    graph = written("net n { input 4x1x1; bn -> avgpool global -> linear 3 -> softmax }")
    weights = starting_weights(graph, (), 0)
    weights["linear_1.weight"][:] = 0  # no gradient reaches the norm
    learner = Learner(graph, weights, SGD(0.1, 0.0, 0.5), "cpu", averaged=False)
    learner.step(some((5, 4, 1, 1)), [0, 1, 2, 1, 0], 0.1)
    np.testing.assert_allclose(learner.weights()["bn_1.weight"], 1 - 0.1 * 0.5)


def test_heads_add_their_losses_by_their_weights() -> None:
    """Szegedy et al. 2014, section 5: weighted by 0.3, on scores ahead of the softmax."""
    text = """
    net n {
      input 4
      aux a, weight=0.3 { linear 3 -> softmax }
      aux b, weight=0.2 { linear 3 }
      linear 3 -> softmax
    }
    """
    graph = written(text)
    weights, x, labels = random_weights(graph, 1), some((5, 4)), [0, 1, 2, 1, 0]
    losses, wrong = {}, {}
    for name in ("linear_1", "a.linear_1", "b.linear_1"):
        scores = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
        losses[name] = -np.log(softmax(scores)[np.arange(5), labels]).mean()
        wrong[name] = int((scores.argmax(1) != labels).sum())
    learner = Learner(graph, weights, SGD(0.1), "cpu", averaged=False)
    outcome = learner.step(x, labels, 0.1)
    expected = losses["linear_1"] + 0.3 * losses["a.linear_1"] + 0.2 * losses["b.linear_1"]
    assert outcome.loss / 5 == pytest.approx(expected, rel=1e-5)
    assert outcome.wrong == wrong["linear_1"]


def test_a_test_changes_nothing_and_has_no_heads(tmp_path: Path) -> None:
    graph = load(write_net(tmp_path))
    learner = Learner(graph, starting_weights(graph, (), 0), SGD(0.1), "cpu", averaged=False)
    before = {name: array.copy() for name, array in learner.weights().items()}
    x, labels = some((6, 3, 8, 8)), [0, 1, 2, 0, 1, 2]
    outcome = learner.test(x, labels)
    assert outcome == learner.test(x, labels)
    scores = graph.to_torch(before).eval().logits(torch.tensor(x)).detach().numpy()
    assert outcome.wrong == int((scores.argmax(1) != labels).sum())
    for name, array in learner.weights().items():
        np.testing.assert_array_equal(array, before[name])


def test_an_average_is_the_mean_of_the_last_half(tmp_path: Path) -> None:
    training = begun(tmp_path, f"{WORDS}; average polyak".replace("epochs 4", "iterations 10"))
    seen: list[Any] = []

    def keep(*_: Any) -> None:
        weights = training.learner.network.state_dict()
        seen.append({name: w.numpy().copy() for name, w in weights.items()})

    list(training.epochs(keep, refuse))
    assert len(seen) == 10
    for name, array in training.learner.weights().items():
        mean = np.mean([each[name] for each in seen[5:]], axis=0)
        np.testing.assert_allclose(array, mean, rtol=1e-4, atol=1e-6)


def averaged(training: Training, unread: int) -> list[int]:
    """After which iterations the average took in weights, where images cannot be read."""
    read, taken = training.samples.data.open, list[int]()

    def open(index: int) -> Any:
        if index < unread:
            raise NetError
        return read(index)

    object.__setattr__(training.samples.data, "open", open)
    training.learner.average = lambda: taken.append(training.progress.iteration)
    list(training.epochs(lambda *_: None, lambda *_: None))
    return taken


@pytest.mark.parametrize(
    ("length", "unread", "expected"),
    [
        ("epochs 4", 0, range(13, 25)),
        ("epochs 3", 0, range(10, 19)),
        ("epochs 4", 60, range(5, 9)),
        ("iterations 8", 60, range(5, 9)),
    ],
)
def test_the_last_half_is_of_what_can_be_read(
    length: str, unread: int, expected: range, tmp_path: Path
) -> None:
    """96 images fill 6 batches an epoch, 36 of them 2."""
    training = begun(tmp_path, f"{WORDS}; average".replace("epochs 4", length))
    assert averaged(training, unread) == list(expected)


# --------------------------------------------------------------------------- start


@pytest.mark.parametrize(
    ("init", "conv", "linear"),
    [
        (Init("he"), (2 / (9 * 32)) ** 0.5, (2 / 64) ** 0.5),
        (Init("xavier"), (2 / (9 * (32 + 64))) ** 0.5, (2 / (64 + 500)) ** 0.5),
        (Init("gaussian", 0.01), 0.01, 0.01),
    ],
)
def test_weights_start_as_the_recipe_says(init: Init, conv: float, linear: float) -> None:
    graph = written("net n { input 32x4x4; conv 3x3, 64 -> bn -> avgpool global -> linear 500 }")
    weights = starting_weights(graph, (init,), 0)
    assert weights["conv_1.weight"].std() == pytest.approx(conv, rel=0.02)
    assert weights["linear_1.weight"].std() == pytest.approx(linear, rel=0.02)
    assert not weights["conv_1.bias"].any()
    assert (weights["bn_1.weight"] == 1).all()


def test_alexnet_has_ones_where_its_paper_says() -> None:
    """Krizhevsky et al. 2012, section 5: conv 2, 4, 5 and the hidden fully connected layers."""
    graph = load("alexnet")
    words = dict(graph.recipes)["train"]
    weights = starting_weights(graph, words, 0)
    ones = {n for n in tensors(graph) if n.endswith(".bias") and (weights[n] == 1).all()}
    assert {name.partition(".")[0] for name in ones} == {"conv2", "conv4", "conv5", "fc6", "fc7"}
    assert len(ones) == 5
    assert weights["conv3.conv_1.weight"].std() == pytest.approx(0.01, rel=0.01)


def test_a_bias_of_no_group() -> None:
    graph = load("alexnet")
    with pytest.raises(NetError, match=r"no layers with a bias in 'conv22'(?s:.*)'conv2'\?"):
        starting_weights(graph, (Bias(1.0, "conv22"),), 0)


# ------------------------------------------------------------------------ training


def refuse(name: str, fault: NetError) -> None:
    pytest.fail(f"{name}: {fault}")


def begun(folder: Path, words: str = WORDS, tested: bool = True) -> Training:
    graph = load(write_net(folder, words))
    preparation = Preparation.of(graph)
    data = read_dataset(write_arrays(folder / "train.npz"), preparation)
    validation = read_dataset(write_arrays(folder / "val.npz", 30, seed=1), preparation)
    recipe = Recipe.of(graph)
    return begin(graph, recipe, data, validation if tested else None, device="cpu", threads=1)


def test_torch_leaves_the_cores_to_those_who_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    monkeypatch.delenv("OMP_WAIT_POLICY")
    begun(tmp_path)
    assert os.environ["OMP_WAIT_POLICY"] == "passive"


def test_a_network_learns_what_can_be_told_apart(tmp_path: Path) -> None:
    training = begun(tmp_path, WORDS.replace("epochs 4", "epochs 8"))
    first, *_, last = training.epochs(lambda *_: None, refuse)
    assert first.training_error > 0
    assert last.training_error == 0
    assert last.validation_error == 0
    assert last.loss < first.loss / 10
    assert (last.epoch, last.iterations) == (8, 48)


def test_iterations_end_within_an_epoch(tmp_path: Path) -> None:
    training = begun(tmp_path, WORDS.replace("epochs 4", "iterations 8"), tested=False)
    rows = list(training.epochs(lambda *_: None, refuse))
    assert [row.iterations for row in rows] == [6, 8]
    assert {row.validation_error for row in rows} == {None}


def test_the_rate_of_a_row_is_the_last_one(tmp_path: Path) -> None:
    training = begun(tmp_path, f"{WORDS}; drop 6")
    rows = list(training.epochs(lambda *_: None, refuse))
    assert [row.lr for row in rows] == pytest.approx([0.1, 0.01, 0.01, 0.01])


def test_a_plateau_needs_images_to_validate_with(tmp_path: Path) -> None:
    with pytest.raises(NetError, match=r"'plateau' watches(?s:.*)name some"):
        begun(tmp_path, f"{WORDS}; plateau", tested=False)


def test_where_nothing_can_be_read(tmp_path: Path) -> None:
    training = begun(tmp_path)

    def damaged(_: int) -> Any:
        raise NetError

    object.__setattr__(training.samples.data, "open", damaged)
    with pytest.raises(NetError, match="no image could be read"):
        list(training.epochs(lambda *_: None, lambda *_: None))


@pytest.mark.parametrize("layer", ["avgpool global -> bn", "linear 4 -> bn"])
def test_a_norm_of_one_number_a_channel(layer: str, tmp_path: Path) -> None:
    net = write_net(tmp_path, "sgd 0.1; batch 1; epochs 1")
    net.write_text(net.read_text().replace("  avgpool global", f"  {layer} as lonely -> relu", 1))
    preparation = Preparation.of(graph := load(net))
    data = read_dataset(write_arrays(tmp_path / "d.npz"), preparation)
    training = begin(graph, Recipe.of(graph), data, None, device="cpu", threads=1)
    with pytest.raises(NetError, match=r"'lonely' sees one pixel(?s:.*)two images a step or more"):
        list(training.epochs(lambda *_: None, refuse))


def test_one_image_a_step_is_enough_for_norms_of_maps(tmp_path: Path) -> None:
    training = begun(tmp_path, WORDS.replace("batch 16; epochs 4", "batch 1; iterations 2"))
    assert [row.iterations for row in training.epochs(lambda *_: None, refuse)] == [2]


def test_a_training_that_diverges_stops(tmp_path: Path) -> None:
    training = begun(tmp_path, WORDS.replace("sgd 0.1", "sgd 1e15"))
    message = (
        r"the loss is no finite number in epoch 1, iteration \d, at a rate of 1e\+15(?s:.*)1e\+14$"
    )
    with pytest.raises(NetError, match=message):
        list(training.epochs(lambda *_: None, refuse))


def test_weights_that_the_last_step_of_an_epoch_has_spoilt(tmp_path: Path) -> None:
    training = begun(tmp_path, WORDS.replace("epochs 4", "iterations 1"))
    training.recipe = replace(training.recipe, sgd=SGD(float("inf")))
    with pytest.raises(NetError, match="a weight is no finite number in epoch 1, iteration 1"):
        list(training.epochs(lambda *_: None, refuse))
