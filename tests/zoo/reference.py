"""The published networks in torch.nn, written from the papers and apart from netlang.

Their layers with weights are registered in the order in which the `.net` files name them, and those
of networks that torchvision has are called as it calls them. They give logits; in training GoogLeNet
gives those of its heads as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def half(i: int, o: int, k: int, stride: int = 1, **options: bool | int) -> nn.Conv2d:
    """A convolution that pads by half its kernel."""
    return nn.Conv2d(i, o, k, stride, k // 2, **options)  # pyright: ignore[reportArgumentType]


class Tower(nn.Module):
    """AlexNet and VGG: `features`, maps of `side` x `side`, then three fully connected layers."""

    def __init__(
        self, features: Sequence[nn.Module], side: int, classes: int, dropout_first: bool = False
    ):
        super().__init__()
        channels = [f.out_channels for f in features if isinstance(f, nn.Conv2d)][-1]
        layers: list[nn.Module] = []
        for i in (channels * side**2, 4096):
            step = [nn.Linear(i, 4096), nn.ReLU()]
            layers += [nn.Dropout(), *step] if dropout_first else [*step, nn.Dropout()]
        self.features, self.side = nn.Sequential(*features), side
        self.classifier = nn.Sequential(*layers, nn.Linear(4096, classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        assert x.shape[2:] == (self.side, self.side)
        return self.classifier(x.flatten(1))


# ------------------------------------------------------------------ Krizhevsky et al. 2012


class LRN(nn.Module):
    """Section 3.3, term by term: a sum over five neighbours, k = 2."""

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        squares = F.pad(x * x, (0, 0, 0, 0, 2, 2))
        total = sum((squares[:, j : j + channels] for j in range(5)), torch.zeros_like(x))
        return x / (2 + 1e-4 * total) ** 0.75


def alexnet(classes: int = 1000) -> nn.Module:
    features = [
        *(nn.Conv2d(3, 96, 11, 4, 2), nn.ReLU(), LRN(), nn.MaxPool2d(3, 2)),
        *(half(96, 256, 5, groups=2), nn.ReLU(), LRN(), nn.MaxPool2d(3, 2)),
        *(half(256, 384, 3), nn.ReLU()),
        *(half(384, 384, 3, groups=2), nn.ReLU()),
        *(half(384, 256, 3, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
    ]
    return Tower(features, 6, classes)


def alexnet_torchvision(classes: int = 1000) -> nn.Module:
    features = [
        *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(half(64, 192, 5), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(half(192, 384, 3), nn.ReLU()),
        *(half(384, 256, 3), nn.ReLU()),
        *(half(256, 256, 3), nn.ReLU(), nn.MaxPool2d(3, 2)),
    ]
    return Tower(features, 6, classes, dropout_first=True)


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
    return Tower(layers, side // 32, classes)


# -------------------------------------------------------------------- Szegedy et al. 2014


def plain_unit(i: int, o: int, k: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(half(i, o, k, stride), nn.ReLU())


class BnUnit(nn.Module):
    def __init__(self, i: int, o: int, k: int, stride: int = 1):
        super().__init__()
        self.conv, self.bn = half(i, o, k, stride, bias=False), nn.BatchNorm2d(o, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


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
        unit = BnUnit if torchvision else plain_unit
        channels, n1, r3, n3, r5, n5, proj = INCEPTION[row]
        pool = nn.MaxPool2d(3, 1, 1, ceil_mode=torchvision)
        self.branch1 = unit(channels, n1, 1)
        self.branch2 = nn.Sequential(unit(channels, r3, 1), unit(r3, n3, 3))
        self.branch3 = nn.Sequential(unit(channels, r5, 1), unit(r5, n5, 3 if torchvision else 5))
        self.branch4 = nn.Sequential(pool, unit(channels, proj, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class SideHead(nn.Module):
    def __init__(self, channels: int, classes: int, torchvision: bool):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(4) if torchvision else nn.AvgPool2d(5, 3)
        self.conv = (BnUnit if torchvision else plain_unit)(channels, 128, 1)
        self.fc1, self.fc2 = nn.Linear(128 * 4 * 4, 1024), nn.Linear(1024, classes)
        self.dropout = nn.Dropout(0.7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc1(self.conv(self.pool(x)).flatten(1))
        return self.fc2(self.dropout(F.relu(x)))


class GoogLeNet(nn.Module):
    def __init__(self, classes: int = 1000, torchvision: bool = False):
        super().__init__()
        unit = BnUnit if torchvision else plain_unit
        self.norm = nn.Identity() if torchvision else LRN()
        self.last_pool = 2 if torchvision else 3
        self.conv1, self.conv2, self.conv3 = unit(3, 64, 7, 2), unit(64, 64, 1), unit(64, 192, 3)
        for row in INCEPTION:
            self.add_module(f"inception{row}", Inception(row, torchvision))
            if row == "4a":
                self.aux1 = SideHead(512, classes, torchvision)
            if row == "4d":
                self.aux2 = SideHead(528, classes, torchvision)
        self.dropout, self.fc = nn.Dropout(0.4), nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        def pool(x: Tensor, kernel: int = 3) -> Tensor:
            return F.max_pool2d(x, kernel, 2, ceil_mode=True)

        x = self.norm(pool(self.conv1(x)))
        x = pool(self.norm(self.conv3(self.conv2(x))))
        ends = dict[str, Tensor]()
        for row in INCEPTION:
            if row in ("4a", "5a"):
                x = pool(x, self.last_pool if row == "5a" else 3)
            x = ends[row] = self.get_submodule(f"inception{row}")(x)
        logits = self.fc(self.dropout(x.mean((2, 3))))
        return (logits, self.aux1(ends["4a"]), self.aux2(ends["4d"])) if self.training else logits


# ------------------------------------------------------------------------- He et al. 2015


class Residual(nn.Module):
    """y = relu(F(x) + shortcut(x)); `option` is A, B, C, or "none" for a plain network.

    F is a bottleneck where `stride_in` tells which of its kernels has the stride, else a pair.
    """

    def __init__(self, i: int, width: int, stride: int, option: str, stride_in: int = 0):
        super().__init__()
        self.out = 4 * width if stride_in else width
        self.depth, self.stride, self.option = 3 if stride_in else 2, stride, option
        channels = i
        for number in range(self.depth):
            kernel = 1 if stride_in and number != 1 else 3
            is_first = kernel == stride_in if stride_in and number < 2 else not number
            o = self.out if number == self.depth - 1 else width
            conv = half(channels, o, kernel, stride if is_first else 1, bias=False)
            self.add_module(f"conv{number + 1}", conv)
            self.add_module(f"bn{number + 1}", nn.BatchNorm2d(o))
            channels = o
        self.downsample = None
        if option == "C" or (option == "B" and (stride > 1 or i != channels)):
            project = half(i, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(project, nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number in range(1, self.depth + 1):
            y = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(y))
            y = y if number == self.depth else F.relu(y)
        if self.option == "none":
            return F.relu(y)
        if self.downsample is not None:
            return F.relu(y + self.downsample(x))
        seen = x[:, :, :: self.stride, :: self.stride]
        n, channels, height, width = seen.shape
        zeros = seen.new_zeros(n, self.out - channels, height, width)
        return F.relu(y + torch.cat([seen, zeros], 1))


class ResNet(nn.Module):
    """`stages` are blocks a stage, whose widths double; `cifar` has another first layer."""

    def __init__(
        self,
        stages: Sequence[int],
        option: str,
        stride_in: int = 0,
        cifar: bool = False,
        classes: int = 1000,
    ):
        super().__init__()
        channels = width = 16 if cifar else 64
        self.conv1 = half(3, width, 3 if cifar else 7, 1 if cifar else 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.Identity() if cifar else nn.MaxPool2d(3, 2, 1)
        self.stages = len(stages)
        for stage, blocks in enumerate(stages):
            layer: list[Residual] = []
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                layer.append(Residual(channels, width, stride, option, stride_in))
                channels = layer[-1].out
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layer))
            width *= 2
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in range(1, self.stages + 1):
            x = self.get_submodule(f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))
