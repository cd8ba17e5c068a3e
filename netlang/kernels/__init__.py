"""Triton text, from integers: one file a family of kernels. It knows no operators.

Names are loaded when they are first used: who infers shapes needs no kernel.
"""

from typing import TYPE_CHECKING

from netlang.ground.lazy import lazily

if TYPE_CHECKING:
    from netlang.kernels.back_to_back import BackToBack
    from netlang.kernels.block import Tile
    from netlang.kernels.conv import Conv, Term
    from netlang.kernels.copy import Copy, FromNCHW, ToNCHW
    from netlang.kernels.fusion import behind, entering, plus
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
    "behind",
    "dense",
    "entering",
    "planes",
    "plus",
]

_HOMES = {
    "AdaptivePool": "netlang.kernels.pool",
    "BackToBack": "netlang.kernels.back_to_back",
    "Conv": "netlang.kernels.conv",
    "Copy": "netlang.kernels.copy",
    "Epilogue": "netlang.kernels.kernel",
    "FeatureMap": "netlang.kernels.kernel",
    "FromNCHW": "netlang.kernels.copy",
    "GlobalPool": "netlang.kernels.pool",
    "Kernel": "netlang.kernels.kernel",
    "LRN": "netlang.kernels.norm",
    "Layer": "netlang.kernels.layer",
    "Linear": "netlang.kernels.linear",
    "LocalResponse": "netlang.kernels.norm",
    "Operand": "netlang.kernels.kernel",
    "Packing": "netlang.kernels.kernel",
    "Parameter": "netlang.kernels.kernel",
    "Pointwise": "netlang.kernels.pointwise",
    "Pool": "netlang.kernels.pool",
    "Pooling": "netlang.kernels.window",
    "Sampled": "netlang.kernels.kernel",
    "Softmax": "netlang.kernels.norm",
    "Term": "netlang.kernels.conv",
    "Tile": "netlang.kernels.block",
    "Tiles": "netlang.kernels.kernel",
    "ToNCHW": "netlang.kernels.copy",
    "Together": "netlang.kernels.together",
    "Upsample": "netlang.kernels.upsample",
    "View": "netlang.kernels.kernel",
    "behind": "netlang.kernels.fusion",
    "dense": "netlang.kernels.kernel",
    "entering": "netlang.kernels.fusion",
    "planes": "netlang.kernels.kernel",
    "plus": "netlang.kernels.fusion",
}

__getattr__, __dir__ = lazily(__name__, _HOMES)
