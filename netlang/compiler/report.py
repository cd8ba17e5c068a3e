"""What a compilation says about itself: to a person, and to a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import prod
from typing import Any

from netlang.backends.triton.aot import Compiled
from netlang.compiler import Compilation
from netlang.compiler.assemble import Occupancy
from netlang.compiler.checks import Check
from netlang.compiler.tune import Tuned, written
from netlang.device import ARCHES
from netlang.ground.columns import aligned
from netlang.kernels.precision import bytes_of
from netlang.passes.report import Report
from netlang.plan import Function


@dataclass(frozen=True)
class Findings:
    """A compilation with what was found out about it.

    `compiled`, `checks` and `tuned` are empty where nobody asked; `weights` says where they are
    from, `arch` what was compiled for, and `seconds` what took how long.
    """

    compilation: Compilation
    weights: str
    compiled: Sequence[Compiled] = ()
    checks: Sequence[Check] = ()
    arch: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    tuned: Sequence[Tuned] = ()

    @property
    def kernels(self) -> Iterator[tuple[Function, Compiled, Occupancy]]:
        """The kernels that were compiled, and how they fill the device."""
        plan, capability = self.compilation.plan, ARCHES[self.arch].capability
        for function, compiled in zip(plan.functions, self.compiled, strict=True):
            occupancy = Occupancy.of(function.kernel, compiled, capability, plan.target)
            yield function, compiled, occupancy


def as_json(findings: Findings) -> dict[str, Any]:
    """The report as JSON; its keys are a promise."""
    compilation, plan = findings.compilation, findings.compilation.plan
    report: dict[str, Any] = {
        "network": plan.network,
        "precision": plan.precision,
        "weights": findings.weights,
        "nodes_before": len(compilation.graph),
        "nodes_after": len(compilation.optimized.graph),
        "passes": [_pass(report) for report in compilation.optimized.reports],
        "kernels": len(plan.calls),
        "distinct_kernels": len(plan.functions),
        "arena_bytes": plan.arena_bytes,
        "arena_lower_bound": plan.arena_lower_bound,
        "activation_bytes": plan.activation_bytes,
        "weight_bytes": _weight_bytes(compilation),
        "planning_milliseconds": compilation.planning_ms,
        "measured_kernels": compilation.measured,
    }
    if findings.tuned:
        report["tuned"] = [_tuned(each) for each in findings.tuned]
    if findings.compiled:
        report["target"] = findings.arch
        report["compiled"] = [
            {
                "name": c.name,
                "registers": c.registers,
                "spills": c.spills,
                "shared": c.shared,
                "resident": occupancy.resident,
                "waves": occupancy.waves,
            }
            for _, c, occupancy in findings.kernels
        ]
    if findings.checks:
        report["checks"] = [
            {"what": c.what, "difference": c.difference, "tolerance": c.tolerance}
            for c in findings.checks
        ]
    return report


def _pass(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "changed": len(report.changed),
        "skipped": [{"node": note.node, "reason": note.text} for note in report.skipped],
        "milliseconds": report.milliseconds,
        "nodes": report.nodes,
    }


def _tuned(each: Tuned) -> dict[str, Any]:
    return {
        "name": each.function.name,
        "default_microseconds": each.default,
        "microseconds": each.best and each.best.microseconds,
        "predicted_microseconds": each.predicted,
        "tiles": [asdict(tile) for tile in each.best.tiles] if each.best else [],
        "refused": list(each.refused),
    }


def as_text(findings: Findings, explain: bool = False) -> str:
    """The report for a person; with `explain`, each change and each refusal of the passes."""
    parts = [_head(findings), _passes(findings.compilation)]
    if explain:
        parts += _explanations(findings.compilation)
    if findings.compiled:
        parts.append(_kernels(findings))
    if findings.tuned:
        parts += _timings(findings.tuned)
    parts.append("\n".join(_totals(findings)))
    if findings.checks:
        parts.append(_checks(findings.checks))
    return "\n\n".join(parts)


def _head(findings: Findings) -> str:
    plan = findings.compilation.plan
    given = ", ".join(map(str, plan.inputs))
    return f"{plan.network} in {plan.precision}: {given} -> {plan.output}"


def _passes(compilation: Compilation) -> str:
    rows: list[Row] = [("pass", "changed", "refused", "nodes", "ms")]
    rows.append(("as written", "", "", len(compilation.graph), ""))
    rows += [
        (r.name, len(r.changed), len(r.skipped), r.nodes, f"{r.milliseconds:.1f}")
        for r in compilation.optimized.reports
    ]
    return table(rows)


def _explanations(compilation: Compilation) -> Iterator[str]:
    for report in compilation.optimized.reports:
        notes = [f"  {note}" for note in (*report.changed, *report.skipped)]
        if notes:
            yield "\n".join([report.name, *notes])


def _kernels(findings: Findings) -> str:
    head = f"kernel for {findings.arch}"
    batch = findings.compilation.plan.target.batch
    titles = "launches", "warps", "registers", "spills", "shared", "an SM", f"waves at {batch}"
    rows: list[Row] = [(head, *titles)]
    for f, c, occupancy in findings.kernels:
        used = f.kernel.warps, c.registers, c.spills, c.shared
        rows.append((f.name, len(f.layers), *used, occupancy.resident, f"{occupancy.waves:.2f}"))
    return table(rows)


def _timings(tuned: Sequence[Tuned]) -> Iterator[str]:
    """What tuning measured, then what it refused."""
    rows: list[Row] = [("kernel, us", "default", "best", "predicted", "tiles")]
    for each in tuned:
        times = (each.default, each.best and each.best.microseconds, each.predicted)
        cells = ("-" if time is None else f"{time:.1f}" for time in times)
        rows.append((each.function.name, *cells, written(each.best.tiles) if each.best else ""))
    yield table(rows)
    refused = [f"  {each.function.name}: {why}" for each in tuned for why in each.refused]
    if refused:
        yield "\n".join(["refused:", *refused])


def _totals(findings: Findings) -> Iterator[str]:
    plan = findings.compilation.plan
    ratio = plan.arena_bytes / plan.arena_lower_bound
    yield f"kernels      {len(plan.calls)} launches of {len(plan.functions)} kernels"
    yield (
        f"arena        {plan.arena_bytes:,} bytes an image, {ratio:.3f} times the most "
        f"in use at one time ({plan.arena_lower_bound:,})"
    )
    yield f"tiles        {_tiles(findings.compilation)}"
    yield f"activations  {plan.activation_bytes:,} bytes read and written an image"
    yield f"weights      {_weight_bytes(findings.compilation):,} bytes, {findings.weights}"
    stages = ", ".join(f"{what} {seconds:.2f}" for what, seconds in findings.seconds.items())
    yield f"seconds      {sum(findings.seconds.values()):.2f} ({stages})"


def _tiles(compilation: Compilation) -> str:
    measured, total = compilation.measured, len(compilation.plan.functions)
    if not measured:
        return "chosen by the cost model; `netlang compile --tune` on a GPU measures"
    device = compilation.plan.target.device.name
    return f"of {measured} kernels of {total} measured on {device}, the rest by the cost model"


def _weight_bytes(compilation: Compilation) -> int:
    return sum(bytes_of(w.dtype) * prod(w.shape) for w in compilation.plan.weights)


def _checks(checks: Sequence[Check]) -> str:
    lines = ["compared with the network as written, in float64, on one random image:"]
    for check in checks:
        verdict, sign = ("ok  ", "<") if check.passed else ("FAIL", ">=")
        size = f"{check.difference:.1e} {sign} {check.tolerance:.0e}"
        lines.append(f"{verdict}  {check.what}: {size} of the largest output")
    return "\n".join(lines)


Row = tuple[str | int, ...]


def table(rows: Sequence[Row]) -> str:
    """Columns of one width; the first is text and the others are numbers."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    return "\n".join(aligned(cells))
