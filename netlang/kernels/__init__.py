"""Triton text, from integers: one file a family of kernels. It knows no operators."""

from netlang.kernels.back_to_back import BackToBack
from netlang.kernels.block import Tile
from netlang.kernels.conv import Conv, Term
from netlang.kernels.copy import Copy, FromNCHW, ToNCHW
from netlang.kernels.kernel import (
    Epilogue,
    FeatureMap,
    Kernel,
    Operand,
    Packing,
    Parameter,
    Sampled,
    Tiles,
    View,
    dense,
    planes,
)
from netlang.kernels.layer import Layer
from netlang.kernels.linear import Linear
from netlang.kernels.norm import LRN, LocalResponse, Softmax
from netlang.kernels.pointwise import Pointwise
from netlang.kernels.pool import AdaptivePool, GlobalPool, Pool
from netlang.kernels.together import Together
from netlang.kernels.upsample import Upsample
from netlang.kernels.window import Pooling

__all__ = [
    "LRN",
    "AdaptivePool",
    "BackToBack",
    "Conv",
    "Copy",
    "Epilogue",
    "FeatureMap",
    "FromNCHW",
    "GlobalPool",
    "Kernel",
    "Layer",
    "Linear",
    "LocalResponse",
    "Operand",
    "Packing",
    "Parameter",
    "Pointwise",
    "Pool",
    "Pooling",
    "Sampled",
    "Softmax",
    "Term",
    "Tile",
    "Tiles",
    "ToNCHW",
    "Together",
    "Upsample",
    "View",
    "dense",
    "planes",
]
