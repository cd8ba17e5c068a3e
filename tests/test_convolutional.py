"""The fully convolutional form: the network at every place of a larger image, in float64."""

from typing import Any

import numpy as np
import pytest
import torch

from netlang.backends.torch import reference
from netlang.compiler.checks import to_logits
from netlang.diagnostic import NetError, Source
from netlang.engines import open_engine
from netlang.ir.graph import Graph, verify
from netlang.ir.printer import print_graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.views.convolutional import fully_convolutional
from netlang.weights import random_weights

HEAD = "conv 3x3, 8, pad=0 -> relu -> maxpool 2x2 -> conv 2x2, 6, pad=0 -> relu"
"""What a place sees is 12x12 pixels without padding, and the next place is 2 pixels further."""


def net(layers: str, input: str = "3x12x12") -> Graph:
    return load(Source("n.net", f"net n {{ input {input}; {layers} }}"))


def image(graph: Graph, rows: int, columns: int) -> Any:
    return np.random.default_rng(1).normal(size=(2, graph.inputs[0].type.channels, rows, columns))


@pytest.mark.parametrize(
    "tail",
    [
        "linear 9 -> relu -> dropout 50% -> linear 5 -> softmax",
        "flatten -> linear 9, bias=off -> relu -> linear 5",
        "dropout 30%, scale=test -> flatten -> dropout 30%, scale=test -> linear 5 -> softmax",
        "avgpool 4x4 -> linear 5 -> softmax",
        "linear 9 -> bn -> relu -> linear 5 -> flatten -> softmax",
    ],
)
def test_it_is_the_mean_of_the_scores_at_all_places(tail: str) -> None:
    graph = net(f"{HEAD} -> {tail}")
    weights, x = random_weights(graph), image(graph, 16, 20)
    # A pool's windows stand side by side, those of a linear layer wherever they may.
    tops, lefts = ((0,), (0, 8)) if "avgpool" in tail else ((0, 2, 4), (0, 2, 4, 6, 8))
    places = [x[..., top : top + 12, left : left + 12] for top in tops for left in lefts]
    logits = to_logits(graph)
    scores = torch.stack([reference(logits, weights, place) for place in places]).mean(0)
    form = verify(fully_convolutional(graph, (16, 20)))
    got = reference(form, weights, x)
    np.testing.assert_allclose(got, scores.softmax(1), rtol=1e-12)


def test_a_global_pool_is_over_the_larger_image() -> None:
    layers = """
      conv 7x7, 8, stride=2, bias=off -> bn -> relu -> maxpool 3x3, stride=2, pad=1
      aux side, weight=0.3 { linear 5 -> softmax }
      shortcut { conv 3x3, 8 -> bn }
      relu -> avgpool global -> linear 5 -> softmax
    """
    graph, larger = net(layers, "3x32x32"), net(layers, "3x41x56")
    weights, x = random_weights(graph), image(graph, 41, 56)
    kept = {name: own for name, own in weights.items() if not name.startswith("side")}
    got = reference(fully_convolutional(graph, (41, 56)), kept, x)
    wanted = random_weights(larger) | kept
    np.testing.assert_allclose(got, reference(larger, wanted, x), rtol=1e-12)


@pytest.mark.parametrize("tail", ["avgpool global -> softmax", "linear 6"])
def test_its_output_has_the_shape_of_the_network_s(tail: str) -> None:
    graph = net(f"{HEAD} -> {tail}")
    form = fully_convolutional(graph, (16, 20))
    assert form[form.output].type == graph[graph.output].type


def test_an_image_may_be_larger_than_the_network_s_are_scaled_to() -> None:
    graph = net(f"{HEAD} -> linear 5", "3x12x12, resize=14")
    (given,) = verify(fully_convolutional(graph, (16, 20))).inputs
    assert str(given.type) == "3x16x20"


def test_at_its_own_size_it_is_the_network() -> None:
    graph = load("alexnet")
    weights, x = random_weights(graph), image(graph, 224, 224)[:1]
    form = fully_convolutional(graph, (224, 224))
    np.testing.assert_allclose(
        reference(form, weights, x), reference(graph, weights, x), rtol=1e-10
    )


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_engines_take_it(engine: str) -> None:
    graph = net(f"{HEAD} -> linear 9 -> relu -> linear 5 -> softmax")
    weights, form = random_weights(graph), fully_convolutional(graph, (16, 20))
    x = image(graph, 16, 20).astype("float32")
    if engine == "openvino":
        pytest.importorskip("openvino")
    got = open_engine(form, weights, engine, batch=2)(x)
    np.testing.assert_allclose(got, reference(form, weights, x), atol=1e-5)


def test_its_text_tells_it_all() -> None:
    form = fully_convolutional(net(f"{HEAD} -> linear 5 -> softmax"), (16, 20))
    assert "where weight = as_kernel(linear_1.weight, 4, 4)" in print_graph(form)
    assert parse_graph(print_graph(form)) == form


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("conv 3x3, 2", "gives 2x12x12, which are not classes"),
        ("conv 3x3, 2 -> flatten -> softmax", "'softmax_1' takes the pixels of a map"),
        ("conv 3x3, 2 -> flatten", "'flatten_1' takes the pixels of a map"),
        ("flatten -> bn -> linear 5", "'bn_1' takes the pixels of a map"),
        ("flatten -> affine -> linear 5", "'affine_1' takes the pixels of a map"),
        (
            "shortcut { conv 3x3, 3, stride=2 -> upsample 2x2 } -> linear 5",
            "'n' does not take images of 3x17x16",
        ),
    ],
)
def test_what_has_no_such_form(layers: str, message: str) -> None:
    with pytest.raises(NetError, match=message):
        fully_convolutional(net(layers), (17, 16))
