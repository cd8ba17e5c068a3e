"""One row an operator: its meaning against a reference that netlang did not write, in float64.

A row holds an operator as a printed graph spells it, the types of its inputs, and the reference: a
function of the inputs and the weights in torch's own layers, or the formula written out. Inputs
are at pixel scale (a deviation of about 100), where a wrong LRN or a wrong padding shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netlang import kernels
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op, ShapeError
from netlang.ir.types import TensorType
from netlang.kernels import dense
from netlang.lower.printed import parse_graph
from netlang.ops import OPS
from netlang.ops.conv import Conv
from netlang.ops.shape import Input

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Row:
    """An operator, what it is given, and what it should make of that."""

    call: str
    inputs: tuple[str, ...]
    expected: Callable[..., Tensor]

    @property
    def name(self) -> str:
        return self.call.split("(")[0]


def layer(make: Callable[..., nn.Module]) -> Callable[..., Tensor]:
    """A torch layer as a reference: its weights are the operator's, by name."""

    def expected(x: Tensor, w: Weights) -> Tensor:
        module = make().double().eval()
        module.load_state_dict(w, strict=False)
        return module(x)

    return expected


def lrn(alpha_of_sum: float, size: int, k: float, beta: float) -> Callable[..., Tensor]:
    """Krizhevsky et al. 2012, section 3.3, channel by channel as the formula is printed."""

    def expected(x: Tensor, w: Weights) -> Tensor:
        result = torch.empty_like(x)
        channels = x.shape[1]
        for i in range(channels):
            low, high = max(0, i - size // 2), min(channels - 1, i + (size - 1) // 2)
            total = x[:, low : high + 1].square().sum(1)
            result[:, i] = x[:, i] / (k + alpha_of_sum * total) ** beta
        return result

    return expected


def windows_mean(x: Tensor, w: Weights) -> Tensor:
    """TensorFlow's `same` on 7 wide, kernel 2, stride 2: one column and row behind, not counted."""
    total = torch.zeros(*x.shape[:2], 4, 4, dtype=x.dtype)
    for i in range(4):
        for j in range(4):
            total[:, :, i, j] = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean((2, 3))
    return total


def same_conv(x: Tensor, w: Weights) -> Tensor:
    """`same` on 8 wide, kernel 3, stride 2: TensorFlow pads the far side alone."""
    padded = nn.ZeroPad2d((0, 1, 0, 1))(x)
    return nn.functional.conv2d(padded, w["weight"], w["bias"], stride=2)


def shuffled(x: Tensor, w: Weights) -> Tensor:
    return torch.stack([x[:, g * 3 + i] for i in range(3) for g in range(2)], 1)


IMAGE, FLAT = "6x8x8", "12"

ROWS = (
    Row("conv(%a) kernel=3x3, out=4", (IMAGE,), layer(lambda: nn.Conv2d(6, 4, 3, padding=1))),
    Row(
        "conv(%a) kernel=1x5, out=4, stride=2x1, pad=1x3, dilation=1x2, groups=2, bias=off",
        (IMAGE,),
        layer(lambda: nn.Conv2d(6, 4, (1, 5), (2, 1), (1, 3), (1, 2), groups=2, bias=False)),
    ),
    Row(
        "conv(%a) kernel=3x3, out=4, dilation=2x2",
        (IMAGE,),
        layer(lambda: nn.Conv2d(6, 4, 3, padding=2, dilation=2)),
    ),
    Row("conv(%a) kernel=3x3, out=4, stride=2x2, pad=same", (IMAGE,), same_conv),
    Row(
        "linear(%a) out=5",
        (IMAGE,),
        lambda x, w: torch.einsum("nchw,ochw->no", x, w["weight"].view(5, 6, 8, 8)) + w["bias"],
    ),
    Row("linear(%a) out=5, bias=off", (FLAT,), layer(lambda: nn.Linear(12, 5, bias=False))),
    Row("bn(%a) eps=0.1", (IMAGE,), layer(lambda: nn.BatchNorm2d(6, eps=0.1))),
    Row("bn(%a)", (FLAT,), layer(lambda: nn.BatchNorm1d(12))),
    Row(
        "affine(%a)",
        (IMAGE,),
        lambda x, w: torch.einsum("nchw,c->nchw", x, w["scale"]) + w["shift"][:, None, None],
    ),
    Row("lrn(%a)", (IMAGE,), lrn(1e-4, 5, 2.0, 0.75)),
    Row("lrn(%a) alpha=0.001, k=1.0, over=mean, size=3", (IMAGE,), lrn(1e-3 / 3, 3, 1.0, 0.75)),
    # An even window has one channel more ahead than behind, as torch's.
    Row("lrn(%a) size=4", (IMAGE,), lrn(1e-4, 4, 2.0, 0.75)),
    Row("lrn(%a)", (FLAT,), lrn(1e-4, 5, 2.0, 0.75)),
    Row("lrn(%a) beta=0.6, k=0.5", (IMAGE,), lrn(1e-4, 5, 0.5, 0.6)),
    Row("softmax(%a)", (FLAT,), layer(lambda: nn.Softmax(1))),
    Row("relu(%a)", (IMAGE,), layer(nn.ReLU)),
    Row("relu6(%a)", (IMAGE,), layer(nn.ReLU6)),
    Row("sigmoid(%a)", (IMAGE,), layer(nn.Sigmoid)),
    Row("tanh(%a)", (IMAGE,), layer(nn.Tanh)),
    Row("swish(%a)", (IMAGE,), layer(nn.SiLU)),
    Row("hardswish(%a)", (IMAGE,), layer(nn.Hardswish)),
    Row("hardsigmoid(%a)", (IMAGE,), layer(nn.Hardsigmoid)),
    Row("leaky_relu(%a) slope=0.2", (IMAGE,), layer(lambda: nn.LeakyReLU(0.2))),
    Row("elu(%a) alpha=0.7", (IMAGE,), layer(lambda: nn.ELU(0.7))),
    Row("gelu(%a)", (IMAGE,), layer(nn.GELU)),
    Row("maxpool(%a) kernel=2x2", (IMAGE,), layer(lambda: nn.MaxPool2d(2))),
    Row(
        "maxpool(%a) kernel=3x3, stride=2x2, ceil=on",
        (IMAGE,),
        layer(lambda: nn.MaxPool2d(3, 2, ceil_mode=True)),
    ),
    # 7 + 2 padding rounds up to 5 windows, the last of which would start behind the input.
    Row(
        "maxpool(%a) kernel=2x2, stride=2x2, pad=1x1, ceil=on",
        ("6x7x7",),
        layer(lambda: nn.MaxPool2d(2, 2, 1, ceil_mode=True)),
    ),
    # More padding than torch takes.
    Row(
        "maxpool(%a) kernel=3x3, stride=1x1, pad=2x2",
        (IMAGE,),
        lambda x, w: nn.MaxPool2d(3, 1)(nn.ConstantPad2d(2, float("-inf"))(x)),
    ),
    Row(
        "avgpool(%a) kernel=3x3, stride=2x2, pad=1x1, ceil=on",
        (IMAGE,),
        layer(lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True)),
    ),
    Row(
        "avgpool(%a) kernel=3x3, stride=2x2, pad=1x1, count_pad=off",
        (IMAGE,),
        layer(lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False)),
    ),
    Row("avgpool(%a) kernel=2x2, pad=same, count_pad=off", ("6x7x7",), windows_mean),
    Row("avgpool(%a) kernel=global", (IMAGE,), lambda x, w: x.mean((2, 3), keepdim=True)),
    Row("adaptive_avgpool(%a) out=3x5", (IMAGE,), layer(lambda: nn.AdaptiveAvgPool2d((3, 5)))),
    Row("add(%a, %b, %c)", (IMAGE,) * 3, lambda a, b, c, w: a + b + c),
    Row("mul(%a, %b)", (IMAGE, "6x1x1"), lambda a, b, w: a * b),
    Row("mul(%a, %b)", ("6", IMAGE), lambda a, b, w: torch.einsum("nc,nchw->nchw", a, b)),
    Row("add(%a, %b, %c)", ("6x1x1", "6", "6"), lambda a, b, c, w: a + (b + c)[:, :, None, None]),
    Row("max(%a, %b)", (IMAGE,) * 2, lambda a, b, w: torch.where(a > b, a, b)),
    Row(
        "shortcut_add(%a, %b) stride=2x3, before=1, after=2",
        ("6x4x3", "3x7x8"),
        lambda a, b, w: a + nn.ConstantPad3d((0, 0, 0, 0, 1, 2), 0)(b[..., ::2, ::3]),
    ),
    Row("shortcut_add(%a, %b) after=5", (FLAT, "7"), lambda a, b, w: a + nn.ZeroPad1d((0, 5))(b)),
    Row("concat(%a, %b)", (IMAGE, "2x8x8"), lambda a, b, w: torch.hstack((a, b))),
    Row("identity(%a)", (IMAGE,), lambda x, w: x),
    Row("scale(%a) factor=-0.3", (IMAGE,), lambda x, w: -3 * x / 10),
    Row("dropout(%a)", (IMAGE,), lambda x, w: x),
    Row("dropout(%a) rate=0.2, scale=test", (IMAGE,), lambda x, w: 4 * x / 5),
    Row("flatten(%a)", (IMAGE,), layer(nn.Flatten)),
    Row(
        "subsample(%a) stride=2x3", ("6x7x7",), lambda x, w: x[..., [0, 2, 4, 6], :][..., [0, 3, 6]]
    ),
    Row(
        "zero_pad(%a) before=1, after=2",
        (IMAGE,),
        layer(lambda: nn.ConstantPad3d((0, 0, 0, 0, 1, 2), 0)),
    ),
    Row("split(%a) parts=3, part=2", (IMAGE,), lambda x, w: x[:, 4:6]),
    Row("slice(%a) start=1, channels=3", (IMAGE,), lambda x, w: x[:, 1:4]),
    Row("shuffle(%a) groups=2", (IMAGE,), shuffled),
    Row("upsample(%a) factor=2x3", (IMAGE,), layer(lambda: nn.Upsample(scale_factor=(2, 3)))),
    Row(
        "upsample(%a) factor=2x2, mode=bilinear",
        (IMAGE,),
        layer(lambda: nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)),
    ),
)


def operator(row: Row) -> Op:
    """The operator of a row, as the parser of printed graphs builds it."""
    inputs = "".join(
        f"%{n} = input() shape={shape} : {shape}\n"
        for n, shape in zip("abc", row.inputs, strict=False)
    )
    return parse_graph(f"graph g {{ {inputs} %y = {row.call} : 1 output %y }}")["y"].op


def types_of(row: Row) -> tuple[TensorType, ...]:
    return tuple(TensorType(tuple(map(int, shape.split("x")))) for shape in row.inputs)


def drawn(row: Row) -> tuple[list[Tensor], Weights]:
    """Inputs and weights of a row, in float64."""
    op, types, generator = operator(row), types_of(row), torch.Generator().manual_seed(0)

    def random(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    xs = [100 * random((2, *x.shape)) for x in types]
    weights = {slot: random(w.shape) for slot, w in op.weights(types).items()}
    if "running_var" in weights:
        weights["running_var"] = weights["running_var"].square() * 100
    return xs, weights


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.call)
def test_meaning(row: Row) -> None:
    op, types = operator(row), types_of(row)
    xs, weights = drawn(row)
    got = op.torch(nn.functional, xs, weights, False)
    assert tuple(got.shape[1:]) == op.infer(types).shape
    torch.testing.assert_close(got, row.expected(*xs, weights), rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.call)
def test_meaning_in_openvino(row: Row) -> None:
    """In float32: sums of up to 384 products, at pixel scale, are right to five digits or more."""
    pytest.importorskip("openvino", reason="pip install 'netlang[cpu]'")
    from netlang.backends.openvino import Compiled, to_model

    op, types = operator(row), types_of(row)
    xs, weights = drawn(row)
    inputs = [Node(name, Input(x.shape), (), x) for name, x in zip("abc", types, strict=False)]
    node = Node("y", op, tuple(x.name for x in inputs), op.infer(types))
    checkpoint = {f"y.{slot}": w.float().numpy() for slot, w in weights.items()}
    model = to_model(Graph("g", (*inputs, node), "y"), checkpoint)
    got = Compiled.compile(model, "float32", threads=1)(*(x.float().numpy() for x in xs))
    expected = row.expected(*xs, weights).float()
    torch.testing.assert_close(torch.from_numpy(got), expected, rtol=2e-5, atol=2e-4)


def test_every_operator_has_a_row() -> None:
    assert {row.name for row in ROWS} == set(OPS) - {"input"}


def refused(text: str, *shapes: str) -> ShapeError:
    """The error of an operator on inputs that it cannot take."""
    row = Row(text, shapes, lambda: torch.empty(0))
    types = tuple(TensorType(tuple(map(int, shape.split("x")))) for shape in shapes)
    with pytest.raises(ShapeError) as caught:
        operator(row).infer(types)
    return caught.value


@pytest.mark.parametrize(
    ("call", "shapes", "message"),
    [
        ("conv(%a) kernel=3x3, out=4, groups=4", (IMAGE,), "6 input channels do not divide into 4"),
        (
            "conv(%a) kernel=3x3, out=4, groups=3",
            (IMAGE,),
            "4 output channels do not divide into 3",
        ),
        ("conv(%a) kernel=3x3, out=4", (FLAT,), "'conv' needs channels x height x width"),
        ("conv(%a) kernel=9x9, out=4, pad=0x0", (IMAGE,), "a kernel of 9x9 does not fit into 8x8"),
        ("maxpool(%a) kernel=11x11, pad=1x1", (IMAGE,), "does not fit into 8x8 padded to 10x10"),
        (
            "maxpool(%a) kernel=global, stride=2x2",
            (IMAGE,),
            "takes the whole image, and no 'stride'",
        ),
        ("avgpool(%a) kernel=global, pad=half", (IMAGE,), "takes the whole image, and no 'pad'"),
        ("maxpool(%a) kernel=3x2, pad=2x2", (IMAGE,), "windows of 3x2 that hold padding alone"),
        ("add(%a, %b)", (IMAGE, "6x4x4"), "needs values of one shape, and gets 6x8x8 and 6x4x4"),
        ("add(%a, %b)", (IMAGE, FLAT), "needs values of one shape, and gets 6x8x8 and 12"),
        ("add(%a)", (IMAGE,), "'add' joins two values or more, and gets 1"),
        ("shortcut_add(%a)", (IMAGE,), "'shortcut_add' joins two values, and gets 1"),
        (
            "shortcut_add(%a, %b) stride=2x2, after=2",
            ("6x4x4", "3x8x8"),
            "makes 5x4x4 of its shortcut, and adds it to 6x4x4",
        ),
        # A pixel that would be spread is no shortcut.
        ("shortcut_add(%a, %b)", (IMAGE, "6x1x1"), "makes 6x1x1 of its shortcut"),
        ("concat(%a, %b)", (IMAGE, "6x4x4"), "needs values of one height and width"),
        ("split(%a) parts=4, part=0", (IMAGE,), "6 channels do not divide into 4 parts"),
        ("split(%a) parts=3, part=3", (IMAGE,), "there is no part 3 of 3"),
        (
            "slice(%a) start=4, channels=3",
            (IMAGE,),
            "channels 4 to 6 are not all there: 6x8x8 has 6",
        ),
        ("shuffle(%a) groups=4", (IMAGE,), "6 channels do not divide into 4 groups"),
    ],
)
def test_what_does_not_fit_is_refused(call: str, shapes: tuple[str, ...], message: str) -> None:
    assert message in str(refused(call, *shapes))


@pytest.mark.parametrize(("scale", "kept"), [("train", 1.25), ("test", 1.0)])
def test_dropout_in_training(scale: str, kept: float) -> None:
    op = operator(Row(f"dropout(%a) rate=0.2, scale={scale}", (IMAGE,), torch.empty))
    got = op.torch(nn.functional, [torch.ones(2000, dtype=torch.float64)], {}, True)
    torch.testing.assert_close(got.unique(), torch.tensor([0, kept], dtype=torch.float64))
    assert got.mean() == pytest.approx(0.8 * kept, abs=0.05)


def test_counts() -> None:
    image = (TensorType((6, 8, 8)),)
    conv: Any = operator(Row("conv(%a) kernel=3x3, out=4, groups=2", (IMAGE,), torch.empty))
    # 4 outputs x 8 x 8 pixels x 3 x 3 taps x 3 channels a group; biases are not counted.
    assert conv.macs(image, conv.infer(image)) == 4 * 64 * 9 * 3
    assert {slot: w.shape for slot, w in conv.weights(image).items()} == {
        "weight": (4, 3, 3, 3),
        "bias": (4,),
    }
    linear: Any = operator(Row("linear(%a) out=5, bias=off", (IMAGE,), torch.empty))
    assert linear.macs(image, linear.infer(image)) == 5 * 384
    assert set(linear.weights(image)) == {"weight"}


@pytest.mark.parametrize("channels", [3, 15, 16])
@pytest.mark.parametrize("side", [1, 2])
def test_a_conv_knows_whether_its_kernel_runs_across_taps(channels: int, side: int) -> None:
    conv = Conv((side, side), 8, pad=(0, 0))
    x = TensorType((channels, 8, 8))
    y = conv.infer((x,))
    kernel = kernels.Conv(
        x=dense(*x.shape), y=dense(*y.shape), kernel=conv.kernel, precision="float16"
    )
    assert conv.is_thin(x) == kernel.gathers[0].is_flat


@pytest.mark.parametrize(
    ("conv", "caption"),
    [
        (Conv((3, 3), 64, (2, 2)), "3x3 conv, 64, /2"),
        (Conv((1, 3), 64, (1, 2), groups=4), "1x3 conv, 64, /1x2, 4 groups"),
        (Conv((3, 3), 96, groups=96), "3x3 depthwise conv, 96"),
        (Conv((3, 3), 256, dilation=(6, 6)), "3x3 conv, 256, dilation 6"),
        (Conv((1, 1), 1), "1x1 conv, 1"),
    ],
)
def test_captions_tell_convolutions_apart(conv: Conv, caption: str) -> None:
    assert conv.caption == caption
