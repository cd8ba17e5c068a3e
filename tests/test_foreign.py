"""Weights of torchvision and others: the right layers, and every way in which a file is another's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import netlang
from netlang.backends.torch import to_module
from netlang.commands import main
from netlang.diagnostic import NetError, Source
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.weights import random_weights, read_weights, tensors
from netlang.weights.foreign import paired, renamed
from netlang.weights.state import read_state
from tests.zoo import reference
from tests.zoo.compare import CLOSE, STAGES, difference, images
from tests.zoo_at import zoo_at

LATE = {"stride_in": (3, 3)}

TORCHVISION: Mapping[str, tuple[Callable[[], Graph], Callable[[], nn.Module]]] = {
    "alexnet": (lambda: load("alexnet_torchvision"), reference.alexnet_torchvision),
    "googlenet": (
        lambda: load("googlenet_torchvision"),
        lambda: reference.GoogLeNet(torchvision=True),
    ),
    "vgg16": (
        lambda: zoo_at(32, "vgg16", pixels="torchvision"),
        lambda: reference.vgg((2, 2, 3, 3, 3), False, 32),
    ),
    "vgg19_bn": (
        lambda: zoo_at(32, "vgg19_bn"),
        lambda: reference.vgg((2, 2, 4, 4, 4), True, 32),
    ),
    "resnet18": (lambda: zoo_at(64, "resnet18"), lambda: reference.ResNet(STAGES[18], "B")),
    "resnet50": (
        lambda: zoo_at(64, "resnet50", **LATE),
        lambda: reference.ResNet(STAGES[50], "B", stride_in=3),
    ),
    "resnet152": (
        lambda: zoo_at(64, "resnet152", **LATE),
        lambda: reference.ResNet(STAGES[152], "B", stride_in=3),
    ),
}
"""A network of the zoo, and the same with torchvision's names."""


def learnt(module: nn.Module) -> nn.Module:
    """With statistics that differ from layer to layer, as training leaves them."""
    torch.manual_seed(0)
    for name, tensor in module.state_dict().items():
        if name.endswith(("running_var", "bn1.weight", "bn2.weight", "bn3.weight", "bn.weight")):
            tensor.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bias")):
            tensor.normal_(0, 0.5)
    return module.eval()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_weights(name: str, suffix: str, tmp_path: Path) -> None:
    """They compute the same, though a file of safetensors has them in another order."""
    make_graph, make_module = TORCHVISION[name]
    graph, theirs = make_graph(), learnt(make_module())
    file = tmp_path / f"weights{suffix}"
    write(theirs.state_dict(), file)
    found = read_state(file)
    weights = renamed(paired(graph, found), found)
    assert weights.keys() == tensors(graph).keys()
    ours, x = to_module(graph, weights).double().eval(), images(graph)
    with torch.inference_mode():
        assert difference(ours.logits(x), theirs.double()(x)) <= CLOSE


def write(state: Mapping[str, Any], file: Path) -> None:
    if file.suffix == ".safetensors":
        save_file(dict(state), file)
    else:
        torch.save(state, file)


def test_heads_are_paired_with_heads(tmp_path: Path) -> None:
    graph = load("googlenet_torchvision")
    found = state(reference.GoogLeNet(torchvision=True))
    names = {own.name: other.name for own, other in paired(graph, found)}
    assert names["aux1.side_head_1.conv_bn_1.conv_1"] == "aux1.conv.conv"
    assert names["aux2.side_head_1.linear_2"] == "aux2.fc2"
    assert names["inception_4a.conv_bn_5.bn_1"] == "inception4a.branch3.1.bn"
    without = {name: array for name, array in found.items() if not name.startswith("aux")}
    assert len(paired(graph, without)) == len(names) - 8


def state(module: nn.Module) -> dict[str, Any]:
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


def test_a_network_that_computes_another_function() -> None:
    """Nothing in the shapes tells the two ResNet-50 apart."""
    found = state(reference.ResNet(STAGES[50], "B", stride_in=3))
    with pytest.raises(NetError, match="halves the image in the 3x3, 'resnet50' in the 1x1") as e:
        paired(load("resnet50"), found)
    assert "set stride_in=3x3" in str(e.value)
    assert len(paired(load("resnet50"), found, in_order=True)) == 107  # who asks, gets


def test_a_network_of_raw_pixels() -> None:
    found = state(reference.vgg((2, 2, 3, 3, 3), False, 32))
    with pytest.raises(NetError, match="take pixels up to 1, and 'vgg16' up to 255") as e:
        paired(zoo_at(32, "vgg16"), found)
    assert "with pixels=torchvision set" in str(e.value)
    assert len(paired(zoo_at(32, "vgg16"), found, in_order=True)) == 16


# ------------------------------------------------------------------------- other programs

TINY = load(
    Source(
        "tiny.net",
        """net tiny {
          input 3x8x8
          conv 3x3, 4, bias=off -> bn -> relu -> conv 3x3, 6
          linear 5
        }""",
    )
)


def tiny(names: str = "z y x w", out: int = 6) -> nn.Module:
    """The same in torch, its layers called so."""
    layers = (
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, out, 3, padding=1),
        nn.Linear(64 * out, 5),
    )
    made = nn.Module()
    for name, layer in zip(names.split(), layers, strict=True):
        made.add_module(name, layer)
    return made


def test_any_names_in_order() -> None:
    found = state(tiny())
    with pytest.raises(NetError, match="'z' is not how torchvision calls a layer"):
        paired(TINY, found)
    pairs = paired(TINY, found, in_order=True)
    assert [(own.name, other.name) for own, other in pairs] == [
        ("conv_1", "z"),
        ("bn_1", "y"),
        ("conv_2", "x"),
        ("linear_1", "w"),
    ]
    weights = renamed(pairs, found)
    assert (weights["conv_2.bias"] == found["x.bias"]).all()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_numbered_layers_are_in_order_in_any_file(suffix: str, tmp_path: Path) -> None:
    """safetensors sorts names as text: 10 before 8."""
    names = ["body.0", "body.1", "body.8", "body.10"]
    convolutions = " -> ".join(["conv 1x1, 3, bias=off"] * len(names))
    graph = load(Source("chain.net", f"net chain {{ input 3x4x4; {convolutions} }}"))
    file = tmp_path / f"weights{suffix}"
    write({f"{name}.weight": torch.zeros(3, 3, 1, 1) for name in names}, file)
    pairs = paired(graph, read_state(file), in_order=True)
    assert [other.name for _, other in pairs] == names


def test_the_networks_own_names_in_any_order() -> None:
    weights = random_weights(TINY)
    shuffled = dict(sorted(weights.items()))
    again = renamed(paired(TINY, shuffled), shuffled)
    assert list(again) == list(weights)
    assert all((again[name] == weights[name]).all() for name in weights)


def test_a_modules_state_without_a_file() -> None:
    module = tiny()
    weights = netlang.adopt_weights(TINY, module.state_dict(), in_order=True)
    assert (weights["linear_1.weight"] == state(module)["w.weight"]).all()


def adopted(tensor: torch.Tensor, tmp_path: Path, is_file: bool) -> Any:
    """What becomes of a tensor as weights of the second convolution, by a file or without."""
    state = tiny().state_dict() | {"x.weight": tensor}
    if is_file:
        torch.save(state, tmp_path / "weights.pth")
        found = read_state(tmp_path / "weights.pth")
        return renamed(paired(TINY, found, in_order=True), found)["conv_2.weight"]
    return netlang.adopt_weights(TINY, state, in_order=True)["conv_2.weight"]


WEIGHT = tiny().get_parameter("x.weight").data


@pytest.mark.parametrize("is_file", [True, False])
@pytest.mark.parametrize(
    "tensor",
    [nn.Parameter(WEIGHT), WEIGHT.bfloat16(), WEIGHT.double(), WEIGHT.to(torch.float8_e4m3fn)],
    ids=["grad", "bfloat16", "float64", "float8"],
)
def test_tensors_of_any_float(tensor: torch.Tensor, is_file: bool, tmp_path: Path) -> None:
    weight = adopted(tensor, tmp_path, is_file)
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(weight, tensor.detach().float())


@pytest.mark.filterwarnings("ignore:.*quantized")
@pytest.mark.parametrize("is_file", [True, False])
@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        (WEIGHT.to_sparse(), "sparse"),
        (WEIGHT.to("meta"), "on torch's device 'meta'"),
        (torch.quantize_per_tensor(WEIGHT, 0.1, 0, torch.qint8), "quantized"),
        (WEIGHT.to(torch.complex64), "complex"),
    ],
)
def test_tensors_without_plain_numbers(
    tensor: torch.Tensor, kind: str, is_file: bool, tmp_path: Path
) -> None:
    with pytest.raises(NetError, match=rf"'x\.weight' is {kind}"):
        adopted(tensor, tmp_path, is_file)


def test_complex_arrays() -> None:
    found = state(tiny()) | {"x.weight": WEIGHT.numpy() * 1j}
    with pytest.raises(NetError, match=r"'x\.weight' is complex"):
        netlang.adopt_weights(TINY, found, in_order=True)


def test_names_of_data_parallel_modules() -> None:
    found = {f"module.{name}": array for name, array in state(tiny()).items()}
    pairs = paired(TINY, found, in_order=True)
    assert renamed(pairs, found).keys() == random_weights(TINY).keys()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (state(tiny(out=7)), "'x.weight' is 7x4x3x3, 'conv_2.weight' 6x4x3x3"),
        (
            {n: a for n, a in state(tiny()).items() if not n.startswith("y")},
            "batch norms: 'tiny' has 1, the file 0",
        ),
        (
            {n: a for n, a in state(tiny()).items() if n != "x.bias"},
            "'x.bias' is missing, 'conv_2.bias' 6",
        ),
        (state(tiny()) | {"z.bias": np.zeros(4)}, "'z.bias' is 4, 'conv_1.bias' missing"),
        (state(tiny()) | {"v.weight": np.zeros((1, 2, 3))}, "the file 1"),
    ],
    ids=["shape", "layer", "tensor", "bias", "kind"],
)
def test_weights_of_another_network(found: dict[str, Any], message: str) -> None:
    with pytest.raises(NetError) as e:
        paired(TINY, found, in_order=True)
    assert message in str(e.value)


# --------------------------------------------------------------------------------- files


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_a_state_among_other_things(key: str, tmp_path: Path) -> None:
    module = tiny().half()
    file = tmp_path / "checkpoint.pt"
    torch.save({"epoch": 3, key: module.state_dict(), "optimizer": {"lr": 0.1}}, file)
    found = read_state(file)
    assert found.keys() == module.state_dict().keys()
    assert found["x.weight"].dtype == np.float32


class Malicious:
    def __reduce__(self) -> Any:
        return (Path("harmed").touch, ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no file of torch's", "is not a whole file of torch's"),
        (Malicious(), "holds more than tensors"),
        ({"epoch": 3}, "holds no module's state"),
        ([torch.zeros(3)], "holds no module's state"),
        ({1: torch.zeros(3)}, "holds no module's state"),
        ({"model": {1: torch.zeros(3)}}, "holds no module's state"),
    ],
    ids=["bytes", "objects", "numbers", "list", "numbered", "numbered within"],
)
def test_files_that_are_no_state(content: Any, message: str, tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        torch.save(content, file)
    with pytest.raises(NetError, match=message):
        read_state(file)
    assert not Path("harmed").exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_files_that_are_cut_short_or_missing(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"weights{suffix}"
    with pytest.raises(NetError, match="there is no weight file"):
        read_state(file)
    write(tiny().state_dict(), file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(NetError, match="is not a whole"):
        read_state(file)


@pytest.mark.parametrize("is_zip", [True, False])
def test_damage_to_a_byte_is_told_or_does_no_harm(is_zip: bool, tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    state = {"fc.weight": torch.ones(2, 2), "fc.bias": torch.ones(2)}
    torch.save(state, file, _use_new_zipfile_serialization=is_zip)
    whole, told = file.read_bytes(), dict[int, str]()
    pickled = whole.index(b"_rebuild_tensor")
    for place in {pickled, *range(0, len(whole), 5)}:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        try:
            read_state(file)
        except NetError as fault:
            told[place] = fault.diagnostics[0].message
    assert told[pickled] == f"'{file}' is not a whole file of torch's"


# ------------------------------------------------------------------------------- command


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs, ours = tmp_path / "resnet18.pth", tmp_path / "resnet18.safetensors"
    write(reference.ResNet(STAGES[18], "B").state_dict(), theirs)
    assert main(["weights", "resnet18", str(theirs)]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["resnet18", "resnet18.pth", "weight"]
    assert "conv3_x.basic_1.projection.conv layer2.0.downsample.0 128x64x1x1" in [
        " ".join(line.split()) for line in table
    ]
    assert not ours.exists()
    assert main(["weights", "resnet18", str(theirs), "-o", str(ours)]) == 0
    assert capsys.readouterr().out == f"wrote {ours}: 41 layers, 11,699,112 numbers\n"
    assert read_weights(ours, load("resnet18")).keys() == tensors(load("resnet18")).keys()
    assert main(["weights", "resnet34", str(theirs), "-o", str(tmp_path / "no")]) == 1
    assert "convolutions: 'resnet34' has 36, the file 20" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
    with pytest.raises(NetError, match="`netlang weights NET "):
        read_weights(theirs, load("resnet18"))
    save_file({"conv1.weight": torch.zeros(1)}, ours)
    with pytest.raises(NetError, match="`netlang weights` takes over those of other programs"):
        read_weights(ours, load("resnet18"))


def test_weights_that_are_not_finite_are_not_taken_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net, theirs, ours = (tmp_path / name for name in ("tiny.net", "w.pth", "w.safetensors"))
    net.write_text("net tiny { input 3x8x8; conv 1x1, 2 }")
    torch.save({"conv1.weight": torch.ones(2, 3, 1, 1), "conv1.bias": torch.ones(2) / 0}, theirs)
    assert main(["weights", str(net), str(theirs), "-o", str(ours)]) == 1
    assert "'conv_1.bias' holds nan or infinity" in capsys.readouterr().err
    assert not ours.exists()
