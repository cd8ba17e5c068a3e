"""What an engine is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from netlang.engines.cache import Cache
from netlang.engines.cpu import cpu
from netlang.engines.numbers import Numbers
from netlang.ground.resources import code_digest
from netlang.ir.graph import Graph
from netlang.ir.printer import print_graph

if TYPE_CHECKING:
    from netlang.backends.torch import Engine as TorchEngine


@dataclass(frozen=True)
class Engine:
    """A network that is ready: arrays or tensors N x C x H x W in, an array out, any N.

    `precision` is what it really computes in, which `description` tells a person with the rest.
    `layered` is torch's own engine, which tells of its layers; others compile them away.
    """

    name: str
    precision: str
    description: str
    run: Callable[..., Any]
    layered: TorchEngine | None = None

    def __call__(self, *images: Any) -> Any:
        return self.run(*images)


@dataclass(frozen=True)
class Job:
    """A network as it is written and how to run it: None leaves a choice to the engine.

    `batch` is how many images there will be at a time, as a rule.
    """

    graph: Graph
    weights: Numbers
    precision: str
    threads: int | None = None
    batch: int | None = None
    cache: Cache | None = None

    def key(self, *own: object) -> str | None:
        """All that decides the result of compiling, as a name; None where that is not to be kept.

        `own` is what does for this engine alone, its version first of all.

        The graph is the one that is written: what passes make of it depends on netlang's own text.
        """
        digest = self.cache and self.weights.digest(self.cache)
        if digest is None:
            return None
        facts = (code_digest(), cpu().name, self.precision, digest, print_graph(self.graph), *own)
        return sha256("\n".join(map(str, facts)).encode()).hexdigest()[:32]


def of_threads(count: int) -> str:
    """`2 threads`."""
    return f"{count} thread{'s' * (count != 1)}"
