"""Pooling."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from netlang import kernels
from netlang.ground.reach import Reach, longest
from netlang.ir.attributes import SWITCH, Size, attribute, either, show, size, word
from netlang.ir.op import Launch, Op, ShapeError, Site, op
from netlang.ir.types import TensorType, Types
from netlang.ops.value import type_of
from netlang.ops.window import PADDING, Axis, Pad, Windowed, axes, require_image, stride_caption


@dataclass(frozen=True)
class Pool(Windowed):
    """A window that slides over each channel on its own.

    `kernel=global` takes the whole image; without `stride` the windows stand side by side;
    `ceil=on` rounds the output up, so that the last window may hang over the edge (Caffe's
    rounding, and GoogLeNet's).
    """

    hosts_epilogue = True
    kernel: Size | Literal["global"] = attribute(either(word("global"), size()))
    stride: Size | None = attribute(size(), None)
    pad: Pad = attribute(PADDING, (0, 0))
    ceil: bool = attribute(SWITCH, False)

    def windows(self, x: TensorType) -> tuple[Axis, Axis]:
        if self.kernel == "global":
            return axes(x, (x.height, x.width), (1, 1), (0, 0))
        return axes(x, self.kernel, self.stride or self.kernel, self.pad, ceil=self.ceil)

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        require_image(x, self.name)
        self._require_sense()
        height, width = self.windows(x)
        if any(max(axis.before, axis.after) >= axis.kernel for axis in (height, width)):
            raise ShapeError(
                f"a padding of {show(self.pad)} makes windows of {show(self.kernel)} that hold "
                "padding alone",
                attribute="pad",
                help="pad by less than the kernel",
            )
        return TensorType((x.channels, height.output, width.output))

    def _require_sense(self) -> None:
        steps = self.stride not in (None, (1, 1))
        if self.kernel == "global" and (steps or self.pad != (0, 0)):
            name = "stride" if steps else "pad"
            raise ShapeError(
                f"a global pool takes the whole image, and no '{name}'",
                attribute=name,
                help=f"leave out '{name}', or give a kernel",
            )

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        (x,) = xs
        rows, columns = self.windows(TensorType(tuple(x.shape[1:])))
        kernel, stride = (rows.kernel, columns.kernel), (rows.stride, columns.stride)
        native = all(a.is_symmetric and a.before <= a.kernel // 2 for a in (rows, columns))
        if native:
            return self.native(F, x, kernel, stride, (rows.before, columns.before))
        # torch pads both sides alike and at most half the kernel: pad ahead of it.
        margins = _margins(columns, x.shape[3]), _margins(rows, x.shape[2])
        return self.padded(F, x, kernel, stride, margins)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        (x,) = xs
        image = type_of(x)
        rows, columns = self.windows(image)
        before = (rows.before, columns.before)
        # Whatever its rounding: so much padding makes the windows that there are.
        after = (rows.behind(image.height), columns.behind(image.width))
        kernel, stride = (rows.kernel, columns.kernel), (rows.stride, columns.stride)
        return self.node(ov, x, kernel, stride, before, after)

    def is_identity(self, inputs: Types) -> bool:
        return all(axis.is_pixelwise for axis in self.windows(inputs[0]))

    @property
    def caption(self) -> str:
        kind = self.name.replace("pool", " pool")
        if self.kernel == "global":
            return f"global {kind}"
        return ", ".join(
            [f"{show(self.kernel)} {kind}", *stride_caption(self.stride or self.kernel)]
        )

    def pool(self, site: Site, kind: str, count_pad: bool = True) -> tuple[Launch, ...]:
        """The launch of a pool that takes the maximum or the average."""
        if self.kernel == "global":
            return (site.launch(kernels.GlobalPool, kind=kind),)
        rows, columns = self.windows(site.inputs[0])
        return (
            site.launch(
                kernels.Pool,
                kind=kind,
                kernel=(rows.kernel, columns.kernel),
                stride=(rows.stride, columns.stride),
                pad=(rows.before, columns.before, rows.after, columns.after),
                count_pad=count_pad,
            ),
        )

    @abstractmethod
    def native(self, F: Any, x: Any, kernel: Size, stride: Size, pad: Size) -> Any:
        """The pool as torch has it."""

    @abstractmethod
    def padded(self, F: Any, x: Any, kernel: Size, stride: Size, margins: Margins) -> Any:
        """The pool with explicit margins (of the columns, of the rows)."""

    @abstractmethod
    def node(self, ov: Any, x: Any, kernel: Size, stride: Size, before: Size, after: Size) -> Any:
        """The pool in OpenVINO, with the padding that its windows reach over."""


Margin = tuple[int, int, int]
"""Padding before, padding after, and how far the last window hangs over that."""

Margins = tuple[Margin, Margin]


def _margins(axis: Axis, length: int) -> Margin:
    return axis.before, axis.after, max(0, axis.behind(length) - axis.after)


def _pad(F: Any, x: Any, margins: Margins, value: float, overhang: float) -> Any:
    (left, right, beyond), (top, bottom, below) = margins
    framed = F.pad(x, (left, right, top, bottom), value=value)
    return F.pad(framed, (0, beyond, 0, below), value=overhang)


@op("maxpool", family="pool")
@dataclass(frozen=True)
class MaxPool(Pool):
    """The maximum of each window (Krizhevsky et al. 2012, section 3.4, for overlapping ones).

    Padding is minus infinity.
    """

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return all(inputs)

    def native(self, F: Any, x: Any, kernel: Size, stride: Size, pad: Size) -> Any:
        return F.max_pool2d(x, kernel, stride, pad, ceil_mode=self.ceil)

    def padded(self, F: Any, x: Any, kernel: Size, stride: Size, margins: Margins) -> Any:
        lowest = float("-inf")
        return F.max_pool2d(_pad(F, x, margins, lowest, lowest), kernel, stride)

    def node(self, ov: Any, x: Any, kernel: Size, stride: Size, before: Size, after: Size) -> Any:
        return ov.max_pool(x, stride, (1, 1), before, after, kernel).output(0)

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return self.pool(site, "max")


@op("avgpool", family="pool")
@dataclass(frozen=True)
class AvgPool(Pool):
    """The mean of each window.

    `count_pad` says whether padding counts in the divisor, as in torch and Caffe; what hangs over
    the padding never does.
    """

    count_pad: bool = attribute(SWITCH, True)

    def native(self, F: Any, x: Any, kernel: Size, stride: Size, pad: Size) -> Any:
        return F.avg_pool2d(x, kernel, stride, pad, self.ceil, self.count_pad)

    def padded(self, F: Any, x: Any, kernel: Size, stride: Size, margins: Margins) -> Any:
        counted = _pad(F, x.new_ones(x.shape[2:])[None], margins, float(self.count_pad), 0.0)
        total = F.avg_pool2d(_pad(F, x, margins, 0.0, 0.0), kernel, stride, divisor_override=1)
        return total / F.avg_pool2d(counted, kernel, stride, divisor_override=1)

    def node(self, ov: Any, x: Any, kernel: Size, stride: Size, before: Size, after: Size) -> Any:
        padding = [axis.after for axis in self.windows(type_of(x))]
        overhang = [max(0, reached - own) for reached, own in zip(after, padding, strict=True)]
        if self.count_pad and any(overhang):
            # Padding that counts is zeros like others; what hangs over them does not.
            x = ov.pad(x, [0, 0, *before], [0, 0, *padding], "constant")
            return ov.avg_pool(x, stride, (0, 0), overhang, kernel, True)
        return ov.avg_pool(x, stride, before, after, kernel, not self.count_pad)

    def is_mean(self, inputs: Types) -> bool:
        return not self.count_pad or not any(a.is_padded for a in self.windows(inputs[0]))

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return self.pool(site, "average", self.count_pad)


@op("adaptive_avgpool", family="pool")
@dataclass(frozen=True)
class AdaptiveAvgPool(Op):
    """The mean of windows that divide the image into `out` rows and columns, as in torch."""

    hosts_epilogue = True
    out: Size = attribute(size())

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        require_image(x, self.name)
        return TensorType((x.channels, *self.out))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return F.adaptive_avg_pool2d(xs[0], self.out)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return ov.adaptive_avg_pool(xs[0], list(self.out))

    def is_mean(self, inputs: Types) -> bool:
        return True

    def reach(self, inputs: Types, output: TensorType) -> tuple[Reach, Reach]:
        # Windows of unequal size take the largest, at the mean distance.
        pairs = zip(inputs[0].pixels, self.out, strict=True)
        rows, columns = (Reach(Fraction(longest(n, out)), Fraction(n, out)) for n, out in pairs)
        return rows, columns

    @property
    def caption(self) -> str:
        return f"adaptive avg pool, {show(self.out)}"

    def is_identity(self, inputs: Types) -> bool:
        return self.out == (inputs[0].height, inputs[0].width)

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return (site.launch(kernels.GlobalPool if self.out == (1, 1) else kernels.AdaptivePool),)
