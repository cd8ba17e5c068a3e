"""Small networks that together contain every operator, in the shapes of the published ones."""

from netlang.diagnostic import Source
from netlang.ir.graph import Graph
from netlang.lower import load

ALEXNET = """
# overlapping pools, LRN both ways, groups, a 1x1 behind a 3x3, a linear layer that reads an image
net alexnet_like {
  input 3x35x35
  conv 5x5, 16, stride=2, pad=2 -> relu -> lrn alpha=1e-3
  maxpool 3x3, stride=2
  conv 3x3, 24, groups=2 -> relu -> lrn 4, over=mean, alpha=0.1
  maxpool 3x3, stride=2 -> dropout
  conv 3x3, 40 -> relu -> conv 1x1, 24 -> tanh
  linear 40 -> relu -> dropout scale=test -> linear 20 -> tanh -> linear 10 -> softmax
}
"""

GOOGLENET = """
use inception, conv_bn from "blocks/inception.net"

# concatenations of concatenations, pools that hang over the edge, averages of both kinds, an aux
net googlenet_like {
  input 3x29x29
  conv_bn 7x7, 16, stride=2
  maxpool 3x3, stride=2, ceil=on
  inception 8, 8, 12, 4, 8, 4          as a
  aux side, weight=0.3 { linear 5 -> softmax }
  branches {
    | inception 4, 4, 8, 4, 4, 4
    | avgpool 3x3, stride=1, pad=1, count_pad=off -> sigmoid
    | branches max { | identity | conv 1x3, 32 -> relu -> bn }
  }
  avgpool 3x3, stride=2, ceil=on, pad=1
  adaptive_avgpool 3x2
  flatten -> linear 10
}
"""

RESNET = """
use bottleneck, basic from "blocks/residual.net"

# all three shortcuts, a strided identity of unequal strides, a global average
net resnet_like {
  input 3x33x33
  conv 7x7, 12, stride=2, bias=off -> bn -> relu
  maxpool 3x3, stride=2, pad=1
  bottleneck 4, option=C
  bottleneck 4
  bottleneck 6, stride=2
  basic 40, option=A, stride=2
  subsample 2x1 -> zero_pad before=3, after=1 -> add_itself
  avgpool global -> linear 10
}

block add_itself() {
  branches add { | identity | relu -> conv 1x1, channels }
}
"""

MOBILENET = """
# depthwise and grouped products, gates, slices and shuffles, every pointwise operator
net mobilenet_like {
  input 3x16x16
  conv 3x3, 16, stride=2, pad=same -> hardswish                 as stem
  from stem -> conv 3x3, 16, groups=16, bias=off -> bn -> relu6 as wide
  from wide -> avgpool global -> conv 1x1, 16 -> sigmoid        as gate
  from wide, gate -> mul                                        as gated
  from gated -> split 2, 0 -> conv 3x3, 8, groups=4 -> swish    as left
  from gated -> split 2, 1                                      as right
  from left, right -> concat -> shuffle 4                       as mixed
  from mixed -> upsample 2 -> maxpool 2x2                       as near
  from mixed -> upsample 2, bilinear -> subsample 2             as smooth
  from near, smooth, stem -> add -> affine -> leaky_relu 0.2    as sum
  from sum -> avgpool global -> linear 16 -> sigmoid            as vector
  from vector, sum -> mul -> conv 3x3, 8, dilation=2 -> elu -> softmax as map
  from map -> maxpool global -> flatten -> linear 8 -> hardsigmoid as peak
  from map -> flatten                                           as flat
  from flat -> tanh -> linear 8 -> gelu                         as sight
  from sight, flat, peak -> concat -> scale 1.5 -> relu
}
"""


def network(text: str) -> Graph:
    """The graph of a text above."""
    return load(Source("zoo/test.net", text))
