"""A graph in torch: names, training, heads, and what torch's own tools make of the module."""

import copy
import pickle
from typing import Any
from weakref import ref

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netlang.backends.torch import Engine, Layer, Network, Output, reference, to_module, values
from netlang.diagnostic import Source
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.ops.pointwise import ReLU
from netlang.passes import optimize
from netlang.weights import random_weights

TEXT = """
net tiny {
  input 3x16x16
  conv 3x3, 8, bias=off -> bn -> relu
  aux side, weight=0.3 { avgpool global -> linear 5 -> softmax }
  group half {
    shortcut identity { conv 3x3, 8, bias=off -> bn -> relu -> conv 3x3, 8, bias=off -> bn }
    relu -> bn
  }
  dropout 10% -> avgpool global -> linear 5 -> softmax
}
"""


def written(text: str) -> Graph:
    return load(Source("test.net", text))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return written(TEXT)


@pytest.fixture
def net(graph: Graph) -> Network:
    return to_module(graph, random_weights(graph))


def images(seed: int = 0, batch: int = 4) -> torch.Tensor:
    return torch.randn(batch, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


class Twin(nn.Module):
    """The network of `TEXT` as a person writes it in torch."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.stem_bn = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 5)
        self.one = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.one_bn = nn.BatchNorm2d(8)
        self.two = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.two_bn = nn.BatchNorm2d(8)
        self.last_bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.relu(self.stem_bn(self.stem(x)))
        side = self.head(x.mean((2, 3)))
        y = self.two_bn(self.two(torch.relu(self.one_bn(self.one(x)))))
        y = self.last_bn(torch.relu(x + y))
        return self.fc(y.mean((2, 3))), side


@pytest.fixture
def twin(net: Network) -> Twin:
    twin = Twin()
    mine = net.state_dict()
    theirs = [name for name in twin.state_dict() if "num_batches" not in name]
    assert [mine[name].shape for name in mine] == [twin.state_dict()[n].shape for n in theirs]
    values = dict(zip(theirs, mine.values(), strict=True))
    twin.load_state_dict(values, strict=False)
    return twin


def without_dropout(net: Network) -> Network:
    """In training mode but for dropout, whose noise no twin shares."""
    net.train()
    for module in net.modules():
        if isinstance(module, Layer) and module.op.name == "dropout":
            module.eval()
    return net


# -------------------------------------------------------------------------- meaning


def test_evaluation_is_the_network_as_written(net: Network, twin: Twin) -> None:
    x = images()
    logits, _ = twin.eval()(x)
    torch.testing.assert_close(net.eval()(x), logits.softmax(1))
    torch.testing.assert_close(net.logits(x), logits)


def test_training_gives_logits_and_heads(net: Network, twin: Twin) -> None:
    x = images()
    logits, side = twin.train()(x)
    given = without_dropout(net)(x)
    assert isinstance(given, Output)
    torch.testing.assert_close(given.output, logits)
    assert list(given.heads) == ["side"]
    torch.testing.assert_close(given.heads["side"], side)
    # One step of the running statistics, with torch's momentum.
    mine = [b for name, b in net.named_buffers() if name.endswith(("mean", "var"))]
    theirs = [b for name, b in twin.named_buffers() if name.endswith(("mean", "var"))]
    assert len(mine) == 8
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_gradients_are_the_twins(net: Network, twin: Twin) -> None:
    x, labels = images(), torch.tensor([0, 1, 2, 3])
    for module in (without_dropout(net), twin.train()):
        output, heads = module(x)
        side = heads["side"] if isinstance(heads, dict) else heads
        (F.cross_entropy(output, labels) + 0.3 * F.cross_entropy(side, labels)).backward()
    for mine, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        assert mine.grad is not None
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-4, atol=1e-6)


def test_a_network_without_heads_gives_its_logits_in_training() -> None:
    net = to_module(load("resnet20")).train()
    x = torch.randn(2, 3, 32, 32)
    assert isinstance(net(x), torch.Tensor)
    assert (net(x).sum(1) - 1).abs().min() > 1e-3


def test_training_learns(graph: Graph) -> None:
    net = to_module(graph, seed=1).train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    labels = torch.arange(10) % 5
    x = images(batch=10) + labels.view(-1, 1, 1, 1)  # brightness tells the class
    losses: list[float] = []
    torch.manual_seed(0)
    for _ in range(8):
        output, heads = net(x)
        loss = F.cross_entropy(output, labels) + 0.3 * F.cross_entropy(heads["side"], labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[1] < losses[0]
    assert losses[-1] < 0.8 * losses[0]


def test_heads_are_not_computed_in_evaluation(net: Network) -> None:
    called: list[str] = []
    side = net.get_submodule("side.linear_1")
    side.register_forward_hook(lambda *_: called.append("side"))
    net.eval()(images())
    assert not called
    net.train()(images())
    assert called


# ---------------------------------------------------------------------------- names


def test_names_are_the_checkpoints(graph: Graph, net: Network) -> None:
    names = list(random_weights(graph))
    assert list(net.state_dict()) == names
    parameters = {name for name, _ in net.named_parameters()}
    assert parameters == {name for name in names if "running" not in name}


def test_names_of_a_zoo_network() -> None:
    names = list(to_module(load("resnet50")).state_dict())
    assert names[0] == "conv_1.weight"
    assert "conv2_x.bottleneck_1.conv_1.weight" in names
    assert len(names) == 53 + 53 * 4 + 2


def test_a_group_may_be_named_like_a_method_of_modules(net: Network) -> None:
    assert any(name.startswith("half.") for name in net.state_dict())
    assert net.half().conv_1.weight.dtype == torch.float16  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("part", ["group NAME { bn }", "bn as NAME", "group a { bn as NAME }"])
@pytest.mark.parametrize("name", ["training", "_compiled_call_impl", "forward", "_modules"])
def test_a_part_may_be_named_like_an_attribute_that_torch_sets(part: str, name: str) -> None:
    text = f"net a {{ input 3x16x16; {part.replace('NAME', name)}; linear 2 }}"
    net = to_module(written(text))
    net.compile(backend="eager")
    for mode in (True, False):
        assert net.train(mode).training is mode
        assert all(layer.training is mode for layer in net.modules())
        assert isinstance(net.forward(images()), torch.Tensor)
    assert any(name in slot.split(".") for slot in net.state_dict())


def test_it_shows_its_layers(net: Network) -> None:
    shown = repr(net)
    assert "tiny: 3x16x16 -> 5" in shown
    assert "(conv_1): Layer(conv kernel=3x3, out=8, bias=off)" in shown
    assert shown.index("(half): Group(") < shown.index("(dropout_1): Layer(dropout rate=0.1)")


def test_a_wrong_input_is_refused_in_the_networks_words(net: Network) -> None:
    with pytest.raises(ValueError, match="tiny takes N x 3x16x16, not 1x3x32x32"):
        net(torch.zeros(1, 3, 32, 32))
    with pytest.raises(ValueError, match="not nothing"):
        net()


# -------------------------------------------------------------------------- weights


def test_weights_are_copied(graph: Graph) -> None:
    weights = random_weights(graph)
    kept = weights["conv_1.weight"].copy()
    net: Any = to_module(graph, weights)
    with torch.no_grad():
        net.conv_1.weight.zero_()
    assert (weights["conv_1.weight"] == kept).all()


def test_a_state_dict_is_a_checkpoint(graph: Graph, net: Network) -> None:
    again = to_module(graph, net.state_dict())
    torch.testing.assert_close(again.eval()(images()), net.eval()(images()), rtol=0, atol=0)


def test_what_a_checkpoint_lacks(graph: Graph) -> None:
    weights = random_weights(graph)
    inference = {name: w for name, w in weights.items() if not name.startswith("side.")}
    assert list(to_module(graph, inference).state_dict()) == list(weights)
    del inference["conv_1.weight"]
    with pytest.raises(KeyError, match=r"conv_1\.weight"):
        to_module(graph, inference)
    with pytest.raises(ValueError, match="is optimized"):
        to_module(optimize(graph).graph)


def test_an_optimized_graph_computes_the_same(graph: Graph) -> None:
    weights = random_weights(graph)
    fast = optimize(graph).graph
    net = to_module(fast, weights)
    assert not [name for name in net.state_dict() if "running" in name]
    assert any(name.endswith((".1.scale", ".3.scale")) for name in net.state_dict())
    expected = reference(graph, weights, images())
    torch.testing.assert_close(net.eval()(images()).double(), expected, rtol=1e-5, atol=1e-6)


# ---------------------------------------------------------------- reference, engine


def test_the_reference_is_the_twin_in_float64(graph: Graph, twin: Twin) -> None:
    x = images()
    given = values(graph, random_weights(graph), x)
    logits, _ = twin.double().eval()(x.double())
    assert given[graph.output].dtype == torch.float64
    torch.testing.assert_close(given[graph.output], logits.softmax(1), rtol=1e-12, atol=1e-12)
    assert set(given) == {node.name for node in graph}


def test_an_output_alone_holds_no_value_that_has_been_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 16 images ResNet-152 would hold 12 GB, and hold it all at once."""
    made, alive = list[ref[Any]](), list[int]()
    plain = ReLU.torch

    def noted(*given: Any) -> Any:
        alive.append(sum(each() is not None for each in made))
        y = plain(*given)
        made.append(ref(y))
        return y

    monkeypatch.setattr(ReLU, "torch", noted)
    net = written("net n { input 3x8x8; 9 x { conv 1x1, 3 -> relu } }")
    output = reference(net, random_weights(net), np.ones((1, 3, 8, 8)))
    assert alive[:2] == [0, 0]
    assert max(alive) <= 1
    made.clear()
    all_of = values(net, random_weights(net), np.ones((1, 3, 8, 8)))
    assert alive[-1] == 8
    assert (all_of[net.output] == output).all()


def test_the_engine_gives_the_kind_that_it_was_given(graph: Graph) -> None:
    weights = random_weights(graph)
    engine, x = Engine(graph, weights, threads=1), images()
    expected = reference(graph, weights, x)
    threads = torch.get_num_threads()
    torch.testing.assert_close(engine(x).double(), expected, rtol=1e-5, atol=1e-6)
    array = engine(x.numpy())
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.float32
    np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-6)
    assert torch.get_num_threads() == threads


# -------------------------------------------------------------------- torch's tools


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_independent(net: Network, copied: Any) -> None:
    expected = net.eval()(images())
    twin = copied(net)
    assert (twin(images()) == expected).all()
    with torch.no_grad():
        twin.conv_1.weight.zero_()
    assert (net(images()) == expected).all()
    assert (twin(images()) != expected).any()


def test_a_layer_can_be_replaced(net: Network) -> None:
    net.linear_1 = nn.Sequential(nn.Flatten(), nn.Linear(8, 7))
    assert net.eval()(images()).shape == (4, 7)


def test_export_with_a_free_batch() -> None:
    # Export finds modules as attributes, so here the group cannot have a method's name.
    graph = written(TEXT.replace("group half", "group stage"))
    net = to_module(graph, random_weights(graph)).eval()
    batch = torch.export.Dim("batch")
    program = torch.export.export(net, (images(),), dynamic_shapes=(({0: batch},),))
    exported = program.module()
    torch.testing.assert_close(exported(images(1, 7)), net(images(1, 7)))
    assert set(program.state_dict) == set(net.state_dict())


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_an_exported_module_scatters_nothing() -> None:
    """Writing into a part of a value is cheap here, and slow in every runtime that imports it."""
    text = "net tiny { input 4x8x8\n conv 3x3, 8 -> lrn -> maxpool 2x2\n linear 3 }"
    module = to_module(written(text)).eval()
    exported = torch.export.export(module, (torch.zeros(1, 4, 8, 8),)).run_decompositions()
    called = {str(node.target) for node in exported.graph.nodes}
    assert "aten.rsqrt.default" in called
    assert not [name for name in called if "scatter" in name or "index_put" in name]
