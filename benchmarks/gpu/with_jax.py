"""JAX as a contender: a network's graph in jax.numpy and jax.lax, channels last, as one program."""

# JAX is not among netlang's requirements: types are checked where it is not installed as well.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.gpu.case import Array, Case
from benchmarks.gpu.contender import Contender
from netlang.ground.integers import ceil_div
from netlang.ir.graph import Graph
from netlang.ir.op import Op
from netlang.ir.types import Types
from netlang.kernels.precision import storage
from netlang.ops.conv import Conv
from netlang.ops.join import Concat, Elementwise, Max, ShortcutAdd
from netlang.ops.linear import Linear
from netlang.ops.norm import LRN, Affine, BatchNorm, Softmax
from netlang.ops.pointwise import HardSwish, Pointwise
from netlang.ops.pool import AdaptiveAvgPool, AvgPool, MaxPool
from netlang.ops.shape import Flatten, Identity, Shuffle, Slice, Split, Subsample, Upsample, ZeroPad
from netlang.ops.window import Axis
from netlang.weights import evaluated

Arrays = Sequence[Any]
Weights = Mapping[str, Any]


class Jax(Contender):
    """XLA's program of a network.

    Its clock is the host's: JAX has no events. Calls are enqueued one behind the other, so what the
    host does in between is not seen unless the device has to wait for it.
    """

    def prepare(self, case: Case) -> float:
        checkpoint, dtype = case.weights(), storage(case.dtype)
        precision = {"float32": "highest", "tf32": "tensorfloat32"}.get(case.dtype, "default")
        images = [jnp.asarray(x.transpose(0, 2, 3, 1), dtype) for x in case.inputs()]
        start = perf_counter()
        graph = case.folded
        weights = prepared(evaluated(graph, checkpoint))
        numbers = {name: jnp.asarray(w, dtype) for name, w in weights.items()}
        with jax.default_matmul_precision(precision):
            run = jax.jit(network(graph)).lower(numbers, *images).compile()
        self.step: Callable[[], Any] = lambda: run(numbers, *images)
        self.step().block_until_ready()
        return perf_counter() - start

    def output(self) -> Array:
        return jax.device_get(self.step()).astype("float32")

    def seconds(self, repetitions: int) -> float:
        start = perf_counter()
        for _ in range(repetitions - 1):
            self.step()
        self.step().block_until_ready()
        return perf_counter() - start

    def memory(self) -> int:
        statistics = jax.devices()[0].memory_stats()
        return statistics["peak_bytes_in_use"] if statistics else 0

    def calls(self, repetitions: int) -> list[float]:
        return [self.seconds(1) for _ in range(repetitions)]


def network(graph: Graph) -> Callable[..., Any]:
    """A function of `prepared` weights and images N x H x W x C; it gives N x classes."""
    needed = graph.needed((graph.output,))

    def run(weights: Weights, *images: Any) -> Any:
        values = {node.name: x for node, x in zip(graph.inputs, images, strict=True)}
        for node in graph:
            if node.name in needed and node.name not in values:
                given = [values[name] for name in node.inputs]
                own = {slot: weights[f"{node.name}.{slot}"] for slot in graph.weights(node)}
                values[node.name] = compute(node.op, given, own, graph.types(node))
        return values[graph.output]

    return run


def prepared(weights: Weights) -> dict[str, Any]:
    """The weights of a graph by `node.slot`, those of convolutions H x W x in x out."""
    return {name: w.transpose(2, 3, 1, 0) if w.ndim == 4 else w for name, w in weights.items()}


def compute(op: Op, xs: Arrays, w: Weights, types: Types) -> Any:
    """What an operator means; KeyError where it is a new one."""
    rules = (RULES[cls] for cls in type(op).__mro__ if cls in RULES)
    rule = next(rules, None) or RULES[type(op)]
    return rule(op, xs, w, types)


def _conv(op: Conv, xs: Arrays, w: Weights, types: Types) -> Any:
    (x,) = xs
    y = lax.conv_general_dilated(
        x,
        w["weight"],
        op.stride,
        [(axis.before, axis.after) for axis in op.windows(types[0])],
        rhs_dilation=op.dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=op.groups,
    )
    return y + w["bias"] if op.bias else y


def _linear(op: Linear, xs: Arrays, w: Weights, types: Types) -> Any:
    y = _flat(xs[0]) @ w["weight"].T
    return y + w["bias"] if op.bias else y


def _flat(x: Any) -> Any:
    """Channels outermost, as the weights have it."""
    return x if x.ndim == 2 else x.transpose(0, 3, 1, 2).reshape(len(x), -1)


def _max_pool(op: MaxPool, xs: Arrays, w: Weights, types: Types) -> Any:
    axes = op.windows(types[0])
    return _reduce(xs[0], -jnp.inf, lax.max, axes, _margins(axes, types))


def _avg_pool(op: AvgPool, xs: Arrays, w: Weights, types: Types) -> Any:
    (x,) = xs
    axes = op.windows(types[0])
    margins = _margins(axes, types)
    total = _reduce(x.astype("float32"), 0.0, lax.add, axes, margins)
    # What pads counts if the operator says so; what the last window hangs over never does.
    pads = [(axis.before, axis.after) for axis in axes]
    image = jnp.ones((1, types[0].height, types[0].width, 1))
    counted = jnp.pad(image, [(0, 0), *pads, (0, 0)], constant_values=float(op.count_pad))
    beyond = [(0, b - axis.after) for axis, (_, b) in zip(axes, margins, strict=True)]
    return (total / _reduce(counted, 0.0, lax.add, axes, beyond)).astype(x.dtype)


def _margins(axes: Sequence[Axis], types: Types) -> list[tuple[int, int]]:
    """How far windows reach over both ends, along height and width."""
    lengths = types[0].height, types[0].width
    reaches = ((axis.output - 1) * axis.stride + axis.kernel - axis.before for axis in axes)
    pairs = zip(axes, lengths, reaches, strict=True)
    return [(axis.before, max(axis.after, reach - length)) for axis, length, reach in pairs]


def _reduce(
    x: Any, start: float, by: Any, axes: Sequence[Axis], pads: Sequence[tuple[int, int]]
) -> Any:
    window = (1, *(axis.kernel for axis in axes), 1)
    stride = (1, *(axis.stride for axis in axes), 1)
    first = np.asarray(start, x.dtype)
    return lax.reduce_window(x, first, by, window, stride, [(0, 0), *pads, (0, 0)])


def _adaptive_avg_pool(op: AdaptiveAvgPool, xs: Arrays, w: Weights, types: Types) -> Any:
    (x,) = xs
    for axis, out in enumerate(op.out, 1):
        length = x.shape[axis]
        ends = ((i * length // out, ceil_div((i + 1) * length, out)) for i in range(out))
        parts = (lax.slice_in_dim(x, start, end, axis=axis) for start, end in ends)
        x = jnp.concatenate([part.mean(axis, keepdims=True) for part in parts], axis)
    return x


def _lrn(op: LRN, xs: Arrays, w: Weights, types: Types) -> Any:
    (x,) = xs
    squares = jnp.square(x.astype("float32"))
    before = op.size // 2
    window, pads = (1,) * (x.ndim - 1), [(0, 0)] * (x.ndim - 1)
    total = lax.reduce_window(
        squares,
        0.0,
        lax.add,
        (*window, op.size),
        (1,) * x.ndim,
        [*pads, (before, op.size - 1 - before)],
    )
    return (x / (op.k + op.alpha_of_sum * total) ** op.beta).astype(x.dtype)


def _batch_norm(op: BatchNorm, xs: Arrays, w: Weights, types: Types) -> Any:
    scale = w["weight"] * lax.rsqrt(w["running_var"] + op.eps)
    return (xs[0] - w["running_mean"]) * scale + w["bias"]


def _affine(op: Affine, xs: Arrays, w: Weights, types: Types) -> Any:
    return xs[0] * w["scale"] + w["shift"]


def _zero_pad(op: ZeroPad, xs: Arrays, w: Weights, types: Types) -> Any:
    return jnp.pad(xs[0], [*[(0, 0)] * (xs[0].ndim - 1), (op.before, op.after)])


def _subsample(op: Subsample, xs: Arrays, w: Weights, types: Types) -> Any:
    return xs[0][:, :: op.stride[0], :: op.stride[1]]


def _taken(op: Slice | Split, xs: Arrays, w: Weights, types: Types) -> Any:
    channels = op.taken(types[0].channels)
    return xs[0][..., channels.start : channels.stop]


def _shuffle(op: Shuffle, xs: Arrays, w: Weights, types: Types) -> Any:
    grouped = xs[0].reshape(*xs[0].shape[:-1], op.groups, -1)
    return grouped.swapaxes(-1, -2).reshape(xs[0].shape)


def _upsample(op: Upsample, xs: Arrays, w: Weights, types: Types) -> Any:
    (x,) = xs
    rows, columns = op.factor
    shape = (len(x), x.shape[1] * rows, x.shape[2] * columns, x.shape[3])
    return jax.image.resize(x, shape, op.mode)


def _shortcut_add(op: ShortcutAdd, xs: Arrays, w: Weights, types: Types) -> Any:
    y, x = xs
    for each in op.around:
        x = compute(each, (x,), w, types[1:])
    return y + x


RULES: dict[type[Op], Callable[[Any, Arrays, Weights, Types], Any]] = {
    Conv: _conv,
    Linear: _linear,
    Affine: _affine,
    AdaptiveAvgPool: _adaptive_avg_pool,
    AvgPool: _avg_pool,
    BatchNorm: _batch_norm,
    LRN: _lrn,
    MaxPool: _max_pool,
    ShortcutAdd: _shortcut_add,
    Shuffle: _shuffle,
    Slice: _taken,
    Split: _taken,
    Subsample: _subsample,
    Upsample: _upsample,
    ZeroPad: _zero_pad,
    Concat: lambda op, xs, w, types: jnp.concatenate(xs, -1),
    Elementwise: lambda op, xs, w, types: reduce(op.function, xs),
    Flatten: lambda op, xs, w, types: _flat(xs[0]),
    HardSwish: lambda op, xs, w, types: jax.nn.hard_swish(xs[0]),
    Identity: lambda op, xs, w, types: xs[0],
    Max: lambda op, xs, w, types: reduce(jnp.maximum, xs),
    Pointwise: lambda op, xs, w, types: op.function(jax.nn, xs[0]),
    Softmax: lambda op, xs, w, types: jax.nn.softmax(xs[0], -1),
}
"""By operator, or by the class of several."""
