"""Every kernel of every zoo network through the assembler, and what its machine code is like.

    python -m benchmarks.kernels [NETWORK ...] [--batches 1,32,256] [--target sm_90] [--json FILE]

No GPU is needed, and nothing is timed. Networks are planned for each batch, and what they have in
common is compiled once. All kernels are held to `benchmarks.rules`; status 1 where one
breaks a rule.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine_code import MATRIX, Code, inspect
from benchmarks.rules import broken_rules
from netlang import __version__
from netlang.backends.triton.aot import Compiled
from netlang.commands.common import counter
from netlang.compiler import compile
from netlang.compiler.assemble import Occupancy, assemble
from netlang.device import ARCHES
from netlang.engines.cpu import machine
from netlang.ground.columns import aligned
from netlang.ground.files import write_whole
from netlang.ground.resources import zoo_networks
from netlang.kernels.precision import PRECISIONS, Precision
from netlang.plan import Function, Plan
from netlang.plan.collect import Functions


@dataclass(frozen=True)
class Result:
    """A kernel, the networks that launch it, and what came of it."""

    function: Function
    compiled: Compiled
    code: Code
    occupancy: Occupancy
    broken: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures."""
        return {
            "kernel": self.function.name,
            "networks": sorted(set(self.function.layers)),
            "warps": self.function.kernel.warps,
            "registers": self.compiled.registers,
            "spills": self.compiled.spills,
            "shared": self.compiled.shared,
            "resident": self.occupancy.resident,
            "waves": self.occupancy.waves,
            "instructions": len(self.code.instructions),
            "main_loops": [len(loop) for loop in self.code.main_loops],
            "wgmma": self.code.products("wgmma"),
            "wgmma_from_registers": self.code.products_from_registers,
            "mma_sync": self.code.products("mma.sync"),
            "tma_loads": self.code.count("UTMALDG"),
            "asynchronous_copies": self.code.count("LDGSTS"),
            "blocking_loads": self.code.blocking_loads,
            "broken_rules": self.broken,
        }


def union(networks: Iterable[str], batch: int, precision: Precision, arch: str) -> Plan:
    """A plan with the kernels of many networks, equal ones once; it launches nothing."""
    device = ARCHES[arch].usual
    plans = [compile(n, precision=precision, batch=batch, device=device).plan for n in networks]
    functions = Functions()
    for plan in plans:
        for function in plan.functions:
            functions.use(function.kernel, plan.network)
    return replace(plans[0], functions=functions.all(), calls=())


def results(plan: Plan, arch: str) -> Iterator[Result]:
    """Compiles the kernels of a plan, looks at the code, and holds it to the rules."""
    capability = ARCHES[arch].capability
    count = counter(f"kernels for batch {plan.target.batch}", len(plan.functions))
    compiled = assemble(plan, arch, count)
    codes = inspect(compiled, capability)
    for function, each, code in zip(plan.functions, compiled, codes, strict=True):
        occupancy = Occupancy.of(function.kernel, each, capability, plan.target)
        broken = broken_rules(function.kernel, each, code, capability)
        yield Result(function, each, code, occupancy, tuple(broken))


def broken(result: Result) -> str:
    """The rules that a kernel breaks, behind its name and its networks."""
    networks = ", ".join(sorted(set(result.function.layers)))
    return f"{result.function.name} ({networks}): {'; '.join(result.broken)}"


def summary(found: Mapping[int, Sequence[Result]]) -> str:
    """A line a batch: how many kernels there are of each kind, and how they fill the device."""
    rows = ((str(batch), *(f(each) for f in COLUMNS.values())) for batch, each in found.items())
    return "\n".join(aligned([("batch", *COLUMNS), *rows]))


def _number(is_one: Callable[[Result], object]) -> Callable[[Sequence[Result]], str]:
    return lambda results: str(sum(bool(is_one(result)) for result in results))


COLUMNS: dict[str, Callable[[Sequence[Result]], str]] = {
    "kernels": _number(lambda r: r),
    **{kind: _number(lambda r, kind=kind: r.code.products(kind)) for kind in MATRIX},
    "TMA": _number(lambda r: r.code.count("UTMALDG")),
    "cp.async": _number(lambda r: r.code.count("LDGSTS")),
    "below one wave": _number(lambda r: r.occupancy.waves < 1),
    "an SM": lambda results: f"{median(r.occupancy.resident for r in results):g}",
    "waves": lambda results: f"{median(r.occupancy.waves for r in results):.2g}",
    "broken": _number(lambda r: r.broken),
}
"""How many kernels have it; of programs an SM and of waves, the median."""


def main() -> int:
    """Compiles, prints what breaks a rule and a summary, and writes the JSON if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="of the zoo (all)")
    parser.add_argument("--batches", default="1,32,256", help="(1,32,256)")
    parser.add_argument("--dtype", choices=PRECISIONS, default="float16", help="(float16)")
    parser.add_argument("--target", choices=ARCHES, default="sm_90", help="(sm_90)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()

    found: dict[int, list[Result]] = {}
    for batch in map(int, args.batches.split(",")):
        plan = union(args.networks or zoo_networks(), batch, args.dtype, args.target)
        found[batch] = list(results(plan, args.target))
        for result in found[batch]:
            if result.broken:
                print(f"batch {batch}: {broken(result)}", flush=True)
    print(summary(found))
    if args.json:
        kernels = {batch: [result.as_json() for result in each] for batch, each in found.items()}
        record = {
            "machine": machine(),
            "netlang": __version__,
            "target": args.target,
            "precision": args.dtype,
            "kernels": kernels,
        }
        write_whole(args.json, (json.dumps(record, indent=1) + "\n").encode())
    return int(any(result.broken for each in found.values() for result in each))


if __name__ == "__main__":
    sys.exit(main())
