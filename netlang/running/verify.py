"""Where does what is made of a network stop computing what the network says?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlang.compiler.checks import (
    OF_ENGINES,
    OF_PASSES,
    Check,
    random_images,
    to_logits,
)
from netlang.device import USUAL, Target
from netlang.engines import open_engine
from netlang.ground.accuracy import relative_error
from netlang.ground.arrays import Checkpoint
from netlang.ground.columns import aligned
from netlang.ir.graph import Graph
from netlang.passes import PIPELINE, Pass, optimize

Values = Mapping[str, Any]
"""Tensors by the names of their nodes."""


@dataclass(frozen=True)
class Execution:
    """What computed a graph, and the values that came of it: all, or that of the output alone.

    `oracle` has values in float64 to look for where the output is wrong. It is of the same graph
    if `is_layered`: then each layer has to agree, and not the output alone.
    """

    what: str
    graph: Graph
    values: Values
    oracle: Values
    tolerance: float
    is_layered: bool = False


@dataclass(frozen=True)
class Verdict:
    """An execution beside the network as written, and the first layer that diverges, if one does.

    `layer_difference` is the layer's, over its largest number.
    """

    check: Check
    nodes: int
    layer: str = ""
    layer_difference: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the output is right, and each layer that has to be."""
        return self.check.passed and not self.layer


def verify(
    graph: Graph,
    weights: Checkpoint,
    seed: int = 0,
    tolerance: float | None = None,
    passes: tuple[Pass, ...] = PIPELINE,
    engines: Sequence[str] = ("torch",),
    precision: str | None = None,
    target: Target = USUAL,
) -> Iterator[Verdict]:
    """Compares the graph after each pass that changes it, and engines, with float64.

    All get one random image, and a softmax at the end is left out. Passes make the network fast on
    the target; engines compute in `precision`, or in the first of theirs. Without `tolerance`,
    passes have that of float64 and engines that of what they compute in. `NetError` for an engine
    that is not there, or not in this precision.
    """
    from netlang.backends.torch import values

    images = random_images(graph, seed)
    written = to_logits(graph)
    expected = values(written, weights, *images)
    for execution in (
        *_after_passes(graph, weights, images, expected, passes, target),
        *(_engine(written, weights, images, name, precision, expected) for name in engines),
    ):
        yield judged(execution, expected[written.output], tolerance or execution.tolerance)


def judged(execution: Execution, expected: Any, tolerance: float) -> Verdict:
    """What is to be said of an execution, where the output should be `expected`."""
    graph = execution.graph
    check = Check(
        execution.what, relative_error(execution.values[graph.output], expected), tolerance
    )
    if check.passed and not execution.is_layered:
        return Verdict(check, len(graph))
    return Verdict(check, len(graph), *_first_divergence(execution, tolerance))


def _first_divergence(execution: Execution, tolerance: float) -> tuple[str, float]:
    """The first layer whose value float64 does not have, and how far off it is."""
    for node in execution.graph:
        if not node.is_input and node.name in execution.values:
            off = _off(execution, node.name)
            if not off < tolerance:
                return node.name, off
    return "", 0.0


def _off(execution: Execution, name: str) -> float:
    """The difference of a layer's value to the oracle's.

    A pass may give a node's name to a value further on, as one that folds does: it is then the
    nearest of all values of its shape.
    """
    value, oracle = execution.values[name], execution.oracle
    if execution.is_layered:
        return relative_error(value, oracle[name])
    alike = (other for other in oracle.values() if other.shape == value.shape)
    return min((relative_error(value, other) for other in alike), default=float("inf"))


def _after_passes(
    graph: Graph,
    weights: Checkpoint,
    images: list[Any],
    before: Values,
    passes: tuple[Pass, ...],
    target: Target,
) -> Iterator[Execution]:
    from netlang.backends.torch import values

    for run in passes:
        after = optimize(graph, (run,), target).graph
        if after == graph:
            continue
        logits = to_logits(after)
        got = values(logits, weights, *images)
        yield Execution(run.__name__, logits, got, before, OF_PASSES)
        graph, before = after, got


def _engine(
    graph: Graph,
    weights: Checkpoint,
    images: list[Any],
    name: str,
    precision: str | None,
    expected: Values,
) -> Execution:
    from torch import as_tensor

    from netlang.backends.torch import values

    engine = open_engine(graph, weights, name, precision)
    what, tolerance = f"{name} engine, {engine.precision}", OF_ENGINES[engine.precision]
    if engine.layered is None:
        output = {graph.output: as_tensor(engine(*images))}
        return Execution(what, graph, output, expected, tolerance)
    ran = engine.layered.graph
    # What does nothing goes, and an input may be all that is left.
    seen = {node.name: as_tensor(x) for node, x in zip(ran.inputs, images, strict=True)}
    # A layer may write over the value of one ahead of it.
    engine.layered(*images, seen=lambda name, value, _: seen.update({name: value.clone()}))
    return Execution(what, ran, seen, values(ran, weights, *images), tolerance, is_layered=True)


def table(verdicts: list[Verdict]) -> str:
    """A row an execution, in order."""
    rows = [("", "nodes", "difference", "allowed", "")]
    rows += [
        (
            verdict.check.what,
            str(verdict.nodes),
            f"{verdict.check.difference:.1e}",
            f"{verdict.check.tolerance:.0e}",
            "ok" if verdict.passed else "FAIL",
        )
        for verdict in verdicts
    ]
    return "\n".join(aligned(rows))


def divergences(verdicts: list[Verdict]) -> list[str]:
    """Where each execution that failed begins to diverge."""
    return [
        f"{verdict.check.what}: the first layer that diverges is {verdict.layer}, "
        f"by {verdict.layer_difference:.1e} of its largest number"
        if verdict.layer
        else f"{verdict.check.what}: the output differs, and every layer is as float64 has it"
        for verdict in verdicts
        if not verdict.passed
    ]


def describe(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """The verdicts as plain values; the form is stable, for scripts."""
    return [
        {
            "what": verdict.check.what,
            "nodes": verdict.nodes,
            "difference": verdict.check.difference,
            "tolerance": verdict.check.tolerance,
            "passed": verdict.passed,
            "layer": verdict.layer or None,
            "layer_difference": verdict.layer_difference if verdict.layer else None,
        }
        for verdict in verdicts
    ]
