"""Operators that move numbers without changing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlang import kernels
from netlang.ground.reach import Reach
from netlang.ir.attributes import Size, attribute, integer, numbers, shape, show, size, word
from netlang.ir.op import Launch, Op, ShapeError, Site, op
from netlang.ir.types import TensorType, Types
from netlang.kernels.precision import storage
from netlang.ops.value import type_of
from netlang.ops.window import Axis, Windowed, axes, require_image, stride_caption

SMALLEST = 1e-6
"""The least standard deviation: pixels are divided by it."""


@op("input", family="input")
@dataclass(frozen=True)
class Input(Op):
    """What the network is given: channels x height x width, or a number of features.

    The other attributes say how `netlang.images` makes it of a photograph, whose pixels count from
    0 to `range`; those where nothing is declared are torchvision's for ImageNet.
    """

    arity = 0
    shape: tuple[int, ...] = attribute(shape(1, 3))
    mean: tuple[float, ...] = attribute(numbers(), (0.485, 0.456, 0.406))
    std: tuple[float, ...] = attribute(numbers(SMALLEST), (0.229, 0.224, 0.225))
    range: int = attribute(integer(1), 1)
    resize: int = attribute(integer(0), 0)
    interpolation: str = attribute(word("bicubic", "bilinear"), "bicubic")

    def infer(self, inputs: Types) -> TensorType:
        x = TensorType(self.shape)
        for name in ("mean", "std"):
            self._require_one_a_channel(x, name)
        if self.resize and self.resize < min(x.pixels):
            raise ShapeError(
                f"{x} cannot be cut out of an image whose shorter side is {self.resize}",
                attribute="resize",
                help=f"scale the image to {min(x.pixels)} at least",
            )
        return x

    def _require_one_a_channel(self, x: TensorType, name: str) -> None:
        given, is_usual = getattr(self, name), getattr(self, name) == getattr(Input, name)
        if is_usual and self.range > 1:
            raise ShapeError(
                f"'range' is {self.range}, and '{name}' is left at that of pixels up to 1",
                attribute="range",
                help="give both in the same numbers: mean=123.68:116.779:103.939, std=1",
            )
        if not is_usual and len(given) not in (1, x.channels):
            raise ShapeError(
                f"'{name}' has {len(given)} numbers, and {x} has {x.channels} channels",
                attribute=name,
                help="give one number for each channel, or one for all",
            )

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        raise TypeError("an input has no computation")


@op("identity", family="shape")
@dataclass(frozen=True)
class Identity(Op):
    """The input itself."""

    def infer(self, inputs: Types) -> TensorType:
        return inputs[0]

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return xs[0]

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return xs[0]

    def is_identity(self, inputs: Types) -> bool:
        return True


@op("flatten", family="shape")
@dataclass(frozen=True)
class Flatten(Op):
    """C x H x W to one axis, channels outermost."""

    def infer(self, inputs: Types) -> TensorType:
        return TensorType((inputs[0].elements,))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return xs[0].flatten(1)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return ov.reshape(xs[0], [0, type_of(xs[0]).elements], True)

    def is_identity(self, inputs: Types) -> bool:
        return inputs[0].is_flat

    def alias(self, x: TensorType, view: kernels.View) -> kernels.View | None:
        # Other images lie between the pixels of one, so they are in order where there is one pixel.
        return view if x.elements == x.channels else None

    def launches(self, site: Site) -> tuple[Launch, ...]:
        x = site.x()
        # The kernel writes what it takes for an image with planes one after the other.
        planar = kernels.FeatureMap(x.channels, x.height, x.width, site.view)
        return (site.launch(kernels.ToNCHW, y=planar, planar_dtype=storage(site.precision)),)


@op("subsample", family="shape")
@dataclass(frozen=True)
class Subsample(Windowed):
    """Every `stride`-th row and column: the strided identity of a shortcut of option A.

    He et al. 2015, section 3.3: "performed with a stride of 2".
    """

    stride: Size = attribute(size())

    def windows(self, x: TensorType) -> tuple[Axis, Axis]:
        return axes(x, (1, 1), self.stride, (0, 0))

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        require_image(x, self.name)
        rows, columns = self.windows(x)
        return TensorType((x.channels, rows.output, columns.output))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return xs[0][:, :, :: self.stride[0], :: self.stride[1]]

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return ov.slice(xs[0], [0, 0], list(type_of(xs[0]).pixels), list(self.stride), [2, 3])

    def is_identity(self, inputs: Types) -> bool:
        return self.stride == (1, 1)

    @property
    def caption(self) -> str:
        return ", ".join(["identity", *stride_caption(self.stride)])

    def launches(self, site: Site) -> tuple[Launch, ...]:
        rows, columns = self.stride
        if rows == columns:
            return (site.launch(kernels.Copy, stride=rows),)
        return (site.launch(kernels.Pool, kind="max", kernel=(1, 1), stride=self.stride),)


@op("zero_pad", family="shape")
@dataclass(frozen=True)
class ZeroPad(Op):
    """Channels of zeros ahead of the input's and behind them (He et al. 2015, 3.3, option A)."""

    before: int = attribute(integer(0), 0)
    after: int = attribute(integer(0), 0)

    def is_identity(self, inputs: Types) -> bool:
        return not (self.before or self.after)

    @property
    def caption(self) -> str:
        return f"{self.before + self.after} zero channels"

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        return TensorType((self.before + x.channels + self.after, *x.shape[1:]))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        pixels = [0, 0] * (xs[0].dim() - 2)
        return F.pad(xs[0], (*pixels, self.before, self.after))

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        pixels = [0] * (len(type_of(xs[0]).shape) - 1)
        ahead, behind = ([0, channels, *pixels] for channels in (self.before, self.after))
        return ov.pad(xs[0], ahead, behind, "constant")

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return (site.launch(kernels.Copy, before=self.before),)


@op("split", family="shape")
@dataclass(frozen=True)
class Split(Op):
    """One of `parts` equal slices of the channels; `part` counts from 0."""

    parts: int = attribute(integer(1))
    part: int = attribute(integer(0))

    @property
    def caption(self) -> str:
        return f"split, {self.part + 1} of {self.parts}"

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        _require_divisor(x.channels, self.parts, "parts")
        if self.part >= self.parts:
            raise ShapeError(
                f"there is no part {self.part} of {self.parts}",
                attribute="part",
                help=f"parts count from 0: the last one is {self.parts - 1}",
            )
        return TensorType((x.channels // self.parts, *x.shape[1:]))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return xs[0].chunk(self.parts, 1)[self.part]

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return _channels(ov, xs[0], self.taken(type_of(xs[0]).channels))

    def is_identity(self, inputs: Types) -> bool:
        return self.parts == 1

    def taken(self, channels: int) -> range:
        part = channels // self.parts
        return range(self.part * part, (self.part + 1) * part)


@op("slice", family="shape")
@dataclass(frozen=True)
class Slice(Op):
    """`channels` of its input, from `start` on."""

    start: int = attribute(integer(0))
    channels: int = attribute(integer(1))

    @property
    def caption(self) -> str:
        return f"channels {self.start} to {self.start + self.channels - 1}"

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        if self.start + self.channels > x.channels:
            raise ShapeError(
                f"channels {self.start} to {self.start + self.channels - 1} are not all there: "
                f"{x} has {x.channels}",
                attribute="channels",
                help="'start' counts from 0, and 'start' + 'channels' is at most what comes in",
            )
        return TensorType((self.channels, *x.shape[1:]))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return xs[0][:, self.start : self.start + self.channels]

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return _channels(ov, xs[0], self.taken(type_of(xs[0]).channels))

    def is_identity(self, inputs: Types) -> bool:
        return self.channels == inputs[0].channels

    def taken(self, channels: int) -> range:
        return range(self.start, self.start + self.channels)


@op("shuffle", family="shape")
@dataclass(frozen=True)
class Shuffle(Op):
    """Channel shuffle: channel `g * (C / groups) + i` moves to `i * groups + g`."""

    groups: int = attribute(integer(1))

    @property
    def caption(self) -> str:
        return f"shuffle, {self.groups} groups"

    def infer(self, inputs: Types) -> TensorType:
        _require_divisor(inputs[0].channels, self.groups, "groups")
        return inputs[0]

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        (x,) = xs
        grouped = x.reshape(x.shape[0], self.groups, -1, *x.shape[2:])
        return grouped.transpose(1, 2).reshape(x.shape)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return ov.shuffle_channels(xs[0], 1, self.groups)

    def is_identity(self, inputs: Types) -> bool:
        return self.groups in (1, inputs[0].channels)

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return (site.launch(kernels.Copy, groups=self.groups),)


@op("upsample", family="shape")
@dataclass(frozen=True)
class Upsample(Op):
    """Enlarges the image by whole factors; `bilinear` takes pixels as areas, not as corners."""

    factor: Size = attribute(size())
    mode: str = attribute(word("nearest", "bilinear"), "nearest")

    @property
    def caption(self) -> str:
        mode = [] if self.mode == "nearest" else [self.mode]
        return " ".join([show(self.factor), *mode, self.name])

    def infer(self, inputs: Types) -> TensorType:
        (x,) = inputs
        require_image(x, self.name)
        return TensorType((x.channels, x.height * self.factor[0], x.width * self.factor[1]))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return F.interpolate(xs[0], scale_factor=tuple(map(float, self.factor)), mode=self.mode)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        size = [n * factor for n, factor in zip(type_of(xs[0]).pixels, self.factor, strict=True)]
        mode, place = MODES[self.mode]
        how = {"coordinate_transformation_mode": place, "nearest_mode": "floor"}
        return ov.interpolate(xs[0], size, mode, "sizes", axes=[2, 3], **how)

    def reach(self, inputs: Types, output: TensorType) -> tuple[Reach, Reach]:
        seen = 1 if self.mode == "nearest" else 2
        rows, columns = (Reach.of(seen, enlarged=factor) for factor in self.factor)
        return rows, columns

    def is_identity(self, inputs: Types) -> bool:
        return self.factor == (1, 1)

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return (site.launch(kernels.Upsample, mode=self.mode),)


MODES = {"nearest": ("nearest", "asymmetric"), "bilinear": ("linear_onnx", "half_pixel")}
"""What OpenVINO calls a mode of `upsample`, and where it takes pixels to lie."""


def _channels(ov: Any, x: Any, taken: range) -> Any:
    """Some channels of an output in OpenVINO."""
    return ov.slice(x, [taken.start], [taken.stop], [1], [1])


def _require_divisor(channels: int, parts: int, attribute: str) -> None:
    if channels % parts:
        raise ShapeError(
            f"{channels} channels do not divide into {parts} {attribute}",
            attribute=attribute,
            help=f"'{attribute}' must divide the channels that come in",
        )
