"""Convolution as a matrix product whose one factor is gathered from an image, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.kernels.kernel import Packing
from netlang.kernels.precision import spans_taps
from netlang.kernels.window import Pair, Pooling, Window


@dataclass(frozen=True)
class Gather:
    """A convolution over windows: M = batch·P·Q pixels, N = O channels, K = R·S·C/groups.

    Nothing is unfolded in memory; a step of K gathers its pixels from the image (Chetlur et al.
    2014, cuDNN, section 3). Steps are a block of channels at one tap, or, where an image has only
    a few channels, a run of K across taps. Small groups are computed together, a few at a time,
    with zeros for the weights that would connect one group to another: tensor cores take nothing
    narrower than `NARROWEST`.

    With a `x_pool`, a max pool ahead of a 1x1 convolution, `window` is the pool's: a step takes the
    maximum over the window in place of a tap.
    """

    window: Window
    groups: int = 1
    x_pool: Pooling | None = None

    @property
    def title(self) -> str:
        """What it is, as a part of a kernel's name."""
        window = self.window
        r, s = self.kernel
        parts = [self.x_pool.title] if self.x_pool else []
        parts += [f"{'dwconv' if self.is_depthwise else 'conv'}{r}x{s}"]
        parts += [f"{window.x.channels}to{window.y.channels}"]
        if self.groups > 1 and not self.is_depthwise:
            parts += [f"g{self.groups}"]
        for letter, pair in (("s", window.stride), ("d", window.dilation)):
            if pair != (1, 1) and not self.x_pool:
                parts += [letter + "x".join(map(str, dict.fromkeys(pair)))]
        return "_".join(parts)

    @property
    def about(self) -> str:
        """What it is, in words."""
        r, s = self.kernel
        first = f"{self.x_pool.about}, then " if self.x_pool else ""
        return f"{first}conv {r}x{s}" + (f" in {self.groups} groups" if self.groups > 1 else "")

    @property
    def packing(self) -> Packing:
        """OIHW becomes [R, S, C/groups, O], or [C, R, S, O] where neighbours are side by side."""
        shape = (self.window.y.channels, self.in_group, *self.kernel)
        return Packing(shape, (1, 2, 3, 0) if self.window.x.view.plane else (2, 3, 1, 0))

    @property
    def depth(self) -> int:
        """Products that are summed for one element: K."""
        return self.taps * self.in_group

    @property
    def kernel(self) -> Pair:
        """Rows and columns of the weight."""
        return (1, 1) if self.x_pool else self.window.kernel

    @property
    def taps(self) -> int:
        """Elements of a window that have weights of their own."""
        return self.kernel[0] * self.kernel[1]

    @property
    def in_group(self) -> int:
        """Input channels per group."""
        return self.window.x.channels // self.groups

    @property
    def out_group(self) -> int:
        """Output channels per group."""
        return self.window.y.channels // self.groups

    @property
    def is_depthwise(self) -> bool:
        """Whether each output channel sees a single input channel."""
        return self.in_group == 1 and self.groups > 1

    @property
    def merged(self) -> int:
        """Groups computed together, as one product with a block-diagonal weight."""
        most = max(1, 32 // max(self.in_group, self.out_group))
        return max(n for n in range(1, most + 1) if self.groups % n == 0)

    @property
    def products(self) -> int:
        """Independent matrix products: the groups, less those that are computed together."""
        return self.groups // self.merged

    @property
    def channels(self) -> int:
        """Input channels of one product."""
        return self.merged * self.in_group

    @property
    def is_flat(self) -> bool:
        """Whether a step of K runs across taps."""
        return self.merged == 1 and spans_taps(self.in_group, self.taps)
