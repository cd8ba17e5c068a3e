"""Weights: made up, written, read, and every way in which a file does not fit."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from netlang.backends.torch import values
from netlang.commands import main
from netlang.diagnostic import NetError, Source
from netlang.engines import Stored
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.passes import optimize
from netlang.weights import evaluated, random_weights, read_weights, tensors, write_weights
from netlang.weights.origin import KEY, metadata, strangeness

TEXT = """
net tiny {
  input 3x8x8
  conv 3x3, 200, bias=off -> bn -> relu -> conv 3x3, 4
  aux side, weight=0.3 { linear 2 }
  linear 5
}
"""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return load(Source("tiny.net", TEXT))


def test_a_checkpoint_has_the_names_and_shapes_of_the_layers(graph: Graph) -> None:
    shapes = {name: numbers.shape for name, numbers in random_weights(graph).items()}
    assert shapes == {name: weight.shape for name, weight in tensors(graph).items()}
    assert shapes["conv_1.weight"] == (200, 3, 3, 3)
    assert shapes["bn_1.running_var"] == (200,)


def test_products_start_as_he_et_al_say(graph: Graph) -> None:
    weights = random_weights(graph, trained=False)
    assert weights["conv_1.weight"].std() == pytest.approx((2 / 27) ** 0.5, rel=0.03)
    assert weights["conv_1.weight"].dtype == np.float32
    assert (weights["bn_1.weight"] == 1).all()
    assert (weights["bn_1.running_mean"] == 0).all()
    assert (weights["conv_2.bias"] == 0).all()


def test_trained_statistics_are_those_of_the_signal(graph: Graph) -> None:
    weights = random_weights(graph)
    # He's weights double the mean square of noise.
    assert weights["bn_1.running_var"].mean() == pytest.approx(2, rel=0.05)
    assert 1.5 <= weights["bn_1.running_var"].min() < 1.7
    for slot in ("weight", "bias", "running_mean", "running_var"):
        assert weights[f"bn_1.{slot}"].std() > 0.05


def test_numbers_depend_on_the_seed_and_the_name_alone(graph: Graph) -> None:
    weights, again, other = (random_weights(graph, seed) for seed in (0, 0, 1))
    shorter = random_weights(load(Source("tiny.net", TEXT.replace("  linear 5\n", ""))))
    assert all((weights[name] == again[name]).all() for name in weights)
    assert (weights["conv_1.weight"] != other["conv_1.weight"]).all()
    assert (weights["conv_1.weight"] == shorter["conv_1.weight"]).all()
    two = [weights[f"conv_{i}.weight"].flat[:5000] for i in (1, 2)]
    assert np.abs(np.corrcoef(two) - np.eye(2)).max() < 0.1


def test_a_thousand_layers_neither_die_nor_explode() -> None:
    for name in ("resnet1202", "plain110"):
        graph = load(name)
        x = np.random.default_rng(0).standard_normal((1, 3, 32, 32))
        given = values(graph, random_weights(graph), x, dtype=torch.float32)
        largest = [v.abs().max() for v in given.values()]
        assert max(largest) < 1000  # far below what half precision holds
        assert min(largest[1:]) > 0.1


def test_an_optimized_graph_has_no_checkpoint_but_weights(graph: Graph) -> None:
    optimized = optimize(graph).graph
    with pytest.raises(ValueError, match="%conv_1 has no weights of its own"):
        random_weights(optimized)
    w = random_weights(graph)
    folded = evaluated(optimized, w)
    # Ioffe and Szegedy 2015, section 3.1, by hand.
    scale = w["bn_1.weight"] / np.sqrt(w["bn_1.running_var"].astype("float64") + 1e-5)
    shift = w["bn_1.bias"] - scale * w["bn_1.running_mean"]
    np.testing.assert_allclose(
        folded["conv_1.weight"], w["conv_1.weight"] * scale[:, None, None, None], rtol=1e-6
    )
    np.testing.assert_allclose(folded["conv_1.bias"], shift, rtol=1e-5, atol=1e-7)


# -------------------------------------------------------------------------- files


def test_what_is_written_is_read(graph: Graph, tmp_path: Path) -> None:
    weights = random_weights(graph)
    write_weights(tmp_path / "w.safetensors", weights)
    read = read_weights(tmp_path / "w.safetensors", graph)
    assert list(read) == list(weights)
    assert all((read[name] == weights[name]).all() for name in weights)


def test_half_precision_is_widened(graph: Graph, tmp_path: Path) -> None:
    halves = {name: w.astype("float16") for name, w in random_weights(graph).items()}
    save_file(halves, tmp_path / "w.safetensors")
    read = read_weights(tmp_path / "w.safetensors", graph)
    assert all(read[name].dtype == np.float32 for name in read)
    assert all((read[name] == halves[name]).all() for name in read)


def test_heads_and_torchs_counters_may_be_missing_and_more(graph: Graph, tmp_path: Path) -> None:
    weights = random_weights(graph)
    weights = {name: w for name, w in weights.items() if not name.startswith("side.")}
    assert len(weights) == len(tensors(graph)) - 2
    write_weights(
        tmp_path / "w.safetensors", weights | {"bn_1.num_batches_tracked": np.zeros((), "float32")}
    )
    assert list(read_weights(tmp_path / "w.safetensors", graph)) == list(weights)


def refusal(graph: Graph, path: Path) -> str:
    with pytest.raises(NetError) as caught:
        read_weights(path, graph)
    return str(caught.value)


def test_each_tensor_that_does_not_fit_is_named(graph: Graph, tmp_path: Path) -> None:
    weights = random_weights(graph)
    weights["bn_1.wieght"] = weights.pop("bn_1.weight")
    weights["conv_2.bias"] = weights["conv_2.bias"][:3]
    weights["linear_1.bias"] = weights["linear_1.bias"].astype("int64")  # pyright: ignore[reportArgumentType]
    save_file(weights, tmp_path / "w.safetensors")
    assert refusal(graph, tmp_path / "w.safetensors").split("\n\n")[1:] == [
        "error: 'conv_2.bias' is 3 and should be 4",
        "error: 'bn_1.weight' is missing",
        "error: 'tiny' has no 'bn_1.wieght'\n  = help: did you mean 'bn_1.weight'?",
        "error: 'linear_1.bias' holds numbers of type I64\n"
        "  = help: save the weights as float32, float16 or float64",
    ]


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e300])
def test_tensors_that_are_not_finite_are_named(number: float, graph: Graph, tmp_path: Path) -> None:
    """A relu may drop what such a number makes, and then results look right."""
    weights = {name: array.astype("float64") for name, array in random_weights(graph).items()}
    weights["conv_2.weight"][0, 1, 2, 0] = number
    save_file(weights, tmp_path / "w")
    with pytest.raises(NetError, match=r"'conv_2\.weight' holds nan or infinity") as caught:
        Stored(tmp_path / "w", graph, is_checked=True).load()
    assert len(caught.value.diagnostics) == 2


def test_a_file_for_another_network_does_not_flood(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", random_weights(load("resnet20")))
    shown = refusal(load("resnet56"), tmp_path / "w.safetensors")
    assert shown.count("error:") == 10
    assert "more like these" in shown


@pytest.mark.parametrize("content", [b"", b"net tiny {}", None])
def test_damaged_files(content: bytes | None, graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    if content is None:
        write_weights(path, random_weights(graph))
        content = path.read_bytes()[:-1]
    path.write_bytes(content)
    assert "is not a whole safetensors file" in refusal(graph, path)
    assert "there is no weight file" in refusal(graph, tmp_path / "nowhere")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    with pytest.raises(OSError, match="w"):
        write_weights(tmp_path / "w", {"a": np.zeros(3, "float32")})
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


# ------------------------------------------------------------------------- whose they are


def other(old: str, new: str) -> Graph:
    assert old in TEXT
    return load(Source("tiny.net", TEXT.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "conv 3x3, 4",
            "conv 3x3, 4, stride=2",
            "'conv_2: conv kernel=3x3, out=4' where this has "
            "'conv_2: conv kernel=3x3, out=4, stride=2x2'",
        ),
        ("-> relu", "-> sigmoid", "'relu_1: relu' where this has 'sigmoid_1: sigmoid'"),
        ("bn -> relu", "bn eps=1e-3 -> relu", "'bn_1: bn' where this has 'bn_1: bn eps=0.001'"),
        ("linear 5", "linear 5 -> relu", "'nothing: the end' where this has 'relu_2: relu'"),
        (
            "input 3x8x8",
            "input 3x8x8, range=255, mean=120, std=1",
            "'input: input mean=0.485:0.456:0.406, std=0.229:0.224:0.225, range=1' where this has "
            "'input: input mean=120.0, std=1.0, range=255'",
        ),
    ],
    ids=["stride", "function", "eps", "end", "pixels"],
)
def test_a_network_that_fits_and_computes_otherwise(
    old: str, new: str, told: str, graph: Graph, tmp_path: Path
) -> None:
    path = tmp_path / "w.safetensors"
    write_weights(path, random_weights(graph), graph)
    found = strangeness(path, other(old, new))
    assert found == f"'{path}' was written for a network with {told}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("linear 5", "linear 5"),
        ("linear 5", "dropout 50% -> linear 5 -> softmax"),
        ("aux side, weight=0.3 { linear 2 }", ""),
        ("input 3x8x8", "input 3x8x8, resize=20, interpolation=bilinear"),
    ],
    ids=["same", "dropout", "heads", "preparation"],
)
def test_a_network_that_computes_the_same(old: str, new: str, graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    write_weights(path, random_weights(graph), graph)
    assert not strangeness(path, other(old, new))


def test_files_that_do_not_tell_for_what_network_they_are(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    assert not strangeness(path, graph)
    for content in (b"", b"12345678{", b"\xff" * 40):
        path.write_bytes(content)
        assert not strangeness(path, graph)
    write_weights(path, random_weights(graph))
    assert not strangeness(path, graph)


def test_a_file_that_tells_of_no_input_fits_any(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    told = json.loads(metadata(graph)[KEY])
    del told["input"]
    save_file(random_weights(graph), path, {KEY: json.dumps(told)})
    assert not strangeness(path, graph)
    assert "this has 'sigmoid_1" in strangeness(path, other("-> relu", "-> sigmoid"))


@pytest.mark.parametrize("text", ['{"conv_1": ', "[]", "null", "7"])
def test_files_that_tell_it_in_no_way_that_is_known(
    text: str, graph: Graph, tmp_path: Path
) -> None:
    save_file(random_weights(graph), tmp_path / "w", {"netlang.layers": text})
    assert not strangeness(tmp_path / "w", graph)
    assert read_weights(tmp_path / "w", graph)


def test_a_command_notes_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "net tiny {{ input 3x8x8\n conv 3x3, 4, pad={}\n avgpool global -> linear 3 }}"
    graph, path = load(Source("tiny.net", text.format(0))), tmp_path / "w.safetensors"
    write_weights(path, random_weights(graph), graph)
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 8, 8), "float32"))
    net = tmp_path / "tiny.net"
    words = [net, tmp_path / "x.npy", "--weights", path, "--layers", "conv_1", "-o", tmp_path / "v"]
    for pad, notes in ((0, 0), (1, 1)):
        net.write_text(text.format(pad))
        assert main(["run", *map(str, words), "--engine", "torch"]) == 0
        assert capsys.readouterr().err.count("was written for a network with") == notes
