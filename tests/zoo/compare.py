"""How close two networks are, on images of pixel scale."""

import torch
from torch import Tensor

from netlang.ground.accuracy import relative_error
from netlang.ir.graph import Graph

CLOSE = 1e-10
"""The largest difference allowed, as a share of the largest number: float64 leaves about 1e-13."""

STAGES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 152: (3, 8, 36, 3)}
"""The blocks of ResNet's stages, by its depth (He et al. 2015, Table 1)."""


def images(graph: Graph) -> Tensor:
    """Two images less their mean: a deviation of 70, about what pixels have."""
    generator = torch.Generator().manual_seed(0)
    shape = (2, *graph.inputs[0].type.shape)
    return 70 * torch.randn(shape, generator=generator, dtype=torch.float64)


def difference(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference, as a share of the largest number."""
    assert ours.shape == theirs.shape
    assert theirs.isfinite().all()
    assert theirs.std() > 0
    return relative_error(ours, theirs)
