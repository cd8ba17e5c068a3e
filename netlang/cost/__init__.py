"""What a network must at least cost on a device: bytes, arithmetic, and the time of the larger.

The floor of a layer is max(bytes / bandwidth, FLOPs / rate); that of a network is the sum over its
layers, one after the other. No kernel of that layer can be faster, so a measured time beside it
says what is left to gain. The conventions:

- A layer is a node of the graph: once optimized, what one kernel computes. A conv is one with its
  bias, residual sum and relu, and so it is with the projection in the same sum, with the pool or
  the 1x1 conv behind it, or with the branch beside it. What stays inside is not moved.
- A layer reads each value that it needs once per image, and writes its result once. A strided
  window reads the pixels that it touches: a 1x1 conv with stride 2 a quarter of them. Nothing stays
  in a cache from one layer to the next.
- Weights are read once per batch, biases with them, at the size of the dtype.
- What moves nothing costs nothing: a view of its input, and a concatenation whose inputs are
  written in place (those that the planner cannot place are copied). So does the way from the
  caller's NCHW to the first layer and back, with channels of zeros or without; the network's input
  counts as read by those who use it.
- Arithmetic is that of conv and linear, two FLOPs per multiply-add, at the dense rate of the dtype.
  Pools, norms and sums are bytes alone.
- Each multiply-add counts once. A kernel that pools what it convolves may do those that several
  windows share for each of them, but no kernel has to. Whether it is worth while is decided by an
  estimate, which counts them all (`netlang.passes.fuse.estimate`).
- A launch takes no time, and the device is full even at batch 1. Floors at batch 1 are therefore
  far below what is measured.
"""

from netlang.cost.model import profile

__all__ = ["profile"]
