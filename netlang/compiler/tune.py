"""The fastest tiles of a network's kernels, by the clock.

Each distinct kernel runs as a network of its own, with its default tiles and with those that the
model thinks best of, on memory that is cold. What is fast and wrong is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from netlang.backends.triton.measure import Bench, Clock, DeadError, FaultError, RefusalError
from netlang.compiler import Compilation
from netlang.compiler.alone import alone
from netlang.compiler.checks import OF_KERNELS
from netlang.device import Target
from netlang.diagnostic import NetError, error
from netlang.ground.accuracy import relative_error
from netlang.ir.graph import Graph
from netlang.kernels import Kernel, Tile
from netlang.plan import Function, Plan, plan
from netlang.plan.repeat import repeated
from netlang.tune import Timing, Tuning
from netlang.tune.candidates import candidates
from netlang.tune.model import seconds
from netlang.tune.parts import layers_of, with_tiles
from netlang.tune.product import Product
from netlang.tune.store import keep
from netlang.tune.tuning import signature
from netlang.weights import random_weights

LIMIT = 10
"""Candidates of a kernel that are timed beside its default."""

SAMPLE = 4e-3
"""Seconds that the launches of a sample should take together, by the model."""

LEAST_SETS, MOST_SETS = 2, 256
"""How many sets of buffers launches take in turn."""

Tiles = tuple[Tile, ...]


@dataclass(frozen=True)
class Tuned:
    """What was measured of a kernel, in microseconds a launch.

    `default` is with its default tiles, `best` the fastest, `predicted` what the model says of
    those; none where nothing ran. `refused` says of other tiles why they are not among those timed.
    """

    function: Function
    default: float | None
    best: Timing | None
    predicted: float | None
    refused: tuple[str, ...]


def tune(
    compilation: Compilation,
    tuning: Tuning,
    bench: Bench,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Compilation, list[Tuned]]:
    """The compilation with the fastest tiles, and what was measured.

    Kernels that the tuning has are not timed again, nor tiles that do not run. What is measured
    goes to the user's cache kernel by kernel, so that little is lost where this is interrupted.
    `NetError` where a kernel takes the GPU away from this process.
    """
    graph, target = compilation.optimized.graph, compilation.plan.target
    functions, measured = _untuned(compilation.plan, tuning), list[Tuned]()
    for function in functions:
        progress(len(measured), len(functions))
        network = alone(graph, function.layers[0])
        done = _tuned(_Trial(network, function.kernel, target, tuning, bench), function)
        if done.best:
            new = replace(tuning, timings={signature(function.kernel): done.best})
            keep(new)
            tuning = tuning.merged(new)
        measured.append(done)
    progress(len(measured), len(functions))
    return compilation.tuned(tuning), measured


def _untuned(plan: Plan, tuning: Tuning) -> list[Function]:
    """The functions of a plan that have tiles to choose, and none in a tuning."""
    by_signature = {
        signature(function.kernel): function
        for function in reversed(plan.functions)
        if any(map(Product.of, layers_of(function.kernel))) and not tuning.applied(function.kernel)
    }
    return list(reversed(by_signature.values()))


def _tuned(trial: _Trial, function: Function) -> Tuned:
    kernel, target = trial.kernel, trial.target
    default = tuple(layer.default_tile() for layer in layers_of(kernel))
    choices = [default, *map(_tiles, candidates(kernel, target, LIMIT))]
    times, refused = _timed(trial, dict.fromkeys(choices))
    if not times:
        return Tuned(function, None, None, None, tuple(refused))
    best = min(times, key=times.__getitem__)
    predicted = 1e6 * seconds(with_tiles(kernel, best), target)
    return Tuned(function, times.get(default), Timing(times[best], best), predicted, tuple(refused))


def _timed(trial: _Trial, choices: Iterable[Tiles]) -> tuple[dict[Tiles, float], list[str]]:
    """Microseconds by tiles, and why others have none; `NetError` where the GPU is lost."""
    known = trial.tuning.refusals.get(signature(trial.kernel), {})
    # Where nothing has run yet, it may be the machine that is at fault and not the tiles.
    works = bool(trial.tuning.timings)
    times, refused = dict[Tiles, float](), list[str]()
    for tiles in choices:
        if why := known.get(written(tiles)):
            refused.append(f"{written(tiles)}: {why}")
            continue
        try:
            times[tiles] = 1e6 * trial.time(tiles)
        except DeadError as problem:
            _remember(trial, tiles, problem)
            raise _lost(trial, tiles, problem) from None
        except RefusalError as problem:
            refused.append(f"{written(tiles)}: {problem}")
            if isinstance(problem, FaultError) and (works or times):
                _remember(trial, tiles, problem)
    return times, refused


def _remember(trial: _Trial, tiles: Tiles, problem: FaultError) -> None:
    """Keeps that a kernel does not run with some tiles."""
    refusals = {signature(trial.kernel): {written(tiles): str(problem)}}
    keep(Tuning(trial.tuning.maker, {}, refusals))


def _lost(trial: _Trial, tiles: Tiles, problem: DeadError) -> NetError:
    """The error of a kernel after which nothing runs any more in this process."""
    return error(
        f"'{trial.kernel.name}' with {written(tiles)} took the GPU away: {problem}",
        help="run this again: what was timed is kept, and these tiles are passed over",
    )


class _Trial:
    """A kernel on trial: its layer as a network, numbers for that, and what they should give."""

    def __init__(
        self, network: Graph, kernel: Kernel, target: Target, tuning: Tuning, bench: Bench
    ):
        import numpy as np

        self.network, self.kernel, self.target = network, kernel, target
        self.tuning = tuning
        self.checkpoint = random_weights(network)
        numbers = np.random.default_rng(0)
        self.inputs = [
            numbers.standard_normal((target.batch, *node.type.shape), "float32")
            for node in network.inputs
        ]
        # The first images and the last: a kernel that is wrong at an end is wrong.
        self.seen = sorted({*range(target.batch)} & {0, 1, target.batch - 2, target.batch - 1})
        self.bench = bench
        self.clock = self._clock()
        self.expected = self._expected()

    def time(self, tiles: Tiles) -> float:
        """Seconds that a launch takes with some tiles; `RefusalError` where it is wrong."""
        planned, function = self._plan(tiles)
        sets = self._sets()
        more = ceil(SAMPLE / (sets * seconds(with_tiles(self.kernel, tiles), self.target)))
        # What comes ahead and behind takes as long in a short pass as in a long one.
        short, long = (
            self._pass(repeated(planned, function, sets, rounds)) for rounds in (1, 1 + more)
        )
        if long <= short:
            raise RefusalError(f"{more * sets} launches more took no longer")
        return (long - short) / (more * sets)

    def _plan(self, tiles: Tiles) -> tuple[Plan, str]:
        """The network with the kernel's tiles, and the kernel's name there."""
        key = signature(self.kernel)
        tuning = replace(self.tuning, timings={key: Timing(0.0, tiles)})
        planned = plan(self.network, self.target, tuning)
        name = next((f.name for f in planned.functions if signature(f.kernel) == key), None)
        if name is None:
            raise RefusalError("by itself its layer has another kernel")
        return planned, name

    def _sets(self) -> int:
        """So many sets of buffers that a cache has forgotten one when its turn comes again."""
        kernel, target = self.kernel, self.target
        moved = target.batch * (kernel.bytes_read + kernel.bytes_written)
        size = moved + sum(layer.weight_bytes for layer in layers_of(kernel))
        return min(MOST_SETS, max(LEAST_SETS, ceil(2 * target.device.l2 / size)))

    def _pass(self, planned: Plan) -> float:
        """Seconds of a pass of a plan whose result is right."""
        done = self.clock(planned)
        difference = relative_error(done.result, self.expected)
        tolerance = OF_KERNELS[self.target.precision]
        if not difference < tolerance:
            # It may have written where other tiles read: they get weights and inputs anew.
            self.clock = self._clock()
            raise RefusalError(
                f"wrong by {difference:.1e} of the largest number, above {tolerance:.0e}"
            )
        return done.seconds

    def _clock(self) -> Clock:
        return self.bench(self.checkpoint, self.inputs, self.seen)

    def _expected(self) -> Any:
        from netlang.backends.torch import reference

        inputs = [x[self.seen] for x in self.inputs]
        return reference(self.network, self.checkpoint, *inputs).numpy()


def _tiles(kernel: Kernel) -> Tiles:
    return tuple(layer.chosen for layer in layers_of(kernel))


def written(tiles: Tiles) -> str:
    """Tiles in a table: `128x64x32, 8 warps, 4 stages`."""
    return " and ".join(map(_written, tiles))


def _written(tile: Tile) -> str:
    words = [f"{tile.m}x{tile.n}x{tile.k}", f"{tile.warps} warps", f"{tile.stages} stages"]
    words += [f"split {tile.split}"] * (tile.split > 1) + ["tma"] * tile.tma
    return ", ".join(words)
