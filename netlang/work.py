"""What a kernel asks of any device, and how long that takes at least."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.device import Target
from netlang.kernels.precision import bytes_of


@dataclass(frozen=True)
class Work:
    """Multiply-adds and activations moved (numbers, not bytes) per image, and weights (numbers).

    Weights are read once per batch.
    """

    macs: int
    moved: int
    weights: int

    def flops(self, batch: int) -> int:
        """Arithmetic for a batch: two for a multiply-add."""
        return 2 * batch * self.macs

    def bytes(self, target: Target) -> int:
        """Bytes that go between memory and kernel for the target's batch."""
        return bytes_of(target.precision) * (target.batch * self.moved + self.weights)

    def memory_seconds(self, target: Target) -> float:
        """Seconds that the target's memory takes to move the bytes."""
        return self.bytes(target) / target.device.bandwidth

    def compute_seconds(self, target: Target) -> float:
        """Seconds that the target takes for the arithmetic."""
        return self.flops(target.batch) / target.device.rates[target.precision]
