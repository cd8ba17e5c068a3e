"""Receptive fields: the published ones, and the pixels whose change a value sees."""

import pytest
import torch

from netlang.diagnostic import Source
from netlang.lower import load
from netlang.passes import optimize
from netlang.views.receptive import receptive_fields

# Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks", table 1, and the
# strides there; both end ahead of what is fully connected.
PUBLISHED = {"alexnet": ("maxpool_3", 195, 32), "vgg16": ("convs_5.maxpool_1", 212, 32)}


@pytest.mark.parametrize("network", PUBLISHED)
def test_published(network: str) -> None:
    layer, extent, step = PUBLISHED[network]
    graph = load(network)
    assert [(r.pixels, r.step) for r in receptive_fields(graph)[layer]] == [(extent, step)] * 2


@pytest.mark.parametrize("network", ["resnet34", "resnet152", "alexnet"])
def test_the_whole_image_at_the_end(network: str) -> None:
    graph = load(network)
    written = receptive_fields(graph)[graph.output]
    optimized = optimize(graph).graph
    assert min(reach.pixels for reach in written) >= 224
    assert receptive_fields(optimized)[optimized.output] == written


CASES = {
    "windows": "conv 5x3, 2, stride=2x1, dilation=1x2, pad=0x0",
    "pool": "maxpool 3x2, stride=2x3",
    "adaptive": "adaptive_avgpool 5x4",
    "all": "avgpool global",
    "pixel": "relu",
    "enlarged": "upsample 2x3; conv 3x4, 2, pad=0x0",
    "paths": "branches add { | conv 1x3, 2 | conv 3x1, 2 }",
}


@pytest.mark.parametrize("layers", CASES.values(), ids=CASES)
def test_a_value_sees_so_many_pixels(layers: str) -> None:
    """Of the value in the middle, by its gradient; over many images, for a max pool picks one."""
    text = f"net n {{ input 2x23x23; conv 3x3, 2, stride=2; {layers} }}"
    graph = load(Source("n.net", text))
    x = torch.rand(64, 2, 23, 23, requires_grad=True)
    y = graph.to_torch().eval()(x)
    y[:, :, y.shape[2] // 2, y.shape[3] // 2].sum().backward()
    assert x.grad is not None
    seen = (x.grad != 0).any(0).any(0)
    places = seen.nonzero()
    extents = (places.amax(0) - places.amin(0) + 1).tolist()
    assert extents == [min(r.pixels, 23) for r in receptive_fields(graph)[graph.output]]
