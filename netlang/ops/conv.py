"""Convolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlang import kernels
from netlang.ir.attributes import SWITCH, Size, attribute, integer, show, size
from netlang.ir.op import Launch, ShapeError, Site, op
from netlang.ir.types import TensorType, Types
from netlang.kernels.precision import spans_taps
from netlang.ops.product import Product
from netlang.ops.value import type_of
from netlang.ops.window import (
    PADDING,
    Axis,
    Pad,
    Windowed,
    axes,
    dilation_caption,
    require_image,
    stride_caption,
)


@op("conv", family="conv")
@dataclass(frozen=True)
class Conv(Product, Windowed):
    """Convolution over height and width (Krizhevsky et al. 2012, section 3.5, for `groups`).

    Input C x H x W, output `out` x H' x W'; the weight is out x C/groups x kernel. A dilated
    kernel reaches over `dilation * (kernel - 1) + 1` pixels, which is what `pad=half` halves.
    """

    kernel: Size = attribute(size())
    out: int = attribute(integer(1))
    stride: Size = attribute(size(), (1, 1))
    pad: Pad = attribute(PADDING, "half")
    dilation: Size = attribute(size(), (1, 1))
    groups: int = attribute(integer(1), 1)
    bias: bool = attribute(SWITCH, True)

    def windows(self, x: TensorType) -> tuple[Axis, Axis]:
        return axes(x, self.kernel, self.stride, self.pad, self.dilation)

    def is_pixelwise(self, x: TensorType) -> bool:
        """Whether an output pixel is a product with the input pixel of the same place alone."""
        return self.groups == 1 and all(axis.is_pixelwise for axis in self.windows(x))

    @property
    def taps(self) -> int:
        """Elements of a window."""
        return self.kernel[0] * self.kernel[1]

    def is_thin(self, x: TensorType) -> bool:
        """Whether its products run across taps, because an input pixel has too few channels."""
        return self.groups == 1 and spans_taps(x.channels, self.taps)

    def reads_planes(self, inputs: Types) -> tuple[bool, ...]:
        return (self.is_thin(inputs[0]),)

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        require_image(x, self.name)
        if x.channels % self.groups or self.out % self.groups:
            odd = x.channels if x.channels % self.groups else self.out
            side = "input" if x.channels % self.groups else "output"
            raise ShapeError(
                f"{odd} {side} channels do not divide into {self.groups} groups",
                attribute="groups",
                help="'groups' must divide the channels that come in and those that go out",
            )
        height, width = self.windows(x)
        return TensorType((self.out, height.output, width.output))

    @property
    def caption(self) -> str:
        is_depthwise = self.groups == self.out > 1
        kind = "depthwise conv" if is_depthwise else "conv"
        words = [f"{show(self.kernel)} {kind}", str(self.out), *stride_caption(self.stride)]
        words += [f"{self.groups} groups"] * (self.groups > 1 and not is_depthwise)
        return ", ".join([*words, *dilation_caption(self.dilation)])

    def row(self, inputs: Types) -> tuple[int, ...]:
        return (inputs[0].channels // self.groups, *self.kernel)

    def macs(self, inputs: Types, output: TensorType) -> int:
        return output.elements * self.taps * (inputs[0].channels // self.groups)

    def is_affine(self, inputs: Types) -> bool:
        return all(axis.is_pixelwise for axis in self.windows(inputs[0]))

    def shift_refusal(self, inputs: Types) -> str:
        if self.groups > 1:
            return "has groups of channels"
        padded = any(axis.is_padded for axis in self.windows(inputs[0]))
        return "pads with zeros, which no shift has moved" if padded else ""

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        (x,) = xs
        rows, columns = self.windows(TensorType(tuple(x.shape[1:])))
        pad = (rows.before, columns.before)
        if not (rows.is_symmetric and columns.is_symmetric):
            x = F.pad(x, (columns.before, columns.after, rows.before, rows.after))
            pad = (0, 0)
        return F.conv2d(x, w["weight"], w.get("bias"), self.stride, pad, self.dilation, self.groups)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        (x,) = xs
        image, kernel = type_of(x), w["weight"]
        rows, columns = self.windows(image)
        if self.confuses_onednn(image):
            x, kernel = (ov.pad(each, [0] * 4, [0, 1, 0, 0], "constant") for each in (x, kernel))
        # OpenVINO moves a 1x1's stride to the layers ahead of it, past its padding, which gives
        # another size (seen in 2026.4): with a border of zeros it is no 1x1 any more.
        border = int(self.taps == 1 and (rows.is_padded or columns.is_padded))
        width = [0, 0, border, border]
        kernel = ov.pad(kernel, width, width, "constant") if border else kernel
        before = rows.before + border, columns.before + border
        after = rows.after + border, columns.after + border
        window = self.stride, before, after, (1, 1) if border else self.dilation
        if self.groups == 1:
            y = ov.convolution(x, kernel, *window)
        else:
            sides = [side + 2 * border for side in self.kernel]
            shape = [self.groups, self.out // self.groups, -1, *sides]
            y = ov.group_convolution(x, ov.reshape(kernel, shape, False), *window)
        return self.biased(ov, y, w)

    def confuses_onednn(self, x: TensorType) -> bool:
        """Whether oneDNN reads past the only channel of an image, and computes with what is there.

        It does where there is one window in a row and a stride; OpenVINO 2026.4 and torch 2.13 do.
        """
        _, columns = self.windows(x)
        return x.channels == columns.output == 1 < columns.stride

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return self.product(
            site,
            kernels.Conv,
            kernel=self.kernel,
            stride=self.stride,
            pad=tuple(axis.before for axis in self.windows(site.inputs[0])),
            dilation=self.dilation,
            groups=self.groups,
        )
