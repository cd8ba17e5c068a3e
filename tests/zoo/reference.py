"""The published networks in torch.nn, written from the papers and apart from netlang.

Their layers with weights are registered in the order in which the `.net` files name them. They give
logits; in training GoogLeNet gives those of its heads as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def half(i: int, o: int, k: int, stride: int = 1, **options: bool | int) -> nn.Conv2d:
    """A convolution that pads by half its kernel."""
    return nn.Conv2d(i, o, k, stride, k // 2, **options)  # pyright: ignore[reportArgumentType]


def classifier(features: int, classes: int, dropout_first: bool) -> nn.Sequential:
    """The three fully connected layers of AlexNet and VGG."""
    layers: list[nn.Module] = []
    for i in (features, 4096):
        step = [nn.Linear(i, 4096), nn.ReLU()]
        layers += [nn.Dropout(), *step] if dropout_first else [*step, nn.Dropout()]
    return nn.Sequential(*layers, nn.Linear(4096, classes))


# ------------------------------------------------------------------ Krizhevsky et al. 2012


class LRN(nn.Module):
    """Section 3.3, term by term: a sum over five neighbours, k = 2."""

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        squares = F.pad(x * x, (0, 0, 0, 0, 2, 2))
        total = sum((squares[:, j : j + channels] for j in range(5)), torch.zeros_like(x))
        return x / (2 + 1e-4 * total) ** 0.75


def alexnet(classes: int = 1000) -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4, 2), nn.ReLU(), LRN(), nn.MaxPool2d(3, 2)),
        *(half(96, 256, 5, groups=2), nn.ReLU(), LRN(), nn.MaxPool2d(3, 2)),
        *(half(256, 384, 3), nn.ReLU()),
        *(half(384, 384, 3, groups=2), nn.ReLU()),
        *(half(384, 256, 3, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        nn.Flatten(),
        classifier(256 * 6 * 6, classes, dropout_first=False),
    )


def alexnet_torchvision(classes: int = 1000) -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(half(64, 192, 5), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(half(192, 384, 3), nn.ReLU()),
        *(half(384, 256, 3), nn.ReLU()),
        *(half(256, 256, 3), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.AdaptiveAvgPool2d(6), nn.Flatten()),
        classifier(256 * 6 * 6, classes, dropout_first=True),
    )


# ---------------------------------------------------------- Simonyan and Zisserman 2014


def vgg(per_width: Sequence[int], bn: bool, side: int, classes: int = 1000) -> nn.Module:
    """`per_width` are the convolutions of a column of Table 1; `side` is the image's."""
    layers: list[nn.Module] = []
    channels = 3
    for n, width in zip(per_width, (64, 128, 256, 512, 512), strict=True):
        for _ in range(n):
            layers += [half(channels, width, 3), *[nn.BatchNorm2d(width)] * bn, nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    features = 512 * (side // 32) ** 2
    return nn.Sequential(*layers, nn.Flatten(), classifier(features, classes, False))


# -------------------------------------------------------------------- Szegedy et al. 2014


def plain_unit(i: int, o: int, k: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(half(i, o, k, stride), nn.ReLU())


def bn_unit(i: int, o: int, k: int, stride: int = 1) -> nn.Module:
    conv = half(i, o, k, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(o, eps=1e-3), nn.ReLU())


# Rows of Table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj.
INCEPTION = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class Inception(nn.Module):
    def __init__(self, row: str, torchvision: bool):
        super().__init__()
        unit = bn_unit if torchvision else plain_unit
        channels, n1, r3, n3, r5, n5, proj = INCEPTION[row]
        pool = nn.MaxPool2d(3, 1, 1, ceil_mode=torchvision)
        self.paths = nn.ModuleList(
            [
                unit(channels, n1, 1),
                nn.Sequential(unit(channels, r3, 1), unit(r3, n3, 3)),
                nn.Sequential(unit(channels, r5, 1), unit(r5, n5, 3 if torchvision else 5)),
                nn.Sequential(pool, unit(channels, proj, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([path(x) for path in self.paths], 1)


def side_head(channels: int, classes: int, torchvision: bool) -> nn.Module:
    pool = nn.AdaptiveAvgPool2d(4) if torchvision else nn.AvgPool2d(5, 3)
    unit = bn_unit if torchvision else plain_unit
    hidden = (nn.Flatten(), nn.Linear(128 * 4 * 4, 1024), nn.ReLU(), nn.Dropout(0.7))
    return nn.Sequential(pool, unit(channels, 128, 1), *hidden, nn.Linear(1024, classes))


class GoogLeNet(nn.Module):
    def __init__(self, classes: int = 1000, torchvision: bool = False):
        super().__init__()
        unit = bn_unit if torchvision else plain_unit
        module = partial(Inception, torchvision=torchvision)
        norm: list[nn.Module] = [] if torchvision else [LRN()]

        def pool(kernel: int = 3) -> nn.Module:
            return nn.MaxPool2d(kernel, 2, ceil_mode=True)

        self.to_4a = nn.Sequential(
            *(unit(3, 64, 7, 2), pool(), *norm),
            *(unit(64, 64, 1), unit(64, 192, 3), *norm, pool()),
            *(module("3a"), module("3b"), pool()),
            module("4a"),
        )
        self.aux1 = side_head(512, classes, torchvision)
        self.to_4d = nn.Sequential(module("4b"), module("4c"), module("4d"))
        self.aux2 = side_head(528, classes, torchvision)
        self.to_end = nn.Sequential(
            *(module("4e"), pool(2 if torchvision else 3), module("5a"), module("5b")),
            *(nn.AvgPool2d(7), nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, classes)),
        )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        a = self.to_4a(x)
        d = self.to_4d(a)
        logits = self.to_end(d)
        return (logits, self.aux1(a), self.aux2(d)) if self.training else logits


# ------------------------------------------------------------------------- He et al. 2015


def conv_bn(i: int, o: int, k: int, stride: int = 1) -> list[nn.Module]:
    return [half(i, o, k, stride, bias=False), nn.BatchNorm2d(o)]


def basic(i: int, width: int, stride: int, stride_in: int) -> tuple[nn.Module, int]:
    first, second = conv_bn(i, width, 3, stride), conv_bn(width, width, 3)
    return nn.Sequential(*first, nn.ReLU(), *second), width


def bottleneck(i: int, width: int, stride: int, stride_in: int) -> tuple[nn.Module, int]:
    reduce = conv_bn(i, width, 1, stride if stride_in == 1 else 1)
    middle = conv_bn(width, width, 3, stride if stride_in == 3 else 1)
    restore = conv_bn(width, 4 * width, 1)
    return nn.Sequential(*reduce, nn.ReLU(), *middle, nn.ReLU(), *restore), 4 * width


class Residual(nn.Module):
    """y = relu(F(x) + shortcut(x)); `option` is A, B, C, or "none" for a plain network."""

    def __init__(self, body: nn.Module, i: int, o: int, stride: int, option: str):
        super().__init__()
        self.body, self.stride, self.zeros, self.option = body, stride, o - i, option
        changes = stride > 1 or i != o
        projects = option == "C" or (option == "B" and changes)
        self.projection = nn.Sequential(*conv_bn(i, o, 1, stride)) if projects else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        if self.option == "none":
            return F.relu(y)
        if self.projection is not None:
            return F.relu(y + self.projection(x))
        seen = x[:, :, :: self.stride, :: self.stride]
        n, _, height, width = seen.shape
        zeros = seen.new_zeros(n, self.zeros, height, width)
        return F.relu(y + torch.cat([seen, zeros], 1))


class ResNet(nn.Module):
    """`stages` are blocks a stage, whose widths double; `cifar` has another first layer."""

    def __init__(
        self,
        stages: Sequence[int],
        option: str,
        bottlenecks: bool = False,
        stride_in: int = 1,
        cifar: bool = False,
        classes: int = 1000,
    ):
        super().__init__()
        channels = width = 16 if cifar else 64
        stem = conv_bn(3, width, 3) if cifar else conv_bn(3, width, 7, 2)
        pool = [] if cifar else [nn.MaxPool2d(3, 2, 1)]
        layers: list[nn.Module] = [*stem, nn.ReLU(), *pool]
        make = bottleneck if bottlenecks else basic
        for stage, blocks in enumerate(stages):
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                body, out = make(channels, width, stride, stride_in)
                layers.append(Residual(body, channels, out, stride, option))
                channels = out
            width *= 2
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.layers(x).mean((2, 3)))
